"""Command list: what each kind of person is offered, the contacts opened last, and where a typed number goes."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.contrib.sessions.backends.base import SessionBase
from django.test import Client
from pytest_django import Settings

from contacts_ui.contacts.opened import MAX_REMEMBERED, MAX_SHOWN, SESSION_KEY
from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.gateway import Gateway
from contacts_ui.models import AuditEntry, PinnedProfile, Preferences, ProfileAccess, SavedView, Session
from contacts_ui.views.command_list import MAX_PROFILES
from testing.sandbox_server import SandboxServer

from .html import fragment, scopes, text

LIST, GO = "/account/contacts/", "/account/go/"


def _groups(page: str) -> dict[str, dict[str, str]]:
    """Title and URL of each line below each heading."""
    _, *parts = re.split(r'class="popover__label"[^>]*>([^<]+)<', page)
    lines = [re.findall(r'class="menu-item" href="([^"]+)".*?<span>(.*?)</span>', part) for part in parts[1::2]]
    return {title: {name: url for url, name in found} for title, found in zip(parts[::2], lines, strict=True)}


def _contacts(page: str) -> list[str]:
    """Titles of the contacts opened last."""
    return list(_groups(page).get("Opened recently", {}))


@pytest.fixture
def opened(admin_client: Client, caching_api: SandboxServer) -> list[str]:
    """Ids of the three contacts that the admin opened from the list, newest first."""
    admin_client.get(LIST)
    ids = list(caching_api.contacts(None))[:3]
    for contact_id in ids:
        fragment(admin_client, f"{LIST}{contact_id}/", current=LIST)
    return ids[::-1]


# --- What is offered -------------------------------------------------------------------------------


def test_page_and_fragment_offer_the_same(admin_client: Client, admin_user: User) -> None:
    SavedView.objects.create(owner=admin_user, name="By SMS", channel="sms")
    page, part = admin_client.get(GO), fragment(admin_client, GO)
    assert (page["X-Page"], part["X-Fragment"], scopes(part)) == ("1", "1", {""})
    groups = _groups(text(page).split("<main")[1])
    assert groups == _groups(text(part))
    assert list(groups) == ["Views", "Pages", "Actions", "Profiles", "People"]
    assert groups["Views"] == {"All contacts": f"{LIST}?view=all", "By SMS": f"{LIST}?channel=sms"}
    assert len(groups["Profiles"]) == 12


@pytest.mark.slow
def test_every_line_leads_to_a_page_of_the_person(admin_client: Client, support_client: Client) -> None:
    for client in (admin_client, support_client):
        for group in _groups(text(client.get("/go/", follow=True)).split("<main")[1]).values():
            for url in group.values():
                assert client.get(url.replace("&amp;", "&")).status_code == 200, url


def test_support_is_offered_neither_admin_pages_nor_foreign_profiles(
    support_client: Client, sandbox: SandboxServer
) -> None:
    ids = [profile["id"] for profile in sandbox.profiles()[1:4]]
    groups = _groups(text(fragment(support_client, f"/p/{ids[0]}/go/")))
    assert list(groups["Pages"]) == ["Saved views", "Find a number", "Preferences", "Sign-in and security"]
    assert sorted(groups["Profiles"].values()) == sorted(f"/p/{profile_id}/contacts/" for profile_id in ids[1:])


def test_admin_is_offered_the_pages_of_people_and_find_a_number(admin_client: Client) -> None:
    pages = _groups(text(fragment(admin_client, GO)))["Pages"]
    assert {"People", "Add a person", "Profiles", "Masking", "Find a number"} <= pages.keys()


def test_admin_finds_single_people_by_name_and_user_name(admin_client: Client, support_user: User) -> None:
    User.objects.filter(pk=support_user.pk).update(first_name="Samira", last_name="Ode")
    for page in (text(admin_client.get(GO)), text(fragment(admin_client, GO))):
        assert _groups(page)["People"]["Samira Ode (sam)"] == f"/people/{support_user.pk}/"


def test_support_is_offered_no_people(support_client: Client, admin_user: User) -> None:
    assert "mara" not in text(fragment(support_client, "/go/"))


def test_auditor_is_offered_no_contacts_and_no_search(desk_api: SandboxServer, db: None) -> None:
    auditor = User.objects.create_user("otto", password="x")
    auditor.groups.add(Group.objects.get(name="auditor"))
    client = Client()
    client.force_login(auditor)
    desk_api.fault(route="me", kind="status", status=500, times=5)  # they need nothing of the API
    for page in (text(client.get("/go/")), text(fragment(client, "/go/"))):
        part = page.partition("<main")[2] or page
        assert list(_groups(part)) == ["Pages", "Actions"]
        assert 'name="search"' not in part
        assert "contacts/" not in part


def test_page_without_profile_searches_in_last_one(
    support_client: Client, sandbox: SandboxServer, support_user: User
) -> None:
    visited = sandbox.profiles()[2]["id"]
    support_client.get(f"/p/{visited}/contacts/")
    assert support_client.get("/go/")["Location"] == f"/p/{visited}/go/"
    part = fragment(support_client, "/go/", current="/preferences/")
    assert f'action="/p/{visited}/contacts/"' in text(part)
    assert scopes(part) == {""}  # or the page would refuse it


def test_profile_taken_away_is_not_offered(support_client: Client, support_user: User, sandbox: SandboxServer) -> None:
    ids = [profile["id"] for profile in sandbox.profiles()[1:4]]
    PinnedProfile.objects.create(user=support_user, profile_id=UUID(ids[2]))
    ProfileAccess.objects.filter(user=support_user, profile_id=UUID(ids[2])).delete()
    assert ids[2] not in text(fragment(support_client, f"/p/{ids[0]}/go/"))
    assert ids[2] not in text(fragment(support_client, f"/p/{ids[0]}/profiles/"))


def test_number_is_typed_into_form_of_list_alone(admin_client: Client) -> None:
    """Neither the page nor the fragment has a form or link by which typed text gets into its own URL."""
    for page in (text(admin_client.get(GO)).split("<main")[1], text(fragment(admin_client, GO))):
        form, *others = re.findall(r"<form[^>]*>.*?</form>", page, re.DOTALL)
        assert f'method="get" action="{LIST}"' in form
        assert 'name="search"' in form
        assert all('method="post" action="/lookup/"' in other for other in others)
        assert "hx-" not in page


def test_list_costs_no_call_while_account_is_cached(
    admin_client: Client, caching_api: SandboxServer, opened: list[str]
) -> None:
    caching_api.reset_requests()
    assert len(_contacts(text(fragment(admin_client, GO)))) == 3
    assert caching_api.requests() == []


# --- Contacts opened last ----------------------------------------------------------------------------


def test_opened_contacts_are_listed_newest_first_and_once(
    admin_client: Client, opened: list[str], caching_api: SandboxServer
) -> None:
    fragment(admin_client, f"{LIST}{opened[-1]}/", current=LIST)
    links = _groups(text(fragment(admin_client, GO)))["Opened recently"]
    assert list(links.values()) == [f"{LIST}{contact_id}/" for contact_id in (opened[-1], *opened[:-1])]
    numbers = [re.sub(r"\D", "", caching_api.contacts(None)[contact_id] or "") for contact_id in opened]
    assert {re.sub(r"\D", "", title) for title in links} == set(numbers)


def test_masked_number_of_opened_contact_stays_masked(
    admin_client: Client, admin_user: User, opened: list[str]
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    assert all(re.fullmatch(r"•••• \d{4}", title) for title in _contacts(text(fragment(admin_client, GO))))


def test_session_holds_ids_alone_and_takes_them_along(admin_client: Client, opened: list[str]) -> None:
    kept = admin_client.session[SESSION_KEY]
    assert [entry[:2] for entry in kept] == [["account", contact_id] for contact_id in opened]
    assert all(isinstance(entry[2], int) for entry in kept)
    user = User.objects.get(username="mara")
    admin_client.logout()
    admin_client.force_login(user)
    assert _contacts(text(fragment(admin_client, GO))) == []


def test_opening_undoes_nothing_that_another_request_saved(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While a contact is fetched another tab saves something, or signs out."""
    ids = iter(caching_api.contacts(None))
    fetch = Gateway.contact
    admin_client.get("/preferences/")  # writes when the session was last used, which is no subject here

    def meanwhile(change: Callable[[SessionBase], object]) -> int:
        def slow(*args: Any, **options: Any) -> Any:
            session = admin_client.session
            change(session)
            if session.session_key:
                session.save()
            return fetch(*args, **options)

        monkeypatch.setattr(Gateway, "contact", slow)
        return admin_client.get(f"{LIST}{next(ids)}/").status_code

    assert meanwhile(lambda session: session.update({"proof": 1})) == 200
    assert (admin_client.session["proof"], len(admin_client.session[SESSION_KEY])) == (1, 1)
    assert meanwhile(lambda session: session.flush()) == 200
    assert Session.objects.count() == 0


