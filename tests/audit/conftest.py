"""What the tests of the audit log share: who reads it, what is in it, and a table that refuses to be written."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from contacts_ui.models import AuditEntry
from testing.postgres_server import new_database, running_postgres
from testing.running_desk import manage
from testing.sandbox_server import SandboxServer

Write = Callable[..., AuditEntry]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def auditor(db: None) -> User:
    """Someone in the group `auditor`."""
    user = User.objects.create_user("ada", password="x")
    user.groups.add(Group.objects.get(name="auditor"))
    return user


@pytest.fixture
def auditor_client(desk_api: SandboxServer, auditor: User) -> Client:
    """A browser with the auditor signed in. What was written down on the way is forgotten."""
    client = Client()
    client.force_login(auditor)
    forget()
    return client


@pytest.fixture
def written(db: None) -> Write:
    """Writes rows as they are wanted, a minute apart, from noon of 1 March 2026 on."""
    made = 0

    def write(**fields: Any) -> AuditEntry:
        nonlocal made
        made += 1
        known: dict[str, Any] = {"at": NOON + timedelta(minutes=made), "action": "contacts.listed", "outcome": "ok"}
        return AuditEntry.objects.create(**known | fields)

    return write


def forget() -> None:
    """Empties the log, past the model, which refuses to."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_ui_auditentry")


@pytest.fixture
def unwritable(db: None) -> Callable[[], AbstractContextManager[None]]:
    """While the block lasts the database itself refuses every new row of the log."""

    @contextmanager
    def refusing() -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER full BEFORE INSERT ON contacts_ui_auditentry BEGIN SELECT RAISE(ABORT, 'full'); END"
            )
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("DROP TRIGGER full")

    return refusing


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """A real PostgreSQL server of our own: its address, without a database."""
    with running_postgres() as address:
        yield address


@pytest.fixture(scope="session")
def migrated(postgres: str) -> Callable[[], str]:
    """Makes databases of the desk there, all of them copies of one that was migrated; the address of each."""
    manage_on(new_database(postgres, "migrated"), "migrate", "--verbosity=0")
    names = (f"copy_{number}" for number in count())
    return lambda: new_database(postgres, next(names), template="migrated")


def manage_on(url: str, *arguments: str) -> str:
    """What a command of `manage.py` prints that runs on the database at `url`."""
    return manage(os.environ | {"DATABASE_URL": url}, *arguments)
