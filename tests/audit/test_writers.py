"""Many people at once, on both databases: a row for every list, none lost. The short form of bench/audit.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import audit


@pytest.mark.needs("PostgreSQL")
@pytest.mark.parametrize("database", audit.DATABASES)
def test_a_hundred_lists_by_eight_people_are_a_hundred_rows(tmp_path: Path, database: str) -> None:
    outcome = audit.run(database, tmp_path, views=100, writers=8, pairs=20)
    assert (outcome.shown, outcome.rows) == (100, 100)
    assert len(outcome.with_row) == len(outcome.without) == len(outcome.writing) == 20
