"""Health checks for load balancers: liveness and readiness. No sign-in, any host name, no API call.

Who may is also told which version serves, and the reasons of readiness as JSON: programs of this machine, and those
with the token of the metrics. Strangers would learn which faults to try, and when.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.crypto import constant_time_compare

from .readiness import ReadinessCheck

# A proxy on this machine has a loopback address as well, but says for whom it asks.
_LOOPBACK = frozenset({"127.0.0.1", "::1"})
_PROXY_HEADERS = ("HTTP_X_FORWARDED", "HTTP_X_REAL_IP", "HTTP_FORWARDED", "HTTP_VIA")  # the beginnings of their names
_check_readiness = ReadinessCheck()


def healthz(request: HttpRequest) -> HttpResponse:
    """200 while the process serves."""
    version = f"version {settings.DESK_VERSION}\n" if _may_know(request) else ""
    return HttpResponse(f"ok\n{version}", content_type="text/plain")


def readyz(request: HttpRequest) -> HttpResponse:
    """200 when this host can serve, else 503."""
    found = _check_readiness()
    status = 200 if found.ready else 503
    if _may_know(request):
        return JsonResponse({"ready": found.ready, "version": settings.DESK_VERSION, **asdict(found)}, status=status)
    return HttpResponse("ok\n" if found.ready else "not ready\n", content_type="text/plain", status=status)


def _may_know(request: HttpRequest) -> bool:
    forwarded = any(name.startswith(_PROXY_HEADERS) for name in request.META)
    if request.META.get("REMOTE_ADDR") in _LOOPBACK and not forwarded:
        return True
    token = getattr(settings, "METRICS_TOKEN", None)
    return bool(token) and constant_time_compare(request.headers.get("Authorization", ""), f"Bearer {token}")


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
