"""The desk's URLs, and a page that raises with a number and the API key after logging both in several ways."""

from __future__ import annotations

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import include, path


def broken(request: HttpRequest) -> HttpResponse:
    """Logs the number and the API key, then raises."""
    number, key = request.GET.get("search", ""), settings.SENT_API_KEY
    log = logging.getLogger("somebody.else")
    log.warning("%s asked with %s: %r", number, key, request, extra={"said": {"deep": [number, {"x-api-key": key}]}})
    raise RuntimeError(f"{number} {key} {request.META.get('QUERY_STRING')}")


urlpatterns = [path("broken/", broken), path("", include("dashboard.urls"))]
