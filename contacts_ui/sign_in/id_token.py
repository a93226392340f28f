"""ID token claims: times, authorized party and access token hash; and whether they tell of a second factor.

django-allauth checks issuer, audience and expiry. The signature is not checked: the token comes from the token endpoint
itself over TLS, which OpenID Connect Core 3.1.3.7 allows.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from typing import Any

from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from django.conf import settings
from django.contrib.auth.models import User
from django.utils.crypto import constant_time_compare

from contacts_ui.roles import ADMIN, role_of

LEEWAY = 60  # seconds by which the provider's clock may differ
LONGEST_WAY = 600  # seconds from the provider's signature to here
_HASHES = {"256": hashlib.sha256, "384": hashlib.sha384, "512": hashlib.sha512}

Claims = Mapping[str, Any]


def check_claims(claims: Claims, client_id: str, now: float) -> None:
    """Raises OAuth2Error unless the token was made just now, for this client (OpenID Connect Core, 3.1.3.7)."""
    issued_at = _number(claims, "iat")
    if issued_at is None or not now - LONGEST_WAY <= issued_at <= now + LEEWAY:
        raise OAuth2Error("The ID token was not issued just now")
    not_before = _number(claims, "nbf")
    if claims.get("nbf") is not None and (not_before is None or not_before > now + LEEWAY):
        raise OAuth2Error("The ID token is not valid yet")
    audience, party = claims.get("aud"), claims.get("azp")
    several = isinstance(audience, list) and len(audience) > 1
    if party != client_id and (several or party is not None):
        raise OAuth2Error("The ID token was issued to another client")


def check_access_token(id_token: str, claims: Claims, access_token: str) -> None:
    """Raises OAuth2Error when the ID token names the hash of another access token (3.1.3.8)."""
    expected = claims.get("at_hash")
    if expected is None:
        return
    digest = _HASHES.get(str(_header(id_token).get("alg"))[-3:])
    if digest is None:
        raise OAuth2Error("The ID token is signed in a way that is not known here")
    whole = digest(access_token.encode()).digest()
    half = base64.urlsafe_b64encode(whole[: len(whole) // 2]).decode().rstrip("=")
    if not constant_time_compare(str(expected), half):
        raise OAuth2Error("The access token belongs to another ID token")


def factor_is_asked_for() -> bool:
    """True when the provider has to tell of a second factor: one is required, and a way to tell is set."""
    return settings.REQUIRE_MFA != "none" and bool(settings.OIDC_MFA_ACR or settings.OIDC_MFA_AMR)


def asked_params() -> dict[str, str]:
    """What the request to the provider says about how the person should authenticate."""
    if not factor_is_asked_for():
        return {}
    params = {"acr_values": " ".join(settings.OIDC_MFA_ACR), "max_age": str(settings.OIDC_MFA_MAX_AGE or "")}
    return {name: value for name, value in params.items() if value}


def confirms_factor(claims: Claims, now: float) -> bool:
    """True when the claims tell of a second factor, given lately enough, or need not tell."""
    if not factor_is_asked_for():
        return True
    methods = claims.get("amr")
    named = set(methods) if isinstance(methods, list) and all(isinstance(name, str) for name in methods) else set()
    if claims.get("acr") not in settings.OIDC_MFA_ACR and not named & set(settings.OIDC_MFA_AMR):
        return False
    at, longest = _number(claims, "auth_time"), settings.OIDC_MFA_MAX_AGE
    return not longest or (at is not None and now - longest - LEEWAY <= at <= now + LEEWAY)


def lacks_factor(user: User, confirmed: bool) -> bool:
    """True when `user` needs a second factor and the provider did not confirm one."""
    needs = settings.REQUIRE_MFA == "all" or (settings.REQUIRE_MFA == "admins" and role_of(user) == ADMIN)
    return needs and not confirmed


def _number(claims: Claims, name: str) -> float | None:
    value = claims.get(name)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None


def _header(id_token: str) -> dict[str, Any]:
    head = id_token.partition(".")[0]
    try:
        header = json.loads(base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)))
    except (ValueError, binascii.Error) as error:
        raise OAuth2Error("The ID token cannot be read") from error
    return header if isinstance(header, dict) else {}
