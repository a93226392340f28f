"""Audit log page: fields, filters, keyset pagination, and search by keyed number hash without showing the number."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape
from typing import TYPE_CHECKING
from urllib.parse import urlencode
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import DjangoAssertNumQueries, Settings

from contacts_ui.audit import hashes_of_contacts, hashes_of_plan
from contacts_ui.audit.csv_export import csv_export
from contacts_ui.audit.filters import parse_filters
from contacts_ui.audit.names import NAMES
from contacts_ui.audit.queries import EntryFilter, entries_page
from contacts_ui.models import AuditEntry, Preferences
from contacts_ui.phone_search import build_plan
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import NOON, Write, clear_log
from tests.html import FRAGMENT, fragment, text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

PAGE = "/audit/"
NUMBER = "+12125550142"


def _abouts(response: Answer) -> list[str]:
    """The `about` text of each row shown; these tests name their rows by it."""
    return re.findall(r"<small>(row \w+)</small>", text(response))


def _get(client: Client, **parameters: object) -> Answer:
    return client.get(f"{PAGE}?{urlencode(parameters)}")


def _links(response: Answer) -> dict[str, str]:
    found = re.findall(r'<a href="([^"]+)" rel="(\w+)"', text(response))
    return {rel: unescape(url) for url, rel in found}


def test_row_shows_all_known_fields(auditor_client: Client, written: Write, sandbox: SandboxServer) -> None:
    profile = sandbox.profiles()[1]
    written(
        person="sam",
        person_id=7,
        scope=profile["id"],
        action="contact.opened",
        outcome="denied",
        rows=1200,
        request_id="req_abc",
        reference="desk_def",
        address="2001:db8::7",
        about="row one",
    )
    page = text(auditor_client.get(PAGE))
    for words in ("1 Mar 2026, 12:01:00 UTC", "sam", "Opened a contact", "row one", "Denied", "1,200 rows"):
        assert words in page
    for words in ("req_abc", "desk_def", "2001:db8::7", unescape(profile["name"])):
        assert words in unescape(page)


def test_profiles_are_shown_by_id_when_account_call_fails(
    auditor_client: Client, written: Write, sandbox: SandboxServer
) -> None:
    sandbox.fault(route="me", kind="status", status=500, times=3)
    profile_id = sandbox.profiles()[1]["id"]
    written(scope=profile_id)
    response = auditor_client.get(PAGE)
    assert response.status_code == 200
    assert profile_id in text(response)


def test_profile_name_filter_is_dropped_when_account_call_fails(
    auditor_client: Client, written: Write, sandbox: SandboxServer
) -> None:
    sandbox.fault(route="me", kind="status", status=500, times=3)
    written(about="row one")
    response = auditor_client.get(PAGE, {"profile": "aldgate"})
    assert "Profile names aren’t available right now" in text(response)
    assert _abouts(response) == ["row one"]


@pytest.mark.slow
def test_slow_account_call_does_not_delay_page(
    auditor_client: Client, written: Write, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.audit.filters.PROFILE_NAMES_TIMEOUT", 0.05)
    sandbox.fault(route="me", kind="slow", seconds=3)
    written(about="row one")
    response = auditor_client.get(PAGE)
    assert _abouts(response) == ["row one"]


def test_times_are_in_time_zone_of_user(auditor_client: Client, auditor: User, written: Write) -> None:
    Preferences.objects.create(user=auditor, time_zone="Asia/Kolkata")
    written()
    assert "1 Mar 2026, 17:31:00 IST" in text(auditor_client.get(PAGE))


def test_newest_rows_come_first(auditor_client: Client, written: Write) -> None:
    for name in "abc":
        written(about=f"row {name}")
    assert _abouts(auditor_client.get(PAGE)) == ["row c", "row b", "row a"]


def test_reading_log_is_recorded_with_its_filters(auditor_client: Client, written: Write) -> None:
    _get(auditor_client, outcome="denied", person="sam")
    row = AuditEntry.objects.get()
    assert (row.action, row.person, row.about) == ("audit.read", "ada", "person: sam, outcome: Denied")


# --- Paging --------------------------------------------------------------------------------------


def test_every_row_is_on_exactly_one_page(auditor_client: Client, written: Write) -> None:
    for number in range(120):
        written(about=f"row {number}", at=NOON + timedelta(seconds=number // 7))  # some at the same instant
    wanted = [f"row {number}" for number in reversed(range(120))]
    first = auditor_client.get(f"{PAGE}?action=contacts.listed")
    second = auditor_client.get(_links(first)["next"])
    third = auditor_client.get(_links(second)["next"])
    assert [*_abouts(first), *_abouts(second), *_abouts(third)] == wanted
    assert "next" not in _links(third)
    assert _abouts(auditor_client.get(_links(third)["prev"])) == _abouts(second)


def test_first_page_has_no_previous_link(auditor_client: Client, written: Write) -> None:
    for _ in range(51):
        written()
    assert set(_links(_get(auditor_client, action="contacts.listed"))) == {"next"}


def test_filters_are_kept_in_page_links(auditor_client: Client, written: Write) -> None:
    for _ in range(51):
        written(outcome="failed")
    assert "outcome=failed" in _links(_get(auditor_client, outcome="failed"))["next"]


@pytest.mark.parametrize("place", ["0", "-1", "x", "99999999", "9" * 19, "١"])
def test_invalid_cursor_shows_newest_page(auditor_client: Client, written: Write, place: str) -> None:
    written(about="row one")
    response = _get(auditor_client, before=place)
    assert _abouts(response) == ["row one"]
    assert "That page no longer exists" in text(response)


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (EntryFilter(), "_at_"),
        (EntryFilter(people=(1,)), "audit_by_person"),
        (EntryFilter(scopes=("account",)), "audit_by_scope"),
        *((EntryFilter(name=name), "audit_by_action") for name in NAMES.values()),
        (EntryFilter(outcome="denied"), "audit_not_ok"),
        (EntryFilter(since=NOON), "_at_"),
    ],
)
def test_page_query_uses_index(
    written: Write, wanted: EntryFilter, index: str, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    entry = written()
    with django_assert_num_queries(1) as asked:
        entries_page(wanted, 50, before=entry, after=None)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[0]['sql']}")
        plan = " ".join(row[3] for row in cursor.fetchall())
    assert f"USING INDEX contacts_ui_auditentry{index}" in plan or f"USING INDEX {index}" in plan


def test_page_of_deeds_to_a_person_uses_index_of_actions(
    written: Write, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    entry = written()
    with django_assert_num_queries(2) as asked:
        entries_page(EntryFilter(people=(1,), done_to=("sam",)), 50, before=entry, after=None)
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {asked[1]['sql']}")
        assert "USING INDEX audit_by_action" in " ".join(row[3] for row in cursor.fetchall())


# --- Filters -------------------------------------------------------------------------------------


def test_person_is_found_by_part_of_name(auditor_client: Client, written: Write) -> None:
    sam = User.objects.create_user("sam", first_name="Samira", last_name="Okafor")
    zoe = User.objects.create_user("zoe")
    written(person_id=sam.pk, about="row sam")
    written(person_id=zoe.pk, about="row zoe")
    for name in ("sam", "SAM", "oka", "amir"):
        assert _abouts(_get(auditor_client, person=name)) == ["row sam"], name


def test_person_is_found_by_full_name_and_by_whole_address(auditor_client: Client, written: Write) -> None:
    nora = User.objects.create_user("nora", "Nora@Example.com", first_name="Nora", last_name="Lind")
    other = User.objects.create_user("nora2", "x@example.com", first_name="Nora", last_name="Berg")
    written(person_id=nora.pk, about="row nora")
    written(person_id=other.pk, about="row other")
    for typed in ("Nora Lind", "lind  nora", "nora@example.com"):
        assert _abouts(_get(auditor_client, person=typed)) == ["row nora"], typed
    for part in ("example.com", "@example.com", "nora@"):  # a part of an address would tell it
        assert _abouts(_get(auditor_client, person=part)) == [], part


def test_person_filter_finds_what_others_did_to_them(auditor_client: Client, written: Write) -> None:
    nora = User.objects.create_user("nora", first_name="Nora", last_name="Lind")
    clear_log()
    done_to = {
        "role.changed": "nora: Support, was Exporter",
        "person.link_made": "nora",
        "person.sessions_ended": "nora: 2 sessions (session by a link from root)",
        "password.changed": "nora: by a link mailed to them",
        "admin.changed": "user: Changed “nora” — Changed password.",
        "export.cancelled": "12345678 csv: of nora",
    }
    for action, about in done_to.items():
        written(action=action, person="mara", person_id=99, about=about)
    written(action="password.changed", person="nora", person_id=nora.pk, about="nora")  # by and about: once
    written(person="nora", person_id=nora.pk, about="row nora")
    others = (("role.changed", "nora2: Support"), ("audit.read", "nora"), ("export.cancelled", "x: of nora2"))
    for action, about in others:
        written(action=action, person="mara", person_id=99, about=about)
    page = text(_get(auditor_client, person="Nora Lind"))
    assert re.findall(r"<small>([^<]+)</small>", page) == ["row nora", "nora", *reversed(done_to.values())]
    assert "8 entries" in page
    changed = text(_get(auditor_client, person="nora", action="role.changed"))
    assert re.findall(r"<small>([^<]+)</small>", changed) == ["nora: Support, was Exporter"]
    everything = csv_export(parse_filters("", "", {"person": "nora"}, {}, ZoneInfo("UTC")).entry_filter, {})
    assert everything.count == 8


@pytest.mark.slow
def test_deeds_by_and_to_a_person_are_on_exactly_one_page(auditor_client: Client, written: Write) -> None:
    nora = User.objects.create_user("nora")
    clear_log()
    for number in range(120):
        if number % 3:
            written(person_id=nora.pk, action="role.changed", about=f"row {number}")
        else:
            written(person_id=99, action="role.changed", about=f"nora: {number}")
    pages = [_get(auditor_client, person="nora")]
    while "next" in _links(pages[-1]):
        pages.append(auditor_client.get(_links(pages[-1])["next"]))
    shown = [number for page in pages for number in re.findall(r"<small>(?:row|nora:) (\d+)</small>", text(page))]
    assert shown == [str(number) for number in reversed(range(120))]
    assert _links(auditor_client.get(_links(pages[2])["prev"]))["next"] == _links(pages[1])["next"]


def test_exact_user_name_matches_only_that_person(auditor_client: Client, written: Write) -> None:
    for name in ("sam", "samuel"):
        written(person_id=User.objects.create_user(name).pk, about=f"row {name}")
    assert _abouts(_get(auditor_client, person="sam")) == ["row sam"]


def test_deleted_person_is_found_by_recorded_name(auditor_client: Client, written: Write) -> None:
    written(person_id=99, person="gone", about="row gone")
    assert _abouts(_get(auditor_client, person="gone")) == ["row gone"]


def test_profile_is_found_by_name_and_id(auditor_client: Client, written: Write, sandbox: SandboxServer) -> None:
    profile, other = sandbox.profiles()[1:3]
    written(scope=profile["id"], about="row one")
    written(scope=other["id"], about="row two")
    for typed in (profile["id"], profile["id"].upper(), profile["name"], profile["name"][1:].lower()):
        assert _abouts(_get(auditor_client, profile=typed)) == ["row one"], typed


def test_account_is_found_and_shown_by_its_name(auditor_client: Client, written: Write, sandbox: SandboxServer) -> None:
    written(scope="account", about="row account")
    written(scope=sandbox.profiles()[1]["id"], about="row other")
    for typed in ("Account", "the account", "Meridian Group", "meridian"):
        page = _get(auditor_client, profile=typed)
        assert _abouts(page) == ["row account"], typed
        assert 'title="Only Meridian Group">Meridian Group</a>' in text(page)
    page = _get(auditor_client, profile="account")
    assert re.search(r'<input [^>]*name="profile"[^>]* value="Meridian Group"', text(page))
    assert '<option value="Meridian Group">' in text(page)


def test_time_is_parsed_in_user_zone_and_linked_in_utc(auditor_client: Client, auditor: User, written: Write) -> None:
    Preferences.objects.create(user=auditor, time_zone="Europe/Berlin")
    for name in "abc":
        written(about=f"row {name}")  # 12:01, 12:02, 12:03 UTC
    response = auditor_client.get(f"{PAGE}?from=2026-03-01T13:02&to=2026-03-01T13:03&person=")
    assert _abouts(response) == ["row b"]
    assert 'name="from" type="datetime-local" value="2026-03-01T13:02"' in text(response)
    assert "from=2026-03-01T12%3A02%2B00%3A00" in text(response)


def test_each_filter_has_chip_that_clears_it_alone(auditor_client: Client, written: Write) -> None:
    response = _get(auditor_client, action="sign_in", outcome="denied")
    chips = re.findall(r'<a class="chip" href="([^"]+)">.*?<b>(.*?)</b>', text(response))
    assert chips == [(f"{PAGE}?outcome=denied", "Signed in"), (f"{PAGE}?action=sign_in", "Denied")]


BAD = {
    "action": ("nonsense", "Unknown action ignored"),
    "outcome": ("OK", "Unknown outcome ignored"),
    "profile": ("zebra", "No profile is called “zebra”"),
    "from": ("tomorrow", "“tomorrow” isn’t a valid time"),
    "to": ("0001-01-01T00:00+14:00", "isn’t a valid time"),
    "number": ("+12125550142", "The number in this address couldn’t be read"),
}


@pytest.mark.parametrize("name", BAD)
def test_invalid_filter_is_ignored_and_named(auditor_client: Client, written: Write, name: str) -> None:
    value, sentence = BAD[name]
    written(about="row one")
    response = _get(auditor_client, **{name: value})
    assert response.status_code == 200
    assert _abouts(response) == ["row one"]
    assert sentence in text(response)
    assert 'class="chips"' not in text(response)


ODD = ("\x00", "\u202e", "\ud800", "%", "_", "'", "<b>", "x" * 10_000, "２０２６", "-" * 500, "9999-12-31T23:59")


@pytest.mark.slow
@pytest.mark.parametrize("name", ["person", "profile", "action", "outcome", "from", "to", "number", "before", "after"])
def test_no_parameter_value_breaks_page(auditor_client: Client, name: str) -> None:
    for value in (
        "\x00",
        "\u202e",
        "\ud800",
        "%",
        "_",
        "'",
        "<b>",
        "x" * 10_000,
        "２０２６",
        "-" * 500,
        "9999-12-31T23:59",
    ):
        response = auditor_client.get(f"{PAGE}?{urlencode({name: value.encode('utf-8', 'surrogatepass')})}")
        assert response.status_code == 200, value
        assert "<b><b>" not in text(response)


def test_reversed_time_range_is_ignored(auditor_client: Client, written: Write) -> None:
    written(about="row one")
    response = auditor_client.get(f"{PAGE}?from=2026-03-02T00:00&to=2026-03-01T00:00")
    assert _abouts(response) == ["row one"]
    assert "both were ignored" in text(response)


def test_failed_sign_ins_are_found_by_their_name(auditor_client: Client, written: Write) -> None:
    written(action="sign_in", outcome="denied", about="row denied")
    written(action="sign_in", outcome="failed", about="row failed")
    written(action="sign_in", about="row done")
    written(action="contact.opened", outcome="denied", about="row other")
    offered = re.search(r'<option value="([^"]+)">Failed to sign in</option>', text(_get(auditor_client)))
    assert offered
    found = _get(auditor_client, action=offered[1])
    assert _abouts(found) == ["row failed", "row denied"]
    assert f'<option value="{offered[1]}" selected>Failed to sign in</option>' in text(found)


def test_empty_page_says_what_was_searched(auditor_client: Client) -> None:
    page = text(_get(auditor_client, person="zebra", outcome="failed"))
    assert "No entry matches" in page
    assert "Looked for: person “zebra”, outcome “Failed”." in page


# --- By number -----------------------------------------------------------------------------------


@pytest.fixture
def rows_of_number(written: Write) -> None:
    """Rows of a search for the number, of an opened contact with it, and of another contact."""
    written(action="contacts.searched", marks=_stored(_searched("(212) 555-0142", "US")), about="row searched")
    written(action="contact.opened", marks=_stored(_of_contact(NUMBER)), about="row opened")
    written(action="contact.opened", marks=_stored(_of_contact("+12125550143")), about="row other")


def _searched(typed: str, region: str) -> tuple[str, ...]:
    return hashes_of_plan(typed, build_plan(typed, (region,)))


def _of_contact(number: str) -> tuple[str, ...]:
    return hashes_of_contacts([Contact(id=uuid4(), format_e164=number)])


def _stored(hashes: tuple[str, ...]) -> str:
    return f" {' '.join(hashes)} "


@pytest.mark.parametrize(
    "typed", [NUMBER, "212 555 0142", "tel:+1-212-555-0142", "001 212 555 0142", "+1 (212) 555‑0142"]
)
def test_number_is_found_in_any_spelling(auditor_client: Client, rows_of_number: None, typed: str) -> None:
    response = auditor_client.post(PAGE, {"number": typed}, follow=True)
    assert _abouts(response) == ["row opened", "row searched"]


def test_typed_number_is_in_no_address_and_on_no_page(auditor_client: Client, rows_of_number: None) -> None:
    response = auditor_client.post(f"{PAGE}?outcome=ok", {"number": NUMBER})
    address = response["Location"]
    assert re.fullmatch(r"/audit/\?outcome=ok&number=[0-9a-f]{20}(-[0-9a-f]{20})*", address)
    page = text(auditor_client.get(address))
    for spelling in (NUMBER, NUMBER[1:], NUMBER[2:], "555-0142"):
        assert spelling not in page
        assert spelling not in address


def test_national_number_is_read_in_auditors_region(auditor_client: Client, auditor: User, written: Write) -> None:
    Preferences.objects.create(user=auditor, region="DE")
    written(marks=_stored(_of_contact("+493012345678")), about="row berlin")
    assert _abouts(auditor_client.post(PAGE, {"number": "030 12345678"}, follow=True)) == ["row berlin"]


def test_rows_hashed_with_former_key_are_found(
    auditor_client: Client, rows_of_number: None, settings: Settings
) -> None:
    settings.AUDIT_KEY_FALLBACKS = [settings.AUDIT_KEY]
    settings.AUDIT_KEY = "a newer one"
    assert len(_abouts(auditor_client.post(PAGE, {"number": NUMBER}, follow=True))) == 2


def test_log_search_by_number_is_found_by_that_number(auditor_client: Client, rows_of_number: None) -> None:
    auditor_client.post(PAGE, {"number": NUMBER}, follow=True)
    address = auditor_client.post(PAGE, {"number": NUMBER})["Location"]
    page = text(auditor_client.get(f"{address}&reads=1"))
    assert '<span class="chip__name">Number</span> <b>the one typed</b>' in page
    assert page.count("Viewed the audit log</a><small>number: the one typed</small>") == 1


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_answer_to_typed_number_is_at_address_of_its_hashes(
    auditor_client: Client, rows_of_number: None, headers: dict[str, str]
) -> None:
    answer = auditor_client.post(PAGE, {"number": NUMBER}, headers=headers, follow=True)
    address = answer.redirect_chain[0][0]
    assert answer.headers.get("HX-Push-Url") == (address if headers else None)
    assert 'placeholder="Typed numbers aren’t kept"' in text(answer)
    assert NUMBER not in address + text(answer)


def test_fragment_of_page_has_address_of_that_page(auditor_client: Client, written: Write) -> None:
    for _ in range(51):
        written()
    older = _links(_get(auditor_client, action="contacts.listed"))["next"]
    typed = f"{older}&person=&profile="
    assert fragment(auditor_client, typed)["HX-Push-Url"] == older
    assert fragment(auditor_client, typed, current=older)["HX-Replace-Url"] == older


@pytest.mark.parametrize("typed", ["", "no digits", "\x00"])
def test_input_without_digits_is_reported(auditor_client: Client, written: Write, typed: str) -> None:
    written(about="row one")
    response = auditor_client.post(PAGE, {"number": typed}, follow=True)
    assert _abouts(response) == ["row one"]
    assert "The number had no digits" in text(response)


def test_number_with_no_rows_says_so(auditor_client: Client, rows_of_number: None) -> None:
    assert "Nobody searched this number" in text(auditor_client.post(PAGE, {"number": "+12125550199"}, follow=True))


def test_number_form_requires_csrf_token(auditor: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(auditor)
    assert strict.post(PAGE, {"number": NUMBER}).status_code == 403


@pytest.mark.parametrize("page", [PAGE, f"{PAGE}export/"])
def test_number_typed_into_person_filter_is_not_recorded(auditor_client: Client, page: str) -> None:
    auditor_client.get(page, {"person": NUMBER})
    assert AuditEntry.objects.get().about == "person: [number]"


def test_header_cell_has_class_of_its_column(auditor_client: Client, written: Write) -> None:
    written(action="contact.opened")
    page = text(auditor_client.get(PAGE))
    for column in ("time", "who", "what", "where", "outcome"):
        assert re.search(rf'<th[^>]* class="audit-{column}">', page), column
        assert re.search(rf'<td[^>]* class="audit-{column}">', page), column
