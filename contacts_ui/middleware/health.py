"""Health checks for load balancers: liveness and readiness. No sign-in, any host name, no API call.

`/healthz` also says which version serves, to programs of this machine: strangers would learn which faults to try.
"""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse

# A proxy on this machine has a loopback address as well, but says for whom it asks.
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_PROXY_HEADERS = ("HTTP_X_FORWARDED", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")  # the beginnings of their names


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process serves."""
    version = f"version {settings.DESK_VERSION}\n" if _is_of_this_machine(request) else ""
    return HttpResponse(f"ok\n{version}", content_type="text/plain")


def _is_of_this_machine(request: HttpRequest) -> bool:
    forwarded = any(name.startswith(_PROXY_HEADERS) for name in request.META)
    return request.META.get("REMOTE_ADDR") in _LOOPBACK and not forwarded


def readyz(_request: HttpRequest) -> HttpResponse:
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
        response = check(request)
        response["Cache-Control"] = "no-store"
        return response
