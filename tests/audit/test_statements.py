"""On PostgreSQL: a list is one SELECT and one INSERT, quota included, and what changes of a person counts at once."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from testing.sandbox_server import SandboxServer

from .conftest import manage_on

PROGRAM = """
from tests.sign_in.changes import uncounted
from tests.statements import counts, quota
print("uncounted:", uncounted(), *counts(), quota(), sep="\\n")
"""
SAID = """
[]
cached page: SELECT SELECT INSERT
cached fragment: SELECT INSERT
uncached fragment: SELECT INSERT
uncached search: SELECT INSERT
shown 100, then 429 with contacts.listed denied, quota.exceeded denied; 2 rows of the log, 100 of the hour
"""


@pytest.mark.parametrize("line", SAID.strip().split("\n"), ids=lambda line: line.replace(",", ":").partition(":")[0])
def test_postgresql_does_as_much_in_fewer_statements(said: str, line: str) -> None:
    assert line in said.split("\n")


@pytest.fixture(scope="module")
def said(migrated: Callable[[], str], running_sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """What the program prints."""
    budget = tmp_path_factory.mktemp("postgresql") / "budget"
    settings = {"SENT_API_URL": running_sandbox.url, "SENT_BUDGET_FILE": str(budget)}
    settings["DEBUG"] = "true"  # static files by their plain names: nothing collects them here
    settings |= {"SENT_LIMIT_PER_MINUTE": "100000", "SENT_BUDGET_PER_MINUTE": "5000", "SENT_BUDGET_BURST": "5000"}
    return manage_on(migrated(), "shell", "--verbosity=0", "-c", PROGRAM, **settings)
