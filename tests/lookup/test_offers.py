"""Offers of the lookup: empty result, account list, contact and menu; and where there is none."""

from __future__ import annotations

import re
from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import AuditEntry, Preferences, ProfileAccess
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, fragment, text

from .conftest import Owners
from .test_page import NOBODYS

OFFER = 'formaction="/lookup/"'


def test_empty_result_offers_other_profiles(support_client: Client, sandbox: SandboxServer) -> None:
    path = f"/p/{sandbox.profiles()[1]['id']}/contacts/"
    for page in (
        text(support_client.get(path, {"phone": NOBODYS})),
        text(fragment(support_client, path, phone=NOBODYS)),
    ):
        (button,) = re.findall(r"<button[^>]*formaction=\"/lookup/\"[^>]*>([^<]*)", page)
        assert button == "Look in my other profiles"
        assert f'name="number" value="{NOBODYS}"' in page


def test_only_profile_offers_no_others(support_client: Client, support_user: User, sandbox: SandboxServer) -> None:
    only = sandbox.profiles()[1]["id"]
    ProfileAccess.objects.filter(user=support_user).exclude(profile_id=UUID(only)).delete()
    page = text(support_client.get(f"/p/{only}/contacts/", {"phone": NOBODYS}))
    assert "isn’t in " in page
    assert OFFER not in page
    assert 'href="/lookup/"' not in page


def test_whole_number_in_account_offers_lookup(admin_client: Client, known_owners: Owners) -> None:
    number = next(number for number, owners in known_owners.items() if len(owners) > 1)
    assert "Which profiles have this number?" in text(admin_client.get("/account/contacts/", {"phone": number}))


def test_plain_list_and_part_of_number_offer_no_lookup(admin_client: Client) -> None:
    for parameters in ({}, {"search": "(20"}, {"channel": "sms"}):
        assert OFFER not in text(admin_client.get("/account/contacts/", parameters))


def test_menu_leads_to_lookup(support_client: Client, sandbox: SandboxServer) -> None:
    assert 'href="/lookup/"' in text(support_client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/"))


@pytest.fixture
def shared(known_owners: Owners, sandbox: SandboxServer) -> tuple[str, str, str]:
    """The path of a contact of one of the agent's profiles, its number, and the other of theirs that has it."""
    mine = {profile["id"]: profile["name"] for profile in sandbox.profiles()[1:4]}
    number, owners = next(
        (number, owners)
        for number, owners in known_owners.items()
        if len(owners & set(mine)) == 2 and None not in owners
    )
    first, second = sorted(str(owner) for owner in owners & set(mine))
    contact = next(key for key, its_number in sandbox.contacts(first).items() if its_number == number)
    return f"/p/{first}/contacts/{contact}/", number, mine[second]


def test_contact_names_other_profiles_that_index_knows(
    support_client: Client, number_index: Callable[..., None], shared: tuple[str, str, str], sandbox: SandboxServer
) -> None:
    number_index()
    path, _number, other = shared
    support_client.get(path)  # what the page itself needs is there
    sandbox.reset_requests()
    page = text(support_client.get(path)).replace("&amp;", "&")
    assert f"Also in {other}<" in page
    assert f'name="contact" value="{path}"' in page
    assert len([call for call in sandbox.requests() if call["path"].startswith("/v3/contacts")]) <= 1  # its own


def test_also_in_is_one_event_for_one_question(
    support_client: Client, number_index: Callable[..., None], shared: tuple[str, str, str]
) -> None:
    number_index()
    path, _number, _other = shared
    support_client.get(path, headers=FRAGMENT)
    (entry,) = AuditEntry.objects.filter(action="number.also_in")
    assert entry.scope == path.split("/")[2]
    assert entry.about == f"{path.split('/')[4]} in 1 other profile"
    assert entry.marks
    assert entry.rows is None


def test_also_in_of_many_profiles_is_one_event(
    root_client: Client, number_index: Callable[..., None], known_owners: Owners, sandbox: SandboxServer
) -> None:
    number_index()
    number, owners = max(known_owners.items(), key=lambda item: len(item[1]))
    first = min(owner for owner in owners if owner)
    contact = next(key for key, its_number in sandbox.contacts(first).items() if its_number == number)
    root_client.get(f"/p/{first}/contacts/{contact}/")
    (entry,) = AuditEntry.objects.filter(action="number.also_in")
    assert len(owners) > 2
    assert str(entry.about).endswith(f"in {len(owners) - 1} other profiles")


def test_masked_contact_offers_no_number(
    support_client: Client, support_user: User, number_index: Callable[..., None], shared: tuple[str, str, str]
) -> None:
    number_index()
    Preferences.objects.create(user=support_user, mask_numbers=True)
    path, number, other = shared
    page = text(support_client.get(path)).replace("&amp;", "&")
    assert f"Also in {other}<" in page
    assert number[1:-4] not in re.sub(r"[\s().-]", "", page)


def test_contact_without_index_names_no_other_profile(support_client: Client, shared: tuple[str, str, str]) -> None:
    assert "Also in" not in text(support_client.get(shared[0]))


def test_contact_names_no_unassigned_profile(
    support_client: Client,
    support_user: User,
    number_index: Callable[..., None],
    shared: tuple[str, str, str],
    sandbox: SandboxServer,
) -> None:
    number_index()
    path, _number, _other = shared
    ProfileAccess.objects.filter(user=support_user).exclude(profile_id=UUID(path.split("/")[2])).delete()
    ProfileAccess.objects.create(user=support_user, profile_id=UUID(sandbox.profiles()[-1]["id"]))  # has no contacts
    assert "Also in" not in text(support_client.get(path))
