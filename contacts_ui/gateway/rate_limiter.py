"""Rate limiter: a token bucket and a sliding window over our API calls, interactive before bulk before background.

A page is never the reason that a customer's message is refused. Two bounds together: a bucket of `burst` calls that
fills at `per_minute`, and at most `per_minute` in any minute whatever the bucket says. Bulk leaves half the burst
untouched, gets at most half of any minute, and waits while interactive calls are being refused. Background, which
nobody waits for, is bulk that takes a call only from a full bucket, gets at most a quarter of any minute, and none
while half of the last minute's calls are used: interactive calls up to three quarters of it never meet its traces.
"""

from __future__ import annotations

import math
import time
from typing import Protocol

from contacts_ui.sent_api.responses import RateLimitInfo

from .shared_memory import Cells, SharedCounters

WINDOW = 61.0  # seconds of the sliding window: a minute, and one for calls that travel slower than others
BULK_COOLDOWN = 10.0  # seconds without an interactive refusal before bulk may ask again
MAX_PAUSE = 60.0  # seconds we believe an answer that tells us to stop
BULK_PAUSE_BELOW, PAUSE_BELOW = 0.1, 0.05  # of the organization's limit left: below it bulk pauses, everything pauses
PAUSE_SECONDS = 5.0  # seconds before we look again; production traffic comes first


class RateLimiter(Protocol):
    """Grants calls. Never waits: says how long it would be."""

    def acquire(self, *, bulk: bool = False, background: bool = False) -> float:
        """0.0 when one call is granted, else the seconds until one may be. What is background counts as bulk too."""

    def pause(self, seconds: float, *, bulk_only: bool = False) -> None:
        """Grants nothing for so long."""

    def available(self) -> tuple[int, float]:
        """Calls that would be granted now, and the seconds for which everything is paused."""


def apply_server_limits(rate_limiter: RateLimiter, limits: RateLimitInfo) -> None:
    """Backs off by the API's own count: the less is left for production, the longer we pause."""
    pause = min(PAUSE_SECONDS, limits.reset_in)
    if limits.remaining < PAUSE_BELOW * limits.limit:
        rate_limiter.pause(pause)
    elif limits.remaining < BULK_PAUSE_BELOW * limits.limit:
        rate_limiter.pause(pause, bulk_only=True)


class UnlimitedRateLimiter:
    """Grants everything. For the bench alone."""

    def acquire(self, *, bulk: bool = False, background: bool = False) -> float:  # noqa: ARG002
        """0.0, always."""
        return 0.0

    def pause(self, seconds: float, *, bulk_only: bool = False) -> None:
        """Nothing is paused."""

    def available(self) -> tuple[int, float]:
        """Nothing is counted."""
        return 0, 0.0


# Cells of the shared counters.
TOKENS, FILLED_AT, PAUSED_UNTIL, BULK_PAUSED_UNTIL, REFUSED_AT, WINDOW_AT, BULK_WINDOW_AT, CONFIG_FINGERPRINT = range(
    8, 16
)
BACKGROUND_WINDOW_AT = 16
WINDOW_START = 1024


