"""Concurrent audit writes on SQLite and PostgreSQL: one row for every list shown, none beyond the quota."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench import audit
from testing.desk_template import DeskTemplate
from testing.running_desk import UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT

VIEWS_EACH, WRITERS = 6, 8
BUDGET, VIEWS, ROWS = 130, 24, 10  # contacts an hour; views of one person, and all rows of the profile
# Lists come from the cache: the log and the quota are the subject.
KEEPING = {"SENT_FRESH_SECONDS": "3600", "DESK_CONTACTS_PER_HOUR": str(BUDGET), **UNLIMITED}


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
        with people[number].browser() as browser:
            answers = [browser.get(address, headers=FRAGMENT, timeout=60) for _ in range(VIEWS_EACH)]
        return sum(answer.status_code == 200 for answer in answers)

    with ThreadPoolExecutor(WRITERS) as pool:
        shown = sum(pool.map(look, range(WRITERS)))
    assert shown == WRITERS * VIEWS_EACH
    assert audit.listed_rows(desks[0].settings["DATABASE_URL"]) == shown


def test_two_processes_show_one_person_no_more_than_one_budget(
    desks: tuple[Desk, Desk], running_sandbox: SandboxServer
) -> None:
    profile = running_sandbox.profiles()[9]["id"]
    (person,) = desks[0].people(1, [profile])

    def look(number: int) -> int:
        address = f"{desks[number % 2].url}/p/{profile}/contacts/"
        with person.browser() as browser:
            answer = browser.get(address, headers=FRAGMENT, timeout=60)
        return answer.text.count('<tr role="row" data-contact-id') if answer.status_code == 200 else 0

    with ThreadPoolExecutor(WRITERS) as pool:
        shown = list(pool.map(look, range(VIEWS)))
    assert sum(shown) == BUDGET // ROWS * ROWS
    assert set(shown) == {0, ROWS}


@pytest.mark.exhaustive
@pytest.mark.needs("PostgreSQL")
@pytest.mark.parametrize("database", audit.DATABASES)
def test_short_audit_bench_loses_no_row_and_measures_all_pairs(tmp_path: Path, database: str) -> None:
    outcome = audit.run(database, tmp_path, views=100, writers=8, pairs=20)
    assert (outcome.shown, outcome.rows) == (100, 100)
    assert len(outcome.with_row) == len(outcome.without) == len(outcome.writing) == 20
