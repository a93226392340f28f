"""Append-only audit log: rows are inserted, and deleted only by `audit_prune`, enforced in Python and PostgreSQL."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from io import StringIO

import psycopg
import pytest
from django.core.management import CommandError, call_command

from contacts_ui.audit import retention
from contacts_ui.models import AppendOnlyError, AuditEntry
from tests.audit.conftest import Write, manage_on

INSERT = "INSERT INTO contacts_ui_auditentry (at, action, outcome) VALUES (%s, 'sign_in', 'ok')"


# --- In Python -----------------------------------------------------------------------------------


@pytest.mark.slow
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
def test_model_refuses_to_change_or_delete_rows(written: Write, change: Callable[[AuditEntry], object]) -> None:
    entry = written(outcome="denied")
    with pytest.raises(AppendOnlyError):
        change(entry)
    assert AuditEntry.objects.get().outcome == "denied"


def test_new_row_never_replaces_another(written: Write) -> None:
    entry = written(outcome="denied")
    with pytest.raises(Exception, match="UNIQUE"):
        AuditEntry(pk=entry.pk, at=entry.at, action="sign_in", outcome="ok").save()


def test_string_form_of_row_names_nobody(written: Write) -> None:
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


def test_prune_deletes_old_rows_and_records_it(written: Write) -> None:
    _aged(written, 400, 366, 364, 1)
    assert "2 rows older than 365 days were deleted." in _prune()
    assert list(AuditEntry.objects.order_by("id").values_list("about", flat=True))[:2] == ["364 days", "1 days"]
    row = AuditEntry.objects.get(action="audit.pruned")
    assert (row.rows, row.person) == (2, None)
    assert (row.about or "").startswith("older than 365 days, before 20")


def test_prune_deletes_in_batches_with_pauses(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = list[float]()

    monkeypatch.setattr(retention, "MAX_BATCH", 3)
    monkeypatch.setattr(retention, "FIRST_BATCH", 3)
    monkeypatch.setattr("contacts_ui.audit.retention.time.sleep", pauses.append)
    _aged(written, *range(400, 410))
    assert "10 rows" in _prune()
    assert set(pauses) == {retention.PAUSE_SECONDS}
    assert len(pauses) >= 4


@pytest.mark.parametrize(
    ("size", "seconds", "following"), [(100, 0.001, 200), (100, 0.05, 50), (1, 9, 1), (4_000, 0.01, 5_000), (10, 0, 20)]
)
def test_batch_of_prune_fits_its_time(size: int, seconds: float, following: int) -> None:
    assert retention.next_size(size, seconds) == following


@pytest.mark.parametrize("days", ["29", "0", "-1"])
def test_prune_refuses_too_few_days(written: Write, days: str) -> None:
    _aged(written, 400)
    with pytest.raises(CommandError):
        _prune(f"--days={days}")
    assert AuditEntry.objects.count() == 1


def test_prune_refuses_absurd_number_of_days_with_message(written: Write) -> None:
    _aged(written, 400)
    with pytest.raises(CommandError, match="longer ago than there are days"):
        _prune("--days=999999999")
    assert AuditEntry.objects.count() == 1


def test_prune_allows_few_days_with_explicit_flag(written: Write) -> None:
    _aged(written, 2)
    assert "1 rows" in _prune("--days=1", "--fewer-than-30")


def test_prune_deletes_nothing_when_it_cannot_be_recorded(
    written: Write, unwritable: Callable[[], AbstractContextManager[None]]
) -> None:
    _aged(written, 400)
    with unwritable(), pytest.raises(CommandError):
        _prune()
    assert AuditEntry.objects.count() == 1


# --- On a real PostgreSQL ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def database(migrated: Callable[[], str]) -> str:
    """URL of a migrated database of the desk."""
    return migrated()


@pytest.fixture
def connection(database: str) -> Iterator[psycopg.Connection]:
    """A connection as the desk's database user, with one row of yesterday and one of two years ago."""
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
def test_postgresql_refuses_to_change_log(connection: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        connection.execute(statement)
    assert _count(connection) == 2


def test_postgresql_refuses_updates_even_with_retention_setting(connection: psycopg.Connection) -> None:
    connection.execute("SET desk.audit_retention = 'on'")
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("UPDATE contacts_ui_auditentry SET outcome = 'denied'")


def test_permission_to_delete_ends_with_its_transaction(connection: psycopg.Connection) -> None:
    _empty(connection)
    connection.execute(INSERT, [datetime.now(UTC)])
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        connection.execute("DELETE FROM contacts_ui_auditentry")


def test_prune_deletes_on_postgresql(connection: psycopg.Connection, database: str) -> None:
    assert "1 rows older than 365 days were deleted." in manage_on(database, "audit_prune")
    assert _count(connection) == 2  # yesterday's row, and the one that records the command


BACK_AND_FORTH = """
from django.core.management import call_command
from django.db import connection
call_command("migrate", "contacts_ui", "0002", verbosity=0)
with connection.cursor() as cursor:
    cursor.execute("SELECT count(*) FROM pg_proc WHERE proname LIKE 'contacts_ui_%'")
    print("left:", cursor.fetchone()[0])
call_command("migrate", verbosity=0)
"""


@pytest.mark.exhaustive
def test_migrations_can_be_reversed_and_reapplied(migrated: Callable[[], str]) -> None:
    url = migrated()
    assert "left: 0" in manage_on(url, "shell", "--verbosity=0", "-c", BACK_AND_FORTH).splitlines()
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(INSERT, [datetime.now(UTC)])
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            connection.execute("DELETE FROM contacts_ui_auditentry")
