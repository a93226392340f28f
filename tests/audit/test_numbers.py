"""Table of number hashes: complete whoever writes a row, gone with the row, carried over from rows that exist."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from importlib import import_module
from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection
from django.test import Client

from contacts_ui.audit import AuditAction, AuditEvent, append, search_hashes
from contacts_ui.audit.names import NAMES, EventName
from contacts_ui.audit.queries import EntryFilter, filter_entries
from contacts_ui.models import AuditEntry, AuditNumber
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import Write, clear_log, manage_on

migration = import_module("contacts_ui.migrations.0016_audit_numbers")
ONE, OTHER = "0123456789abcdef0123", "0123456789ffffffffff"  # with the same beginning


def _found(*hashes: str, **known: object) -> list[AuditEntry]:
    return list(filter_entries(EntryFilter(number_hashes=hashes, **known)).order_by("id"))  # type: ignore[arg-type]


def _numbers() -> list[tuple[str, int]]:
    return list(AuditNumber.objects.values_list("mark", "entry").order_by("mark", "entry"))


def test_number_of_event_is_found(db: None) -> None:
    append(AuditEvent(AuditAction.CONTACTS_SEARCHED, number_hashes=("f" * 20, ONE)))
    append(AuditEvent(AuditAction.CONTACTS_SEARCHED))
    assert [row.marks for row in _found(ONE)] == [f" {'f' * 20} {ONE} "]


def test_hash_with_same_beginning_is_not_found(written: Write) -> None:
    one, other = written(marks=f" {ONE} "), written(marks=f" {OTHER} ")
    assert _found(ONE) == [one]
    assert _found(OTHER) == [other]
    assert _found(ONE, OTHER) == [one, other]


def test_two_hashes_with_same_beginning_are_one_line_of_table(written: Write) -> None:
    entry = written(marks=f" {ONE} {OTHER} ")
    assert _numbers() == [(ONE[:10], entry.pk)]
    assert _found(OTHER) == [entry]


def test_number_is_found_under_every_key(written: Write, settings: pytest.FixtureRequest) -> None:
    old = search_hashes("+1 201 555 0142", ("US",))
    entry = written(marks=f" {old[0]} ")
    settings.AUDIT_KEY_FALLBACKS, settings.AUDIT_KEY = [settings.AUDIT_KEY], "another key " * 4  # type: ignore[attr-defined]
    assert _found(*search_hashes("+1 201 555 0142", ("US",))) == [entry]


@pytest.mark.parametrize(
    "known",
    [
        {"name": NAMES["contacts.searched.tried"]},
        {"name": EventName("searched", AuditAction.CONTACTS_SEARCHED)},
        {"outcome": "denied"},
        {"people": (7,)},
        {"people": (7, 8)},
        {"scopes": ("account",)},
        {"person": "ada"},
        {"since": datetime(2026, 3, 1, 12, 2, tzinfo=UTC)},
        {"until": datetime(2026, 3, 1, 12, 3, tzinfo=UTC)},
        {"hide_reads": True},
    ],
    ids="-".join,
)
def test_number_is_combined_with_every_filter(written: Write, known: dict[str, object]) -> None:
    plain = {"marks": f" {ONE} ", "action": "audit.read"}
    early, late = {"at": datetime(2026, 3, 1, 12, 1, tzinfo=UTC)}, {"at": datetime(2026, 3, 1, 12, 9, tzinfo=UTC)}
    rows = [
        written(**plain | (late if "until" in known else early)),
        written(
            marks=f" {ONE} ",
            action="contacts.searched",
            outcome="denied",
            person_id=7,
            scope="account",
            person="ada",
            at=datetime(2026, 3, 1, 12, 2, tzinfo=UTC),
        ),
    ]
    assert _found(ONE) == rows
    assert _found(ONE, **known) == rows[1:]


def test_combined_filters_look_in_table_of_numbers_alone(written: Write) -> None:
    """Without statistics SQLite prefers the index of an action that half of all rows have."""
    query = filter_entries(EntryFilter(number_hashes=(ONE,), name=NAMES["contacts.listed"], scopes=("account",)))
    plan = query.explain()
    assert "INTEGER PRIMARY KEY (rowid=?)" in plan
    assert "PRIMARY KEY (mark=?)" in plan
    assert "audit_by" not in plan


def test_numbers_end_with_their_row(written: Write) -> None:
    written(marks=f" {ONE} {'f' * 20} ")
    kept = written(marks=f" {ONE} ")
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_ui_auditentry WHERE id < %s", [kept.pk])
    assert _numbers() == [(ONE[:10], kept.pk)]


def test_rows_that_exist_are_carried_over(written: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    for marks in (f" {ONE} ", None, f" {'f' * 20} {OTHER} ", None, f" {ONE} "):
        written(marks=marks)
    before, editor = _numbers(), SimpleNamespace(connection=connection)
    assert len(before) == 4
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM contacts_ui_auditnumber WHERE mark LIKE '0%%'")
    monkeypatch.setattr(migration, "BATCH", 2)
    for _ in range(2):  # one that was stopped goes on when it is run again
        migration.carry_over(None, editor)
        assert _numbers() == before


def test_empty_log_is_carried_over(db: None) -> None:
    migration.carry_over(None, SimpleNamespace(connection=connection))
    assert _numbers() == []


def test_list_of_one_number_is_found_by_it(admin_client: Client, sandbox: SandboxServer) -> None:
    """Many rows of one number are a lookup of it: an organization's list holds those of all its profiles."""
    (row,) = sandbox.get("/v3/contacts", page=1, page_size=20).json()["data"]["contacts"][:1]
    same = [row | {"id": f"00000000-0000-4000-8000-{turn:012d}"} for turn in range(9)]
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts": same, "data.pagination.total_count": 9})
    clear_log()
    assert admin_client.get("/account/contacts/").status_code == 200
    assert len(_found(*search_hashes(row["format_e164"], ()))) == 1


