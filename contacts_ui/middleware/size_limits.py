"""Size limits: a URL or a body that is larger than any of the desk's own is refused before anything reads it."""

from __future__ import annotations

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

LONGEST_URL = 32_768  # bytes of path and query; a look-up of fifty numbers needs 3,000
CONTENT_TOO_LARGE, URI_TOO_LONG = 413, 414


class SizeLimitsMiddleware:
    """Responds 413 to a body of more than DATA_UPLOAD_MAX_MEMORY_SIZE bytes, and 414 to a long URL.

    The length that a body announces is all that is ever read of it (Django's LimitedStream); dashboard/rsgi.py measures
    bodies that announce none.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        meta = request.META
        if len(meta["PATH_INFO"]) + len(meta.get("QUERY_STRING", "")) > LONGEST_URL:
            return _refusal(URI_TOO_LONG)
        length = meta.get("CONTENT_LENGTH") or "0"
        if not length.isdecimal() or len(length) > 15 or int(length) > settings.DATA_UPLOAD_MAX_MEMORY_SIZE:
            return _refusal(CONTENT_TOO_LARGE)
        return self._get_response(request)


def _refusal(status: int) -> HttpResponse:
    """The page that says so. It says it without the header of the middleware that it never reached."""
    response = HttpResponse(render_to_string(f"{status}.html", using="django"), status=status)
    response["X-Frame-Options"] = settings.X_FRAME_OPTIONS
    return response
