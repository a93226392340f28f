"""Error pages: an exception that a view raises becomes a page or fragment by the table in web/errors."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import cast

from django.http import HttpRequest, HttpResponse
from django.utils.cache import patch_vary_headers

from contacts_ui import audit
from contacts_ui.roles import ADMIN, role_of
from contacts_ui.web.errors import error_page_for
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest

log = logging.getLogger(__name__)

Handler = Callable[[HttpRequest], HttpResponse]


class ErrorPageMiddleware:
    """Renders exceptions of views by the table in web/errors. Sets `Vary` for the headers of htmx."""

    def __init__(self, get_response: Handler) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self._get_response(request)
        patch_vary_headers(response, ("HX-Request", "HX-Request-Type", "HX-History-Restore-Request"))
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The page for an exception of the table; Django handles all others."""
        return error_response(cast("DeskRequest", request), exception)


def error_response(request: DeskRequest, exception: Exception) -> HttpResponse | None:
    """The page or fragment for an exception of the table; None when it has no row."""
    error_page = error_page_for(exception, request.reference, for_admin=role_of(request.user) == ADMIN)
    if error_page is None:
        return None
    audit.failed(request, exception)
    page = getattr(request, "desk_page", None) or DeskPage(request, "error.html", "shared/_error.html", scope=None)
    log.info(
        "desk.problem.shown",
        extra={
            "error": type(exception).__name__,
            "status": error_page.status,
            "reference": error_page.reference,
            "request_id": error_page.request_id,
        },
    )
    return cast("DeskPage", page).response(error=error_page)
