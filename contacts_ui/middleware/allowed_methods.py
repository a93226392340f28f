"""What may be asked at all: the methods of browsers. Every other gets one answer, whoever asks."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

ALLOWED_METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class AllowedMethodsMiddleware:
    """Refuses TRACE, CONNECT, PUT and all the others before any view sees them."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return (
            self._get_response(request)
            if request.method in ALLOWED_METHODS
            else HttpResponseNotAllowed(ALLOWED_METHODS)
        )
