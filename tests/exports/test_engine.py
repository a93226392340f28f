"""Engine of exports: from a question to a file that says whether it is whole."""

from __future__ import annotations

import hashlib
import io
from datetime import datetime

import openpyxl
import pytest

from contacts_ui.models import ExportState
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import Person, csv_rows, sheets_of


def test_file_holds_every_contact_of_profile(exporter: Person, desk_api: SandboxServer) -> None:
    export = exporter.exports("csv")
    assert export.state == ExportState.READY, export.error
    rows = csv_rows(exporter.content(export))
    column = rows[0].index("Contact ID")
    assert sorted(row[column] for row in rows[1:]) == sorted(desk_api.contacts(exporter.profile_id))
    assert export.whole


@pytest.mark.slow
def test_excel_file_has_the_cells_of_the_csv_file_with_dates(exporter: Person) -> None:
    content = exporter.content(exporter.exports("xlsx"))
    assert sorted(sheets_of(content)["Contacts"]) == sorted(csv_rows(exporter.content(exporter.exports("csv"))))
    header, *rows = openpyxl.load_workbook(io.BytesIO(content))["Contacts"].iter_rows(values_only=True)
    created = [row[header.index("Created (UTC)")] for row in rows]
    assert {type(value) for value in created if value is not None} == {datetime}


@pytest.mark.slow
def test_excel_file_has_contacts_and_what_they_are(account_exporter: Person, desk_api: SandboxServer) -> None:
    export = account_exporter.exports()
    content = account_exporter.content(export)
    sheets = sheets_of(content)
    assert list(sheets) == ["Contacts", "About"]
    assert len(sheets["Contacts"]) == 601
    about = dict(line[:2] for line in sheets["About"])
    assert about["Contacts"] == "600: complete"
    assert hashlib.sha256(content).hexdigest() == export.sha256
    assert len(content) == export.size
