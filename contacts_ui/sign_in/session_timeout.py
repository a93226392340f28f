"""How long a session lasts: half an hour without a request, twelve hours in all."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

STARTED_AT = "desk.began"  # seconds since 1970
LAST_SEEN_AT = "desk.seen"
WRITE_INTERVAL = 60  # seconds: a request in between writes nothing


class SessionTimeoutMiddleware:
    """Ends a session that lay idle or lasted too long, before anybody asks whose it is."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY in request.session:
            self._look(request)
        return self._get_response(request)

    def _look(self, request: HttpRequest) -> None:
        now, session = time.time(), request.session
        began, seen = session.get(STARTED_AT, now), session.get(LAST_SEEN_AT, now)
        over = now - began > settings.SESSION_LONGEST_SECONDS or now - seen > settings.SESSION_IDLE_SECONDS
        if over:
            session.flush()
        elif STARTED_AT not in session or now - seen > min(WRITE_INTERVAL, settings.SESSION_IDLE_SECONDS / 2):
            session[STARTED_AT], session[LAST_SEEN_AT] = began, now
