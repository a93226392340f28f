"""Mandatory second factor (REQUIRE_MFA): without one, every page redirects to its setup."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.deprecation import MiddlewareMixin

from contacts_ui.principal import SECOND_FACTORS, principal_of
from contacts_ui.roles import ADMIN, role_of

from .allauth_compat import get_authentication_records

# Every view that is open to someone without a second factor: to add one, or to sign out. By name with its namespace:
# django-allauth's tables are in Django's admin under names that begin like its pages.
OPEN_VIEWS = frozenset(
    {
        "account_login",
        "account_logout",
        "account_reauthenticate",
        "mfa_activate_totp",
        "mfa_add_webauthn",
        "mfa_index",
        "preferences-theme",
        "sso-reauthenticate",
        "step-up-continue",
        "totp-picture",
    }
)


class SecondFactorMiddleware(MiddlewareMixin):
    """Redirects people who lack a second factor to the page where they add one."""

    def process_view(
        self, request: HttpRequest, _view: Callable[..., HttpResponse], _args: Any, _kwargs: Any
    ) -> HttpResponse | None:
        """The redirect to the setup page for people who must add a second factor, else None."""
        name = request.resolver_match.view_name if request.resolver_match else None
        if not request.user.is_authenticated or name in OPEN_VIEWS:
            return None
        return _redirect_to_setup(request) if must_add_second_factor(request) else None


def must_add_second_factor(request: HttpRequest) -> bool:
    """True when a second factor is mandatory and missing. Not after single sign-on: the provider asks for its own."""
    user = cast("User", request.user)
    if settings.REQUIRE_MFA == "none" or (settings.REQUIRE_MFA == "admins" and role_of(user) != ADMIN):
        return False
    if any(record.get("method") == "socialaccount" for record in get_authentication_records(request, user)):
        return False
    principal = principal_of(user)
    return not (principal.has_second_factor if principal else has_second_factor(user))


def has_second_factor(user: User) -> bool:
    """True when `user` has an authenticator app or a passkey."""
    return cast("bool", is_mfa_enabled(user, SECOND_FACTORS))


def _redirect_to_setup(request: HttpRequest) -> HttpResponse:
    if not getattr(request, "htmx", False):
        return redirect("mfa_index")
    # fetch would follow a redirect unseen, and it would look like the end of the session (static/js/htmx-guard.js).
    return HttpResponse(status=204, headers={"X-Fragment": "1", "HX-Redirect": reverse("mfa_index")})
