"""Requests for exports: which rows a list has, who may ask, and how much."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from contacts_ui.audit import search_hashes
from contacts_ui.contacts.filters import parse_filters
from contacts_ui.contacts.lookup_batch import LookupRow, lookup_numbers
from contacts_ui.exports import service
from contacts_ui.exports.errors import (
    DayOfExportsUsed,
    ExportNotFound,
    NothingToExport,
    TooManyExports,
    TooManyRows,
)
from contacts_ui.models import AuditEntry, Export, ExportState
from contacts_ui.quota import QuotaExceeded
from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import Person, again, csv_rows, finished, mask

pytestmark = pytest.mark.slow  # each runs a whole export


def _ids(person: Person, export: Export) -> list[str]:
    rows = csv_rows(person.content(export))
    return sorted(row[rows[0].index("Contact ID")] for row in rows[1:])


def _listed(api: SandboxServer, profile_id: str | None, **parameters: str) -> list[str]:
    body = api.get("/v3/contacts", profile=profile_id, page=1, page_size=100, **parameters).json()
    return sorted(contact["id"] for contact in body["data"]["contacts"])


def test_channel_is_kept(exporter: Person, desk_api: SandboxServer) -> None:
    export = exporter.exports("csv", channel="whatsapp")
    expected = _listed(desk_api, exporter.profile_id, channel="whatsapp")
    assert _ids(exporter, export) == expected
    assert 0 < len(expected) < len(desk_api.contacts(exporter.profile_id))


def test_search_is_read_by_its_question(account_exporter: Person, desk_api: SandboxServer) -> None:
    export = account_exporter.exports("csv", search="555")
    expected = _listed(desk_api, None, search="555")
    assert expected
    assert _ids(account_exporter, export) == expected


def test_file_of_a_beginning_holds_no_row_that_its_list_leaves_out(
    account_exporter: Person, desk_api: SandboxServer
) -> None:
    """The list of "+44 20" is picked out of the answer to "020", which other countries' numbers have too."""
    numbers = desk_api.contacts()
    expected = {number for number in numbers.values() if number and number.startswith("+4420")}
    answered = {numbers[each] for each in _listed(desk_api, None, search="020")}
    export = account_exporter.exports("csv", search="+44 20")
    assert {numbers[each] for each in _ids(account_exporter, export)} == expected
    assert answered > expected


def test_whole_number_is_one_row_and_costs_no_further_call(exporter: Person, caching_api: SandboxServer) -> None:
    number = next(number for number in caching_api.contacts(exporter.profile_id).values() if number)
    export = exporter.asks("csv", phone=number)
    caching_api.reset_requests()
    assert len(_ids(exporter, finished(export))) == 1
    assert caching_api.requests() == []
    assert again(export).whole


def test_account_file_names_every_owner(account_exporter: Person, desk_api: SandboxServer) -> None:
    export = account_exporter.exports("csv", columns=[])
    rows = csv_rows(account_exporter.content(export))
    assert rows[0] == ["Phone number", "RFC 3966", "Owner", "Owner ID"]
    names = {profile["id"]: profile["name"] for profile in desk_api.profiles()}
    owned = [row for row in rows[1:] if row[3] in names]
    assert len(owned) > 100
    assert sum(row[2] == names[row[3]] for row in owned) > 100


def test_profile_file_names_no_owner(exporter: Person) -> None:
    rows = csv_rows(exporter.content(exporter.exports("csv", columns=["region"])))
    assert rows[0] == ["Phone number", "RFC 3966", "Region"]


def test_list_that_was_looked_up_costs_no_call(exporter: Person, desk_api: SandboxServer) -> None:
    numbers = [number for number in desk_api.contacts(exporter.profile_id).values() if number][:2]
    text = "\n".join([*numbers, "+447700900999", "+447700900998"])
    scope, user = exporter.scope, exporter.user
    query = parse_filters("/x/", {"search": text}, regions=("GB",))
    assert query.plan
    asked = query.plan.numbers[:3]
    batch = lookup_numbers(scope, asked, ("GB",), None, start=0, most=3)
    kept = [service.sealed_rows(user, scope, batch.rows)]
    desk_api.reset_requests()
    export = finished(service.request_lookup_export(user, scope, query, kept, file_format="csv", columns=["id"]))
    assert desk_api.requests() == []
    rows = csv_rows(exporter.content(export))
    assert [row[1] for row in rows] == ["Result", "Found", "Found", "Not found", "Not looked up"]
    assert [row[0] for row in rows[1:]] == list(query.plan.numbers)
    assert not export.whole
    assert "3-of-4" not in str(export.file_name)


def test_rows_sealed_for_another_person_are_not_believed(exporter: Person, admin_user: User) -> None:
    scope = exporter.scope
    query = parse_filters("/x/", {"search": "+447700900998\n+447700900999"}, regions=("GB",))
    kept = [service.sealed_rows(admin_user, scope, [LookupRow("+447700900998", "+447700900998", None)]), "x", "é"]
    export = finished(service.request_lookup_export(exporter.user, scope, query, kept, file_format="csv", columns=[]))
    assert {row[1] for row in csv_rows(exporter.content(export))[1:]} == {"Not looked up"}


