"""Owner rows: a whole number in the account's list gives the contacts of all its owners, whatever `phone=` gives."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from urllib.parse import parse_qs

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, GroupPolicy
from contacts_ui.number_index import OwnersAnswer
from testing.sandbox_server import SandboxServer

from .html import fragment, rows, text
from .test_owner_column import _names, _number_of_several

LIST = "/account/contacts/"


@pytest.fixture(params=["one", "all"])
def answers(
    request: pytest.FixtureRequest, admin_client: Client, settings: Settings, use_key: Callable[[str], None]
) -> Iterator[SandboxServer]:
    """An API whose `phone` finds one owner's contact, or those of all owners."""
    with SandboxServer(contacts=300, phone_rows=request.param) as server:
        settings.SENT_API_URL = server.url
        use_key("sandbox-organization")
        yield server


def _calls(sandbox: SandboxServer) -> list[dict[str, list[str]]]:
    return [parse_qs(call["query"]) for call in sandbox.requests() if call["path"] == "/v3/contacts"]


def _national(sandbox: SandboxServer, number: str) -> str:
    data = sandbox.get("/v3/contacts", page=1, page_size=1, phone=number).json()["data"]
    return str(data["contacts"][0]["format_national"])


def _first_answer_passes(sandbox: SandboxServer) -> None:
    """Lets the next fault meet the call after the next one."""
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.is_inherited": False})


@pytest.mark.slow
@pytest.mark.parametrize("parameter", ["search", "phone"])
def test_whole_number_gives_rows_of_all_owners(admin_client: Client, answers: SandboxServer, parameter: str) -> None:
    number, owners = _number_of_several(answers)
    answers.reset_requests()
    page = text(fragment(admin_client, LIST, **{parameter: number}))
    assert set(_names(page)) == owners
    assert len(_names(page)) == len(owners) > 1
    assert f"{len(owners)} results" in page
    assert len(_calls(answers)) <= 2


def test_number_of_one_owner_is_one_result(admin_client: Client, sandbox: SandboxServer) -> None:
    numbers = list(sandbox.contacts().values())
    number = next(each for each in numbers if each and numbers.count(each) == 1)
    page = text(fragment(admin_client, LIST, search=number))
    assert len(_names(page)) == 1
    assert "1 result" in page
    assert 'class="warning"' not in page


def test_longer_number_with_the_digits_is_no_owner(admin_client: Client, sandbox: SandboxServer) -> None:
    number, owners = _number_of_several(sandbox)
    _first_answer_passes(sandbox)
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.1.format_e164": f"{number}9"})
    assert len(rows(fragment(admin_client, LIST, search=number))) == len(owners) - 1


def test_rows_of_all_owners_are_paged(admin_client: Client, sandbox: SandboxServer) -> None:
    number, owners = _number_of_several(sandbox)
    shown = rows(fragment(admin_client, LIST, search=number, page_size=20))
    assert len(shown) == len(set(shown)) == len(owners)
    assert rows(fragment(admin_client, LIST, search=number, page_size=20, page=2)) == []


def test_failed_question_keeps_the_row_and_claims_no_total(admin_client: Client, sandbox: SandboxServer) -> None:
    number, _ = _number_of_several(sandbox)
    _first_answer_passes(sandbox)
    sandbox.fault(route="contacts", kind="status", status=500, times=5)
    page = text(fragment(admin_client, LIST, search=number))
    assert len(_names(page)) == 1
    assert "1 contact on this page" in page
    assert "Contacts of other profiles with this number may be missing here." in page


def test_owners_that_only_index_knows_are_counted(
    admin_client: Client, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    number, owners = _number_of_several(sandbox)
    known = frozenset(str(each) for each in range(len(owners) + 3))
    monkeypatch.setattr("contacts_ui.number_index.owners", lambda _number: OwnersAnswer(known, known))
    page = text(fragment(admin_client, LIST, search=number))
    assert "When the profiles were last read, 3 more had this number." in page
    assert f"{len(owners)} results" not in page


def test_profile_asks_once_for_its_number(admin_client: Client, sandbox: SandboxServer) -> None:
    profile = sandbox.profiles()[1]["id"]
    number = next(each for each in sandbox.contacts(profile).values() if each)
    sandbox.reset_requests()
    fragment(admin_client, f"/p/{profile}/contacts/", search=number)
    assert [set(call) & {"search", "phone"} for call in _calls(sandbox)] == [{"phone"}]


def test_whole_number_makes_at_most_three_calls(admin_client: Client, sandbox: SandboxServer) -> None:
    number, _ = _number_of_several(sandbox)
    for typed in (number, number[1:], _national(sandbox, number), number[:-1] + "x"):
        sandbox.reset_requests()
        fragment(admin_client, LIST, search=typed)
        assert len(_calls(sandbox)) <= 3


def test_masked_admin_finds_all_owners_of_a_number(admin_client: Client, sandbox: SandboxServer) -> None:
    GroupPolicy.objects.create(group=Group.objects.get(name="admin"), mask_numbers=True)
    number, owners = _number_of_several(sandbox)
    page = text(fragment(admin_client, LIST, search=number))
    assert len(_names(page)) == len(owners)
    revealed = AuditEntry.objects.get(action="number.revealed")
    assert revealed.rows == len(owners)
