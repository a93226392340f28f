"""Lookups: whoever looked up a number is found by it, whichever mixture of parameters showed the contact."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contacts_ui.audit import MAX_HASHED_RESULTS, hashes_of_contacts, hashes_of_plan, search_hashes
from contacts_ui.models import AuditEntry
from contacts_ui.phone_search import Attempt, SearchPlan
from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, rows, text

from .conftest import clear_log

LIST = "/account/contacts/"

Contacts = dict[str, Contact]


@pytest.fixture
def contacts(desk_api: SandboxServer) -> Contacts:
    """Every contact of the account, by id."""
    client, found = SentClient(desk_api.url, "sandbox-organization"), Contacts()
    for number in range(1, 100):
        page = client.contacts(ContactQuery(page=number, page_size=100))
        found |= {str(contact.id): contact for contact in page.contacts}
        if len(page.contacts) < 100:
            break
    return found


def _marks() -> set[str]:
    return {mark for row in AuditEntry.objects.all() for mark in (row.marks or "").split()}


def _shown(response: Any) -> list[str]:
    return re.findall(r'<tr role="row" data-contact-id="([^"]+)"', text(response))


def _unmarked(response: Any, contacts: Contacts) -> set[str]:
    """Ids of the contacts of a response of few rows of whose number the log knows nothing."""
    shown = _shown(response)
    few = shown if len(shown) <= MAX_HASHED_RESULTS else []
    return {contact for contact in few if not set(hashes_of_contacts([contacts[contact]])) <= _marks()}


def _whole(contacts: Contacts) -> list[Contact]:
    return [contact for contact in contacts.values() if contact.format_e164 and contact.format_national]


@pytest.mark.parametrize("search", ["abc", "not a number", "+1 415 555 0100"])
def test_number_that_only_the_link_names_is_not_asked(
    admin_client: Client, contacts: Contacts, sandbox: SandboxServer, search: str
) -> None:
    target = _whole(contacts)[0]
    sandbox.reset_requests()
    page = admin_client.get(LIST, {"search": search, "as": target.format_e164 or ""})
    assert str(target.id) not in rows(page)
    calls = [parse_qs(call["query"]) for call in sandbox.requests() if call["path"] == "/v3/contacts"]
    assert [target.format_e164] not in [call.get("phone") for call in calls]


def test_link_of_somebody_with_another_region_still_works(
    admin_client: Client, contacts: Contacts, sandbox: SandboxServer
) -> None:
    target = next(each for each in _whole(contacts) if each.region_code == "FR")
    shown = admin_client.get(LIST, {"search": target.format_national or "", "as": target.format_e164 or ""})
    assert rows(shown)[:1] == [str(target.id)]


def test_every_attempt_and_the_text_are_recorded(admin_client: Client) -> None:
    plan = SearchPlan(attempts=(Attempt("phone", "+14155550100"), Attempt("search", "(415) 5")))
    recorded = set(hashes_of_plan("4155 x", plan, Attempt("phone", "+4930123456")))
    for asked in ("+14155550100", "4155", "+4930123456"):
        assert set(search_hashes(asked, ())) & recorded, asked


def test_short_list_without_search_is_recorded_by_number(
    admin_client: Client, sandbox: SandboxServer, contacts: Contacts
) -> None:
    few = sandbox.get("/v3/contacts", page=1, page_size=20).json()["data"]["contacts"][:3]
    changes = {"data.contacts": few, "data.pagination.total_count": 3}
    sandbox.fault(route="contacts", kind="patch", set=changes)
    clear_log()
    shown = admin_client.get(LIST)
    assert len(_shown(shown)) == 3
    assert _unmarked(shown, contacts) == set()


def test_contact_without_whole_number_is_recorded_by_digits(
    admin_client: Client, sandbox: SandboxServer, contacts: Contacts
) -> None:
    target = _whole(contacts)[0]
    odd = {"phone_number": "55512", "format_e164": None, "format_international": None}
    for _ in range(2):  # the account's list is asked for other owners as well
        patched = {f"data.contacts.*.{name}": each for name, each in odd.items()}
        sandbox.fault(route="contacts", kind="patch", set=patched)
    clear_log()
    admin_client.get(LIST, {"phone": target.format_e164 or ""})
    assert set(search_hashes("55512", ())) & _marks()


_TEXTS = ("abc", "20", "(20", "+44", "555", "0000")


@st.composite
def _parameters(draw: st.DrawFn) -> Mapping[str, tuple[str, int]]:
    """For each parameter a kind of value and the index of a contact to make it of."""
    kinds = {
        "search": ("none", "text", "national", "e164", "several", "fragment"),
        "as": ("none", "e164", "fragment", "text"),
        "phone": ("none", "none", "none", "e164", "national"),
        "from": ("none", "number"),
        "channel": ("none", "none", "channel"),
        "page": ("none", "none", "number"),
    }
    return {name: (draw(st.sampled_from(kind)), draw(st.integers(0, 50))) for name, kind in kinds.items()}


def _value(kind: str, index: int, whole: list[Contact]) -> str:
    contact = whole[index % len(whole)]
    return {
        "text": _TEXTS[index % len(_TEXTS)],
        "national": contact.format_national or "",
        "e164": contact.format_e164 or "",
        "several": "\n".join(each.format_e164 or "" for each in whole[index % 40 : index % 40 + 8]),
        "fragment": (contact.format_national or "")[-5:],
        "number": str(index % 10),
        "channel": ("sms", "whatsapp")[index % 2],
    }[kind]


@pytest.mark.slow
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(parameters=_parameters(), part=st.booleans())
def test_no_mixture_shows_a_contact_without_its_mark(
    admin_client: Client, contacts: Contacts, parameters: Mapping[str, tuple[str, int]], part: bool
) -> None:
    whole = _whole(contacts)
    query = {name: _value(kind, index, whole) for name, (kind, index) in parameters.items() if kind != "none"}
    clear_log()
    response = admin_client.get(LIST, query, headers=FRAGMENT if part else {})
    assert response.status_code == 200
    assert _unmarked(response, contacts) == set(), query
