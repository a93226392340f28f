"""What one of the hour's lookups pays for: the number that it told of, and nothing that another text would tell."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from contacts_ui.access import ScopesAcross
from contacts_ui.audit import hashes_of_numbers
from contacts_ui.contacts.number_reading import Countries, read_number
from contacts_ui.contacts.scope_answers import number_of
from contacts_ui.gateway import Gateway, get_gateway
from contacts_ui.models import AuditEntry, GroupPolicy, Preferences, QuotaWindow
from contacts_ui.number_index import record
from contacts_ui.phone_search import candidates, country_code, numbers_of, typed_digits
from contacts_ui.scope import Scope
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, text
from tests.number_index.test_pieces import contact

from .test_page import LOOKUP

UNNAMED = "Which country is this number from?"
NO_PLAN = "0999 999 999 999"  # digits that are a number in no country


@pytest.fixture(autouse=True)
def unsettled(support_user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting names a country, and recent answers tell of two that are wrong."""
    settings.DESK_REGIONS = []
    Preferences.objects.update_or_create(user=support_user, defaults={"region": None})
    monkeypatch.setattr(Gateway, "common_regions", lambda _self, _scope: ("NZ", "KR"))


@pytest.fixture
def own_scope(number_index: Callable[..., None], sandbox: SandboxServer) -> Scope:
    """A profile of the agent, with the account's index."""
    number_index()
    return Scope(sandbox.profiles()[1]["id"], "", switchable=True)


def _look_up(client: Client, number: str) -> str:
    return text(client.post(LOOKUP, {"number": number}, headers=FRAGMENT))


def _taken() -> int:
    window = QuotaWindow.objects.first()
    return window.lookups if window else 0


@pytest.mark.slow
def test_text_with_one_choice_of_another_takes_its_own_lookup(support_client: Client, own_scope: Scope) -> None:
    pages = [_look_up(support_client, typed) for typed in ("07403 965801", "7403965801")]
    assert all(UNNAMED in page and 'value="+917403965801"' in page for page in pages)
    assert _taken() == 2


@pytest.mark.slow
def test_text_asked_again_between_its_choices_takes_a_lookup(support_client: Client, own_scope: Scope) -> None:
    for typed in ("07403 965801", "+447403965801", "07403 965801", "+917403965801"):
        _look_up(support_client, typed)
    assert _taken() == 2


@pytest.mark.slow
def test_same_text_reloaded_takes_one_lookup(support_client: Client, own_scope: Scope) -> None:
    for _ in range(3):
        assert UNNAMED in _look_up(support_client, "07403 965801")
    assert _taken() == 1


def test_second_number_in_text_is_not_looked_for_beside_first(support_client: Client, own_scope: Scope) -> None:
    record(own_scope, [contact(1, "07700 900123", "+447700900123")])
    page = _look_up(support_client, "tel 447700900123 or 07403 965801")
    assert UNNAMED in page
    assert "+44 7700" not in page.replace("\u00a0", " ")
    assert typed_digits("tel 447700900123 or 07403 965801", alone=True) == ""
    assert typed_digits("tel 447700900123", alone=True) == "447700900123"


@pytest.mark.slow
@pytest.mark.parametrize("typed", ["07403 965801", "tel: 07403965801", "07403 965801 ext. 5", "07403965801 x12"])
def test_words_around_one_number_change_nothing(support_client: Client, own_scope: Scope, typed: str) -> None:
    assert 'value="+447403965801"' in _look_up(support_client, typed)


@pytest.mark.parametrize("typed", ["1/2/3/4/5/6/7/8/9 x", "call 074039658 or " * 14, "tel 5551234 " * 21])
def test_text_with_words_is_searched_for_numbers_of_likely_countries_alone(
    typed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half a second of the processor for one of them, read as of every country."""
    regions: list[str] = []
    monkeypatch.setattr(candidates, "_match", lambda _text, region: regions.append(region))
    nowhere = ScopesAcross((), Scope(None, "", switchable=False), frozenset())
    read_number(typed, Countries((), ("NZ", "KR")), nowhere, None)
    assert set(regions) <= {"NZ", "KR"}


@pytest.mark.slow
def test_number_with_letters_is_read_as_of_any_country(support_client: Client, own_scope: Scope) -> None:
    record(own_scope, [contact(1, "(800) 356-9377", "+18003569377")])
    assert "+1 800-356-9377" in _look_up(support_client, "1-800-FLOWERS").replace("\u00a0", " ")


@pytest.mark.slow
def test_miss_of_digits_in_no_plan_takes_a_lookup_and_is_recorded(support_client: Client, own_scope: Scope) -> None:
    assert "This number is not complete" in _look_up(support_client, NO_PLAN)
    assert _taken() == 1
    address = support_client.post(LOOKUP, {"number": NO_PLAN})["Location"]
    assert "This number is not complete" in text(support_client.get(address))
    marks = [entry.marks for entry in AuditEntry.objects.filter(action="number.looked_up")]
    assert len(marks) == 2
    assert all(set(hashes_of_numbers([], NO_PLAN)) <= set((each or "").split()) for each in marks)
    assert _taken() == 1


def test_miss_without_index_tells_nothing_and_takes_nothing(support_client: Client) -> None:
    assert "This number is not complete" in _look_up(support_client, NO_PLAN)
    assert _taken() == 0


@pytest.mark.slow
def test_question_for_country_is_found_in_log_by_its_digits(support_client: Client, own_scope: Scope) -> None:
    _look_up(support_client, "07403 965801")
    entry = AuditEntry.objects.get(action="number.looked_up")
    assert set(hashes_of_numbers(["+447403965801"], "07403965801")) <= set((entry.marks or "").split())


@pytest.mark.slow
def test_choices_tell_no_hidden_number_of_a_contact(
    support_client: Client, support_user: User, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    rows = support_client.get(f"/p/{profile_id}/contacts/")
    assert rows.status_code == 200
    contact_id, number = _own_contact(sandbox, profile_id)
    group = Group.objects.create(name="Masked")
    support_user.groups.add(group)
    GroupPolicy.objects.create(group=group, mask_numbers=True)
    path = f"/p/{profile_id}/contacts/{contact_id}/"
    typed = f"0{number[len(str(country_code(number))) + 1 :]}"
    region = next(each for each in ("GB", "IE", "FR", "DE", "AU") if number in numbers_of(typed, [each]))
    monkeypatch.setattr(Gateway, "common_regions", lambda _self, _scope: (region, "NZ"))
    assert UNNAMED in _look_up(support_client, typed)
    support_client.post(LOOKUP, {"contact": path}, headers=FRAGMENT)
    assert _taken() == 2
    _look_up(support_client, typed)
    assert _taken() == 2  # the same text, as before


def test_answer_of_another_api_key_is_not_shown(
    support_client: Client, own_scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = support_client.post(LOOKUP, {"number": "+447403965801"}, headers=FRAGMENT)
    address = response["HX-Push-Url"]
    assert support_client.get(address).status_code == 200
    monkeypatch.setattr(Gateway, "api_key_fingerprint", "another")
    assert support_client.get(address).status_code == 404


def _own_contact(sandbox: SandboxServer, profile_id: str) -> tuple[str, str]:
    """A contact of the profile whose number is of a country with a trunk digit, and the number."""
    scope = Scope(profile_id, "", switchable=True)
    for contact_id in sandbox.contacts(profile_id):
        number = number_of(get_gateway().contact(scope, UUID(contact_id)).value.contact)
        if number and number.startswith(("+447", "+3538", "+336", "+4915", "+614")):
            return contact_id, number
    raise AssertionError
