"""Audit events of requests: one row per view, search, profile switch, denial and failure; none if nothing is shown."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.audit import AuditAction, search_hashes
from contacts_ui.audit.labels import ACTION_LABELS
from contacts_ui.models import AuditEntry, Preferences
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.audit.conftest import clear_log
from tests.html import FRAGMENT, RESTORE, fragment

LIST = "/account/contacts/"


@pytest.fixture
def client(admin_client: Client) -> Client:
    """The admin's browser, which has visited the account already, with an empty log."""
    admin_client.get(LIST)
    clear_log()
    return admin_client


def events() -> list[tuple[str, str]]:
    """Action and outcome of every row, oldest first."""
    return list(AuditEntry.objects.order_by("id").values_list("action", "outcome"))


def only_row() -> AuditEntry:
    """The only row of the log."""
    return AuditEntry.objects.get()


def test_list_is_recorded_once_with_all_fields(client: Client, admin_user: User, sandbox: SandboxServer) -> None:
    client.get(LIST)
    row = only_row()
    assert (row.action, row.outcome, row.scope, row.rows) == ("contacts.listed", "ok", "account", 50)
    assert (row.person_id, row.person, row.address) == (admin_user.pk, "mara", "127.0.0.1")
    assert re.fullmatch(r"req_\w+", row.request_id or "")
    assert re.fullmatch(r"desk_[0-9a-f]{16}", row.reference or "")
    assert row.marks is None


@pytest.mark.parametrize("headers", [{}, FRAGMENT, RESTORE], ids=["page", "fragment", "history"])
def test_list_is_recorded_for_page_fragment_and_history(client: Client, headers: dict[str, str]) -> None:
    client.get(LIST, headers=headers)
    assert events() == [("contacts.listed", "ok")]


def test_head_request_is_recorded(client: Client) -> None:
    client.head(LIST)
    assert events() == [("contacts.listed", "ok")]


def test_search_of_several_attempts_is_recorded_once(client: Client) -> None:
    client.get(LIST, {"search": "998-8776"})
    assert events() == [("contacts.searched", "ok")]


def test_searched_number_matches_hash_in_any_spelling(client: Client, sandbox: SandboxServer) -> None:
    number = next(n for n in sandbox.contacts(None).values() if n and n.startswith("+1212"))
    client.get(LIST, {"search": f"({number[2:5]}) {number[5:8]}-{number[8:]}"})
    hashes = (only_row().marks or "").split()
    assert set(hashes) & set(search_hashes(f"tel:{number}", ()))


def test_number_is_in_no_column(client: Client, sandbox: SandboxServer) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    client.get(LIST, {"phone": number})
    client.get(f"{LIST}{contact_id}/")
    said = " ".join(str(value) for row in AuditEntry.objects.values_list() for value in row)
    assert number[4:] not in re.sub(r"req_\w+|desk_\w+", "", said)


def test_numbers_of_short_result_are_hashed(client: Client, sandbox: SandboxServer) -> None:
    number = next(n for n in sandbox.contacts(None).values() if n)
    client.get(LIST, {"search": number[-7:]})
    row = only_row()
    assert row.rows is not None
    assert row.rows <= 5
    assert set((row.marks or "").split()) & set(search_hashes(number, ()))


def test_bulk_lookup_is_one_row_with_hash_of_each_number(client: Client) -> None:
    numbers = [f"+1202555{ending}" for ending in ("0101", "0102", "0103")]
    client.get(LIST, {"search": "\n".join(numbers)})
    hashes = set((only_row().marks or "").split())
    assert all(hashes & set(search_hashes(number, ())) for number in numbers)


def test_profile_switch_is_recorded_once_besides_lists(client: Client, sandbox: SandboxServer) -> None:
    path = f"/p/{sandbox.profiles()[1]['id']}/contacts/"
    for _ in range(2):
        client.get(path)
    assert events() == [("contacts.listed", "ok"), ("profile.switched", "ok"), ("contacts.listed", "ok")]
    assert set(AuditEntry.objects.values_list("scope", flat=True)) == {sandbox.profiles()[1]["id"]}


def test_bulk_lookup_in_other_profile_records_switch(client: Client, sandbox: SandboxServer) -> None:
    client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/", {"search": "+12025550101\n+12025550102"})
    assert sorted(events()) == [("contacts.searched", "ok"), ("profile.switched", "ok")]


