"""Search under a policy that masks numbers: whole numbers and last four digits, nothing that tells a hidden digit."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlencode

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, GroupPolicy, Preferences, QuotaWindow
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, rows, text
from .visible_numbers import first_page, numbered

LIST = "/account/contacts/"


@pytest.fixture
def policy_client(admin_client: Client) -> Client:
    """Browser of the admin, whose group sees masked numbers."""
    GroupPolicy.objects.create(group=Group.objects.get(name="admin"), mask_numbers=True)
    return admin_client


@pytest.fixture
def contacts(desk_api: SandboxServer) -> tuple[Contact, ...]:
    """The contacts of the account's first page."""
    return first_page(desk_api)


def _digits(text: str | None) -> str:
    return re.sub(r"\D", "", text or "")


def _calls(sandbox: SandboxServer) -> list[dict[str, list[str]]]:
    return [parse_qs(call["query"]) for call in sandbox.requests() if call["path"] == "/v3/contacts"]


def test_hidden_digits_cannot_be_searched_one_by_one(
    policy_client: Client, sandbox: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    """The attack: lengthen a fragment digit by digit, and see whether the masked row is still there."""
    target = numbered(contacts)
    number = _digits(target.format_national)
    pieces = {number[start : start + size] for size in (2, 3, 5, 6, 7) for start in range(len(number) - size + 1)}
    sandbox.reset_requests()
    for piece in sorted(pieces):
        page = policy_client.get(LIST, {"search": piece})
        assert str(target.id) not in rows(page), piece
    assert all("search" not in call for call in _calls(sandbox))


@pytest.mark.parametrize("typed", ["791", "(415", "+44 79", "12345", "0 7 9 1 1 1", "79*", "7 9 1 1 1?"])
def test_fragment_is_refused_with_reason(policy_client: Client, sandbox: SandboxServer, typed: str) -> None:
    sandbox.reset_requests()
    page = text(policy_client.get(LIST, {"search": typed}))
    assert "Enter a phone number" in page or "not among these contacts" in page
    assert all("search" not in call for call in _calls(sandbox))


def test_refusal_says_what_can_be_searched(policy_client: Client) -> None:
    page = text(policy_client.get(LIST, {"search": "12345"}))
    assert "Your group sees masked numbers. Search for a whole number, or for its last four digits." in page


def test_fragment_chosen_by_link_is_not_searched(
    policy_client: Client, sandbox: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    national = numbered(contacts).format_national or ""
    sandbox.reset_requests()
    for typed in (national, national[:6], "0000"):
        policy_client.get(LIST, {"search": typed, "as": national[:6]})
    assert all(call["search"][0] != national[:6] for call in _calls(sandbox) if "search" in call)


@pytest.mark.slow
def test_four_digits_show_only_numbers_that_end_in_them(
    policy_client: Client, contacts: tuple[Contact, ...], sandbox: SandboxServer
) -> None:
    found = 0
    for contact in [each for each in contacts if each.format_national][:12]:
        digits = _digits(contact.number)
        for piece in {digits[-4:], digits[-5:-1], digits[-6:-2], digits[1:5]}:
            page = policy_client.get(LIST, {"search": piece})
            masked = re.findall(r'class="phone__link" [^>]*>([^<]*)</a>', text(page))
            assert set(masked) <= {f"•••• {piece}"}, piece
            found += len(masked)
    assert found >= 12


def test_count_of_other_numbers_with_four_digits_is_absent(
    policy_client: Client, sandbox: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    ending = _digits(numbered(contacts).number)[-4:]
    sandbox.fault(route="contacts", kind="patch", set={"data.pagination.total_count": 4711})
    page = text(policy_client.get(LIST, {"search": ending}))
    assert "4,711" not in page
    assert "Only the first 100 contacts with these digits were looked at." in page


def test_whole_number_finds_contact_still_masked(policy_client: Client, contacts: tuple[Contact, ...]) -> None:
    target = numbered(contacts)
    for typed in (target.format_e164, target.format_international):
        page = policy_client.get(LIST, {"search": typed or ""})
        assert rows(page) == [str(target.id)]
        assert f"•••• {_digits(target.number)[-4:]}" in text(page)


@pytest.mark.parametrize("parameter", ["search", "phone"])
def test_hit_by_number_is_recorded_as_reveal(
    policy_client: Client, contacts: tuple[Contact, ...], parameter: str
) -> None:
    target = numbered(contacts)
    policy_client.get(LIST, {parameter: target.format_e164 or ""})
    row = AuditEntry.objects.get(action="number.revealed")
    assert (row.about, row.outcome, row.rows) == (str(target.id), "ok", 1)
    assert row.marks


def test_own_preference_restricts_no_search(
    admin_client: Client, admin_user: User, contacts: tuple[Contact, ...]
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    target = numbered(contacts)
    assert rows(admin_client.get(LIST, {"search": (target.format_national or "")[-6:]}))
    assert not AuditEntry.objects.filter(action="number.revealed").exists()


def test_pasted_candidates_are_not_looked_up(
    policy_client: Client, sandbox: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    known = [contact.format_e164 or "" for contact in contacts if contact.format_e164][:6]
    sandbox.reset_requests()
    for headers, more in (({}, {}), (FRAGMENT, {"from": "5"})):
        page = text(policy_client.get(LIST, {"search": "\n".join(known)} | more, headers=headers))
        assert "Look up one number at a time." in page
        assert "data-looked-up" not in page
    assert _calls(sandbox) == []


def test_guessed_numbers_use_up_the_hour(
    policy_client: Client, settings: Settings, contacts: tuple[Contact, ...]
) -> None:
    settings.DESK_REVEALS_PER_HOUR = 3
    answers = [policy_client.get(LIST, {"phone": f"+1415555010{digit}"}).status_code for digit in range(5)]
    assert answers == [200, 200, 200, 429, 429]


def test_guesses_in_audit_log_use_up_the_hour(policy_client: Client, settings: Settings) -> None:
    """The attack: open a masked contact, and ask the log which number the row of that was about."""
    settings.DESK_REVEALS_PER_HOUR = 3
    answers = [policy_client.post("/audit/", {"number": f"+1415555010{digit}"}).status_code for digit in range(5)]
    assert answers == [302, 302, 302, 429, 429]


@pytest.mark.parametrize("parameter", ["search", "phone"])
def test_refreshed_search_is_recorded_and_counted(
    policy_client: Client, admin_user: User, contacts: tuple[Contact, ...], parameter: str
) -> None:
    """The attack: refresh, do not follow the redirect, and take the time of one call or of three."""
    number = numbered(contacts).format_e164 or ""
    policy_client.get(LIST, {parameter: number, "refresh": "1"})
    policy_client.get(LIST, {parameter: "+14155550100", "refresh": "1"})
    assert AuditEntry.objects.filter(action="contacts.searched", outcome="ok").count() == 2
    assert QuotaWindow.objects.get(user=admin_user).numbers == 2


@pytest.mark.parametrize("parameter", ["search", "phone"])
def test_search_of_somebody_else_tells_no_hidden_digit(
    policy_client: Client, root_client: Client, caching_api: SandboxServer, parameter: str
) -> None:
    """The attack: name a search as the list one comes from, and see whether the contact is read from its answer."""
    target = numbered(first_page(caching_api))
    digits = {"search": (target.format_national or "")[:6], "phone": target.format_e164 or ""}
    asked = {parameter: digits[parameter], "page_size": "100"}
    assert str(target.id) in rows(root_client.get(LIST, asked))
    caching_api.reset_requests()
    came_from = {"HX-Current-URL": f"http://testserver{LIST}?{urlencode(asked)}"}
    policy_client.get(f"{LIST}{target.id}/", headers=FRAGMENT | came_from)
    assert [call["path"] for call in caching_api.requests()] == [f"/v3/contacts/{target.id}"]


def test_masked_contact_shows_no_country_code(policy_client: Client, contacts: tuple[Contact, ...]) -> None:
    target = numbered(contacts)
    assert "Country code" not in text(policy_client.get(f"{LIST}{target.id}/"))
    assert "Country code" in text(policy_client.post(f"{LIST}{target.id}/reveal/"))


def test_link_to_several_spellings_or_to_a_part_tells_nothing(
    policy_client: Client, sandbox: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    """The attack: links that name an interpretation which reads all rows with some digits."""
    target = numbered(contacts)
    digits, national = _digits(target.format_national), target.format_national or ""
    sandbox.reset_requests()
    middle, ending = digits[3:8], digits[-4:]
    for typed, named in (
        (middle, f"*{middle[:4]}*"),
        (middle, f"{middle}|{middle[:2]} {middle[2:]}"),
        (ending, f"{ending}|{ending[:2]} {ending[2:]}"),
        (ending, f"*{ending[:3]}*"),
        (digits, f"*{middle[:4]}*"),
        (digits, national[4:]),
    ):
        policy_client.get(LIST, {"search": typed, "as": named})
    searched = [call["search"][0] for call in _calls(sandbox) if "search" in call]
    assert {_digits(each) for each in searched} <= {ending, digits}  # all of them: whose the whole number is
