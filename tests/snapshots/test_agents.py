"""Twenty simulated agents beside a snapshot: nobody is refused because of it, and the API refuses nothing."""

from __future__ import annotations

import sqlite3
import sys
from contextlib import closing
from pathlib import Path

import pytest

from bench import workload
from bench.workload_plan import Hour
from testing.running_desk import Desk, manage

A_FEW_MINUTES = Hour(seconds=240, searches=4, moves=5, opened=8, filters=2, switches=1)
FACTOR = 3.0  # four minutes in eighty seconds
START = """
from contacts_ui import snapshots
print(snapshots.start(None, "index").pk)
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


def _start(desk: Desk) -> None:
    manage(desk.settings, code=START)
