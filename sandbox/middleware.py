"""Fault middleware: logs a request to the imitated API, adds latency, then applies a queued fault or the view."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from .api_request import ApiRequest, api_request_of
from .envelope import ApiError
from .faults import kinds
from .state import sandbox_of

CONTROL_PREFIX = "/_sandbox/"


class FaultMiddleware:
    """Django middleware. Requests to the control API pass through unchanged."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The response of the view, or of the first queued fault that matches the request."""
        if request.path.startswith(CONTROL_PREFIX):
            return self._get_response(request)
        sandbox, api_request = sandbox_of(request), ApiRequest(request, self._get_response)
        logged = api_request.to_log()
        sandbox.requests.add(logged)
        api_request.wait()
        fault = sandbox.faults.take(_route_name(request.path), api_request.profile, request.get_full_path())
        if fault is None:
            response: HttpResponseBase = api_request.respond()
        else:
            logged.fault = fault.kind
            response = kinds.apply(fault, api_request)
        sandbox.requests.finish(logged, getattr(response, "status_sent", response.status_code))
        return response

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """Turns an ApiError of a view into its response."""
        return api_request_of(request).error_response(error) if isinstance(error, ApiError) else None


def _route_name(path: str) -> str:
    """The name of the path's route in `urls.py`, "" if there is none."""
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""
