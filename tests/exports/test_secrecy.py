"""Secrecy: no number of an export in the database, a temporary file or a log, at any moment of its life."""

from __future__ import annotations

import logging
import tempfile
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from contacts_ui.contacts.filters import parse_filters
from contacts_ui.contacts.lookup_batch import lookup_numbers
from contacts_ui.exports import lease, recovery, service
from contacts_ui.exports.details import open_details, sealer_of
from contacts_ui.exports.errors import ExportExpired
from contacts_ui.models import Export, Snapshot
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.database_dump import database_dump
from tests.exports.conftest import Person, again, downloaded


def _numbers(api: SandboxServer) -> set[str]:
    """Every spelling of the numbers of the account's list, and their digits."""
    found: set[str] = set()
    for page in range(1, 7):
        rows = api.get("/v3/contacts", page=page, page_size=100).json()["data"]["contacts"]
        names = ("e164", "national", "international", "rfc")
        found |= {str(row[f"format_{name}"]) for row in rows for name in names if row.get(f"format_{name}")}
        found |= {str(row["format_e164"])[1:] for row in rows if row.get("format_e164")}
    return {text for text in found if sum(map(str.isdigit, text)) >= 7}


@pytest.mark.slow
@pytest.mark.parametrize("file_format", ["csv", "xlsx"])
def test_number_is_nowhere_during_and_after(  # noqa: PLR0917  # fixtures
    account_exporter: Person,
    desk_api: SandboxServer,
    file_format: service.Format,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """Looked at when it is asked for, read, in the middle of the file, ready, downloaded and expired."""
    caplog.set_level(logging.DEBUG, "contacts_ui")
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setattr("contacts_ui.snapshots.parts.AT_ONCE", 2)
    numbers, seen, writes, plain = _numbers(desk_api), list[str](), count(1), lease.write

    def write(*arguments: Any, **values: Any) -> None:
        plain(*arguments, **values)
        if next(writes) == 3:
            seen.append(database_dump())

    monkeypatch.setattr(lease, "write", write)
    export = account_exporter.asks(file_format)
    seen.append(database_dump())
    run_tasks()
    seen.append(database_dump())
    downloaded(account_exporter.user, export)
    Export.objects.update(expires_at=export.created_at)
    recovery.sweep()
    seen.append(database_dump())
    seen += [f"{record.getMessage()} {record.__dict__}" for record in caplog.records] + list(capfd.readouterr())
    text = "\n".join(seen)
    assert len(numbers) > 1000
    assert "contacts_ui_exportpart" in text
    assert [number for number in numbers if number in text or number.encode().hex() in text] == []
    assert list(folder.iterdir()) == []


def test_numbers_that_were_pasted_are_sealed(exporter: Person, desk_api: SandboxServer) -> None:
    scope = exporter.scope
    query = parse_filters("/x/", {"search": "+447700900998\n+447700900999"}, regions=("GB",))
    batch = lookup_numbers(scope, query.plan.numbers if query.plan else (), ("GB",), None, start=0, most=2)
    kept = service.sealed_rows(exporter.user, scope, batch.rows)
    service.request_lookup_export(exporter.user, scope, query, [kept], file_format="csv", columns=[])
    text = database_dump() + kept
    assert "7700900998" not in text
    assert b"7700900998".hex() not in text


def test_search_is_sealed_and_goes_with_the_key(account_exporter: Person) -> None:
    export = account_exporter.asks(search="555")
    details = service.details_of(account_exporter.user, again(export))
    assert details is not None
    assert details.filters == (("Search", "555"),)
    assert "555" not in str(list(Export.objects.values("details", "scope_title", "error")))
    service.cancel(export, account_exporter.user)
    assert service.details_of(account_exporter.user, again(export)) is None


def test_after_expiry_nothing_that_is_left_opens(exporter: Person) -> None:
    export = exporter.exports()
    Export.objects.update(expires_at=export.created_at)
    recovery.sweep()
    assert not Export.objects.exclude(wrapped_key=None).exists()
    assert not Snapshot.objects.exclude(wrapped_key=None).exists()
    with pytest.raises(ExportExpired):
        open_details(sealer_of(again(export)), again(export))
