"""Lifetime counters: what the processes of this host have counted since the counters began, in shared memory.

They stand beside the hour's counts in the same file, which outlives workers: exact over processes, and never backwards
over reloads. A reboot, another SENT_BUDGET_PER_MINUTE or a removed file begins them anew, from 0. No count carries a
name of a person, path, profile or key. Cost: 3 µs an event.
"""

from __future__ import annotations

import os
import socket
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from .shared_memory import BEGUN_CELL, Cells, CountersUnreadable, SharedCounters

# The names of the counts, in the order of their cells: new ones go to the end, or those of a running desk are mixed up.
OUTCOMES = ("ok", "failed", "timeout", "limited", "key_rejected", "refused")  # of calls
BUCKETS = (0.1, 0.3, 1.0, 3.0, 10.0)  # seconds of a call, at most; a last one takes longer calls
GROUPS = ("page", "fragment", "sign_in", "other")  # of requests
CLASSES = ("2xx", "3xx", "4xx", "5xx")
COUNTS: tuple[str, ...] = (
    *(f"call_{outcome}" for outcome in OUTCOMES),
    *(f"seconds_{index}" for index in range(len(BUCKETS) + 1)),
    "seconds",
    "hit", "stale", "coalesced", "upstream_call", "retried", "rejected", "limited", "failed",
    "budget_refused", "budget_unused",
    "audit_written", "audit_unwritable",
    "foreign_rows", "missing_echo",
    "sign_in_ok", "sign_in_refused", "sign_in_limited",
    *(f"{group}_{status}" for group in GROUPS for status in CLASSES),
)  # fmt: skip
Fault = Literal["service", "production", "queue", "cache", "audit", "sign_in", "exports"]
FAULTS: tuple[Fault, ...] = ("service", "production", "queue", "cache", "audit", "sign_in", "exports")

START = 640  # the first of the cells. Times are in seconds since 1970
CELL = {name: START + index for index, name in enumerate(COUNTS)}
SINCE = 720  # of each fault: since when it lasts, and when the last one ended; 0.0 for none
ORGANIZATION_LEFT, ORGANIZATION_LIMIT, ORGANIZATION_AT = 736, 737, 738  # as the API said last, and when
SLOTS, SLOT_COUNT = 744, 64  # of each process: its id, and its calls in flight
END = SLOTS + 2 * SLOT_COUNT
_OUTCOME_CELLS = {outcome: CELL[f"call_{outcome}"] for outcome in OUTCOMES}
_BUCKET_CELLS = tuple(CELL[f"seconds_{index}"] for index in range(len(BUCKETS) + 1))
_SECONDS, _FOREIGN, _SERVICE, _PRODUCTION = CELL["seconds"], CELL["foreign_rows"], SINCE, SINCE + 2
_FAULT_CELLS = {fault: SINCE + 2 * index for index, fault in enumerate(FAULTS)}
LOW_SHARE = 0.1  # of the organization's calls: with less left, bulk pauses (rate_limiter)
# Counts that say whether a fault is there.
_TELLING: dict[str, tuple[Fault, bool]] = {"audit_written": ("audit", False), "audit_unwritable": ("audit", True)}
_BROKEN = frozenset({"failed", "timeout", "key_rejected"})  # outcomes of a service that does not work


@dataclass(frozen=True, slots=True)
class FaultTimes:
    """When a fault began, None while there is none, and when the last one ended. Seconds since 1970."""

    since: float | None
    ended: float | None


@dataclass(frozen=True, slots=True)
class LifetimeCounts:
    """All of it at one moment. `organization_left` of `organization_limit` calls at `organization_at`: None before the
    API has said it.
    """

    host: str
    begun: float
    counts: Mapping[str, float]
    faults: Mapping[Fault, FaultTimes]
    in_flight: int
    organization_left: int | None
    organization_limit: int | None
    organization_at: float | None


