"""CSV export of the audit log: the filtered rows, formulas escaped, streamed, and the export itself recorded."""

from __future__ import annotations

import csv
import io
import re
import tracemalloc
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.audit.csv_export import FORMULA_SIGNS, HEADER, csv_export, csv_lines, escape_formula
from contacts_ui.audit.queries import EntryFilter
from contacts_ui.models import AuditEntry
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import NOON, Write, manage_on

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

EXPORT = "/audit/export/"


def _body(response: Answer) -> str:
    return b"".join(response.streaming_content).decode("utf-8")  # type: ignore[attr-defined]


def _lines(response: Answer) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(_body(response), newline="")))


def test_csv_line_has_every_column_of_row(auditor_client: Client, written: Write, sandbox: SandboxServer) -> None:
    profile = sandbox.profiles()[1]
    written(
        person="sam", person_id=7, scope=profile["id"], action="contact.opened", rows=1, request_id="req_a",
        reference="desk_b", address="10.0.0.9", about="x, “y”\n2",
    )  # fmt: skip
    (line,) = _lines(auditor_client.get(EXPORT))
    assert tuple(line) == HEADER
    assert tuple(line.values()) == (
        "2026-03-01T12:01:00.000Z", "sam", "7", "Opened a contact", "contact.opened", profile["name"], profile["id"],
        "Done", "1", "req_a", "desk_b", "10.0.0.9", "x, “y”\n2",
    )  # fmt: skip


def test_export_is_dated_attachment_with_nosniff(auditor_client: Client) -> None:
    response = auditor_client.get(EXPORT)
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="audit-20')
    assert response["X-Content-Type-Options"] == "nosniff"


def test_export_applies_page_filters(auditor_client: Client, written: Write) -> None:
    written(outcome="denied", about="one")
    written(about="two")
    assert [line["about"] for line in _lines(auditor_client.get(f"{EXPORT}?outcome=denied"))] == ["one"]


@pytest.mark.parametrize(
    ("row", "cells"),
    [
        (
            {"action": "sign_in", "outcome": "denied", "about": "wrong password"},
            ("Failed to sign in", "sign_in.failed", "wrong password"),
        ),
        (
            {"action": "page.denied", "outcome": "denied", "about": "people-list"},
            ("Access denied", "page.denied", "People"),
        ),
        ({"action": "sign_in"}, ("Signed in", "sign_in", "")),
    ],
)
def test_export_has_the_words_of_the_page(
    auditor_client: Client, written: Write, row: dict[str, str], cells: tuple[str, ...]
) -> None:
    written(**row)
    (line,) = _lines(auditor_client.get(EXPORT))
    assert (line["what"], line["action"], line["about"]) == cells


def test_export_is_recorded_with_row_count_and_excludes_itself(auditor_client: Client, written: Write) -> None:
    for _ in range(3):
        written()
    assert len(_lines(auditor_client.get(f"{EXPORT}?action=contacts.listed"))) == 3
    row = AuditEntry.objects.exclude(action="contacts.listed").get()
    assert (row.action, row.rows, row.about) == ("audit.exported", 3, "action: Viewed the contact list")
    assert row.person == "ada"


def test_rows_written_during_export_are_not_in_it(written: Write) -> None:
    written(about="before")
    export = csv_export(EntryFilter(), {})
    written(about="meanwhile")
    text = "".join(export.chunks())
    assert ("before" in text, "meanwhile" in text, export.count) == (True, False, 1)


@pytest.mark.parametrize("sign", FORMULA_SIGNS)
def test_formula_cells_are_escaped(auditor_client: Client, written: Write, sign: str) -> None:
    written(about=f"{sign}HYPERLINK(1)", person=f"{sign}1+1")
    (line,) = _lines(auditor_client.get(EXPORT))
    assert line["about"] == f"'{sign}HYPERLINK(1)"
    assert line["person"] == f"'{sign}1+1"


@pytest.mark.parametrize("blank", ["\t", "\r", "\n"])
def test_cell_that_begins_with_dropped_blank_is_escaped(blank: str) -> None:
    assert escape_formula(f"{blank}HYPERLINK(1)") == f"'{blank}HYPERLINK(1)"


def test_every_cell_is_quoted(written: Write) -> None:
    written(about="plain", rows=3)
    header, row = "".join(csv_export(EntryFilter(), {}).chunks()).splitlines()
    for line in (header, row):
        assert re.fullmatch(r'"[^"]*"(,"[^"]*")*', line), line


