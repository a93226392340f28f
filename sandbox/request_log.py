"""The calls the sandbox received, for tests that count them (README, control plane)."""

from __future__ import annotations

import threading
import time
from collections import deque
from dataclasses import asdict, dataclass
from typing import Any

KEPT = 100_000


@dataclass(slots=True)
class Entry:
    """One call of the imitated API. What is not known yet, or never sent, is None."""

    method: str
    path: str
    query: str
    """As it came, without the question mark."""
    profile: str | None
    """The header `x-profile-id` as it came."""
    key: str
    """What kind of key came: organization, profile, user, revoked, unknown or missing. Never the key itself."""
    time: float
    """Unix seconds at which it came."""
    status: int | None = None
    ms: float | None = None
    """Milliseconds until the answer was ready to be sent."""
    fault: str | None = None
    """The kind of fault that met it."""


class CallLog:
    """Entries in the order the calls came; the oldest fall out after 100,000."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque(maxlen=KEPT)
        self._lock = threading.Lock()

    def add(self, entry: Entry) -> None:
        """Keeps a call that just came."""
        with self._lock:
            self._entries.append(entry)

    def finish(self, entry: Entry, status: int | None) -> None:
        """Notes the answer of a call. None: the connection is broken before any status."""
        entry.ms = round((time.time() - entry.time) * 1000, 2)
        entry.status = status

    def clear(self) -> None:
        """Forgets all calls."""
        with self._lock:
            self._entries.clear()

    def to_json(self) -> list[dict[str, Any]]:
        """All calls, oldest first."""
        with self._lock:
            return [asdict(entry) for entry in self._entries]
