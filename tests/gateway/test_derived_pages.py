"""Derived pages: whoever types on or chooses a channel gets the API's own rows, without a call for them."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import FetchPolicy, get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.errors import Forbidden
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer
from tests.html import SITE_URL, rows

KEY = "sandbox-organization"
ACCOUNT = Scope(None, "Meridian Group", switchable=True)


@pytest.fixture
def contacts(caching_api: SandboxServer) -> tuple[Contact, ...]:
    """A hundred contacts of the account, each with a national format."""
    page = SentClient(caching_api.url, KEY).contacts(ContactQuery(page_size=100))
    caching_api.reset_requests()
    return tuple(contact for contact in page.contacts if contact.format_national)


def _calls(sandbox: SandboxServer) -> int:
    return [call["path"] for call in sandbox.requests()].count("/v3/contacts")


def _ids(query: ContactQuery, scope: Scope = ACCOUNT, policy: FetchPolicy | None = None) -> list[str]:
    page = get_gateway().contacts(scope, query, policy or FetchPolicy()).value
    assert page.pagination.total_count == len(page.contacts)
    return [str(contact.id) for contact in page.contacts]


def _ids_of_api(sandbox: SandboxServer, query: ContactQuery, profile_id: str | None = None) -> list[str]:
    page = SentClient(sandbox.url, KEY).contacts(replace(query, page_size=100), profile_id)
    return [str(contact.id) for contact in page.contacts]


@pytest.mark.slow
def test_typing_on_gives_rows_of_api_without_call(caching_api: SandboxServer, contacts: tuple[Contact, ...]) -> None:
    pick = random.Random(5)
    for contact in pick.sample(contacts, 12):
        text = (contact.format_national or "").strip()
        typed = [text[:size].strip() for size in range(6, len(text) + 1)]
        caching_api.reset_requests()
        shown = [_ids(ContactQuery(search=each, page_size=100)) for each in typed]
        calls = _calls(caching_api)
        assert shown == [_ids_of_api(caching_api, ContactQuery(search=each)) for each in typed]
        assert calls <= 1


def test_channel_is_asked_until_an_answer_shows_what_it_means(
    caching_api: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    text = (contacts[0].format_national or "")[:6]
    _ids(ContactQuery(search=text))
    _ids(ContactQuery(search=text, channel="sms"))
    assert _calls(caching_api) == 2


def test_channel_gives_rows_of_api_without_call_once_its_meaning_is_seen(
    caching_api: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    get_gateway().contacts(ACCOUNT, ContactQuery(channel="whatsapp", page_size=100))
    texts = sorted({(contact.format_national or "").strip()[:6].strip() for contact in contacts[:20]})
    for text in texts:
        _ids(ContactQuery(search=text, page_size=100))
        caching_api.reset_requests()
        shown = _ids(ContactQuery(search=text, channel="whatsapp", page_size=100))
        assert _calls(caching_api) == 0
        assert shown == _ids_of_api(caching_api, ContactQuery(search=text, channel="whatsapp"))


def test_answer_that_contradicts_the_channel_ends_deriving_by_it(
    caching_api: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    get_gateway().contacts(ACCOUNT, ContactQuery(channel="whatsapp", page_size=100))
    caching_api.fault(route="contacts", kind="patch", set={"data.contacts.0.available_channels": "sms"})
    get_gateway().contacts(ACCOUNT, ContactQuery(channel="whatsapp", page_size=100), FetchPolicy(refresh=True))
    text = (contacts[0].format_national or "")[:6]
    _ids(ContactQuery(search=text))
    caching_api.reset_requests()
    _ids(ContactQuery(search=text, channel="sms"))
    assert _calls(caching_api) == 1


def test_answer_of_other_scope_is_never_used(caching_api: SandboxServer) -> None:
    profiles = [Scope(each["id"], each["name"], switchable=True) for each in caching_api.profiles()[:2]]
    numbers = SentClient(caching_api.url, KEY).contacts(ContactQuery(page_size=100), profiles[0].profile_id).contacts
    text = next(each.format_national for each in numbers if each.format_national)
    assert _ids(ContactQuery(search=text[:7], page_size=100), profiles[0])
    for scope in (profiles[1], ACCOUNT):
        caching_api.reset_requests()
        shown = _ids(ContactQuery(search=text, page_size=100), scope)
        assert _calls(caching_api) == 1
        assert shown == _ids_of_api(caching_api, ContactQuery(search=text), scope.profile_id)


def test_answer_that_is_not_whole_is_not_used(caching_api: SandboxServer, contacts: tuple[Contact, ...]) -> None:
    get_gateway().contacts(ACCOUNT, ContactQuery(page_size=100))
    caching_api.reset_requests()
    _ids(ContactQuery(search=contacts[0].format_national))
    assert _calls(caching_api) == 1


@pytest.mark.parametrize("said", [None, "another format"])
def test_row_that_another_format_may_decide_is_left_to_api(
    caching_api: SandboxServer, contacts: tuple[Contact, ...], said: str | None
) -> None:
    contact = next(each for each in contacts if each.region_code == "US")
    text = (contact.format_national or "")[-8:]  # "589-8942", which stands in the international format as well
    assert text in (contact.format_international or "")
    caching_api.fault(route="contacts", kind="patch", set={"data.contacts.0.format_national": said})
    get_gateway().contacts(ACCOUNT, ContactQuery(search=text[:6], page_size=100))
    caching_api.reset_requests()
    get_gateway().contacts(ACCOUNT, ContactQuery(search=text))
    assert _calls(caching_api) == 1


def test_refresh_asks_the_api(caching_api: SandboxServer, contacts: tuple[Contact, ...]) -> None:
    text = (contacts[0].format_national or "").strip()
    _ids(ContactQuery(search=text[:6]))
    _ids(ContactQuery(search=text), policy=FetchPolicy(refresh=True))
    assert _calls(caching_api) == 2


def test_old_answer_is_not_used(caching_api: SandboxServer, contacts: tuple[Contact, ...], settings: Settings) -> None:
    settings.SENT_FRESH_SECONDS = 0.0
    get_gateway.cache_clear()
    text = (contacts[0].format_national or "").strip()
    _ids(ContactQuery(search=text[:6]))
    _ids(ContactQuery(search=text))
    assert _calls(caching_api) == 2


def test_answer_of_refused_scope_is_not_used(caching_api: SandboxServer, contacts: tuple[Contact, ...]) -> None:
    text = (contacts[0].format_national or "").strip()
    _ids(ContactQuery(search=text[:6]))
    caching_api.fault(route="contacts", kind="status", status=403)
    with pytest.raises(Forbidden):
        get_gateway().contacts(ACCOUNT, ContactQuery(search="9"), FetchPolicy(refresh=True))
    caching_api.reset_requests()
    _ids(ContactQuery(search=text))
    assert _calls(caching_api) == 1


def test_contact_of_derived_list_opens_without_call(
    admin_client: Client, caching_api: SandboxServer, contacts: tuple[Contact, ...]
) -> None:
    path, text = "/account/contacts/", (contacts[0].format_national or "").strip()
    admin_client.get(path, {"search": text[:7]})
    caching_api.reset_requests()
    shown = rows(admin_client.get(path, {"search": text}))
    current = {"HX-Request": "true", "HX-Current-URL": f"{SITE_URL}{path}?search={text}"}
    assert admin_client.get(f"{path}{shown[0]}/", headers=current).status_code == 200
    assert caching_api.requests() == []


# --- Answers without contacts, which are fresh for a shorter time ------------------------------------


def test_empty_answer_is_asked_anew_sooner(caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts_ui.gateway.cached_fetch.EMPTY_FRESH_SECONDS", 0.0)
    for _ in range(2):
        assert _ids(ContactQuery(search="998-8776")) == []
    assert _calls(caching_api) == 2


def test_no_empty_list_is_derived_from_older_answer(
    caching_api: SandboxServer, contacts: tuple[Contact, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.gateway.derived_pages.EMPTY_FRESH_SECONDS", 0.0)
    text = (contacts[0].format_national or "").strip()
    _ids(ContactQuery(search=text))
    assert _ids(ContactQuery(search=f"{text}9")) == []
    assert _calls(caching_api) == 2
