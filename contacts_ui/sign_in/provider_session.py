"""Sessions begun by single sign-on: checked with the provider again every hour, and ended there at sign-out.

After OIDC_RECHECK_SECONDS the session ends. Where a page was asked for, the browser is sent to the provider with
`prompt=none`: if the person is still signed in there, they are back on the page in a moment, with the groups and the
second factor that the provider tells of now. No access or refresh token is kept for that.

The ID token is kept, sealed, in the session and nowhere else: many providers end their session without asking only for
whoever shows it (OpenID Connect RP-Initiated Logout, `id_token_hint`).
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, cast
from urllib.parse import urlencode, urlsplit

from allauth.socialaccount.models import SocialLogin
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.models import AnonymousUser, User
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.crypto import get_random_string
from django_htmx.middleware import HtmxDetails
from requests import RequestException

from . import oidc
from .allauth_compat import get_authentication_records
from .id_token import lacks_factor
from .redirects import own_path, safe_redirect_path
from .secret_encryption import DecryptionError, decrypt, encrypt
from .session_timeout import STARTED_AT

log = logging.getLogger(__name__)

FACTOR = "desk.sso.factor"  # whether the provider confirmed a second factor
_AT_PROVIDER = "desk.sso.end"  # sealed: what ends the session at the provider
_RETURN = "desk.sso.return"  # sealed: a check with the provider that is under way
_LONGEST_HINT = 6_000  # characters of an ID token in a URL


@dataclass(frozen=True, slots=True)
class _Check:
    """A check under way: the state it was sent with, when the session began (so that it still ends), the page, whose
    session it was.
    """

    state: str
    began: float | None
    page: str
    user_id: int | None = None


def begin(request: HttpRequest, login: SocialLogin) -> None:
    """Stores in the session what the provider said at sign-in."""
    forget(request)
    request.session[FACTOR] = login.factor_confirmed
    if login.end_session_url:
        request.session[_AT_PROVIDER] = encrypt(json.dumps([login.end_session_url, login.id_token]))


def forget(request: HttpRequest) -> None:
    """Removes what an earlier sign-in by the provider, one that was not finished, left in the session."""
    for name in (FACTOR, _AT_PROVIDER):
        request.session.pop(name, None)


def sign_out_url(request: HttpRequest) -> str | None:
    """URL at the provider that ends its session too; None where it has none, and for other sessions."""
    sealed = request.session.get(_AT_PROVIDER)
    if not sealed or _checked_at(request) is None:
        return None
    try:
        url, id_token = json.loads(decrypt(sealed))
    except DecryptionError:
        return None
    back = settings.SITE_URL + reverse("account_login")
    params = {"client_id": oidc.client_id(), "post_logout_redirect_uri": back}
    if len(id_token) <= _LONGEST_HINT:
        params["id_token_hint"] = id_token
    return f"{url}{'&' if urlsplit(url).query else '?'}{urlencode(params)}"


class ProviderSessionMiddleware:
    """Ends a session of single sign-on that the provider has not confirmed within the hour."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if FACTOR in request.session and not _exempt(request) and _is_over(request):
            return _check_again(request) or self._get_response(request)
        return self._get_response(request)


@login_not_required
def sso_callback(request: HttpRequest, provider_id: str) -> HttpResponse:
    """The provider's redirect back: after the sign-in form, or after a check, which goes on where it began."""
    check = _check_under_way(request)
    if check is None:
        return oidc.sso_callback(request, provider_id)
    if "error" in request.GET:  # not signed in there any more, or something to be asked first
        return redirect_to_login(check.page)
    response = oidc.sso_callback(request, provider_id)
    if not request.user.is_authenticated or not isinstance(response, HttpResponseRedirect):
        return response
    if request.user.pk != check.user_id:
        return redirect("home")  # somebody else signed in there since: the page may name a number
    if check.began is not None:
        request.session[STARTED_AT] = check.began
    return redirect(check.page)


def _exempt(request: HttpRequest) -> bool:
    """Signing out must reach the provider, and a sign-in under way must end."""
    return request.path == reverse("account_logout") or request.path.startswith("/sign-in/sso/")


def _is_over(request: HttpRequest) -> bool:
    checked_at = _checked_at(request)
    if checked_at is None:
        return request.user.is_authenticated
    return time.time() - checked_at > settings.OIDC_RECHECK_SECONDS or lacks_factor(
        cast("User", request.user), bool(request.session[FACTOR])
    )


def _checked_at(request: HttpRequest) -> float | None:
    """When today's provider last signed this session in; None for another one's, or none's."""
    records = get_authentication_records(request, cast("User", request.user))
    times = [
        record.get("at", 0.0)
        for record in records
        if record.get("method") == "socialaccount" and record.get("provider") == settings.OIDC_PROVIDER_ID
    ]
    return max(times, default=None)


def _check_again(request: HttpRequest) -> HttpResponse | None:
    """Ends the session. The redirect to the provider where a page was asked for, else None: they are a stranger."""
    if request.method == "GET" and "HX-Request" in request.headers:
        return _reload_page(request)
    began, user_id = request.session.get(STARTED_AT), request.user.pk
    request.session.flush()
    request.user = AnonymousUser()
    page = safe_redirect_path(request.get_full_path())
    if not settings.OIDC_PROVIDER_ID or page is None or not _is_page(request):
        return None
    check = _Check(get_random_string(32), began, page, user_id)
    try:
        response = oidc.redirect_to_provider(request, settings.OIDC_PROVIDER_ID, check.state, prompt="none")
    except RequestException as error:
        log.warning("single_sign_on.unreachable", extra={"why": type(error).__name__})
        return None
    request.session[_RETURN] = encrypt(json.dumps(asdict(check)))  # the page's query may hold a number
    return response


def _reload_page(request: HttpRequest) -> HttpResponse:
    """Has the page of a fragment loaded anew, which then goes to the provider: a fragment cannot."""
    details: HtmxDetails = request.htmx  # type: ignore[attr-defined]
    page = own_path(details.current_url or "") or reverse("home")
    return HttpResponse(status=204, headers={"X-Fragment": "1", "HX-Redirect": page})


def _is_page(request: HttpRequest) -> bool:
    """True for a navigation: only the address bar may lead to another site and back."""
    return request.method == "GET" and request.headers.get("Sec-Fetch-Dest", "document") == "document"


def _check_under_way(request: HttpRequest) -> _Check | None:
    sealed = request.session.pop(_RETURN, None)
    if sealed is None:
        return None
    try:
        fields: dict[str, Any] = json.loads(decrypt(sealed))
    except DecryptionError:
        return None
    check = _Check(**fields)
    return check if check.state == request.GET.get("state") else None
