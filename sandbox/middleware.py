"""The gate every call of the imitated API passes: log, latency, faults, then the call itself."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.urls import Resolver404, resolve

from .api_request import Call, call_of
from .envelope import ApiError
from .faults import kinds
from .state import state_of

CONTROL = "/_sandbox/"


class Gate:
    """Django middleware. The control plane passes untouched."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """The answer, real or spoilt by the fault that waited for it."""
        if request.path.startswith(CONTROL):
            return self._get_response(request)
        state, call = state_of(request), Call(request, self._get_response)
        entry = call.entry()
        state.calls.add(entry)
        call.wait()
        fault = state.faults.take(_route(request.path), call.profile, request.get_full_path())
        if fault is None:
            answer: HttpResponseBase = call.real()
        else:
            entry.fault = fault.kind
            answer = kinds.play(fault, call)
        state.calls.finish(entry, getattr(answer, "status_sent", answer.status_code))
        return answer

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        """What a view refuses, as an answer."""
        return call_of(request).refusal(error) if isinstance(error, ApiError) else None


def _route(path: str) -> str:
    """The name of the route in `urls.py`, "" if there is none."""
    try:
        return resolve(path).url_name or ""
    except Resolver404:
        return ""
