"""Settings of a desk behind an identity provider: those of a test desk, plus coverage of its threads.

The provider is chosen when the settings are read, so single sign-on runs only in the processes of such a desk.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

from dashboard.settings import MIDDLEWARE as _MIDDLEWARE
from testing.desk_settings import *  # noqa: F403

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

# Granian does not start its threads by Python's `threading`, so they do not inherit coverage's trace function.
if threading.gettrace():
    MIDDLEWARE = ["tests.sign_in.desk_settings.traced", *_MIDDLEWARE]


def traced(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: sets the trace function of coverage on the thread of each request."""

    def answer(request: HttpRequest) -> HttpResponse:
        if sys.gettrace() is None:
            sys.settrace(threading.gettrace())
        return get_response(request)

    return answer
