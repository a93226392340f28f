"""Compression: gzip for pages, and none for files that are sent in byte ranges, whose length is known beforehand."""

from __future__ import annotations

from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware


class CompressionMiddleware(GZipMiddleware):
    """Django's, with random padding against BREACH; it would take the length of a file away and change its bytes."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """The response, compressed unless it says that ranges of it can be asked for."""
        if response.has_header("Accept-Ranges"):
            return response
        return super().process_response(request, response)
