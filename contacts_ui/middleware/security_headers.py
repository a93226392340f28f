"""Security headers: responses that no browser or proxy caches, and a reference for each request."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from contacts_ui.web.request import DeskRequest


class SecurityHeadersMiddleware:
    """Sets a reference to quote on the request, and cache and policy headers on every response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cast("DeskRequest", request).reference = f"desk_{secrets.token_hex(8)}"
        response = self._get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response
