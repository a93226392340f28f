"""Adapters of django-allauth: sign-up is closed, redirects stay on this site, error messages are the desk's own."""

from __future__ import annotations

import logging
from typing import Any, ClassVar, cast
from urllib.parse import urlsplit

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthError
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.signals import user_login_failed
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from . import attempts, known_browser, mail_queue, provider_session
from .allauth_compat import assess_unique_email, clear_login, filter_users_by_email, get_user_by_username, ratelimit
from .first_page import first_page
from .id_token import lacks_factor
from .oidc import is_sso_user, sync_role_from_groups
from .redirects import safe_redirect_path
from .secret_encryption import DecryptionError, decrypt, encrypt
from .step_up import has_recent_proof, proof_methods

log = logging.getLogger(__name__)

_BEGAN_WITH = "desk.sign_in.began_with"  # in the session, until the last step: a keyed hash of the password's hash
NO_MATCH = "This user name and password do not match. The password is case-sensitive."
NO_FACTOR = "{} did not confirm a second factor, and you need one. Add it there, then sign in again."
BEGUN_BEFORE = "Your password was changed meanwhile. Sign in anew."
WRONG_CODE = "This code is not right. Each code works once; wait for the next one."


class DeskAccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]  # django-allauth has no types
    """Account adapter: passwords and sessions."""

    error_messages: ClassVar[dict[str, Any]] = DefaultAccountAdapter.error_messages | {
        "account_inactive": "This account is deactivated. An admin can reactivate it.",
        "username_password_mismatch": NO_MATCH,
        "email_password_mismatch": NO_MATCH,
        "invalid_login": NO_MATCH,
        "rate_limited": "Too many attempts. Wait a minute, then try again.",
        "incorrect_password": "This is not your password.",
        "enter_current_password": "This is not your password.",
        "incorrect_code": WRONG_CODE,
        "invalid_password_reset": "This link no longer works. Ask for a new one.",
        "invalid_or_expired_key": "This link no longer works. Ask for a new one.",
        "same_as_current": "This is your current password. Choose another one.",
        "username_taken": "This user name is already taken.",
        "email_taken": "This e-mail address is already in use.",
    }

    def is_open_for_signup(self, _request: HttpRequest) -> bool:
        """Closed: admins add people."""
        return False

    def is_safe_url(self, url: str | None) -> bool:
        """True when `next` may redirect there: to a path of this site other than signing in or out."""
        sign_in_urls = (reverse("account_login"), reverse("account_logout"))
        return bool(url) and safe_redirect_path(str(url)) is not None and not str(url).startswith(sign_in_urls)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """The user whose password it is. One name is looked up, and so one hash computed, whoever is named.

        django-allauth passes what looks like an e-mail address as a user name too, and would compute the hash twice
        for the address of somebody: time would tell.
        """
        if credentials.get("email") and credentials.get("username"):
            known = filter_users_by_email(credentials["email"], prefer_verified=True, for_login=True)
            credentials.pop("username" if known else "email")
        return cast("User | None", super().authenticate(request, **credentials))

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Raises ValidationError after too many attempts, audited as a failed sign-in like a wrong password."""
        typed = str(credentials.get("username") or credentials.get("email") or "")
        user = _user_named(typed) if known_browser.known_browser(request) else None
        try:
            self._attempt = attempts.begin_password(request, typed, user)
        except attempts.TooManyAttempts as refusal:
            attempted = credentials | {"reason": "too many tries"}
            user_login_failed.send(sender=__name__, credentials=attempted, request=request)
            raise refusal.validation_error() from None

    def _rollback_login_failed_rl_usage(self) -> None:
        """django-allauth's hook after a right password."""
        self._attempt.forgive()

    def _delete_login_attempts_cached_email(self, _request: HttpRequest, **_credentials: Any) -> None:
        """django-allauth's hook after a password reset: our counters count nothing that a new password would undo."""

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Rejects inactive people, people of the identity provider who sign in another way, and those of whom it
        should confirm a second factor and does not.
        """
        rejection: HttpResponse | None = super().pre_login(request, user, **kwargs)
        if rejection is not None:
            return rejection
        request.session[_BEGAN_WITH] = user.get_session_auth_hash()
        login = (kwargs.get("signal_kwargs") or {}).get("sociallogin")
        if login is None:
            provider_session.forget(request)
            return self._refuse(request, user, _only_sso(), "single sign-on only") if is_sso_user(user) else None
        sync_role_from_groups(user, login.groups)
        if lacks_factor(user, login.factor_confirmed):
            return self._refuse(request, user, NO_FACTOR.format(settings.OIDC_NAME), "no second factor")
        provider_session.begin(request, login)
        return None

    def _refuse(self, request: HttpRequest, user: User, message: str, reason: str) -> HttpResponse:
        """Back to the sign-in page, audited as a failed sign-in."""
        clear_login(request)
        credentials = {"username": user.username, "reason": reason}
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        self.add_message(request, messages.ERROR, message=message)
        return redirect("account_login")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """django-allauth's own check of a proof: what step-up accepts is enough, a recent sign-in included."""
        return bool(super().is_reauthentication_required(app=app, **kwargs)) and not has_recent_proof(self.request)

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """The redirect after signing in; the browser is known from now on."""
        response: HttpResponse = super().post_login(request, user, **kwargs)
        for _ in messages.get_messages(request):  # of before: the desk's pages would say it much later
            pass
        if not (kwargs.get("signal_kwargs") or {}).get("sociallogin"):
            known_browser.remember(request, response, user)
        return response

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """The page after signing in, where no other was asked for."""
        return first_page(cast("User", request.user)) or cast("str", super().get_login_redirect_url(request))

    def respond_user_inactive(self, request: HttpRequest, user: User) -> HttpResponse:
        """The page for inactive people. Audited as a failed sign-in, like a wrong password."""
        credentials = {"username": user.username, "reason": "deactivated"}
        user_login_failed.send(sender=__name__, credentials=credentials, request=request)
        return cast("HttpResponse", super().respond_user_inactive(request, user))

    def login(self, request: HttpRequest, user: User) -> None:
        """Checks `is_active` and the password again: an admin may have deactivated the person between the two steps of
        signing in, and whoever began with a password that has been changed since must not finish.
        """
        began_with = request.session.pop(_BEGAN_WITH, "")
        if not user.is_active:
            clear_login(request)
            raise ImmediateHttpResponse(self.respond_user_inactive(request, user))
        if not constant_time_compare(began_with, user.get_session_auth_hash()):
            refusal = self._refuse(request, user, BEGUN_BEFORE, "password changed meanwhile")
            raise ImmediateHttpResponse(refusal)
        super().login(request, user)

    def set_password(self, user: User, password: str) -> None:
        """Raises PermissionDenied for single sign-on users and inactive people.

        Whom the provider no longer admits must not sign in by a password, and a password that a stranger sets must
        not work once an inactive person is activated again.
        """
        if is_sso_user(user) or not user.is_active:
            raise PermissionDenied
        super().set_password(user, password)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Renders a mail, which is sent after the response: how long a mail server takes tells nobody anything."""
        mail_queue.enqueue(self.render_mail(template_prefix, email, context).send)

    def get_reauthentication_methods(self, user: User | AnonymousUser) -> list[dict[str, str]]:
        """The ways to prove that it is still the same person: the second factor, where there is one."""
        return proof_methods(user) if isinstance(user, User) else []


class DeskSocialAccountAdapter(DefaultSocialAccountAdapter):  # type: ignore[misc]
    """Social account adapter: single sign-on."""

    def is_open_for_signup(self, _request: HttpRequest, _login: SocialLogin) -> bool:
        """Open to everyone the identity provider admits; roles and assignments decide what they see."""
        return True

    def pre_social_login(self, _request: HttpRequest, login: SocialLogin) -> None:
        """A newcomer gets a unique user name. An e-mail that somebody here signs in by is left out, never taken over.

        Where it is another's user name, sign-in would find the newcomer by it, and lock the other out.
        """
        if login.is_existing:
            return
        user: User = login.user
        # Reduced to ASCII: nobody gets a name that only looks like another's.
        names = [user.username, f"{user.first_name} {user.last_name}".strip(), user.email, "user"]
        user.username = self._account().generate_unique_username(names)
        somebody = Q(email__iexact=user.email) | Q(username__iexact=user.email)
        taken = User.objects.filter(somebody).exists() or assess_unique_email(user.email) is not True
        if user.email and taken:
            user.email, login.email_addresses = "", []

    def on_authentication_error(self, request: HttpRequest, _provider: Any, **kwargs: Any) -> None:
        """Audited as a failed sign-in, unless the person cancelled. Rate-limited, so that the log cannot be flooded."""
        if kwargs.get("error") != AuthError.CANCELLED and _within_limit(request):
            credentials = {"reason": "single sign-on failed"}
            user_login_failed.send(sender=__name__, credentials=credentials, request=request)
            log.warning("single_sign_on.failed", extra={"why": type(kwargs.get("exception")).__name__})

    def _account(self) -> DeskAccountAdapter:
        return DeskAccountAdapter(self.request)


def _user_named(typed: str) -> User | None:
    found: User | None = get_user_by_username(typed)
    return found or next(iter(filter_users_by_email(typed, for_login=True)), None)


def _only_sso() -> str:
    if settings.OIDC_PROVIDER_ID:
        return f"You sign in with: {settings.OIDC_NAME}."
    return "You signed in with single sign-on before, but it’s turned off now. Ask an admin."


def _within_limit(request: HttpRequest) -> bool:
    """True while this IP address may add to the log: a forged callback costs a stranger nothing."""
    limits = {"sso_failed": "60/m/ip"}
    allowed = ratelimit.consume(request, app="allauth.account", action="sso_failed", config=limits, limit_get=True)
    return bool(allowed)


class DeskMfaAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """MFA adapter: second factors, their secrets encrypted at rest."""

    error_messages: ClassVar[dict[str, Any]] = DefaultMFAAdapter.error_messages | {
        "incorrect_code": WRONG_CODE,
        "cannot_delete_authenticator": "This cannot be removed.",
        "cannot_generate_recovery_codes": "Add an authenticator app or a passkey first.",
        "unreadable": "This code can’t be checked. Ask an admin to reset your sign-in.",
    }

    def encrypt(self, text: str) -> str:
        """Encrypts a secret for storage."""
        return encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Decrypts a stored secret. Raises ValidationError when none of our keys encrypted it."""
        try:
            return decrypt(encrypted_text)
        except DecryptionError:
            log.error("second_factor.unreadable")  # noqa: TRY400  # the traceback adds nothing
            raise self.validation_error("unreadable") from None

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """The relying party of passkeys, from SITE_URL and not from the request."""
        return {"id": urlsplit(settings.SITE_URL).hostname or "", "name": "Contact Desk"}

    def get_totp_label(self, user: User) -> str:
        """The label of the account in the authenticator app."""
        return user.username

    def generate_authenticator_name(self, user: User, type: Authenticator.Type) -> str:  # noqa: A002  # its name
        """The name of a new passkey until its owner renames it."""
        number = Authenticator.objects.filter(user=user, type=type).count() + 1
        return "Passkey" if number == 1 else f"Passkey {number}"
