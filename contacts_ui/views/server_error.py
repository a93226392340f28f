"""Server error: the response to an exception that nothing has handled, wherever it was raised (handler500).

A database that does not answer is the desk's own page, with an ID to quote: the session cannot be read, so it is the
same for everybody, and nothing of it asks the database again. Cost: nothing.
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import cast

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views import defaults
from django_htmx.middleware import HtmxDetails

from contacts_ui.web.error_page import ErrorPage
from contacts_ui.web.htmx import FRAGMENT_HEADER, wants_fragment
from contacts_ui.web.request import DeskRequest

RETRY_SECONDS = 5
DATABASE_AWAY = ErrorPage(
    503,
    "red",
    "cloud",
    "The desk can’t reach its database",
    "It should be back in a moment.",
    "Try again. If it keeps happening, tell an admin and quote this ID.",
)


def server_error(request: HttpRequest) -> HttpResponse:
    """503 for a database that does not answer, as a page or a fragment; else Django's own 500."""
    if not isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return defaults.server_error(request)
    desk_request = cast("DeskRequest", request)
    error = replace(DATABASE_AWAY, reference=getattr(request, "reference", None))
    if not hasattr(request, "htmx"):  # raised before its middleware
        desk_request.htmx = HtmxDetails(request)
    fragment = wants_fragment(desk_request)
    if fragment:
        context = {"error": error, "scope": None, "profile_id": "", "current_url": request.get_full_path()}
        response = render(request, "shared/_error.html", context, status=error.status, using="desk")
        response[FRAGMENT_HEADER] = "1"
    else:
        # A form is not sent again: its page is asked for anew.
        again = request.get_full_path() if request.method == "GET" else "/"
        response = render(request, "503.html", {"error": error, "again": again}, status=error.status, using="django")
    response["Retry-After"] = str(RETRY_SECONDS)
    return response
