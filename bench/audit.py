"""Audit log benchmark: no lost rows under concurrent list views, and the cost of one row (issue 6, Done 6).

A running desk on SQLite and on PostgreSQL; concurrent users request lists, then the rows of the log are counted.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

from testing import ROOT
from testing.postgres_server import new_database, running_postgres
from testing.running_desk import Desk, launched_desk
from testing.sandbox_server import SandboxServer

from .statistics import Threshold, median, percentile, show_table, show_thresholds

DATABASES = ("SQLite", "PostgreSQL")
MAX_ADDED_MS = {"SQLite": 0.25, "PostgreSQL": 0.6}  # issue 17, Done 3
ROWS = "SELECT count(*) FROM contacts_ui_auditentry WHERE action = 'contacts.listed'"
# Lists come from the cache: the log is measured, not the API.
CACHING = {"SENT_FRESH_SECONDS": "3600", "SENT_BUDGET_PER_MINUTE": "5000", "SENT_BUDGET_BURST": "5000"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result on one database: lists shown and their rows, and the seconds of each paired request.

    `other_load` is the cores that other processes used during each block of pairs.
    """

    database: str
    shown: int
    rows: int
    with_row: list[float]
    without: list[float]
    writing: list[float]
    other_load: list[float]

    @property
    def added_ms(self) -> float:
        """Difference of the medians with and without a row, in ms."""
        return (median(self.with_row) - median(self.without)) * 1000


def run(database: str, folder: Path, *, views: int, writers: int, pairs: int, patience: float = 0) -> Outcome:
    """Runs `views` list views by `writers` concurrent users, then `pairs` of sequential requests."""
    with SandboxServer(contacts=600) as sandbox, _empty_database(database, folder) as url:
        profile = sandbox.profiles()[1]["id"]
        with launched_desk(folder, sandbox.url, DATABASE_URL=url, **CACHING) as desk:
            shown = _view_lists(desk, profile, views, writers)
            rows = listed_rows(url)
            cost = _measure_cost(desk, profile, pairs, patience)
    return Outcome(database, shown, rows, cost["with"], cost["without"], cost["write"], cost["other_load"])


@contextmanager
def _empty_database(database: str, folder: Path) -> Iterator[str]:
    if database == "SQLite":
        yield f"sqlite:///{folder / 'desk.sqlite3'}"
        return
    with running_postgres() as address:
        yield new_database(address, "desk")


def _view_lists(desk: Desk, profile: str, views: int, writers: int) -> int:
    """Requests lists concurrently; returns how many were shown."""
    people = desk.people(writers, [profile])

    def view(number: int) -> int:
        person = people[number]
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
        with person.browser() as browser:
            mine = range(number, views, writers)
            responses = (browser.get(f"{desk.url}/p/{profile}/contacts/", headers=headers, timeout=60) for _ in mine)
            return sum(response.status_code == 200 for response in responses)

    with ThreadPoolExecutor(writers) as pool:
        return sum(pool.map(view, range(writers)))


def listed_rows(url: str) -> int:
    """Number of audit rows of list views in the database at `url`."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            return int(file.execute(ROWS).fetchone()[0])
    with psycopg.connect(url) as server:
        row = server.execute(ROWS).fetchone()
        return int(row[0]) if row else 0


def _measure_cost(desk: Desk, profile: str, pairs: int, patience: float) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "bench.audit_cost", str(pairs), profile, str(patience)]
    done = subprocess.run(command, cwd=ROOT, env=desk.settings, check=True, stdout=subprocess.PIPE, text=True)
    cost: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return cost


def show(outcomes: list[Outcome]) -> int:
    """Prints the table and the thresholds; returns the exit code."""
    head = (
        "database",
        "lists shown",
        "rows",
        "ms without",
        "ms with",
        "ms added",
        "the write alone",
        "its p95",
        "others’ cores",
    )
    show_table(
        head,
        [
            (
                outcome.database,
                outcome.shown,
                outcome.rows,
                median(outcome.without) * 1000,
                median(outcome.with_row) * 1000,
                outcome.added_ms,
                median(outcome.writing) * 1000,
                percentile(outcome.writing, 0.95) * 1000,
                median(outcome.other_load),
            )
            for outcome in outcomes
        ],
    )
    print()
    missing = [
        Threshold(f"rows that are missing or too many, {o.database}", abs(o.shown - o.rows), 0) for o in outcomes
    ]
    return show_thresholds(
        missing + [Threshold(f"median ms added, {o.database}", o.added_ms, MAX_ADDED_MS[o.database]) for o in outcomes]
    )


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--patience", type=float, default=120, help="seconds to wait for a quiet machine")
    options = parser.parse_args()
    outcomes = []
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="bench-audit-") as folder:
            sizes = {"views": options.views, "writers": options.writers, "pairs": options.pairs}
            outcomes.append(run(database, Path(folder), **sizes, patience=options.patience))
    return show(outcomes)


if __name__ == "__main__":
    sys.exit(main())
