"""Heartbeat of the background workers: when one of any host was last seen, in the cache that all hosts share."""

from __future__ import annotations

import time

from django.core.cache import caches

SILENT_SECONDS = 120.0  # after which no worker counts as seen: four of its rounds
_KEY = "worker-seen"
_KEPT = 7 * 24 * 3600.0  # seconds


def worker_lives() -> None:
    """Notes that a worker is at work. Cost: one statement."""
    caches["default"].set(_KEY, time.time(), _KEPT)


def seconds_since_worker() -> float | None:
    """Seconds since a worker was seen; None for none within a week. Cost: one query."""
    seen = caches["default"].get(_KEY)
    return max(0.0, time.time() - seen) if isinstance(seen, float) else None
