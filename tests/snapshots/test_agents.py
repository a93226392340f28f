"""Twenty simulated agents beside a snapshot: nobody is refused because of it, and the API refuses nothing."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bench import workload
from bench.workload_plan import Hour
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters
from contacts_ui.gateway.stats import GatewayStats
from testing.running_desk import Desk, manage

A_FEW_MINUTES = Hour(seconds=240, searches=4, moves=5, opened=8, filters=2, switches=1)
FACTOR = 3.0  # four minutes in eighty seconds
START = """
from contacts_ui import snapshots
print(snapshots.start(None, "lookup").pk)
"""


@pytest.mark.exhaustive
@pytest.mark.outside
def test_twenty_agents_beside_snapshot_are_never_refused(tmp_path: Path) -> None:
    outcome = workload.run(
        "full", tmp_path, A_FEW_MINUTES, agents=20, factor=FACTOR, seed=3, contacts=200_000, beside=_start
    )
    with closing(sqlite3.connect(tmp_path / "desk.sqlite3")) as database:
        pages, state = database.execute("SELECT pages, state FROM contacts_ui_snapshot").fetchone()
    sys.stdout.write(f"{outcome.actions} actions, {outcome.calls}, {pages} pages of the snapshot ({state})\n")
    assert set(outcome.statuses) == {200}
    assert outcome.refused == 0
    assert pages > 20
    counted, refused = _calls_and_refusals(tmp_path)
    assert counted > 100
    assert refused == 0


def _calls_and_refusals(folder: Path) -> tuple[int, int]:
    """API calls, and interactive ones that the desk's own rate limiter refused: a page may have shown an older answer
    instead.
    """
    per_minute = int(workload.compressed(FACTOR)["SENT_BUDGET_PER_MINUTE"])
    stats = GatewayStats(SharedCounters(folder / "budget", HostRateLimiter.cells(per_minute)))
    minutes = stats.last_hour()
    return sum(m.counts["upstream_call"] for m in minutes), sum(m.counts["limited"] for m in minutes)


def _start(desk: Desk) -> None:
    manage(desk.settings, code=START)
