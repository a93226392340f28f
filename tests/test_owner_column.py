"""Owner of a contact: the column of the account's list, the drawer and page, and the column's preference."""

from __future__ import annotations

import html
import importlib
import re
from collections import Counter
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import pytest
from django.apps import apps
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from contacts_ui.contacts.owners import _named_owners
from contacts_ui.models import Preferences
from contacts_ui.preferences import preferences_for
from contacts_ui.sent_api.names import with_labels
from contacts_ui.sent_api.types import Account, Profile
from testing.sandbox_server import SandboxServer

from .html import fragment, rows, text

LIST = "/account/contacts/"
PREFERENCES = "/preferences/"
CELL = re.compile(r'<td role="cell" class="c-owner">(.*?)</td>', re.DOTALL)
FACT = re.compile(r"<dt>Owner</dt><dd>(.*?)</dd>", re.DOTALL)


def _names(page: str) -> list[str]:
    """Text of the owner's cell of each row."""
    return [html.unescape(re.sub("<[^>]+>", "", cell).strip()) for cell in CELL.findall(page)]


def _number_of_several(sandbox: SandboxServer) -> tuple[str, set[str]]:
    """A number that several profiles own, and the names of all its owners."""
    ((number, _),) = Counter(number for number in sandbox.contacts().values() if number).most_common(1)
    profiles = sandbox.profiles()
    return number, {each["name"] for each in profiles if number in sandbox.contacts(each["id"]).values()}


def _widened(sandbox: SandboxServer, index: int = 1) -> tuple[str, str]:
    """Id of a contact that a profile owns, and that profile's id."""
    profile = sandbox.profiles()[index]["id"]
    return next(iter(sandbox.contacts(profile))), profile


# --- The list --------------------------------------------------------------------------------------


def test_account_lists_contacts_of_every_profile(admin_client: Client, sandbox: SandboxServer) -> None:
    seen, page = list[str](), 1
    while found := rows(fragment(admin_client, LIST, page=page, page_size=100)):
        seen, page = seen + found, page + 1
    assert seen == list(sandbox.contacts())
    assert set(sandbox.contacts(sandbox.profiles()[1]["id"])) < set(seen)


@pytest.mark.parametrize("show", [fragment, Client.get], ids=["fragment", "page"])
def test_each_row_names_its_owner(
    admin_client: Client, sandbox: SandboxServer, show: Callable[[Client, str], Any]
) -> None:
    response = show(admin_client, f"{LIST}?page=2&page_size=100")
    owner_of = {contact: each["name"] for each in sandbox.profiles() for contact in sandbox.contacts(each["id"])}
    expected = [owner_of.get(contact, "Meridian Group") for contact in rows(response)]
    shown = _names(text(response))
    assert len(set(expected)) > 1
    assert [name for name in shown if name != "—"] == [
        name for name, cell in zip(expected, shown, strict=True) if cell != "—"
    ]


def test_shared_number_stands_once_for_each_owner(admin_client: Client, sandbox: SandboxServer) -> None:
    number, owners = _number_of_several(sandbox)
    national = sandbox.get("/v3/contacts", page=1, page_size=1, phone=number).json()["data"]["contacts"][0]
    found = fragment(admin_client, LIST, search=national["format_national"])
    assert len(rows(found)) == len(owners) > 1
    assert set(_names(text(found))) == owners


def test_owner_links_to_contacts_of_profile(admin_client: Client, sandbox: SandboxServer) -> None:
    page = text(fragment(admin_client, LIST, page=2, page_size=100))
    linked = dict(re.findall(r'class="owner" href="([^"]+)">([^<]+)</a>', page))
    assert linked
    assert linked.items() <= {f"/p/{each['id']}/contacts/": each["name"] for each in sandbox.profiles()}.items()
    assert admin_client.get(next(iter(linked))).status_code == 200


def test_contact_of_account_itself_has_its_name_without_link(admin_client: Client) -> None:
    page = text(fragment(admin_client, LIST, page_size=20))
    assert set(_names(page)) <= {"Meridian Group", "—"}
    assert 'class="owner"' not in page