def test_waiting_page_is_not_recorded_until_results_arrive(
    client: Client, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.views.contact_list.PAGE_TIMEOUT", 0.05)
    sandbox.fault(route="contacts", kind="slow", seconds=3600)
    client.get(f"{LIST}?page=3")
    assert events() == []
    wait_until(lambda: sandbox.fired() == ["slow"])
    sandbox.release()
    fragment(client, LIST, page=3)
    assert events() == [("contacts.listed", "ok")]


def test_refresh_with_its_redirect_is_recorded_once(client: Client) -> None:
    client.get(f"{LIST}?refresh=1", follow=True)
    assert events() == [("contacts.listed", "ok")]


def test_opened_contact_is_recorded_with_its_id_and_request_id(client: Client, sandbox: SandboxServer) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    client.get(f"{LIST}{contact_id}/")
    row = only_row()
    assert (row.action, row.rows, row.about) == ("contact.opened", 1, contact_id)
    assert (row.request_id or "").startswith("req_")
    assert set((row.marks or "").split()) & set(search_hashes(number, ()))


def test_messages_are_recorded(client: Client, sandbox: SandboxServer) -> None:
    contact_id = next(iter(sandbox.contacts(None)))
    client.get(f"{LIST}{contact_id}/messages/")
    row = only_row()
    assert (row.action, row.about) == ("messages.read", contact_id)
    assert row.request_id


def test_reveal_is_recorded_only_on_post(client: Client, admin_user: User, sandbox: SandboxServer) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    address = f"{LIST}{next(iter(sandbox.contacts(None)))}/reveal/"
    client.get(address)
    assert events() == []
    client.post(address, {"part": "row"}, headers=FRAGMENT)
    assert events() == [("number.revealed", "ok")]


# --- Denied and failed ---------------------------------------------------------------------------


def test_failed_search_is_recorded_with_number_hash(client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500, times=3)
    client.get(LIST, {"search": "+12025550101"})
    row = only_row()
    assert (row.action, row.outcome, row.rows) == ("contacts.searched", "failed", None)
    assert set((row.marks or "").split()) & set(search_hashes("+12025550101", ()))
    assert (row.request_id or "").startswith("req_")


@pytest.mark.parametrize("status", [401, 403, 429, 500])
def test_api_error_is_recorded_as_failed(client: Client, sandbox: SandboxServer, status: int) -> None:
    sandbox.fault(route="contacts", kind="status", status=status, times=3)
    client.get(LIST)
    assert events() == [("contacts.listed", "failed")]


@pytest.mark.parametrize("page", ["", "{contact}/", "{contact}/messages/", "{contact}/reveal/"])
def test_foreign_profile_is_recorded_as_denied(support_client: Client, sandbox: SandboxServer, page: str) -> None:
    clear_log()
    theirs = sandbox.profiles()[5]["id"]
    contact_id = next(iter(sandbox.contacts(theirs)))
    support_client.get(f"/p/{theirs}/contacts/{page.format(contact=contact_id)}")
    row = only_row()
    assert (row.outcome, row.scope, row.person) == ("denied", theirs, "sam")
    assert row.about == (contact_id if page else None)


def test_contact_of_other_scope_is_recorded_as_denied(client: Client) -> None:
    stranger = str(uuid4())
    client.get(f"{LIST}{stranger}/")
    row = only_row()
    assert (row.action, row.outcome, row.about) == ("contact.opened", "denied", stranger)


def test_page_of_other_role_is_recorded_as_denied(support_client: Client) -> None:
    clear_log()
    support_client.get("/people/")
    row = only_row()
    assert (row.action, row.outcome, row.about) == ("page.denied", "denied", "people-list")


def test_disallowed_method_is_recorded_as_denied(client: Client) -> None:
    client.post(LIST)
    assert events() == [("contacts.listed", "denied")]


def test_missing_csrf_token_is_recorded_as_denied(admin_user: User, client: Client, sandbox: SandboxServer) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(admin_user)
    clear_log()
    strict.post(f"{LIST}{next(iter(sandbox.contacts(None)))}/reveal/")
    assert events() == [("number.revealed", "denied")]


def test_anonymous_visitor_is_not_recorded(db: None, desk_api: SandboxServer) -> None:
    for path in ("/", LIST, "/audit/", "/nowhere/", "/sign-in/"):
        Client().get(path)
    assert events() == []


def test_unknown_address_is_not_recorded(client: Client) -> None:
    client.get("/nowhere/")
    assert events() == []


@pytest.mark.slow
def test_pages_without_contacts_are_not_recorded(client: Client) -> None:
    for path in ("/preferences/", "/gateway/", "/account/profiles/"):
        client.get(path)
    assert events() == []


def test_every_audit_action_has_label() -> None:
    assert set(AuditAction) == set(ACTION_LABELS)


def test_redirect_to_mfa_setup_is_not_recorded(client: Client, settings: Settings) -> None:
    settings.REQUIRE_MFA = "admins"
    client.get(LIST)
    client.get(LIST, headers=FRAGMENT)
    assert events() == []
