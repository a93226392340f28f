"""Whole or not: an export of a list that changes meanwhile says so, in its name, on its page and in the file."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from pytest_django import Settings

from contacts_ui.exports import service
from contacts_ui.exports.about import file_name_of
from contacts_ui.models import Export, ExportState, Snapshot
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import Person, again, csv_rows, finished, sheets_of


def _ids(content: bytes) -> set[str]:
    rows = csv_rows(content)
    return {row[rows[0].index("Contact ID")] for row in rows[1:]}


def _missing(api: SandboxServer, person: Person, export: Export) -> set[str]:
    """The ids that the file lacks of what the list has now; it says so where there are any."""
    assert export.state == ExportState.READY, export.error
    ids = _ids(person.content(export))
    missing = set(api.contacts()) - ids
    assert len(ids) == export.rows
    if missing:
        assert not export.whole
        assert "-incomplete-" in str(export.file_name)
    return missing


@pytest.mark.slow
@pytest.mark.parametrize("order", ["created", "-changed"])
def test_changing_list_is_whole_or_says_so(account_exporter: Person, desk_api: SandboxServer, order: str) -> None:
    desk_api.churn(additions=0.7, changes=2.3, deletions=0.2, reserve=30, order=order, seed=3)
    _missing(desk_api, account_exporter, account_exporter.exports("csv"))


@pytest.mark.slow
def test_file_that_lacks_rows_says_so_in_name_page_and_sheet(account_exporter: Person, desk_api: SandboxServer) -> None:
    """The list loses contacts while it is read, three times."""
    desk_api.churn(deletions=2, order="created", seed=5)
    export = account_exporter.exports()
    assert not export.whole
    about = dict(line[:2] for line in sheets_of(account_exporter.content(export))["About"])
    assert about["Contacts"].endswith(": the list changed while it was read")
    assert str(export.file_name).startswith(f"contacts-meridian-group-{export.created_at:%Y-%m-%d-%H%M}-incomplete-")
    progress = service.progress(export)
    assert not progress.whole
    assert about["Contacts"].startswith(str(progress.coverage))


@pytest.mark.slow
def test_double_rows_and_rows_without_id_are_counted(exporter: Person, desk_api: SandboxServer) -> None:
    export = exporter.asks("xlsx")
    desk_api.fault(route="contacts", kind="patch", set={"data.contacts.2.id": None, "data.contacts.3.opt_out": "?"})
    export = finished(export)
    about = dict(line[:2] for line in sheets_of(exporter.content(export))["About"])
    assert about["Rows without an ID, left out"] == "1"
    assert about["Fields that could not be read, left empty"] == f"{export.invalid_fields}" != "0"
    assert about["Contacts"] == f"{export.rows:,} of {export.rows + 1:,}: the others came without an ID"


def test_what_is_about_a_file_is_in_it(exporter: Person) -> None:
    export = exporter.exports("xlsx", channel="sms")
    about = dict(line[:2] for line in sheets_of(exporter.content(export))["About"])
    assert about["Exported from"] == export.scope_title
    assert about["Exported by"] == "elke"
    assert about["Filters"] == "Channel: SMS"
    assert about["API calls"] == f"{export.calls}"
    assert about["Asked for"].startswith(f"{export.created_at:%Y-%m-%d %H:%M}")
    assert about["Made with"].startswith("Contact Desk ")


def test_error_of_the_api_is_waited_out(exporter: Person, desk_api: SandboxServer) -> None:
    export = exporter.asks()
    desk_api.fault(route="contacts", kind="status", status=503, times=9)
    export = finished(export)
    progress = service.progress(export)
    assert (progress.state, progress.paused_until is not None) == ("reading", True)
    assert progress.minutes_left is None


def test_hour_without_an_answer_fails_it_with_the_id_to_quote(exporter: Person, desk_api: SandboxServer) -> None:
    export = exporter.asks()
    Snapshot.objects.update(waiting_since=export.created_at - timedelta(hours=1))
    desk_api.fault(route="contacts", kind="status", status=503, times=9)
    export = finished(export)
    assert (export.state, export.error) == (ExportState.FAILED, "ServerError")
    assert export.request_id


def test_file_of_a_single_account_speaks_of_no_owner(account_exporter: Person, use_key: Callable[[str], None]) -> None:
    use_key("sandbox-user")
    export = account_exporter.exports("csv", columns=["region"])
    assert csv_rows(account_exporter.content(export))[0] == ["Phone number", "RFC 3966", "Region"]


@pytest.mark.exhaustive
def test_fifty_changing_lists_are_whole_or_say_so(
    account_exporter: Person, desk_api: SandboxServer, settings: Settings
) -> None:
    settings.EXPORT_ROWS_PER_DAY = 10_000_000
    rates = [(0.1, 0.0, 0.3), (0.7, 0.0, 2.3), (0.5, 0.2, 2.0), (0.05, 0.02, 0.1), (0.0, 0.0, 5.0), (2.0, 1.0, 0.0)]
    story = list(product(("created", "-created", "changed", "-changed"), rates, (1, 2, 3)))[:50]
    whole = lost = 0
    for order, (additions, deletions, changes), seed in story:
        desk_api.churn(additions=additions, deletions=deletions, changes=changes, order=order, seed=seed, reserve=50)
        export = again(account_exporter.exports("csv"))
        whole += export.whole
        lost += len(_missing(desk_api, account_exporter, export))
    sys.stdout.write(f"{len(story)} exports: {whole} whole, else {lost} rows missing and said so\n")


def test_file_is_named_after_its_profile_without_digits() -> None:
    export = Export(
        scope_title="Übersee +44 7700/900123 " + "x" * 60, created_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC)
    )
    export.whole, export.format = True, "csv"
    name = file_name_of(export)
    assert re.fullmatch(r"contacts-ubersee-x{32}-2026-01-02-0304\.csv", name)
    assert "7700" not in name
