"""Health checks for load balancers: liveness and readiness. No sign-in, any host name, no API call."""

from __future__ import annotations

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse


def healthz() -> HttpResponse:
    """200 while the process serves."""
    return HttpResponse("ok\n", content_type="text/plain")


def readyz() -> HttpResponse:
    """200 when the database responds, else 503."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return HttpResponse("the database does not answer\n", content_type="text/plain", status=503)
    return HttpResponse("ok\n", content_type="text/plain")


class HealthMiddleware:
    """Serves the health checks before all other middleware: a load balancer uses a host name that is not allowed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response
        self._checks = {"/healthz": healthz, "/readyz": readyz}

    def __call__(self, request: HttpRequest) -> HttpResponse:
        check = self._checks.get(request.path_info)
        if check is None or request.method not in {"GET", "HEAD"}:
            return self._get_response(request)
        response = check()
        response["Cache-Control"] = "no-store"
        return response
