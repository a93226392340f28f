"""Share of one host: what it may call while Redis, which counts for all hosts, does not answer.

The calls of the last minute were granted by Redis to any host, and nobody here knows to whom. Therefore a host that is
one of several waits `unknown_seconds` and begins with an empty bucket: the least that keeps every minute across the
change within the budget, however the hosts shared it. The only host knows all calls, and waits for nothing. The same
holds when Redis is back and does not know what the hosts have called meanwhile.
"""

from __future__ import annotations

import time

from .rate_limiter import FILLED_AT, TOKENS, WINDOW, HostRateLimiter
from .shared_memory import SharedCounters

# Cells of the shared counters: since when Redis is away, 0.0 while it answers; calls granted here since then.
AWAY_SINCE, AWAY_CALLS = 17, 18


def unknown_seconds(per_minute: int, burst: int) -> float:
    """Seconds without calls after which `per_minute` a minute, from an empty bucket, never add up to more in a window.

    A bucket grants at most burst + x * rate in x seconds; what is left of `per_minute` after it is due that much later.
    """
    return WINDOW - 60 * max(0.0, 1 - burst / per_minute)


class HostShare:
    """The limits of this host alone, in shared memory: `hosts` of them together keep the whole budget."""

    def __init__(self, counters: SharedCounters, per_minute: int, burst: int, hosts: int) -> None:
        self._counters, self._alone = counters, hosts == 1
        self._limiter = HostRateLimiter(counters, max(1, per_minute // hosts), max(1, burst // hosts))
        self.unknown_seconds = 0.0 if self._alone else unknown_seconds(per_minute, burst)
        self._look = counters.unlocked()

    def acquire(self, *, bulk: bool = False, background: bool = False) -> float:
        """As RateLimiter.acquire, while Redis is away."""
        with self._counters.locked() as cells:
            now = time.monotonic()
            if not cells[AWAY_SINCE]:
                cells[AWAY_SINCE] = now
            if not self._alone and (left := cells[AWAY_SINCE] + self.unknown_seconds - now) > 0:
                cells[TOKENS], cells[FILLED_AT] = 0.0, now
                return left
        wait = self._limiter.acquire(bulk=bulk, background=background)
        if not wait:
            with self._counters.locked() as cells:
                cells[AWAY_CALLS] += 1
        return wait

    def record(self, *, bulk: bool, background: bool) -> None:
        """Counts a call that Redis has granted to this host."""
        self._limiter.record(bulk=bulk, background=background)

    def pause(self, seconds: float, *, bulk_only: bool = False) -> None:
        """As RateLimiter.pause."""
        self._limiter.pause(seconds, bulk_only=bulk_only)

    def available(self) -> tuple[int, float]:
        """As RateLimiter.available."""
        calls, paused = self._limiter.available()
        since = self._look[AWAY_SINCE]
        unknown = 0.0 if self._alone or not since else max(0.0, since + self.unknown_seconds - time.monotonic())
        return (0 if unknown else calls), max(paused, unknown)

    def unreported(self) -> tuple[int, bool]:
        """Calls that Redis does not know of, and whether other hosts may have made such calls too."""
        since = self._look[AWAY_SINCE]
        if not since:
            return 0, False
        return int(self._look[AWAY_CALLS]), not self._alone and time.monotonic() - since >= self.unknown_seconds

    def reported(self, calls: int) -> None:
        """Redis answers, and knows of so many calls."""
        if not self._look[AWAY_SINCE]:
            return
        with self._counters.locked() as cells:
            cells[AWAY_SINCE], cells[AWAY_CALLS] = 0.0, max(0.0, cells[AWAY_CALLS] - calls)

    def used(self) -> int:
        """Calls of this host within the window."""
        return self._limiter.used()