@pytest.mark.parametrize(
    ("owner", "shown"),
    [("02f4f107-587e-4c4e-95f2-34f46a716683", "Not named"), ("<b>not an id</b>", "Not named"), (None, "—"), ("", "—")],
)
def test_owner_that_api_does_not_name_is_said_to_be_unnamed(
    admin_client: Client, sandbox: SandboxServer, owner: str | None, shown: str
) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.*.customer_id": owner})
    page = text(fragment(admin_client, LIST, page_size=20))
    assert set(_names(page)) == {shown}
    assert not owner or owner not in page


def test_owner_in_upper_case_is_named(admin_client: Client, sandbox: SandboxServer) -> None:
    profile = sandbox.profiles()[2]
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.customer_id": profile["id"].upper()})
    assert _names(text(fragment(admin_client, LIST, page_size=20)))[0] == profile["name"]


def test_name_of_owner_is_escaped(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="patch", set={"data.profiles.*.name": "<i>Northwind</i>"})
    page = text(admin_client.get(LIST, {"page": 2, "page_size": 100}))
    assert "&lt;i&gt;Northwind&lt;/i&gt; (" in page  # all are called alike, so a short name follows
    assert "<i>Northwind" not in page


def test_owner_of_twice_named_id_is_the_profile_that_its_link_opens() -> None:
    same = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"
    account = Account(type="organization", profiles=(Profile(id=same, name="First"), Profile(id=same, name="Second")))
    account = with_labels(account)
    owner, opened = _named_owners(account)[same], account.profile(UUID(same))
    assert opened is not None
    assert owner.name == opened.display_name


