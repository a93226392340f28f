"""Mandatory second factor (REQUIRE_MFA): without one, every page redirects to its setup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse

from contacts_ui.roles import ADMIN, role_of

# Recovery codes alone do not count: whoever used the last one would be locked out.
from .allauth_compat import get_authentication_records

_SECOND_FACTORS = (Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN)
# URL names open to someone without a second factor: to add one, or to sign out.
_EXEMPT_URLS = frozenset(
    {"account_logout", "account_reauthenticate", "account_login", "totp-picture", "preferences-theme"}
)


class SecondFactorMiddleware:
    """Redirects people who lack a second factor to the page where they add one."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, _view: Callable[..., HttpResponse], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """The redirect to the setup page for people who must add a second factor, else None."""
        name = (request.resolver_match.url_name if request.resolver_match else None) or ""
        if not request.user.is_authenticated or name in _EXEMPT_URLS or name.startswith("mfa_"):
            return None
        return _redirect_to_setup(request) if must_add_second_factor(request) else None


def must_add_second_factor(request: HttpRequest) -> bool:
    """True when a second factor is mandatory and missing. Not after single sign-on: the provider asks for its own."""
    user = cast("User", request.user)
    if settings.REQUIRE_MFA == "none" or (settings.REQUIRE_MFA == "admins" and role_of(user) != ADMIN):
        return False
    if any(record.get("method") == "socialaccount" for record in get_authentication_records(request, user)):
        return False
    return not has_second_factor(user)


def has_second_factor(user: User) -> bool:
    """True when `user` has an authenticator app or a passkey."""
    return cast("bool", is_mfa_enabled(user, _SECOND_FACTORS))


def _redirect_to_setup(request: HttpRequest) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect("mfa_index")
    # fetch would follow a redirect unseen, and it would look like the end of the session (static/js/htmx-guard.js).
    return HttpResponse(status=204, headers={"X-Fragment": "1", "HX-Redirect": reverse("mfa_index")})