# --- On a real PostgreSQL ------------------------------------------------------------------------

INSERT = "INSERT INTO contacts_ui_auditentry (at, action, outcome, marks) VALUES (%s, 'sign_in', 'ok', %s)"
MARKS = "SELECT mark FROM contacts_ui_auditnumber ORDER BY 1"
BACK_AND_FORTH = """
from django.core.management import call_command
for target in ("0014", "0016"):
    call_command("migrate", "contacts_ui", target, verbosity=0)
"""


@pytest.fixture(scope="module")
def database(migrated: Callable[[], str]) -> str:
    """URL of a migrated database of the desk."""
    return migrated()


@pytest.fixture
def server(database: str) -> Iterator[psycopg.Connection]:
    """A connection as the desk's database user, with one row of two years ago and one of now."""
    with psycopg.connect(database, autocommit=True) as made:
        with made.transaction():
            made.execute("SET LOCAL desk.audit_retention = 'on'")
            made.execute("TRUNCATE contacts_ui_auditentry")
        made.execute(INSERT, [datetime.now(UTC) - timedelta(days=730), f" {ONE} {OTHER} "])
        made.execute(INSERT, [datetime.now(UTC), f" {'f' * 20} "])
        yield made


def _marks(server: psycopg.Connection) -> list[str]:
    return [row[0] for row in server.execute(MARKS).fetchall()]


def test_postgresql_keeps_numbers_of_every_row(server: psycopg.Connection) -> None:
    assert _marks(server) == [ONE[:10], "f" * 10]


@pytest.mark.parametrize("statement", ["UPDATE {} SET mark = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_postgresql_refuses_to_hide_a_number(server: psycopg.Connection, statement: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege, match="append-only"):
        server.execute(statement.format("contacts_ui_auditnumber"))
    assert len(_marks(server)) == 2


def test_prune_deletes_numbers_on_postgresql(server: psycopg.Connection, database: str) -> None:
    manage_on(database, "audit_prune")
    assert _marks(server) == ["f" * 10]


@pytest.mark.exhaustive
def test_postgresql_carries_rows_over(server: psycopg.Connection, database: str) -> None:
    manage_on(database, "shell", "--verbosity=0", "-c", BACK_AND_FORTH)
    assert _marks(server) == [ONE[:10], "f" * 10]
