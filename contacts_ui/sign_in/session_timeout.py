"""Session timeout: half an hour without a request, twelve hours in all."""

from __future__ import annotations

import time
from collections.abc import Callable

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.http import HttpRequest, HttpResponse

STARTED_AT = "desk.began"  # seconds since 1970
LAST_SEEN_AT = "desk.seen"
WRITE_INTERVAL = 60  # seconds: requests within it do not write the session again


class SessionTimeoutMiddleware:
    """Ends a session that was idle or has lasted too long, before anything reads its user."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if SESSION_KEY not in request.session:
            return self._get_response(request)
        now, session = time.time(), request.session
        started_at, last_seen_at = session.get(STARTED_AT, now), session.get(LAST_SEEN_AT, now)
        idle = now - last_seen_at
        if now - started_at > settings.SESSION_LONGEST_SECONDS or idle > settings.SESSION_IDLE_SECONDS:
            session.flush()
        elif STARTED_AT not in session or idle > min(WRITE_INTERVAL, settings.SESSION_IDLE_SECONDS / 2):
            session[STARTED_AT], session[LAST_SEEN_AT] = started_at, now
        return self._get_response(request)
