"""Views of sign-in beside django-allauth's own: the sign-in form with our limit, signing out, the way on after a
step-up, and a QR code.

django-allauth shows the QR code of a new authenticator app as a `data:` URL, which our CSP forbids.
"""

from __future__ import annotations

from typing import cast

from allauth.account import views as account
from allauth.mfa.adapter import get_adapter
from allauth.mfa.models import Authenticator
from allauth.mfa.totp import views as totp
from allauth.mfa.utils import is_mfa_enabled
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from . import attempts, provider_session
from .allauth_compat import SECRET_SESSION_KEY, ratelimit
from .step_up import held_request


@login_not_required
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in form; 429 after too many of them, right or wrong, in a minute."""
    if request.method == "POST" and not attempts.may_submit(request):
        return cast("HttpResponse", ratelimit.respond_429(request))
    return cast("HttpResponse", account.login(request))


@login_not_required
def sign_out(request: HttpRequest) -> HttpResponse:
    """Ends the session, and then the one at the identity provider where it offers that."""
    at_provider = provider_session.sign_out_url(request) if request.method == "POST" else None
    response = cast("HttpResponse", account.logout(request))
    if at_provider and isinstance(response, HttpResponseRedirect):
        response["Location"] = at_provider
    return response


def totp_activate(request: HttpRequest) -> HttpResponse:
    """The form that adds an authenticator app. Of two that are sent at once, by a double click, the second finds the
    app added: django-allauth would fail on it.
    """
    if request.method != "POST":
        return cast("HttpResponse", totp.activate_totp(request))
    with transaction.atomic():
        user = User.objects.select_for_update().get(pk=cast("User", request.user).pk)
        if is_mfa_enabled(user, [Authenticator.Type.TOTP]):
            return redirect("mfa_index")
        return cast("HttpResponse", totp.activate_totp(request))


@require_safe
def totp_qr_code(request: HttpRequest) -> HttpResponse:
    """The QR code of the secret that this session is setting up; 404 without one. A `data:` URL, as django-allauth
    shows it, is forbidden by our CSP.
    """
    secret = request.session.get(SECRET_SESSION_KEY)
    if not secret:
        raise Http404
    adapter = get_adapter()
    svg = adapter.build_totp_svg(adapter.build_totp_url(request.user, secret))
    return HttpResponse(svg, content_type="image/svg+xml", headers={"Cache-Control": "private, no-store"})


@require_safe
def step_up_continue(request: HttpRequest) -> HttpResponse:
    """The request that waited for the proof, as a form to send it now: a POST is not repeated without a click."""
    held = held_request(request)
    if held is None:
        return redirect("home")
    return render(request, "account/step_up_continue.html", {"held": held})