def test_number_that_no_cache_has_is_not_shown(
    admin_client: Client, opened: list[str], use_key: Callable[[str], None], caching_api: SandboxServer
) -> None:
    use_key("sandbox-organization")  # the cache is empty
    caching_api.reset_requests()
    assert _contacts(text(fragment(admin_client, GO))) == ["Contact"]
    assert [call["path"] for call in caching_api.requests()] == ["/v3/me"]


def test_opened_contacts_of_other_profile_are_not_listed(
    admin_client: Client, opened: list[str], caching_api: SandboxServer
) -> None:
    page = text(fragment(admin_client, f"/p/{caching_api.profiles()[1]['id']}/go/"))
    assert _contacts(page) == []
    assert not any(contact_id in page for contact_id in opened)


def test_contact_that_was_not_found_is_not_remembered(admin_client: Client, desk_api: SandboxServer) -> None:
    admin_client.get(f"{LIST}6ba7b810-9dad-11d1-80b4-00c04fd430c8/")
    assert SESSION_KEY not in admin_client.session


def test_only_newest_contacts_are_kept_and_fewer_shown(admin_client: Client, caching_api: SandboxServer) -> None:
    admin_client.get(LIST)
    for contact_id in list(caching_api.contacts(None))[: MAX_REMEMBERED + 2]:
        fragment(admin_client, f"{LIST}{contact_id}/", current=LIST)
    assert len(admin_client.session[SESSION_KEY]) == MAX_REMEMBERED
    assert len(_contacts(text(fragment(admin_client, GO)))) == MAX_SHOWN