class LifetimeCounters:
    """Counts for this process. Safe for threads, and after a fork. `slot` holds its calls in flight, 0 for none."""

    def __init__(self, counters: SharedCounters) -> None:
        self.counters, self.cells = counters, counters.unlocked()
        self.slot = 0
        with counters.locked() as cells:  # the file of a version that did not keep it
            cells[BEGUN_CELL] = cells[BEGUN_CELL] or time.time()

    def add(self, name: str) -> None:
        """One more of these."""
        self.counters.add(CELL[name])

    def end_call(self, outcome: str, seconds: float, *, foreign: bool = False) -> None:
        """A call that the statistics have counted has ended, after so many seconds.

        `foreign`: it was answered for another profile.
        """
        bucket = 0
        while bucket < len(BUCKETS) and seconds > BUCKETS[bucket]:
            bucket += 1
        with self.counters.locked() as cells:
            cells[_OUTCOME_CELLS[outcome]] += 1
            cells[_BUCKET_CELLS[bucket]] += 1
            cells[_SECONDS] += seconds
            slot = self.slot
            if slot and cells[slot] == os.getpid():
                cells[slot + 1] = max(0.0, cells[slot + 1] - 1)
            if foreign:
                cells[_FOREIGN] += 1
            if (outcome in _BROKEN) != bool(cells[_SERVICE]):  # written when it changes alone
                _mark(cells, _SERVICE, failing=outcome in _BROKEN)

    def mark(self, fault: Fault, *, failing: bool) -> None:
        """A fault is there, or is not. Cost: a look, but for the change."""
        cell = _FAULT_CELLS[fault]
        if bool(self.cells[cell]) != failing:
            with self.counters.locked() as cells:
                _mark(cells, cell, failing=failing)

    def record_organization(self, left: int, limit: int) -> None:
        """What the API says is left of the organization's calls. Without the lock: the newest answer counts."""
        cells, low = self.cells, left < LOW_SHARE * limit
        cells[ORGANIZATION_LEFT], cells[ORGANIZATION_LIMIT], cells[ORGANIZATION_AT] = left, limit, time.time()
        if bool(cells[_PRODUCTION]) != low:
            self.mark("production", failing=low)

    def read(self) -> LifetimeCounts:
        """All counts. Raises CountersUnreadable: what cannot be read is not 0."""
        cells = self.counters.copy()
        counts = {name: cells[cell] for name, cell in CELL.items()}
        if not cells[BEGUN_CELL] > 0 or any(not 0 <= count < 2**53 for count in counts.values()):
            raise CountersUnreadable
        times = [cells[cell : cell + 2] for cell in range(SINCE, SINCE + 2 * len(FAULTS), 2)]
        left, limit, at = cells[ORGANIZATION_LEFT : ORGANIZATION_AT + 1]
        return LifetimeCounts(
            socket.gethostname(),
            cells[BEGUN_CELL],
            counts,
            {fault: FaultTimes(*(time or None for time in pair)) for fault, pair in zip(FAULTS, times, strict=True)},
            sum(int(cells[slot + 1]) for slot in _slots() if cells[slot + 1] > 0 and _lives(int(cells[slot]))),
            int(left) if at else None,
            int(limit) if at else None,
            at or None,
        )

    def take_slot(self, cells: Cells) -> int:
        """A slot of this process, with no call in flight: its own or one of a process that has ended. 0 for none."""
        pid = os.getpid()
        mine = next((slot for slot in _slots() if cells[slot] == pid), 0)
        mine = mine or next((slot for slot in _slots() if not cells[slot]), 0)
        mine = mine or next((slot for slot in _slots() if not _lives(int(cells[slot]))), 0)
        if mine:
            cells[mine], cells[mine + 1] = pid, 0.0
        self.slot = mine
        return mine


class _Process:
    """Where this process counts: nowhere in a command of manage.py that makes no call."""

    counters: SharedCounters | None = None
    lifetime: LifetimeCounters | None = None


PROCESS = _Process()


def begin(lifetime: LifetimeCounters) -> None:
    """From now on this process counts here."""
    PROCESS.lifetime, PROCESS.counters = lifetime, lifetime.counters


def count(name: str) -> None:
    """One more of these, if this process counts."""
    if PROCESS.lifetime is None:
        return
    PROCESS.lifetime.counters.add(CELL[name])
    if name in _TELLING:
        fault, failing = _TELLING[name]
        if bool(PROCESS.lifetime.cells[_FAULT_CELLS[fault]]) != failing:
            PROCESS.lifetime.mark(fault, failing=failing)


def mark(fault: Fault, *, failing: bool) -> None:
    """A fault is there, or is not; as `count`."""
    if PROCESS.lifetime is not None:
        PROCESS.lifetime.mark(fault, failing=failing)


def _mark(cells: Cells, cell: int, *, failing: bool) -> None:
    now = time.time()
    if failing:
        cells[cell] = cells[cell] or now
    elif cells[cell]:
        cells[cell], cells[cell + 1] = 0.0, now


def _slots() -> range:
    return range(SLOTS, END, 2)


def _lives(pid: int) -> bool:
    if pid <= 0:
        return False
    with suppress(ProcessLookupError):
        with suppress(PermissionError):
            os.kill(pid, 0)
        return True
    return False
