"""Allowed HTTP methods: any other method gets 405, signed in or not."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

ALLOWED_METHODS = ("GET", "HEAD", "POST", "OPTIONS")


class AllowedMethodsMiddleware:
    """Responds 405 to TRACE, CONNECT, PUT and all other methods that browsers do not send, before any view runs."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return (
            self._get_response(request)
            if request.method in ALLOWED_METHODS
            else HttpResponseNotAllowed(ALLOWED_METHODS)
        )
