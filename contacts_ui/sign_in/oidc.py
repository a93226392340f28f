"""Single sign-on by OpenID Connect: issuer and subject identify a person, and nothing else does.

Redirect and callback are django-allauth's (state, PKCE, issuer and audience of the ID token). This module restricts
them to one provider and one purpose, adds a nonce and further checks (id_token.py), and maps groups to a role.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable, Iterable, Mapping
from functools import wraps
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from allauth.account.utils import get_next_redirect_url
from allauth.socialaccount.adapter import get_adapter
from allauth.socialaccount.helpers import render_authentication_error
from allauth.socialaccount.models import SocialAccount, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.oauth2.views import OAuth2CallbackView
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import constant_time_compare, get_random_string
from requests import RequestException

from contacts_ui.roles import NAMES, set_role

from .id_token import asked_params, check_access_token, check_claims, confirms_factor

MAX_SUBJECT_LENGTH = 191  # characters of the column in django-allauth's table
View = Callable[[HttpRequest, str], HttpResponse]


class StrictOIDCAdapter(OpenIDConnectOAuth2Adapter):  # type: ignore[misc]  # django-allauth has no types
    """Verifies the identity provider's answer before anybody is signed in by it."""

    def get_callback_url(self, _request: HttpRequest, _app: Any) -> str:
        """Where the provider sends the browser back to: by SITE_URL, as it was registered there."""
        return settings.SITE_URL + reverse("openid_connect_callback")

    def complete_login(self, request: HttpRequest, app: Any, token: Any, **kwargs: Any) -> SocialLogin:
        """The verified identity, and the person's groups. Raises OAuth2Error."""
        if self.openid_config.get("issuer", "").rstrip("/") != settings.OIDC_ISSUER:
            raise OAuth2Error("The provider calls itself by another name")
        id_token = kwargs["response"].get("id_token") or ""
        claims = self._decode_id_token(app, id_token)
        subject = claims.get("sub")
        if not isinstance(subject, str) or not 0 < len(subject) <= MAX_SUBJECT_LENGTH:
            raise OAuth2Error("The ID token names nobody")
        if not constant_time_compare(claims.get("nonce") or "", _nonce(request.GET["state"])):
            raise OAuth2Error("The ID token was asked for by somebody else")
        check_claims(claims, app.client_id, time.time())
        check_access_token(id_token, claims, token.token)
        userinfo = self._fetch_user_info(token.token)
        if userinfo.get("sub") != subject:  # OpenID Connect Core, 5.3.2
            raise OAuth2Error("The provider told of two people")
        login = self.get_provider().sociallogin_from_response(request, {"userinfo": userinfo, "id_token": claims})
        login.groups = _groups(userinfo) or _groups(claims)
        login.factor_confirmed = confirms_factor(claims, time.time())
        login.id_token, login.end_session_url = id_token, _end_session_url(self.openid_config)
        login.auth_time = claims.get("auth_time")  # for sso_reauthentication
        # Other claims (numbers, addresses, pictures) are not stored.
        login.account.extra_data = {"userinfo": {"iss": claims["iss"], "sub": subject}}
        return login


def handle_provider_down(view: View) -> View:
    """Decorator: the error page of sign-in with status 503 when a request to the provider fails."""

    @wraps(view)
    def guarded(request: HttpRequest, provider_id: str) -> HttpResponse:
        try:
            return view(request, provider_id)
        except RequestException as error:
            provider = get_adapter().get_provider(request, provider_id)
            response: HttpResponse = render_authentication_error(request, provider, exception=error)
            response.status_code = 503
            return response

    return guarded


@login_not_required
@handle_provider_down
def sso_login(request: HttpRequest, provider_id: str) -> HttpResponse:
    """Redirects the browser to the provider. POST only: a link from elsewhere leads to the sign-in page."""
    next_url = get_next_redirect_url(request)
    if request.method != "POST":
        return redirect(reverse("account_login") + (f"?{urlencode({'next': next_url})}" if next_url else ""))
    return redirect_to_provider(request, provider_id, get_random_string(32), next_url)


def strict_provider(request: HttpRequest, provider_id: str) -> Any:
    """django-allauth's provider, which sends the browser back to SITE_URL."""
    provider = get_adapter().get_provider(request, provider_id)
    provider.oauth2_adapter_class = StrictOIDCAdapter
    return provider


def redirect_to_provider(
    request: HttpRequest, provider_id: str, state: str, next_url: str | None = None, **params: str
) -> HttpResponse:
    """Redirects the browser to the provider, to come back with `state`. Raises RequestException."""
    provider = strict_provider(request, provider_id)
    # django-allauth takes purpose, scope and more from the URL. None of that is passed on here.
    auth_params = provider.get_auth_params() | asked_params() | params | {"nonce": _nonce(state)}
    response = provider.redirect(request, "login", next_url=next_url, state_id=state, auth_params=auth_params)
    return cast("HttpResponse", response)


@login_not_required
@handle_provider_down
def sso_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider's redirect back, with its answer."""
    view = OAuth2CallbackView.adapter_view(StrictOIDCAdapter(request, provider_id))
    return cast("HttpResponse", view(request))


def is_sso_user(user: User) -> bool:
    """True when an identity provider has ever signed `user` in: they sign in by it, and in no other way.

    A former provider counts too. Whoever it removed must not get in by a password when it is replaced or switched off.
    """
    return bool(SocialAccount.objects.filter(user=user).exists())


def client_id() -> str:
    """Our name at the provider."""
    [app] = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    return str(app["client_id"])


def sync_role_from_groups(user: User, groups: Iterable[str]) -> None:
    """Sets the role that OIDC_ROLES maps the groups to, or none. Without OIDC_ROLES admins set roles."""
    if not settings.OIDC_ROLES:
        return
    mapped = {settings.OIDC_ROLES.get(group) for group in groups}
    wanted = next((name for name in NAMES if name in mapped), None)
    held = set(user.groups.filter(name__in=NAMES).values_list("name", flat=True))
    if held != ({wanted} if wanted else set()):  # no audit event without a change
        set_role(user, wanted)


def _end_session_url(configuration: Mapping[str, Any]) -> str | None:
    """Where the provider ends its session, if our Content-Security-Policy lets the sign-out form lead there."""
    url = configuration.get("end_session_endpoint")
    if not isinstance(url, str):
        return None
    parts = urlsplit(url)
    allowed = settings.CONTENT_SECURITY_POLICY["form-action"]
    return url if f"{parts.scheme}://{parts.netloc}" in allowed else None


def _groups(claims: Mapping[str, Any]) -> tuple[str, ...]:
    claim = claims.get(settings.OIDC_GROUP_CLAIM)
    if isinstance(claim, str):
        return (claim,)
    return tuple(group for group in claim if isinstance(group, str)) if isinstance(claim, list) else ()


def _nonce(state: str) -> str:
    """The nonce derived from a state: the session stores the state, which is valid once."""
    return base64.urlsafe_b64encode(hashlib.sha256(f"nonce|{state}".encode()).digest()).decode().rstrip("=")
