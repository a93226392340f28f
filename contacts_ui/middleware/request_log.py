"""One line in the log for every request answered: who asked for which page of whose contacts, and how it ended."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from contacts_ui.audit import request_id_of, scope_of
from contacts_ui.web.request import DeskRequest

log = logging.getLogger(__name__)


class RequestLogMiddleware:
    """Stands behind the reference it quotes and before everything that may answer, health checks apart."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self._get_response(request)
        # Files of the page are nobody's contacts, and thirty for each visit.
        level = logging.DEBUG if request.path_info.startswith(settings.STATIC_URL) else logging.INFO
        log.log(level, "desk.request.answered", extra=_fields(cast("DeskRequest", request), response, started))
        return response


def _fields(request: DeskRequest, response: HttpResponse, started: float) -> dict[str, object]:
    """The route as it is written in the URLconf: neither what it was filled with nor the query string."""
    match = request.resolver_match
    return {
        "method": request.method if request.method in _METHODS else "other",
        "route": match.route if match else None,
        "page": match.view_name if match else None,
        "status": response.status_code,
        "ms": round((time.perf_counter() - started) * 1000, 1),
        "user_id": _user_id(request),
        "scope": scope_of(request),
        "reference": request.reference,
        "request_id": request_id_of(request),
    }


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


def _user_id(request: HttpRequest) -> int | None:
    """Who asks, as far as anybody looked: a line in the log is no reason to ask the database."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)