class HostRateLimiter:
    """One rate limiter for all processes of this host, in shared memory."""

    def __init__(self, counters: SharedCounters, per_minute: int, burst: int) -> None:
        self._counters = counters
        self._per_minute, self._burst = per_minute, burst
        self._bulk_share, self._background_share = max(1, per_minute // 2), max(1, per_minute // 4)
        self._rate = per_minute / 60

    @staticmethod
    def cells(per_minute: int) -> int:
        """How many shared counters a limiter of this rate needs."""
        return WINDOW_START + per_minute + max(1, per_minute // 2) + max(1, per_minute // 4)

    def acquire(self, *, bulk: bool = False, background: bool = False) -> float:
        """0.0 when one call is granted, else the seconds until one may be. 3 µs."""
        if self._per_minute < 1 or self._burst < 1:
            return WINDOW
        with self._counters.locked() as cells:
            now = time.monotonic()
            self._refill(cells, now)
            wait = self._time_to_token(cells, now)
            if bulk or background:
                wait = max(wait, self._bulk_time_to_token(cells, now))
            if background:
                wait = max(wait, self._background_time_to_token(cells, now))
            if wait > 0:
                if not (bulk or background):
                    cells[REFUSED_AT] = now
                return wait
            self._take(cells, now, bulk=bulk, background=background)
            return 0.0

    def record(self, *, bulk: bool = False, background: bool = False) -> None:
        """Counts a call that another limiter has granted, whatever is left here."""
        if self._per_minute < 1:
            return
        with self._counters.locked() as cells:
            now = time.monotonic()
            self._refill(cells, now)
            self._take(cells, now, bulk=bulk, background=background)

    def pause(self, seconds: float, *, bulk_only: bool = False) -> None:
        """Grants nothing for so long, at most a minute."""
        until = time.monotonic() + min(seconds, MAX_PAUSE)
        with self._counters.locked() as cells:
            cell = BULK_PAUSED_UNTIL if bulk_only else PAUSED_UNTIL
            cells[cell] = max(cells[cell], until)

    def available(self) -> tuple[int, float]:
        """Calls that would be granted now, and the seconds for which everything is paused."""
        with self._counters.locked() as cells:
            now = time.monotonic()
            self._refill(cells, now)
            free = self._per_minute - self._used(cells, now)
            return max(0, min(math.floor(cells[TOKENS]), free)), max(0.0, cells[PAUSED_UNTIL] - now)

    def used(self) -> int:
        """Calls within the window."""
        with self._counters.locked() as cells:
            now = time.monotonic()
            self._refill(cells, now)
            return self._used(cells, now)

    def _used(self, cells: Cells, now: float) -> int:
        return sum(at > now - WINDOW and at > 0 for at in cells[WINDOW_START : WINDOW_START + self._per_minute])

    def _refill(self, cells: Cells, now: float) -> None:
        shape = self._per_minute * 100_000.0 + self._burst
        if cells[CONFIG_FINGERPRINT] != shape:  # other limits than last time: begin anew, full
            for index in range(WINDOW_START, len(cells)):
                cells[index] = 0.0
            cells[CONFIG_FINGERPRINT], cells[TOKENS], cells[FILLED_AT] = shape, float(self._burst), now
            cells[WINDOW_AT] = cells[BULK_WINDOW_AT] = cells[BACKGROUND_WINDOW_AT] = 0.0
        cells[TOKENS] = min(self._burst, cells[TOKENS] + (now - cells[FILLED_AT]) * self._rate)
        cells[FILLED_AT] = now

    def _time_to_token(self, cells: Cells, now: float) -> float:
        oldest = cells[WINDOW_START + int(cells[WINDOW_AT])]
        return max(
            (1 - cells[TOKENS]) / self._rate,
            oldest + WINDOW - now if oldest else 0.0,
            cells[PAUSED_UNTIL] - now,
        )

    def _bulk_time_to_token(self, cells: Cells, now: float) -> float:
        oldest = cells[WINDOW_START + self._per_minute + int(cells[BULK_WINDOW_AT])]
        spared = min(self._burst / 2, self._burst - 1)
        refused = cells[REFUSED_AT]
        return max(
            (1 + spared - cells[TOKENS]) / self._rate,
            oldest + WINDOW - now if oldest else 0.0,
            refused + BULK_COOLDOWN - now if refused else 0.0,
            cells[BULK_PAUSED_UNTIL] - now,
        )

    def _background_time_to_token(self, cells: Cells, now: float) -> float:
        start = WINDOW_START + self._per_minute + self._bulk_share
        oldest = cells[start + int(cells[BACKGROUND_WINDOW_AT])]
        # The grant before the last half of a minute's calls: when it is in the window, half of them are used.
        half_ago = cells[WINDOW_START + (int(cells[WINDOW_AT]) - self._bulk_share) % self._per_minute]
        return max(
            (self._burst - cells[TOKENS]) / self._rate,
            oldest + WINDOW - now if oldest else 0.0,
            half_ago + WINDOW - now if half_ago else 0.0,
        )

    def _take(self, cells: Cells, now: float, *, bulk: bool, background: bool) -> None:
        """Takes a token, and stores the grant in the windows that it counts in."""
        cells[TOKENS] = max(0.0, cells[TOKENS] - 1)
        bulk_start = WINDOW_START + self._per_minute
        self._record_grant(cells, WINDOW_AT, WINDOW_START, self._per_minute, now)
        if bulk or background:
            self._record_grant(cells, BULK_WINDOW_AT, bulk_start, self._bulk_share, now)
        if background:
            start = bulk_start + self._bulk_share
            self._record_grant(cells, BACKGROUND_WINDOW_AT, start, self._background_share, now)

    def _record_grant(self, cells: Cells, position: int, start: int, size: int, now: float) -> None:
        """Stores a grant in the ring of the window: its oldest entry is the grant `size` grants ago."""
        at = int(cells[position])
        cells[start + at] = now
        cells[position] = (at + 1) % size
