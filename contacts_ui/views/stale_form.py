"""Stale forms: a form whose CSRF token is from before the browser's last sign-in is offered again with a new one.

Every sign-in makes a new token, so the forms in older tabs no longer match. They are not sent on by themselves: the
person may be another one now, so the page says who is signed in and waits for a click (docs/decisions, 37). Only for
forms of our own pages, by the Origin header, which no other site can set: else another site could fill in the form
that the click sends. Cost: no API call.
"""

from __future__ import annotations

from typing import cast

from allauth.account.views import LoginView
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse

from contacts_ui.preferences import is_theme
from contacts_ui.sign_in.form_again import NOT_TAKEN, has_secrets, offer_again
from contacts_ui.sign_in.forms import LONGEST_LOGIN, SignInForm
from contacts_ui.sign_in.redirects import safe_redirect_path
from contacts_ui.sign_in.views import sign_out

RENEWAL_HEADER = "X-Form-Token"  # static/js: a new token for the button that was pressed, or a notice to reload
FILL_IN_AGAIN = "This page was out of date, so nothing was saved. Fill it in again."
SIGN_IN_AGAIN = "This page was out of date. Sign in again."
NO_COOKIES = "Your browser sent no cookies. Allow them for this site, then sign in again."
_SIGN_IN_FORMS = frozenset({"account_login", "mfa_login_webauthn", "openid_connect_login"})


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001  # Django passes it
    """The response to a form without a valid token (CSRF_FAILURE_VIEW). Nothing is done, except that signing out works:
    whoever presses "Sign out" and leaves must be signed out.
    """
    name = request.resolver_match.view_name if request.resolver_match else ""
    if name == "account_logout" and not request.user.is_authenticated:
        return redirect("account_login")
    if request.headers.get("Origin") not in settings.SITE_ORIGINS:
        return render(request, "403_csrf.html", status=403)
    if getattr(request, "htmx", False):
        return HttpResponse(status=NOT_TAKEN, headers={RENEWAL_HEADER: get_token(request)})
    if name == "account_logout":
        return sign_out(request)
    return _stale_sign_in(request) if name in _SIGN_IN_FORMS else _stale_form(request, name)


def _stale_sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in form with the typed name; for whoever is signed in already, on to where it led."""
    typed = request.POST.get("login", "")[:LONGEST_LOGIN]
    if request.user.is_authenticated:
        next_url = safe_redirect_path(request.POST.get("next", "")) or reverse("home")
        if not typed or _names(typed, request.user):
            return redirect(next_url)
        return render(request, "account/already_signed_in.html", {"next_url": next_url}, status=NOT_TAKEN)
    messages.warning(request, SIGN_IN_AGAIN if request.COOKIES else NO_COOKIES)
    view = LoginView()
    view.setup(request)
    form = SignInForm(request=request, initial={"login": typed})
    return cast("HttpResponse", view.render_to_response(view.get_context_data(form=form), status=NOT_TAKEN))


def _names(typed: str, user: User) -> bool:
    return typed.strip().casefold() in {user.get_username().casefold(), user.email.casefold()}


def _stale_form(request: HttpRequest, name: str) -> HttpResponse:
    """The same form with a new token, as a button; without what was entered where that is a secret."""
    if has_secrets(request):
        messages.warning(request, FILL_IN_AGAIN)
        return redirect(request.get_full_path())
    view = request.resolver_match.func if request.resolver_match else None
    signed_out = not request.user.is_authenticated and getattr(view, "login_required", True)
    return offer_again(request, _label(request, name), signed_out=signed_out)


def _label(request: HttpRequest, name: str) -> str:
    """What the button says: the theme's own words, where the form was that button."""
    theme = request.POST.get("theme", "")
    return f"{theme.capitalize()} theme" if name == "preferences-theme" and is_theme(theme) else "Continue"
