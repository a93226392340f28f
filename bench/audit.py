"""Done 6 of issue 6: no row of the audit log is lost, and what writing one costs a list view.

A desk that really runs, on SQLite and on PostgreSQL; people who look at lists at the same time; a row each, counted.
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

from .statistics import Bar, median, percentile, show_bars, show_table

DATABASES = ("SQLite", "PostgreSQL")
MOST_MS = 1.0
ROWS = "SELECT count(*) FROM contacts_ui_auditentry WHERE action = 'contacts.listed'"
# Lists come from what is kept: the log is measured, not the messaging service.
KEEPING = {"SENT_FRESH_SECONDS": "3600", "SENT_BUDGET_PER_MINUTE": "5000", "SENT_BUDGET_BURST": "5000"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one database: lists shown and their rows, and of pairs of requests the seconds of each.

    `loud` is how many cores others used while the pairs were measured, part by part.
    """

    database: str
    shown: int
    rows: int
    with_row: list[float]
    without: list[float]
    writing: list[float]
    loud: list[float]

    @property
    def added_ms(self) -> float:
        """By how much the median request with a row is longer than the one without."""
        return (median(self.with_row) - median(self.without)) * 1000


def run(database: str, folder: Path, *, views: int, writers: int, pairs: int, patience: float = 0) -> Outcome:
    """So many list views by so many people at once, and then so many pairs of requests one after the other."""
    with SandboxServer(contacts=600) as sandbox, _empty(database, folder) as url:
        profile = sandbox.profiles()[1]["id"]
        with launched_desk(folder, sandbox.url, DATABASE_URL=url, **KEEPING) as desk:
            shown = _looked(desk, profile, views, writers)
            rows = listed_rows(url)
            cost = _cost(desk, profile, pairs, patience)
    return Outcome(database, shown, rows, cost["with"], cost["without"], cost["write"], cost["loud"])


@contextmanager
def _empty(database: str, folder: Path) -> Iterator[str]:
    if database == "SQLite":
        yield f"sqlite:///{folder / 'desk.sqlite3'}"
        return
    with running_postgres() as address:
        yield new_database(address, "desk")


def _looked(desk: Desk, profile: str, views: int, writers: int) -> int:
    """How many lists were shown."""
    people = desk.people(writers, [profile])

    def look(number: int) -> int:
        person = people[number]
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
        with person.browser() as browser:
            mine = range(number, views, writers)
            answers = (browser.get(f"{desk.url}/p/{profile}/contacts/", headers=headers, timeout=60) for _ in mine)
            return sum(answer.status_code == 200 for answer in answers)

    with ThreadPoolExecutor(writers) as pool:
        return sum(pool.map(look, range(writers)))


def listed_rows(url: str) -> int:
    """How many rows of the log in the database at `url` are of lists."""
    if url.startswith("sqlite"):
        with sqlite3.connect(url.removeprefix("sqlite:///")) as file:
            return int(file.execute(ROWS).fetchone()[0])
    with psycopg.connect(url) as server:
        row = server.execute(ROWS).fetchone()
        return int(row[0]) if row else 0


def _cost(desk: Desk, profile: str, pairs: int, patience: float) -> dict[str, list[float]]:
    command = [sys.executable, "-m", "bench.audit_cost", str(pairs), profile, str(patience)]
    done = subprocess.run(command, cwd=ROOT, env=desk.settings, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, list[float]] = json.loads(done.stdout.splitlines()[-1])
    return found


def show(outcomes: list[Outcome]) -> int:
    """A table and the bars; the exit code."""
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
                one.database,
                one.shown,
                one.rows,
                median(one.without) * 1000,
                median(one.with_row) * 1000,
                one.added_ms,
                median(one.writing) * 1000,
                percentile(one.writing, 0.95) * 1000,
                median(one.loud),
            )
            for one in outcomes
        ],
    )
    print()
    lost = [Bar(f"rows that are missing or too many, {o.database}", abs(o.shown - o.rows), 0) for o in outcomes]
    return show_bars(
        lost + [Bar(f"median ms added to a list view, {o.database}", o.added_ms, MOST_MS) for o in outcomes]
    )


def main() -> int:
    """1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--views", type=int, default=1000)
    parser.add_argument("--writers", type=int, default=20)
    parser.add_argument("--pairs", type=int, default=500)
    parser.add_argument("--patience", type=float, default=120, help="seconds to wait for a quiet machine")
    given = parser.parse_args()
    outcomes = []
    for database in DATABASES:
        with tempfile.TemporaryDirectory(prefix="bench-audit-") as folder:
            many = {"views": given.views, "writers": given.writers, "pairs": given.pairs}
            outcomes.append(run(database, Path(folder), **many, patience=given.patience))
    return show(outcomes)


if __name__ == "__main__":
    sys.exit(main())
