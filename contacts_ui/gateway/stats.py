"""Gateway statistics: counts of the last hour, minute by minute, over all processes of this host."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from typing import Literal

from .lifetime import CELL, LifetimeCounters
from .shared_memory import Cells, SharedCounters

Event = Literal["hit", "stale", "coalesced", "upstream_call", "retried", "rejected", "limited", "failed"]
EVENTS: tuple[Event, ...] = ("hit", "stale", "coalesced", "upstream_call", "retried", "rejected", "limited", "failed")

MINUTES = 60
START = 32  # counters before the first minute
WIDTH = 1 + len(EVENTS)  # the minute's number, then the counts


@dataclass(frozen=True, slots=True)
class MinuteStats:
    """One minute's counts, `ago` minutes ago."""

    ago: int
    counts: dict[Event, int]


class GatewayStats:
    """Counts events; keeps an hour of them, and their sum for the lifetime of the counters."""

    def __init__(self, counters: SharedCounters) -> None:
        self._counters, self.lifetime = counters, LifetimeCounters(counters)

    def increment(self, event: Event) -> None:
        """One more of these, now."""
        minute = int(time.monotonic() // 60) + 1  # never 0, which means an empty slot
        start = START + (minute % MINUTES) * WIDTH
        with self._counters.locked() as cells:
            if cells[start] != minute:
                for index in range(start, start + WIDTH):
                    cells[index] = 0.0
                cells[start] = minute
            cells[start + 1 + EVENTS.index(event)] += 1
            cells[CELL[event]] += 1
            if event == "upstream_call":
                slot = self.lifetime.slot
                if not slot or cells[slot] != os.getpid():
                    slot = self.lifetime.take_slot(cells)
                if slot:
                    cells[slot + 1] += 1  # in flight, until `end_call`

    def last_hour(self) -> tuple[MinuteStats, ...]:
        """The last sixty minutes, oldest first, empty ones included."""
        now = int(time.monotonic() // 60) + 1
        with self._counters.locked() as cells:
            return tuple(MinuteStats(ago, self._counts(cells, now - ago)) for ago in range(MINUTES - 1, -1, -1))

    def _counts(self, cells: Cells, minute: int) -> dict[Event, int]:
        start = START + (minute % MINUTES) * WIDTH
        is_current = cells[start] == minute
        return {event: int(cells[start + 1 + index]) if is_current else 0 for index, event in enumerate(EVENTS)}
