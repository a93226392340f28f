"""Reauthentication by the identity provider: its people have no password here, so they sign in there once more.

django-allauth has nothing for it, and lets them through unasked. The provider is told to ask again (`prompt=login`,
`max_age=0`); nobody is signed in or out by its answer, it only has to be about the same person.
"""

from __future__ import annotations

import time
from typing import Any, cast

from allauth.account.utils import get_next_redirect_url
from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.models import SocialLogin
from allauth.socialaccount.providers.base.constants import AuthProcess
from allauth.socialaccount.signals import pre_social_login
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.models import User
from django.dispatch import receiver
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.crypto import get_random_string
from django.views.decorators.http import require_http_methods

from .allauth_compat import record_authentication
from .id_token import lacks_factor
from .oidc import _nonce, handle_provider_down, is_sso_user, strict_provider, sync_role_from_groups

MAX_AGE = 300  # seconds since the provider last asked the person, where it says so (`auth_time`)
_SOMEBODY_ELSE = "You signed in there as someone else. Sign in as yourself to continue."
_NO_FACTOR = "No second factor was confirmed there, and you need one. Add it there, then confirm again."
_NOT_ASKED = "Your sign-in there was too long ago. Sign out there, then confirm again."


@require_http_methods(["GET", "HEAD", "POST"])
@handle_provider_down
def sso_reauthenticate(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The page with the button to the provider; by POST the redirect there."""
    if not settings.OIDC_PROVIDER_ID or not is_sso_user(cast("User", request.user)):
        return redirect("account_reauthenticate")
    next_url = get_next_redirect_url(request)
    if request.method != "POST":
        context = {"next_url": next_url, "reauthentication_alternatives": []}
        return render(request, "account/reauthenticate_sso.html", context)
    state = get_random_string(32)
    provider = strict_provider(request, provider_id)
    auth_params = provider.get_auth_params() | {"nonce": _nonce(state), "prompt": "login", "max_age": "0"}
    response = provider.redirect(
        request, AuthProcess.REDIRECT, next_url=next_url, state_id=state, auth_params=auth_params
    )
    return cast("HttpResponse", response)


@receiver(pre_social_login)
def _reauthenticated(request: HttpRequest, sociallogin: SocialLogin, **_: Any) -> None:
    """Records the proof. The process is in the session's state, which nobody but the desk writes."""
    if sociallogin.state.get("process") != AuthProcess.REDIRECT:
        return
    person = request.user
    if not isinstance(person, User) or sociallogin.user.pk != person.pk:
        raise _refusal(request, _SOMEBODY_ELSE)
    if lacks_factor(person, sociallogin.factor_confirmed):
        raise _refusal(request, _NO_FACTOR)
    asked_at = getattr(sociallogin, "auth_time", None)
    if isinstance(asked_at, int | float) and asked_at < time.time() - MAX_AGE:
        raise _refusal(request, _NOT_ASKED)
    sync_role_from_groups(person, sociallogin.groups)  # the newest answer there is
    record_authentication(request, person, "socialaccount", provider=sociallogin.account.provider, reauthenticated=True)


def _refusal(request: HttpRequest, sentence: str) -> ImmediateHttpResponse:
    messages.error(request, sentence)
    return ImmediateHttpResponse(redirect("sso-reauthenticate"))
