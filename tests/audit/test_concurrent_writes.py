"""Concurrent audit writes on SQLite and PostgreSQL: one row for every list shown, none lost."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench import audit
from testing.desk_template import DeskTemplate
from testing.running_desk import UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer

VIEWS_EACH, WRITERS = 6, 8
KEEPING = {"SENT_FRESH_SECONDS": "3600", **UNLIMITED}  # lists come from the cache: the log is the subject


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.needs("PostgreSQL"))])
def desks(
    request: pytest.FixtureRequest, running_sandbox: SandboxServer, template: DeskTemplate, tmp_path: Path
) -> Iterator[tuple[Desk, Desk]]:
    """Two processes of a desk on one database, with an empty log."""
    shared = {"DATABASE_URL": f"sqlite:///{tmp_path / 'desk.sqlite3'}", **KEEPING}
    if request.param == "PostgreSQL":
        shared["DATABASE_URL"] = request.getfixturevalue("migrated")()
    with (
        running_desk(tmp_path / "one", running_sandbox.url, template, **shared) as one,
        running_desk(tmp_path / "other", running_sandbox.url, template, **shared) as other,
    ):
        yield one, other


def test_concurrent_lists_of_eight_people_are_one_row_each(
    desks: tuple[Desk, Desk], running_sandbox: SandboxServer
) -> None:
    profile = running_sandbox.profiles()[9]["id"]
    people = desks[0].people(WRITERS, [profile])

    def look(number: int) -> int:
        address = f"{desks[number % 2].url}/p/{profile}/contacts/"
        headers = {"HX-Request": "true", "HX-Request-Type": "partial"}
        with people[number].browser() as browser:
            answers = [browser.get(address, headers=headers, timeout=60) for _ in range(VIEWS_EACH)]
        return sum(answer.status_code == 200 for answer in answers)

    with ThreadPoolExecutor(WRITERS) as pool:
        shown = sum(pool.map(look, range(WRITERS)))
    assert shown == WRITERS * VIEWS_EACH
    assert audit.listed_rows(desks[0].settings["DATABASE_URL"]) == shown


@pytest.mark.exhaustive
@pytest.mark.needs("PostgreSQL")
@pytest.mark.parametrize("database", audit.DATABASES)
def test_short_audit_bench_loses_no_row_and_measures_all_pairs(tmp_path: Path, database: str) -> None:
    outcome = audit.run(database, tmp_path, views=100, writers=8, pairs=20)
    assert (outcome.shown, outcome.rows) == (100, 100)
    assert len(outcome.with_row) == len(outcome.without) == len(outcome.writing) == 20
