"""Machine pages: /metrics, and the overview as JSON, for whoever has METRICS_TOKEN. Any host name, no session.

Without the right token a request goes on as if this middleware were not there: /metrics is then no page of the desk,
and its answer that of every address without one. Cost: no API call, six queries.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable

from django.conf import settings
from django.core.exceptions import MiddlewareNotUsed
from django.http import HttpRequest, HttpResponse
from prometheus_client import CONTENT_TYPE_LATEST

from contacts_ui.gateway.shared_memory import CountersUnreadable
from contacts_ui.operations.metrics import metrics_text
from contacts_ui.operations.overview import overview_json

METRICS, STATE = "/metrics", "/gateway/state/"


class MachinePagesMiddleware:
    """Serves machines before the host name and the session are looked at: a scraper has neither."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        if not settings.METRICS_TOKEN:
            raise MiddlewareNotUsed
        self._get_response = get_response
        self._pages = {METRICS: _metrics, STATE: _state}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        page = self._pages.get(request.path_info)
        if page is None or request.method not in {"GET", "HEAD"} or not _has_token(request):
            return self._get_response(request)
        try:
            response = page()
        except CountersUnreadable:  # zeros would look like a desk that serves nobody
            response = HttpResponse("the counters cannot be read\n", content_type="text/plain", status=503)
        response["Cache-Control"] = "no-store"
        response["X-Content-Type-Options"] = "nosniff"
        return response


def _metrics() -> HttpResponse:
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)


def _state() -> HttpResponse:
    return HttpResponse(overview_json(), content_type="application/json")


def _has_token(request: HttpRequest) -> bool:
    """Compared in constant time, whatever was sent; never with a token that is not set."""
    kind, _, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    wanted = settings.METRICS_TOKEN
    if not wanted or kind.lower() != "bearer":
        return False
    return hmac.compare_digest(token.strip().encode(errors="surrogateescape"), wanted.encode())
