"""A lookup's page after Back or a reload: the answer as it was, for its person alone, from nobody's budget."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.contacts import lookup_sweep
from contacts_ui.models import AuditEntry, NumberLookup, ProfileAccess, QuotaWindow
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, text

from .conftest import Owners
from .test_page import LOOKUP, NOBODYS, asked, said


@pytest.fixture
def shared(known_owners: Owners, sandbox: SandboxServer) -> str:
    """A number that two of the agent's profiles have, and one that is not theirs."""
    first = {profile["id"] for profile in sandbox.profiles()[1:4]}
    return next(number for number, owners in known_owners.items() if 2 <= len(owners & first) < 3 and owners - first)


def _address(client: Client, number: str) -> str:
    """Looks a number up as htmx does; the address that the browser shows then."""
    return str(client.post(LOOKUP, {"number": number}, headers=FRAGMENT)["HX-Push-Url"])


def test_page_at_its_address_is_same_answer_and_asks_nobody(
    support_client: Client, sandbox: SandboxServer, shared: str
) -> None:
    address = _address(support_client, shared)
    first = text(support_client.post(LOOKUP, {"number": shared}, headers=FRAGMENT))
    sandbox.reset_requests()
    page = text(support_client.get(address))
    assert said(page) == said(first)
    assert len(said(page)["here"]) == 2
    assert f'value="{shared}"' in page
    assert asked(sandbox) == []


def test_same_number_within_hour_takes_one_lookup(support_client: Client, shared: str) -> None:
    spelled = f"00{shared[1:4]} {shared[4:]}"
    for number in (shared, shared, spelled):
        assert said(text(support_client.post(LOOKUP, {"number": number}, follow=True)))["here"]
    assert QuotaWindow.objects.get().lookups == 1
    assert NumberLookup.objects.count() == 1


def test_same_number_after_an_hour_takes_another_lookup(support_client: Client, shared: str) -> None:
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    NumberLookup.objects.update(created_at=datetime.now(UTC) - timedelta(minutes=61))
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    assert QuotaWindow.objects.get().lookups == 2


def test_sweep_of_same_number_still_takes_a_lookup(support_client: Client, shared: str) -> None:
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    support_client.post(LOOKUP, {"number": shared, "start": "1"})
    assert QuotaWindow.objects.get().lookups == 2


def test_colleagues_answer_is_not_found(
    support_client: Client, admin_client: Client, admin_user: User, shared: str
) -> None:
    address = _address(support_client, shared)
    assert admin_client.get(address).status_code == 404
    assert admin_client.post(LOOKUP, {"number": shared}, headers=FRAGMENT)["HX-Push-Url"] != address


def test_row_of_somebody_else_does_not_open_for_new_owner(
    support_client: Client, admin_client: Client, admin_user: User, shared: str
) -> None:
    address = _address(support_client, shared)
    NumberLookup.objects.update(user=admin_user)
    assert admin_client.get(address).status_code == 404


def test_profile_taken_away_disappears_from_kept_answer(
    support_client: Client, support_user: User, sandbox: SandboxServer, shared: str
) -> None:
    address = _address(support_client, shared)
    before = said(text(support_client.get(address)))["here"]
    taken = next(profile for profile in sandbox.profiles()[1:4] if profile["name"] == before[0])
    ProfileAccess.objects.filter(user=support_user, profile_id=taken["id"]).delete()
    page = text(support_client.get(address))
    assert said(page)["here"] == before[1:]
    assert taken["id"] not in page.partition("<main")[2]


def test_answer_shown_again_is_recorded_once(support_client: Client, shared: str) -> None:
    address = _address(support_client, shared)
    recorded = AuditEntry.objects.filter(action="number.looked_up").count()
    support_client.get(address)
    support_client.get(address)
    assert AuditEntry.objects.filter(action="number.looked_up").count() == recorded == 3


def test_answer_without_scripts_is_recorded_where_it_is_shown(support_client: Client, shared: str) -> None:
    response = support_client.post(LOOKUP, {"number": shared})
    assert response.status_code == 302
    assert not AuditEntry.objects.filter(action="number.looked_up").exists()
    for _ in range(2):
        support_client.get(response["Location"])
    assert AuditEntry.objects.filter(action="number.looked_up").count() == 3


def test_answer_that_quota_withholds_is_withheld_at_its_address_too(
    support_client: Client, support_user: User, shared: str
) -> None:
    now = datetime.now(UTC)
    QuotaWindow.objects.create(user=support_user, started_at=now, contacts=10**6, numbers=0, lookups=0)
    response = support_client.post(LOOKUP, {"number": shared}, headers=FRAGMENT)
    assert response.status_code == 429
    assert "HX-Push-Url" not in response
    assert not NumberLookup.objects.exists()
    redirected = support_client.post(LOOKUP, {"number": shared})
    for _ in range(2):
        assert support_client.get(redirected["Location"]).status_code == 429


def test_kept_answer_cannot_be_made_a_sweep(support_client: Client, sandbox: SandboxServer, shared: str) -> None:
    address = _address(support_client, shared)
    for act in ("resume", "stop"):
        support_client.post(address, {"do": act})
    assert set(NumberLookup.objects.values_list("state", flat=True)) == {"shown"}
    assert lookup_sweep.resume_silent() == 0


def test_stored_row_has_no_digit_run_of_the_number(support_client: Client, shared: str) -> None:
    support_client.post(LOOKUP, {"number": shared}, follow=True)
    row = NumberLookup.objects.get()
    assert shared[1:].encode() not in bytes(row.sealed)
    assert not re.search(shared[1:], str(vars(row)))


def test_unread_answer_expires_after_an_hour(support_client: Client) -> None:
    address = _address(support_client, NOBODYS)
    NumberLookup.objects.update(expires_at=datetime.now(UTC) - timedelta(seconds=1))
    assert support_client.get(address).status_code == 404
