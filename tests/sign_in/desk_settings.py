"""Settings of a desk behind an identity provider: those of a test desk, and its threads are measured (make coverage).

The provider is chosen when the settings are read, so single sign-on runs nowhere but in the workers of such a desk.
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

# Granian makes its threads without Python's `threading`, which alone hands on what coverage traces with.
if threading.gettrace():
    MIDDLEWARE = ["tests.sign_in.desk_settings.traced", *_MIDDLEWARE]


def traced(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Traces what answers a request, on whatever thread."""

    def answer(request: HttpRequest) -> HttpResponse:
        if sys.gettrace() is None:
            sys.settrace(threading.gettrace())
        return get_response(request)

    return answer
