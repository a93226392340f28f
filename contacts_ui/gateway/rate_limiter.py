"""How many calls we allow ourselves, so that a page is never the reason a customer's message is refused.

Two bounds together: a bucket of `burst` calls that fills at `per_minute`, and at most `per_minute` in any minute
whatever the bucket says. Interactive goes before bulk: bulk leaves half the burst untouched, gets at most half
of any minute, and stands back while interactive is being refused.
"""

from __future__ import annotations

import math
import time
from typing import Protocol

from contacts_ui.sent_api.responses import Allowance

from .shared_memory import Cells, Ledger

WINDOW = 61.0  # seconds: a minute, and a second for calls that travel slower than others
STAND_BACK = 10.0  # seconds without an interactive refusal before bulk may ask again
LONGEST_BLOCK = 60.0  # seconds we believe an answer that tells us to stop
LOW, LOWER = 0.1, 0.05  # of the organization's limit left: bulk stops, everything stops
LOW_PAUSE = 5.0  # seconds before we look again; production traffic comes first


class Budget(Protocol):
    """Grants calls. Never waits: says how long it would be."""

    def take(self, *, bulk: bool = False) -> float:
        """0.0 when one call is granted, else the seconds until one may be."""

    def block(self, seconds: float, *, bulk_only: bool = False) -> None:
        """Grants nothing for so long."""

    def left(self) -> tuple[int, float]:
        """Calls that would be granted now, and the seconds for which everything is blocked."""


def heed(budget: Budget, allowance: Allowance) -> None:
    """Takes the API's own count to heart: the less is left for production, the more we hold back."""
    pause = min(LOW_PAUSE, allowance.reset_in)
    if allowance.remaining < LOWER * allowance.limit:
        budget.block(pause)
    elif allowance.remaining < LOW * allowance.limit:
        budget.block(pause, bulk_only=True)


class NoBudget:
    """Grants everything. For the bench alone."""

    def take(self, *, bulk: bool = False) -> float:  # noqa: ARG002
        """0.0, always."""
        return 0.0

    def block(self, seconds: float, *, bulk_only: bool = False) -> None:
        """Nothing is blocked."""

    def left(self) -> tuple[int, float]:
        """Nobody counts."""
        return 0, 0.0


# Cells of the ledger.
TOKENS, FILLED_AT, BLOCKED_UNTIL, BULK_BLOCKED_UNTIL, REFUSED_AT, RING_AT, BULK_RING_AT, SHAPE = range(8, 16)
RINGS = 1024


class FileBudget:
    """The budget of all processes of this host, in the ledger."""

    def __init__(self, ledger: Ledger, per_minute: int, burst: int) -> None:
        self._ledger = ledger
        self._per_minute, self._burst = per_minute, burst
        self._bulk_share = max(1, per_minute // 2)
        self._rate = per_minute / 60

    @staticmethod
    def cells(per_minute: int) -> int:
        """How many cells a ledger for such a budget needs."""
        return RINGS + per_minute + max(1, per_minute // 2)

    def take(self, *, bulk: bool = False) -> float:
        """0.0 when one call is granted, else the seconds until one may be. 3 µs."""
        if self._per_minute < 1 or self._burst < 1:
            return WINDOW
        with self._ledger.locked() as cells:
            now = time.monotonic()
            self._fill(cells, now)
            wait = max(self._wait(cells, now), self._bulk_wait(cells, now) if bulk else 0.0)
            if wait > 0:
                if not bulk:
                    cells[REFUSED_AT] = now
                return wait
            cells[TOKENS] -= 1
            self._note(cells, RING_AT, RINGS, self._per_minute, now)
            if bulk:
                self._note(cells, BULK_RING_AT, RINGS + self._per_minute, self._bulk_share, now)
            return 0.0

    def block(self, seconds: float, *, bulk_only: bool = False) -> None:
        """Grants nothing for so long, at most a minute."""
        until = time.monotonic() + min(seconds, LONGEST_BLOCK)
        with self._ledger.locked() as cells:
            cell = BULK_BLOCKED_UNTIL if bulk_only else BLOCKED_UNTIL
            cells[cell] = max(cells[cell], until)

    def left(self) -> tuple[int, float]:
        """Calls that would be granted now, and the seconds for which everything is blocked."""
        with self._ledger.locked() as cells:
            now = time.monotonic()
            self._fill(cells, now)
            ring = cells[RINGS : RINGS + self._per_minute]
            free = sum(not at or at <= now - WINDOW for at in ring)
            return max(0, min(math.floor(cells[TOKENS]), free)), max(0.0, cells[BLOCKED_UNTIL] - now)

    def _fill(self, cells: Cells, now: float) -> None:
        shape = self._per_minute * 100_000.0 + self._burst
        if cells[SHAPE] != shape:  # another budget than last time: begin anew, full
            for index in range(RINGS, len(cells)):
                cells[index] = 0.0
            cells[SHAPE], cells[TOKENS], cells[FILLED_AT] = shape, float(self._burst), now
            cells[RING_AT] = cells[BULK_RING_AT] = 0.0
        cells[TOKENS] = min(self._burst, cells[TOKENS] + (now - cells[FILLED_AT]) * self._rate)
        cells[FILLED_AT] = now

    def _wait(self, cells: Cells, now: float) -> float:
        oldest = cells[RINGS + int(cells[RING_AT])]
        return max(
            (1 - cells[TOKENS]) / self._rate,
            oldest + WINDOW - now if oldest else 0.0,
            cells[BLOCKED_UNTIL] - now,
        )

    def _bulk_wait(self, cells: Cells, now: float) -> float:
        oldest = cells[RINGS + self._per_minute + int(cells[BULK_RING_AT])]
        spared = min(self._burst / 2, self._burst - 1)
        refused = cells[REFUSED_AT]
        return max(
            (1 + spared - cells[TOKENS]) / self._rate,
            oldest + WINDOW - now if oldest else 0.0,
            refused + STAND_BACK - now if refused else 0.0,
            cells[BULK_BLOCKED_UNTIL] - now,
        )

    def _note(self, cells: Cells, position: int, start: int, size: int, now: float) -> None:
        """Remembers a grant in a ring: its oldest entry is the grant `size` grants ago."""
        at = int(cells[position])
        cells[start + at] = now
        cells[position] = (at + 1) % size
