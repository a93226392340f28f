"""Step-up: proof within the last five minutes that it is still the same person, before rights that cost more.

The proof is django-allauth's reauthentication, or the sign-in itself where it asked for the same (decision 46). Who has
a second factor gives it with that; the identity provider's people give it by signing in there once more.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any

from allauth.account import app_settings
from allauth.mfa.models import Authenticator
from allauth.mfa.signals import authenticator_added
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import User
from django.dispatch import receiver
from django.http import HttpRequest
from django.urls import reverse

from .allauth_compat import get_authentication_records, record_authentication
from .oidc import is_sso_user
from .second_factor import has_second_factor
from .secret_encryption import DecryptionError, decrypt, encrypt

LINK_SESSION = "desk.link_session"  # in a session that somebody else's link may have opened (audit/link_sessions.py)
_HELD = "desk.step_up.held"
_BACK = "desk.step_up.back"
_PURPOSE = "held request"
MAX_HELD = 500_000  # characters of a held request: a form with a thousand profiles has forty thousand
HELD_SECONDS = 1800


@dataclass(frozen=True, slots=True)
class HeldRequest:
    """A request that waits for the proof. `url` is its path with the query string, `label` what its button says."""

    method: str
    url: str
    label: str
    fields: tuple[tuple[str, str], ...] = ()
    held_at: float = 0.0


def has_recent_proof(request: HttpRequest) -> bool:
    """True within ACCOUNT_REAUTHENTICATION_TIMEOUT of the proof: with the second factor, for who has one now."""
    user = request.user
    if not isinstance(user, User):
        return False
    since = time.time() - app_settings.REAUTHENTICATION_TIMEOUT
    records = get_authentication_records(request, user)
    recent = [record for record in records if record["at"] > since]
    if not recent:
        return False
    accepted = {"mfa"} if has_second_factor(user) else {"password", "socialaccount"}
    proofs = [record for record in recent if record["method"] in accepted]
    return any(record.get("reauthenticated") for record in proofs) or _is_sign_in_proof(request, user, proofs)


def _is_sign_in_proof(request: HttpRequest, user: User, steps: list[dict[str, Any]]) -> bool:
    """True when the steps of a recent sign-in asked for what the proof would ask for. Never for a session that somebody
    else's link may have opened, nor for the identity provider's people, whom it may have let in unasked.
    """
    if LINK_SESSION in request.session or is_sso_user(user):
        return False
    return any(record["method"] != "socialaccount" for record in steps)


def proof_methods(user: User) -> list[dict[str, str]]:
    """The ways of `user` to give the proof, the usual one first, as django-allauth lists them.

    A password is none for who has a second factor, nor for the identity provider's people. A recovery code is the
    second factor of who lost theirs.
    """
    if has_second_factor(user):
        return _factor_methods(user)
    if is_sso_user(user):
        return [_method("sso_reauthenticate", "sso-reauthenticate")] if settings.OIDC_PROVIDER_ID else []
    return [_method("reauthenticate", "account_reauthenticate")] if user.has_usable_password() else []


def _factor_methods(user: User) -> list[dict[str, str]]:
    kinds = Authenticator.Type
    code = _method("mfa_reauthenticate", "mfa_reauthenticate")
    passkey = _method("mfa_reauthenticate:webauthn", "mfa_reauthenticate_webauthn")
    methods = [code] if is_mfa_enabled(user, [kinds.TOTP]) else []
    if is_mfa_enabled(user, [kinds.WEBAUTHN]):
        methods.append(passkey)
        if code not in methods and is_mfa_enabled(user, [kinds.RECOVERY_CODES]):
            methods.append(code)
    return methods


def _method(name: str, url_name: str) -> dict[str, str]:
    return {"id": name, "description": name, "url": reverse(url_name)}


def hold(request: HttpRequest, held: HeldRequest) -> bool:
    """Keeps a request until the proof is given, sealed: sessions are rows of the database. False if it is too long."""
    text = json.dumps(asdict(held) | {"held_at": time.time()})
    if len(text) > MAX_HELD:
        return False
    request.session[_HELD] = encrypt(text, _PURPOSE)
    return True


def held_request(request: HttpRequest) -> HeldRequest | None:
    """The request that waits; None when there is none or it is too old."""
    try:
        stored: dict[str, Any] = json.loads(decrypt(request.session.get(_HELD) or "", _PURPOSE))
    except DecryptionError:
        return None
    fields: Iterable[list[str]] = stored.pop("fields")
    held = HeldRequest(**stored, fields=tuple((name, value) for name, value in fields))
    return held if time.time() - held.held_at < HELD_SECONDS else None


def release(request: HttpRequest) -> None:
    """Forgets the request that waited. Writes the session only if there was one."""
    if _HELD in request.session:
        del request.session[_HELD]


def set_back_url(request: HttpRequest, url: str) -> None:
    """Stores where "Cancel" leads on the pages that ask for the proof."""
    request.session[_BACK] = url


def back_url(request: HttpRequest) -> str:
    """Where "Cancel" leads on the pages that ask for the proof."""
    return str(request.session.get(_BACK) or reverse("mfa_index"))


@receiver(authenticator_added)
def _added_factor_is_proof(request: HttpRequest, user: User, authenticator: Authenticator, **_: Any) -> None:
    """Who just added a factor has shown it: its recovery codes follow on the next page, and its code works once."""
    if authenticator.type in {Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN}:
        record_authentication(request, user, "mfa", type=authenticator.type, reauthenticated=True)