def test_numbers_shown_again_are_on_record(admin_client: Client, opened: list[str]) -> None:
    before = AuditEntry.objects.count()
    fragment(admin_client, GO)
    (entry,) = AuditEntry.objects.order_by("pk")[before:]
    assert (entry.action, entry.outcome, entry.scope, entry.rows) == ("contacts.listed", "ok", "account", 3)
    assert len((entry.marks or "").split()) >= 3


def test_list_without_opened_contacts_records_nothing(admin_client: Client) -> None:
    admin_client.get(GO)
    assert not AuditEntry.objects.filter(action__startswith="contact").exists()


@pytest.mark.slow
def test_first_fifty_of_many_profiles_are_listed(admin_client: Client, settings: Settings) -> None:
    with SandboxServer(contacts=0, profiles=80) as many:
        settings.SENT_API_URL = many.url
        get_gateway.cache_clear()
        for page, offer in (
            (text(fragment(admin_client, GO)), "in all profiles</span>"),
            (text(admin_client.get(GO)), "<span>Find a profile</span>"),
        ):
            urls = [url for url in _groups(page)["Profiles"].values() if url.endswith("/contacts/")]
            assert len(urls) == MAX_PROFILES
            assert offer in page


def test_few_profiles_are_listed_without_search_for_others(admin_client: Client) -> None:
    assert 'id="command-find"' not in text(fragment(admin_client, GO))
