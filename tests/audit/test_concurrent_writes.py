"""Concurrent audit writes on SQLite and PostgreSQL: one row for every list shown, none beyond the quota."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from bench import audit
from testing.desk_template import DeskTemplate
from testing.running_desk import UNLIMITED, Desk, Person, running_desk
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT

VIEWS_EACH, WRITERS = 4, 8
BUDGET, VIEWS, ROWS = 130, 24, 10  # contacts an hour; views of one person, and all rows of the profile
# Lists come from the cache: the log and the quota are the subject.
KEEPING = {"SENT_FRESH_SECONDS": "3600", "DESK_CONTACTS_PER_HOUR": str(BUDGET), **UNLIMITED}


@dataclass(frozen=True, slots=True)
class TwoDesks:
    """Two processes of a desk on one database; `people` see `profile`, the last one is for the quota alone."""

    desks: tuple[Desk, Desk]
    profile: str
    people: list[Person]

    def look(self, person: Person, number: int, views: int = 1) -> list[requests.Response]:
        """What one of the two desks answers to a person who looks so often at the list of the profile."""
        address = f"{self.desks[number % 2].url}/p/{self.profile}/contacts/"
        with person.browser() as browser:
            return [browser.get(address, headers=FRAGMENT, timeout=60) for _ in range(views)]

    def listed(self) -> int:
        """Rows of the log about lists."""
        return audit.listed_rows(self.desks[0].settings["DATABASE_URL"])


@pytest.fixture(
    scope="module",
    params=[
        pytest.param("SQLite", marks=pytest.mark.exhaustive),
        pytest.param("PostgreSQL", marks=pytest.mark.needs("PostgreSQL")),
    ],
)
def two(
    request: pytest.FixtureRequest,
    running_sandbox: SandboxServer,
    template: DeskTemplate,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[TwoDesks]:
    """Desks on either database, shared by the tests."""
    folder, profile = tmp_path_factory.mktemp("two"), running_sandbox.profiles()[9]["id"]
    shared = {"DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}", **KEEPING}
    if request.param == "PostgreSQL":
        shared["DATABASE_URL"] = request.getfixturevalue("migrated")()
    with (
        running_desk(folder / "one", running_sandbox.url, template, **shared) as one,
        running_desk(folder / "other", running_sandbox.url, template, **shared) as other,
    ):
        yield TwoDesks((one, other), profile, one.people(WRITERS + 1, [profile]))


def test_concurrent_lists_of_eight_people_are_one_row_each(two: TwoDesks) -> None:
    before = two.listed()

    def look(number: int) -> int:
        return sum(answer.status_code == 200 for answer in two.look(two.people[number], number, VIEWS_EACH))

    with ThreadPoolExecutor(WRITERS) as pool:
        shown = sum(pool.map(look, range(WRITERS)))
    assert shown == WRITERS * VIEWS_EACH
    assert two.listed() - before == shown


def test_two_processes_show_one_person_no_more_than_one_budget(two: TwoDesks) -> None:
    def look(number: int) -> int:
        (answer,) = two.look(two.people[WRITERS], number)
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
