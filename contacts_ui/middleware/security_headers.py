"""Security headers: responses that no browser or proxy caches, and a reference for each request.

The response that ends a session also clears what the browser keeps of the site (Clear-Site-Data): "cache" holds the
pages that Back would bring again without asking, "storage" everything that scripts stored. Not "cookies": the session's
own is deleted by name, and a browser would also delete the CSRF cookie of the sign-in form in another tab, the cookie
of a sign-in that has just succeeded there, and the cookies of every other site of the domain.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from contacts_ui.web.request import DeskRequest

CLEAR_SITE_DATA = '"cache", "storage"'
_DEBUG_PAGES = {404, 500}  # Django's, with style and scripts inline


class SecurityHeadersMiddleware:
    """Sets a reference to quote on the request, and cache and policy headers on every response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._policy = "; ".join(
            f"{name} {' '.join(sources)}" for name, sources in settings.CONTENT_SECURITY_POLICY.items()
        )

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cast("DeskRequest", request).reference = f"desk_{secrets.token_hex(8)}"
        response = self._get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        if not (settings.DEBUG and response.status_code in _DEBUG_PAGES):
            response.setdefault("Content-Security-Policy", self._policy)
        if _ends_session(response):
            response["Clear-Site-Data"] = CLEAR_SITE_DATA
        return response


def _ends_session(response: HttpResponse) -> bool:
    """True when the response deletes the session's cookie: signed out, timed out, or ended by an admin."""
    cookie = response.cookies.get(settings.SESSION_COOKIE_NAME)
    return cookie is not None and not cookie.value
