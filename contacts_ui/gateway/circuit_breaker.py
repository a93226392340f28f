"""Circuit breaker: after failures in a row no call is made until a half-open probe succeeds.

Users wait for nothing, and the API gets room to recover.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from .shared_memory import SharedCounters

FAILURE_THRESHOLD = 5  # in a row, until the circuit opens
INITIAL_BACKOFF, MAX_BACKOFF = 5.0, 10.0  # seconds until the next half-open probe; doubles with each that fails

COUNT, OPEN_UNTIL, PROBE_UNTIL, BACKOFF = range(2, 6)  # cells of the shared counters


@dataclass(frozen=True, slots=True)
class CircuitState:
    """`failures` in a row; `retry_in`: seconds until a probe may go, 0.0 when closed or when a probe is due."""

    failures: int
    is_open: bool
    retry_in: float


class CircuitBreaker:
    """One circuit for all processes of this host, in shared memory.

    `cells` are for a look without the lock, on the way of every call: below FAILURE_THRESHOLD in COUNT it is closed.
    """

    def __init__(self, counters: SharedCounters, probe_seconds: float) -> None:
        self._counters, self._probe_seconds = counters, probe_seconds
        self.cells = counters.unlocked()

    def acquire(self) -> float:
        """0.0 when a call may go, else the seconds until one may. While open, one half-open probe goes at a time."""
        with self._counters.locked() as cells:
            now = time.monotonic()
            if cells[COUNT] < FAILURE_THRESHOLD:
                return 0.0
            until = max(cells[OPEN_UNTIL], cells[PROBE_UNTIL])
            if until > now:
                return until - now
            cells[PROBE_UNTIL] = now + self._probe_seconds
            return 0.0

    def record_success(self) -> None:
        """The API answered, whatever it said: the circuit closes."""
        with self._counters.locked() as cells:
            cells[COUNT] = cells[OPEN_UNTIL] = cells[PROBE_UNTIL] = cells[BACKOFF] = 0.0

    def record_failure(self) -> None:
        """No connection, no answer in time, or a 5xx: one failure more in the row."""
        with self._counters.locked() as cells:
            cells[COUNT] += 1
            if cells[COUNT] >= FAILURE_THRESHOLD:
                now = time.monotonic()
                if cells[OPEN_UNTIL] <= now:  # late answers of calls sent before it opened change nothing
                    cells[BACKOFF] = min(MAX_BACKOFF, cells[BACKOFF] * 2) or INITIAL_BACKOFF
                    cells[OPEN_UNTIL], cells[PROBE_UNTIL] = now + cells[BACKOFF], 0.0

    def state(self) -> CircuitState:
        """The circuit now."""
        with self._counters.locked() as cells:
            until = max(cells[OPEN_UNTIL], cells[PROBE_UNTIL])
            is_open = cells[COUNT] >= FAILURE_THRESHOLD
            return CircuitState(int(cells[COUNT]), is_open, max(0.0, until - time.monotonic()) if is_open else 0.0)
