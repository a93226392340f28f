"""Attempt counters on SQLite and PostgreSQL: exact, and no deadlock, when many count the same subjects at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from testing.desk_template import DeskTemplate
from testing.running_desk import manage

# Sixteen threads, each with the same three limits in another order, then as many that are taken back.
ATTEMPTS = """
from concurrent.futures import ThreadPoolExecutor
from django.db import connections
from contacts_ui.models import SignInCounter
from contacts_ui.sign_in.attempts import Limit, TooManyAttempts, _begin

LIMITS = [Limit(kind, "x", count, 300.0) for kind, count in (("a", 10), ("b", 20), ("c", 30))]

def attempt(number):
    try:
        _begin(LIMITS[number % 3:] + LIMITS[:number % 3])
        return 1
    except TooManyAttempts:
        return 0
    finally:
        connections.close_all()

def counted_and_taken_back(number):
    try:
        _begin([Limit("d", "x", 1000, 300.0), Limit("e", str(number % 3), 1000, 300.0)]).forgive()
    finally:
        connections.close_all()

with ThreadPoolExecutor(16) as pool:
    accepted = sum(pool.map(attempt, range(64)))
    list(pool.map(counted_and_taken_back, range(64)))
print(accepted, sorted(len(row.times) for row in SignInCounter.objects.all()))
"""


@pytest.fixture(params=["SQLite", pytest.param("PostgreSQL", marks=pytest.mark.needs("PostgreSQL"))])
def database(request: pytest.FixtureRequest, template: DeskTemplate, tmp_path: Path) -> dict[str, str]:
    """The environment of a desk with a migrated database."""
    if request.param == "SQLite":
        template.copy_database(tmp_path / "desk.sqlite3")
        return dict(os.environ) | {"DATABASE_URL": f"sqlite:///{tmp_path / 'desk.sqlite3'}"}
    return dict(os.environ) | {"DATABASE_URL": request.getfixturevalue("migrated")()}


def test_concurrent_attempts_are_counted_exactly(database: dict[str, str]) -> None:
    assert manage(database, code=ATTEMPTS).splitlines()[-1] == "10 [0, 0, 0, 0, 10, 10, 10]"
