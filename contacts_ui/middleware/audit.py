"""Audit middleware: writes the audit events of a request before its response is sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse

from contacts_ui import audit
from contacts_ui.quota import QuotaExceeded
from contacts_ui.web.request import DeskRequest

from .error_pages import error_response


class AuditMiddleware:
    """Flushes the audit events of each request. A response that cannot be recorded, unless AUDIT_REQUIRED is off, or
    that shows more than the person's quota allows, becomes an error page.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        desk_request = cast("DeskRequest", request)
        response = self._get_response(request)
        try:
            audit.flush(desk_request, response.status_code)
        except (audit.AuditWriteError, QuotaExceeded) as error:
            return error_response(desk_request, error) or response
        return response
