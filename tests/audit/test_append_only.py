"""Rows are added and, when they are old, deleted by the one command: by nothing else, in Python as in PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command

from contacts_ui.management.commands import audit_prune
from contacts_ui.models import AppendOnlyError, AuditEntry
from tests.audit.conftest import Write, manage_on

INSERT = "INSERT INTO contacts_ui_auditentry (at, action, outcome) VALUES (%s, 'sign_in', 'ok')"


# --- In Python -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "change",
    [
        lambda _entry: AuditEntry.objects.update(outcome="ok"),
        lambda entry: AuditEntry.objects.filter(pk=entry.pk).delete(),
        lambda entry: AuditEntry.objects.bulk_update([entry], ["outcome"]),
        lambda entry: AuditEntry.objects.update_or_create(pk=entry.pk, defaults={"outcome": "ok"}),
        lambda entry: AuditEntry.objects.bulk_create([entry], ignore_conflicts=True),
        lambda _entry: AuditEntry._base_manager.update(outcome="ok"),
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
    ],
    ids=["update", "delete", "bulk_update", "update_or_create", "conflicts", "base manager", "save", "delete one"],
)
def test_the_model_refuses_to_change_a_row(written: Write, change: Callable[[AuditEntry], object]) -> None:
    entry = written(outcome="denied")
    with pytest.raises(AppendOnlyError):
        change(entry)
    assert AuditEntry.objects.get().outcome == "denied"


def test_a_new_row_never_takes_the_place_of_another(written: Write) -> None:
    entry = written(outcome="denied")
    with pytest.raises(Exception, match="UNIQUE"):
        AuditEntry(pk=entry.pk, at=entry.at, action="sign_in", outcome="ok").save()


def test_a_row_that_is_printed_names_nobody(written: Write) -> None:
    entry = written(person="sam", scope="account", address="2001:db8::7", about="row one")
    assert str(entry) == "2026-03-01 12:01:00 contacts.listed ok"


# --- Retention -----------------------------------------------------------------------------------


def _aged(written: Write, *days: int) -> None:
    for age in days:
        written(at=datetime.now(UTC) - timedelta(days=age), about=f"{age} days")


def _prune(*arguments: str) -> str:
    said = StringIO()
    call_command("audit_prune", *arguments, stdout=said)
    return said.getvalue()


def test_what_is_older_goes_and_one_row_says_so(written: Write) -> None:
    _aged(written, 400, 366, 364, 1)
    assert "2 rows older than 365 days were deleted." in _prune()
    assert list(AuditEntry.objects.order_by("id").values_list("about", flat=True))[:2] == ["364 days", "1 days"]
    row = AuditEntry.objects.get(action="audit.pruned")
    assert (row.rows, row.person) == (2, None)
    assert (row.about or "").startswith("older than 365 days, before 20")


def test_it_goes_in_parts(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit_prune, "AT_ONCE", 3)
    _aged(written, *range(400, 410))
    assert "10 rows" in _prune()


@pytest.mark.parametrize("days", ["29", "0", "-1"])
def test_too_few_days_are_refused(written: Write, days: str) -> None:
    _aged(written, 400)
    with pytest.raises(CommandError):
        _prune(f"--days={days}")
    assert AuditEntry.objects.count() == 1


def test_more_days_than_there_ever_were_are_refused_in_words(written: Write) -> None:
    _aged(written, 400)
    with pytest.raises(CommandError, match="longer ago than there are days"):
        _prune("--days=999999999")
    assert AuditEntry.objects.count() == 1


def test_too_few_days_are_allowed_to_whom_says_so(written: Write) -> None:
    _aged(written, 2)
    assert "1 rows" in _prune("--days=1", "--fewer-than-30")


def test_nothing_goes_that_cannot_be_recorded(
    written: Write, unwritable: Callable[[], AbstractContextManager[None]]
) -> None:
    _aged(written, 400)
    with unwritable(), pytest.raises(CommandError):
        _prune()
    assert AuditEntry.objects.count() == 1


# --- On a real PostgreSQL ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(migrated: Callable[[], str]) -> str:
    """A migrated database of the desk."""
    return migrated()


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A connection to it as the desk's own user, with one row of yesterday and one of two years ago."""
    with psycopg.connect(database, autocommit=True) as made:
        _empty(made)
        for days in (1, 730):
            made.execute(INSERT, [datetime.now(UTC) - timedelta(days=days)])
        yield made


def _empty(connection: psycopg.Connection) -> None:
    with connection.transaction():
        connection.execute("SET LOCAL desk.audit_retention = 'on'")
        connection.execute("TRUNCATE contacts_ui_auditentry")


def _count(connection: psycopg.Connection) -> int:
    row = connection.execute("SELECT count(*) FROM contacts_ui_auditentry").fetchone()
    assert row
    return int(row[0])


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE contacts_ui_auditentry SET outcome = 'ok'",
        "DELETE FROM contacts_ui_auditentry",
        "TRUNCATE contacts_ui_auditentry",
    ],
)
def test_postgresql_refuses_to_change_the_log(connection: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        connection.execute(statement)
    assert _count(connection) == 2


def test_postgresql_refuses_updates_whatever_is_set(connection: psycopg.Connection) -> None:
    connection.execute("SET desk.audit_retention = 'on'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE contacts_ui_auditentry SET outcome = 'denied'")


def test_the_leave_to_delete_ends_with_its_transaction(connection: psycopg.Connection) -> None:
    _empty(connection)
    connection.execute(INSERT, [datetime.now(UTC)])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM contacts_ui_auditentry")


def test_the_command_deletes_on_postgresql(connection: psycopg.Connection, database: str) -> None:
    assert "1 rows older than 365 days were deleted." in manage_on(database, "audit_prune")
    assert _count(connection) == 2  # yesterday's, and the command's own


BACK_AND_FORTH = """
from django.core.management import call_command
from django.db import connection
call_command("migrate", "contacts_ui", "0002", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_proc WHERE proname LIKE 'contacts_ui_%'")
    print("left:", cursor.fetchone()[0])
call_command("migrate", verbosity=0)
"""


def test_the_migrations_can_be_taken_back_and_applied_again(migrated: Callable[[], str]) -> None:
    url = migrated()
    assert "left: 0" in manage_on(url, "shell", "--verbosity=0", "-c", BACK_AND_FORTH).splitlines()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(INSERT, [datetime.now(UTC)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM contacts_ui_auditentry")