def test_list_without_rows_is_not_exported(exporter: Person) -> None:
    with pytest.raises(NothingToExport):
        exporter.asks(phone="+447700900999")


def test_role_that_exports_nothing_is_refused(exporter: Person) -> None:
    scope = exporter.scope
    set_role(exporter.user, "support")
    query = parse_filters("/x/", {})
    with pytest.raises(ExportNotFound):
        service.request_export(User.objects.get(), scope, query, file_format="csv", columns=[])
    assert not Export.objects.exists()


def test_too_long_list_is_refused_before_it_starts(exporter: Person, settings: Settings) -> None:
    settings.EXPORT_MOST_ROWS = 10
    with pytest.raises(TooManyRows) as refused:
        exporter.asks()
    assert refused.value.most == 10
    assert not Export.objects.exists()
    assert AuditEntry.objects.get(action="export.asked").outcome == "denied"


def test_list_that_grew_beyond_the_limit_is_not_read_on(exporter: Person, settings: Settings) -> None:
    export = exporter.asks()
    settings.EXPORT_MOST_ROWS = 10
    export = finished(export)
    assert (export.state, export.error) == (ExportState.FAILED, "TooManyRows")


def test_fourth_unfinished_export_is_refused(exporter: Person) -> None:
    for columns in ([], ["id"], ["region"]):
        exporter.asks(columns=columns)
    with pytest.raises(TooManyExports):
        exporter.asks(columns=["opt_out"])
    assert Export.objects.count() == 3


def test_second_click_gives_the_same_export(exporter: Person) -> None:
    assert exporter.asks() == exporter.asks()


def test_contacts_of_a_day_are_limited(exporter: Person, settings: Settings, desk_api: SandboxServer) -> None:
    count = len(desk_api.contacts(exporter.profile_id))
    settings.EXPORT_ROWS_PER_DAY = 2 * count - 1
    first = exporter.exports("csv")
    with pytest.raises(DayOfExportsUsed) as refused:
        exporter.asks("xlsx")
    assert (refused.value.free_at - first.created_at).total_seconds() == 24 * 3600


def test_price_is_half_of_the_budget(settings: Settings) -> None:
    settings.SENT_BUDGET_PER_MINUTE = 120
    price = service.price(4812, running=0)
    assert (price.calls, price.calls_a_minute, price.minutes, price.too_many) == (49, 60, 1, False)
    assert service.price(4812, running=2).minutes == 3
    assert service.price(200_001, running=0).too_many


@pytest.mark.parametrize("state", ["queued", "ready"])
def test_progress_says_how_far_it_is(exporter: Person, state: str) -> None:
    export = exporter.asks()
    export = finished(export) if state == "ready" else export
    progress = service.progress(export)
    assert progress.state == state
    assert progress.share == (1.0 if state == "ready" else 0.0)
    assert progress.minutes_left == (None if state == "ready" else 1)
    assert progress.coverage == (f"{export.rows:,}" if state == "ready" else None)


def test_whole_number_under_a_mask_is_a_try_found_or_not(
    exporter: Person, desk_api: SandboxServer, settings: Settings
) -> None:
    """Exports tell no more than searches: numbers are not guessed by asking for files."""
    mask(exporter)
    settings.DESK_REVEALS_PER_HOUR = 2
    known = next(number for number in desk_api.contacts(exporter.profile_id).values() if number)
    with pytest.raises(NothingToExport):
        exporter.asks(phone="+447700900999")
    exporter.asks(phone=known)
    with pytest.raises(QuotaExceeded):
        exporter.asks(phone=known)
    assert AuditEntry.objects.filter(action="number.revealed").count() == 1
    assert AuditEntry.objects.filter(action="quota.exceeded").count() == 1


def test_auditor_finds_the_export_by_the_number_in_it(exporter: Person, desk_api: SandboxServer) -> None:
    number = next(number for number in desk_api.contacts(exporter.profile_id).values() if number)
    exporter.asks(phone=number)
    marks = search_hashes(number, ("GB",))
    assert any(mark in str(AuditEntry.objects.get(action="export.asked").marks) for mark in marks)


@pytest.mark.parametrize("begins", ["+3161", "+23480", "+25478", "+121"])
def test_file_of_a_beginning_has_the_rows_of_its_list_alone(
    account_exporter: Person, desk_api: SandboxServer, begins: str
) -> None:
    """Others are written alike: 06 1 is French, too."""
    export = account_exporter.exports("csv", ["e164"], search=begins)
    header, *rows = csv_rows(account_exporter.content(export))
    numbers = {f"+{row[header.index('E.164')].lstrip(chr(39)).lstrip('+')}" for row in rows}
    assert numbers == {number for number in desk_api.contacts().values() if number and number.startswith(begins)}
