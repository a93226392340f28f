"""Fixtures of the audit log tests: an auditor, rows of the log, a table that refuses writes, and PostgreSQL."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client

from contacts_ui.models import AuditEntry
from testing.accounts import sign_in
from testing.running_desk import manage
from testing.sandbox_server import SandboxServer

Write = Callable[..., AuditEntry]
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def auditor(db: None) -> User:
    """A user in the group `auditor`."""
    user = User.objects.create_user("ada", password="x")
    user.groups.add(Group.objects.get(name="auditor"))
    return user


@pytest.fixture
def auditor_client(desk_api: SandboxServer, auditor: User) -> Client:
    """The signed-in auditor's browser, with an empty log."""
    clear_log()
    return sign_in(Client(), auditor)


@pytest.fixture
def written(db: None) -> Write:
    """Writes rows with the given fields, one minute apart, from noon of 1 March 2026 on."""
    made = 0

    def write(**fields: Any) -> AuditEntry:
        nonlocal made
        made += 1
        known: dict[str, Any] = {"at": NOON + timedelta(minutes=made), "action": "contacts.listed", "outcome": "ok"}
        return AuditEntry.objects.create(**known | fields)

    return write


def clear_log() -> None:
    """Empties the log by SQL, since the model is append-only."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_ui_auditentry")


@pytest.fixture
def unwritable(db: None) -> Callable[[], AbstractContextManager[None]]:
    """Context manager: within the block the database refuses every insert into the log."""

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


def manage_on(url: str, *arguments: str, **settings: str) -> str:
    """Output of a `manage.py` command that runs on the database at `url`."""
    return manage(os.environ | {"DATABASE_URL": url, **settings}, *arguments)
