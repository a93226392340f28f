"""Agents beside three exports: three minutes of work in real time, with them and without."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from testing.running_desk import Desk, manage

from . import workload
from .statistics import Threshold, show_table
from .workload_outcome import BUDGET, Outcome
from .workload_plan import Hour

A_FEW_MINUTES = Hour(seconds=180, searches=3, moves=4, opened=6, filters=2, switches=1)
FACTOR = 1.0  # the limiter's minute cannot be compressed
CONTACTS = 200_000
MOST_SLOWER = 1.1  # interactive, p95
START = "from bench.exports_in_process import start_three; start_three()"


@dataclass(frozen=True, slots=True)
class Run:
    """What came of the agents' work."""

    name: str
    outcome: Outcome

    def row(self) -> tuple[object, ...]:
        """A row of the table."""
        result = self.outcome
        calls = (sum(result.calls.values()), result.fullest_window, result.account_calls, result.fullest_account_window)
        return (self.name, result.actions, *calls, result.refused, f"{result.p50_ms:.0f}", f"{result.p95_ms:.0f}")


def agents_table(agents: int) -> list[Threshold]:
    """Plays the same minutes with exports and without; the thresholds of Done 3."""
    alone, beside = _run("without", agents, exports=False), _run("three exports", agents, exports=True)
    counts = ("API calls", "in a minute", "of exports", "of exports in a minute")
    head = ("", "actions", *counts, "429", "p50 ms", "p95 ms")
    show_table(head, [alone.row(), beside.row()])
    slower = beside.outcome.p95_ms / alone.outcome.p95_ms
    return [
        # And the page that was looked at before they were asked for.
        Threshold("calls of exports in their fullest minute", beside.outcome.fullest_account_window, BUDGET // 2 + 1),
        Threshold("calls in the fullest minute, with exports", beside.outcome.fullest_window, BUDGET),
        Threshold("API calls that were refused (429)", beside.outcome.refused, 0),
        Threshold("interactive p95, with exports / without", round(slower, 2), MOST_SLOWER),
    ]


def _run(name: str, agents: int, *, exports: bool) -> Run:
    def start(desk: Desk) -> None:
        manage(desk.settings | {"EXPORT_MOST_ROWS": "10000000"}, code=START)

    with tempfile.TemporaryDirectory(prefix="bench-exports-") as folder:
        outcome = workload.run(
            "full", Path(folder), A_FEW_MINUTES, agents=agents, factor=FACTOR, seed=3, contacts=CONTACTS,
            beside=start if exports else None,
        )  # fmt: skip
    return Run(name, outcome)
