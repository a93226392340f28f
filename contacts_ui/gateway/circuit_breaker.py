"""When the API does not answer, stop asking: users wait for nothing, and it gets room to recover."""

from __future__ import annotations

import time
from dataclasses import dataclass

from .shared_memory import Ledger

FAILURES = 5  # in a row, until it opens
FIRST_PAUSE, LONGEST_PAUSE = 5.0, 10.0  # seconds until the next probe; doubles with each that fails

COUNT, OPEN_UNTIL, PROBE_UNTIL, PAUSE = range(2, 6)  # cells of the ledger


@dataclass(frozen=True, slots=True)
class BreakerState:
    """`failures` in a row; `opens_in` seconds until a probe may go, 0.0 when it is closed or a probe is due."""

    failures: int
    is_open: bool
    opens_in: float


class Breaker:
    """One for all processes of this host, in the ledger."""

    def __init__(self, ledger: Ledger, probe_seconds: float) -> None:
        self._ledger, self._probe_seconds = ledger, probe_seconds

    def wait(self) -> float:
        """0.0 when a call may go, else the seconds until one may. While it is open one probe goes at a time."""
        with self._ledger.locked() as cells:
            now = time.monotonic()
            if cells[COUNT] < FAILURES:
                return 0.0
            until = max(cells[OPEN_UNTIL], cells[PROBE_UNTIL])
            if until > now:
                return until - now
            cells[PROBE_UNTIL] = now + self._probe_seconds
            return 0.0

    def succeeded(self) -> None:
        """The API answered, whatever it said."""
        with self._ledger.locked() as cells:
            cells[COUNT] = cells[OPEN_UNTIL] = cells[PROBE_UNTIL] = cells[PAUSE] = 0.0

    def failed(self) -> None:
        """No connection, no answer in time, or a 5xx."""
        with self._ledger.locked() as cells:
            cells[COUNT] += 1
            if cells[COUNT] >= FAILURES:
                now = time.monotonic()
                if cells[OPEN_UNTIL] <= now:  # late answers of calls sent before it opened change nothing
                    cells[PAUSE] = min(LONGEST_PAUSE, cells[PAUSE] * 2) or FIRST_PAUSE
                    cells[OPEN_UNTIL], cells[PROBE_UNTIL] = now + cells[PAUSE], 0.0

    def state(self) -> BreakerState:
        """As it stands."""
        with self._ledger.locked() as cells:
            until = max(cells[OPEN_UNTIL], cells[PROBE_UNTIL])
            is_open = cells[COUNT] >= FAILURES
            return BreakerState(int(cells[COUNT]), is_open, max(0.0, until - time.monotonic()) if is_open else 0.0)