def test_list_of_profile_has_no_owner_column(admin_client: Client, sandbox: SandboxServer) -> None:
    page = text(admin_client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/"))
    assert "c-owner" not in page
    assert "table--owners" not in page


@pytest.mark.parametrize("key", ["sandbox-user", "sandbox-profile"])
def test_list_of_single_account_has_no_owner_column(
    admin_client: Client, use_key: Callable[[str], None], key: str
) -> None:
    use_key(key)
    assert "c-owner" not in text(admin_client.get(LIST))


def test_list_of_organization_without_profiles_has_no_owner_column(
    admin_client: Client, sandbox: SandboxServer
) -> None:
    sandbox.fault(route="me", kind="patch", set={"data.profiles": []})
    assert "c-owner" not in text(admin_client.get(LIST))


def test_owner_costs_no_call(admin_client: Client, caching_api: SandboxServer) -> None:
    admin_client.get(LIST)
    caching_api.reset_requests()
    assert "c-owner" in text(fragment(admin_client, LIST, page=3))
    assert [call["path"] for call in caching_api.requests()] == ["/v3/contacts"]


def test_pasted_numbers_name_their_owners(admin_client: Client, sandbox: SandboxServer) -> None:
    contact, profile = _widened(sandbox)
    number = sandbox.contacts(profile)[contact]
    found = text(fragment(admin_client, LIST, search=f"{number}\n+12015550142"))
    assert 'class="c-owner">Owner</th>' in found
    assert len(_names(found)) == 2
    assert _names(found)[0] in {each["name"] for each in sandbox.profiles()}
    assert _names(found)[1] == ""


@pytest.fixture
def every_owner_by_phone(
    admin_client: Client, settings: Settings, use_key: Callable[[str], None]
) -> Iterator[SandboxServer]:
    """An API whose `phone` finds the contacts of all owners of a number."""
    with SandboxServer(contacts=300, phone_rows="all") as server:
        settings.SENT_API_URL = server.url
        use_key("sandbox-organization")
        yield server


def test_phone_shows_every_row_that_api_answers(admin_client: Client, every_owner_by_phone: SandboxServer) -> None:
    number, owners = _number_of_several(every_owner_by_phone)
    page = text(fragment(admin_client, LIST, phone=number))
    assert set(_names(page)) == owners
    assert len(_names(page)) == len(owners) > 1


# --- The contact -----------------------------------------------------------------------------------


def test_contact_of_profile_opens_in_account(admin_client: Client, sandbox: SandboxServer) -> None:
    contact, profile = _widened(sandbox)
    name = next(each["name"] for each in sandbox.profiles() if each["id"] == profile)
    response = admin_client.get(f"{LIST}{contact}/")
    assert response.status_code == 200
    assert sandbox.requests()[-1] | {"path": f"/v3/contacts/{contact}", "profile": None} == sandbox.requests()[-1]
    (fact,) = FACT.findall(text(response))
    assert f'<a class="owner" href="/p/{profile}/contacts/">{name}</a>' in fact
    assert f" · {name} · read " in text(response)


@pytest.mark.parametrize("page", ["messages/", "reveal/"])
def test_pages_of_widened_contact_work_in_account(admin_client: Client, sandbox: SandboxServer, page: str) -> None:
    contact, _ = _widened(sandbox)
    path = f"{LIST}{contact}/{page}"
    response = admin_client.post(path) if page == "reveal/" else admin_client.get(path)
    assert response.status_code == 200
    assert contact in text(response)


def test_contact_that_api_does_not_widen_is_said_to_be_missing(admin_client: Client, sandbox: SandboxServer) -> None:
    contact, _ = _widened(sandbox)
    sandbox.fault(route="contact", kind="status", status=404, code="RESOURCE_001")
    response = admin_client.get(f"{LIST}{contact}/")
    assert response.status_code == 404
    assert "Contact not found" in text(response)


def test_contact_without_owner_says_unknown(admin_client: Client, sandbox: SandboxServer) -> None:
    contact, _ = _widened(sandbox)
    sandbox.fault(route="contact", kind="patch", set={"data.customer_id": None})
    (fact,) = FACT.findall(text(admin_client.get(f"{LIST}{contact}/")))
    assert "unknown" in fact


def test_contact_in_profile_has_no_owner_fact(admin_client: Client, sandbox: SandboxServer) -> None:
    contact, profile = _widened(sandbox)
    page = text(admin_client.get(f"/p/{profile}/contacts/{contact}/"))
    assert FACT.findall(page) == []
    assert "Owner ID" in page


def test_page_does_not_speak_of_inheritance(admin_client: Client, sandbox: SandboxServer) -> None:
    contact, _ = _widened(sandbox)
    sandbox.fault(route="contact", kind="patch", set={"data.is_inherited": True})
    assert "nherited" not in text(admin_client.get(f"{LIST}{contact}/"))


# --- The column's preference -----------------------------------------------------------------------


def test_admin_may_hide_owner_column(admin_client: Client, admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, columns=["region", "channels"])
    page = text(fragment(admin_client, LIST))
    assert "c-owner" not in page
    assert "c-region" in page


def test_column_is_offered_to_those_who_see_owners(
    admin_client: Client, support_client: Client, use_key: Callable[[str], None]
) -> None:
    offered = 'name="columns" value="owner"'
    assert offered in text(admin_client.get(PREFERENCES))
    assert offered not in text(support_client.get(PREFERENCES))
    use_key("sandbox-user")
    assert offered not in text(admin_client.get(PREFERENCES))


@pytest.mark.parametrize("stored", [["owner", "region"], ["region"]])
def test_saving_form_without_owner_keeps_stored_choice(
    support_client: Client, support_user: User, stored: list[str]
) -> None:
    Preferences.objects.create(user=support_user, columns=stored)
    chosen = {"theme": "dark", "density": "compact", "page_size": "20", "time_zone": "UTC", "columns": ["channels"]}
    assert support_client.post(PREFERENCES, chosen).status_code == 302
    assert preferences_for(support_user).columns == (*[name for name in stored if name == "owner"], "channels")


def test_migration_shows_column_to_those_who_saved_preferences(admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, columns=["region", "updated"])
    migration = importlib.import_module("contacts_ui.migrations.0010_owner_column")
    for _ in range(2):
        migration.show_owner(apps, SimpleNamespace(connection=connection))
        assert preferences_for(admin_user).columns == ("owner", "region", "updated")
