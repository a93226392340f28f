"""SQL statements of a list: who is asking by one SELECT, and what is shown recorded before it is sent."""

from __future__ import annotations

import pytest
from django.db import connection

from testing.sandbox_server import SandboxServer

from .statements import of_list

# The quota is taken by an upsert of its own here; PostgreSQL does it with the row of the log (audit/test_statements).
EXPECTED = {
    "cached page": ["SELECT", "SELECT", "INSERT", "INSERT"],  # who is asking, saved views, quota, the event
    "cached fragment": ["SELECT", "INSERT", "INSERT"],
    "uncached fragment": ["SELECT", "INSERT", "INSERT"],
    "uncached search": ["SELECT", "INSERT", "INSERT"],
}


@pytest.mark.slow
@pytest.mark.parametrize("person", ["support_client", "admin_client"])
@pytest.mark.parametrize("kind", EXPECTED)
def test_list_asks_once_who_is_asking_and_writes_twice(
    caching_api: SandboxServer, kind: str, person: str, request: pytest.FixtureRequest
) -> None:
    assert connection.vendor == "sqlite"
    found = of_list(request.getfixturevalue(person), f"/p/{caching_api.profiles()[1]['id']}/contacts/")
    assert found[kind] == EXPECTED[kind]
