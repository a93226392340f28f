"""Request log: one line for each response, with the user, route, scope, status and duration; and its count."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from typing import cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from contacts_ui.audit import request_id_of, scope_of
from contacts_ui.gateway.factory import begin_counting
from contacts_ui.gateway.lifetime import CELL, PROCESS
from contacts_ui.web.htmx import FRAGMENT_HEADER, PAGE_HEADER
from contacts_ui.web.request import DeskRequest

log = logging.getLogger(__name__)


class RequestLogMiddleware:
    """Logs each response. It comes after the middleware that sets the reference, and before all others that may
    respond, except for health checks.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        begin_counting()

    def __call__(self, request: HttpRequest) -> HttpResponse:
        started = time.perf_counter()
        response = self._get_response(request)
        group = "page" if PAGE_HEADER in response else "fragment" if FRAGMENT_HEADER in response else "other"
        if request.path_info.startswith(SIGN_IN):
            group = "sign_in"
        if counters := PROCESS.counters:  # not by `count`: every call is one of a hot path
            counters.add(CELL[f"{group}_{response.status_code // 100}xx"])
        # Static files show no contacts, and there are thirty for each visit.
        level = logging.DEBUG if request.path_info.startswith(settings.STATIC_URL) else logging.INFO
        log.log(level, "desk.request.answered", extra=_fields(cast("DeskRequest", request), response, started))
        return response


def _fields(request: DeskRequest, response: HttpResponse, started: float) -> dict[str, object]:
    """The log fields. The route is the pattern of the URLconf: no captured values and no query string."""
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


SIGN_IN = "/sign-in/"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"})


def _user_id(request: HttpRequest) -> int | None:
    """The user's id if the user was loaded already: a log line must not cost a database query."""
    user = request.__dict__.get("user")
    if isinstance(user, SimpleLazyObject):
        user = request.__dict__.get("_cached_user")
    return getattr(user, "pk", None)
