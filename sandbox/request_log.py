"""Request log: the API requests received, for tests that count them (README, control API)."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

MAX_REQUESTS = 100_000


@dataclass(slots=True)
class LoggedRequest:
    """One API request. Fields that are not known yet, or never sent, are None."""

    method: str
    path: str
    query: str
    """The raw query string, without the question mark."""
    profile: str | None
    """The raw header `x-profile-id`."""
    key: str
    """Kind of the API key: organization, profile, user, revoked, unknown or missing. Never the key itself."""
    time: float
    """Unix seconds of its arrival."""
    status: int | None = None
    ms: float | None = None
    """Milliseconds until the response was ready to be sent."""
    fault: str | None = None
    """Kind of the fault applied to it."""


class RequestLog:
    """Requests in order of arrival; the oldest are dropped beyond 100,000."""

    def __init__(self) -> None:
        self._requests: deque[LoggedRequest] = deque(maxlen=MAX_REQUESTS)
        self._lock = threading.Lock()

    def add(self, logged: LoggedRequest) -> None:
        """Appends a request on its arrival."""
        with self._lock:
            self._requests.append(logged)

    def finish(self, logged: LoggedRequest, status: int | None) -> None:
        """Sets status and duration. None: the connection breaks before any status."""
        logged.ms = round((time.time() - logged.time) * 1000, 2)
        logged.status = status

    def clear(self) -> None:
        """Deletes all requests."""
        with self._lock:
            self._requests.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """All requests, oldest first."""
        with self._lock:
            return [asdict(logged) for logged in self._requests]
