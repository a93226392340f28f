"""What every answer has in common: nothing is stored by a browser, a failure is a page, what was seen is recorded."""

from __future__ import annotations

import logging
import secrets
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from contacts_ui import audit
from contacts_ui.web.errors import problem_for
from contacts_ui.web.page import DeskPage, DeskRequest

log = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]


class PrivacyMiddleware:
    """Gives the request a reference to quote, and keeps every answer out of browser and proxy stores."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        cast("DeskRequest", request).reference = f"desk_{secrets.token_hex(8)}"
        response = self._get_response(request)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        response.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        return response


class ProblemMiddleware:
    """Turns what views let through into a page or fragment by the table above; marks answers by their shape."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        patch_vary_headers(response, ("HX-Request", "HX-Request-Type", "HX-History-Restore-Request"))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for an error of the table; anything else is Django's."""
        return answer_for(cast("DeskRequest", request), exception)


class AuditMiddleware:
    """Writes down who looked at what. What cannot be written down is not shown, unless AUDIT_REQUIRED is off."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        desk_request = cast("DeskRequest", request)
        response = self._get_response(request)
        try:
            audit.record_request(desk_request, response.status_code)
        except audit.AuditUnwritable as error:
            return answer_for(desk_request, error) or response
        return response


def answer_for(request: DeskRequest, exception: Exception) -> HttpResponse | None:
    """The page or fragment for an error of the table; None when it has no row there."""
    problem = problem_for(exception, request.reference)
    if problem is None:
        return None
    audit.went_wrong(request, exception)
    page = getattr(request, "desk_page", None) or DeskPage(request, "problem.html", "shared/_problem.html", scope=None)
    log.info(
        "desk.problem.shown",
        extra={
            "error": type(exception).__name__,
            "status": problem.status,
            "reference": problem.reference,
            "request_id": problem.request_id,
        },
    )
    return cast("DeskPage", page).response(problem=problem)