def test_dash_and_at_sign_within_words_stay() -> None:
    plain = "2026-03-01T12:00:00Z mail@desk.example 0b7e-41d2 a+b=c"
    assert escape_formula(plain) == plain


WHITESPACE = " \t\r\n\v\f\u00a0\u2028\u3000\ufeff\u200b"
_SIGNS = frozenset(FORMULA_SIGNS)
# How programs split a line: the separator, and the quotation mark they honour.
SEPARATORS = (",", ";", "\t", "|", ":", " ")
READERS = tuple((separator, quote) for separator in SEPARATORS for quote in ('"', None))


def formulas_read_from(text: str) -> list[tuple[str, str | None, str]]:
    """Every cell that some spreadsheet would run as a formula, with the separator and quotation mark it was read by."""
    found = []
    for separator, quote in READERS:
        form = {"quotechar": quote, "quoting": csv.QUOTE_MINIMAL} if quote else {"quoting": csv.QUOTE_NONE}
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=separator, **form):
            # Blanks and quotation marks before the sign are dropped by one program or another.
            found += [(separator, quote, cell) for cell in row if cell.lstrip(f'"{WHITESPACE}')[:1] in _SIGNS]
    return found


@pytest.mark.parametrize(
    "attack",
    [
        "x;=cmd|' /C calc'!A0",
        "x\t=1+1",
        'x;"=1+1"',
        'x";"=1+1',
        "x;  @SUM(1)",
        "x\r=1+1",
        "x\n+1;\u00a0＝1",
        "x|\u200b-1",
        "\ufeff=1",
        "'=1",
    ],
)
def test_formula_behind_other_separator_is_no_cell(auditor_client: Client, written: Write, attack: str) -> None:
    written(about=attack, person=attack)
    assert formulas_read_from(_body(auditor_client.get(EXPORT))) == []


@pytest.mark.slow
@given(st.text(st.sampled_from([*FORMULA_SIGNS, *WHITESPACE, *";,|:\"'ab1"]), max_size=12))
def test_no_text_is_formula_under_any_separator(text: str) -> None:
    assert formulas_read_from(csv_lines([("before", text, "after")])) == []


@pytest.mark.slow
def test_export_streams_in_constant_memory(written: Write) -> None:
    AuditEntry.objects.bulk_create(
        AuditEntry(at=NOON + timedelta(seconds=i), action="contacts.listed", outcome="ok", about="x" * 200)
        for i in range(8_000)
    )
    chunks = csv_export(EntryFilter(), {}).chunks()
    next(chunks)
    next(chunks)
    tracemalloc.start()
    size = sum(len(chunk) for chunk in chunks)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert size > 2_000_000
    assert peak < 1_500_000


@pytest.mark.parametrize("method", ["post", "put", "delete"])
def test_export_refuses_other_methods(auditor_client: Client, method: str) -> None:
    assert getattr(auditor_client, method)(EXPORT).status_code == 405


def test_export_is_denied_to_support_and_recorded(support_client: Client, support_user: User) -> None:
    assert support_client.get(EXPORT).status_code == 403
    assert AuditEntry.objects.filter(action="audit.exported", outcome="denied", person="sam").count() == 1


ON_POSTGRESQL = """
from dataclasses import replace
from contacts_ui.audit import AuditEvent, append
from contacts_ui.audit.csv_export import csv_export
from contacts_ui.audit.queries import EntryFilter, entries_page
from contacts_ui.models import AuditEntry
for number in range(1200):
    event = AuditEvent("contact.opened", about=str(number), number_hashes=("a" * 20,), scope="account")
    append(replace(event, address="fe80::1%eth0"))
wanted = EntryFilter(number_hashes=("a" * 20,), scopes=("account",))
first = entries_page(wanted, 50, before=None, after=None)
second = entries_page(wanted, 50, before=first.entries[-1], after=None)
lines = "".join(csv_export(wanted, {}).chunks()).splitlines()
newest = first.entries[0]
print(newest.about, second.entries[0].about, len(lines), lines[1].rpartition(",")[2], newest.address)
"""


def test_page_and_export_agree_on_postgresql(migrated: Callable[[], str]) -> None:
    said = manage_on(migrated(), "shell", "--verbosity=0", "-c", ON_POSTGRESQL).split("\n")
    assert '1199 1149 1201 "1199" fe80::1' in said
