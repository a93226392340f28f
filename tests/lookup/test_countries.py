"""A number typed without its country code: read as what the person's profiles have, else the person is asked."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.contacts.number_reading import Countries
from contacts_ui.gateway import Gateway
from contacts_ui.models import Preferences, QuotaWindow
from contacts_ui.number_index import record
from contacts_ui.phone_search import country_code, national, numbers_of
from contacts_ui.scope import Scope
from testing.sandbox_server import SandboxServer
from tests.html import text
from tests.number_index.test_pieces import contact

from .conftest import Owners
from .test_page import LOOKUP, asked, said

UNNAMED = "Which country is this number from?"
NOWHERE = "Not in any of your profiles"


@pytest.fixture
def mine(sandbox: SandboxServer, known_owners: Owners) -> list[str]:
    """The numbers of the agent's profiles."""
    ids = {profile["id"] for profile in sandbox.profiles()[1:4]}
    return sorted(number for number, owners in known_owners.items() if owners & ids)


@pytest.fixture(autouse=True)
def unsettled(support_user: User, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """No setting names a country, and recent answers tell of two that are wrong."""
    settings.DESK_REGIONS = []
    Preferences.objects.update_or_create(user=support_user, defaults={"region": None})
    monkeypatch.setattr(Gateway, "common_regions", lambda _self, _scope: ("NZ", "KR"))


@pytest.mark.slow
def test_every_contact_is_found_by_its_national_number(
    support_client: Client, number_index: Callable[..., None], mine: list[str], settings: Settings
) -> None:
    number_index()
    settings.DESK_LOOKUPS_PER_HOUR = 1000
    of_each_country = {country_code(number): number for number in mine}
    assert len(of_each_country) > 5
    for number in of_each_country.values():
        page = text(support_client.post(LOOKUP, {"number": national(number)}, follow=True))
        assert said(page)["here"], f"a number of +{country_code(number)}"


@pytest.mark.slow
def test_every_contact_is_found_without_its_trunk_digit(
    support_client: Client, number_index: Callable[..., None], mine: list[str], settings: Settings
) -> None:
    number_index()
    settings.DESK_LOOKUPS_PER_HOUR = 1000
    number = next(number for number in mine if number.startswith("+447"))
    page = text(support_client.post(LOOKUP, {"number": number[3:]}, follow=True))
    assert said(page)["here"]


@pytest.mark.slow
def test_readings_that_nobody_has_are_not_offered_beside_a_contact(
    support_client: Client, number_index: Callable[..., None], mine: list[str]
) -> None:
    number_index()
    number = next(number for number in mine if number.startswith("+447"))
    page = text(support_client.post(LOOKUP, {"number": f"0{number[3:]}"}, follow=True))
    assert said(page)["here"]
    assert "Or did you mean" not in page


@pytest.mark.slow
def test_guess_that_nobody_has_asks_for_country(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer
) -> None:
    number_index()
    sandbox.reset_requests()
    page = text(support_client.post(LOOKUP, {"number": "07403 965801"}, follow=True))
    assert UNNAMED in page
    assert NOWHERE not in page
    assert "None of your profiles had it, whatever its country" in page
    assert asked(sandbox) == []


@pytest.mark.slow
def test_country_that_is_chosen_is_asked_and_takes_no_second_lookup(
    support_client: Client, number_index: Callable[..., None]
) -> None:
    number_index()
    page = text(support_client.post(LOOKUP, {"number": "07403 965801"}, follow=True))
    assert 'name="number" value="+447403965801"' in page
    chosen = text(support_client.post(LOOKUP, {"number": "+447403965801"}, follow=True))
    assert NOWHERE in chosen
    assert QuotaWindow.objects.get().lookups == 1


@pytest.mark.slow
def test_question_for_country_takes_a_lookup(support_client: Client, number_index: Callable[..., None]) -> None:
    number_index()
    for number in ("07403 965801", "07403 965802"):
        support_client.post(LOOKUP, {"number": number}, follow=True)
    assert QuotaWindow.objects.get().lookups == 2


def test_guess_without_index_asks_for_country_and_says_nothing_of_contacts(
    support_client: Client, sandbox: SandboxServer
) -> None:
    page = text(support_client.post(LOOKUP, {"number": "021 234 5678"}, follow=True))
    assert UNNAMED in page
    assert "None of your profiles had it" not in page
    assert asked(sandbox) == []


def test_number_of_default_country_is_asked_without_a_question(support_client: Client, support_user: User) -> None:
    Preferences.objects.filter(user=support_user).update(region="GB")
    page = text(support_client.post(LOOKUP, {"number": "07403 965801"}, follow=True))
    assert UNNAMED not in page
    assert NOWHERE in page


def test_only_country_that_is_known_is_no_guess(
    support_client: Client, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    support_client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/")
    monkeypatch.setattr(Gateway, "common_regions", lambda _self, _scope: ("GB",))
    assert NOWHERE in text(support_client.post(LOOKUP, {"number": "07403 965801"}, follow=True))


@pytest.mark.parametrize(
    "written", ["+44 7403 965801", "0044 7403 965801", "447403965801", "tel:+447403965801", "011 44 7403 965801"]
)
def test_number_with_its_country_code_is_never_asked_for_one(support_client: Client, written: str) -> None:
    page = text(support_client.post(LOOKUP, {"number": written}, follow=True))
    assert UNNAMED not in page
    assert NOWHERE in page


@pytest.mark.slow
def test_contact_of_unassigned_profile_is_no_reading(
    support_client: Client, number_index: Callable[..., None], known_owners: Owners, sandbox: SandboxServer
) -> None:
    number_index()
    ids = {profile["id"] for profile in sandbox.profiles()[1:4]}
    theirs = next(n for n, owners in known_owners.items() if n.startswith("+447") and owners and not owners & ids)
    pages = [
        text(support_client.post(LOOKUP, {"number": f"0{number[3:]}"}, follow=True))
        for number in (theirs, "+447403965801")
    ]
    assert all(UNNAMED in page for page in pages)
    assert pages[0].count('name="number" value="+') > 0


@pytest.mark.slow
def test_contact_whose_number_no_plan_knows_is_found_as_it_is_written(
    support_client: Client, number_index: Callable[..., None], sandbox: SandboxServer
) -> None:
    number_index()
    scope = Scope(sandbox.profiles()[1]["id"], "", switchable=True)
    record(scope, [contact(1, "07700 900123", "+447700900123")])
    for typed in ("07700 900123", "7700900123", "447700900123"):
        page = text(support_client.post(LOOKUP, {"number": typed}, follow=True))
        assert "+44 7700 900123" in page.replace("\u00a0", " ")
        assert UNNAMED not in page


def test_masked_numbers_are_not_read_by_what_exists(
    support_client: Client, support_user: User, number_index: Callable[..., None], mine: list[str]
) -> None:
    number_index()
    Preferences.objects.filter(user=support_user).update(mask_numbers=True)
    number = next(number for number in mine if number.startswith("+447"))
    page = text(support_client.post(LOOKUP, {"number": f"0{number[3:]}"}, follow=True))
    assert said(page)["here"] == []


def test_readings_of_every_country_are_whole_numbers() -> None:
    assert "+353854657741" in numbers_of("085 465 7741", ("FR", "IE"))
    assert numbers_of("1234", ("US", "GB")) == ()


def test_text_that_is_no_number_anywhere_has_no_choices(support_client: Client) -> None:
    assert "This number is not complete" in text(support_client.post(LOOKUP, {"number": "1234"}, follow=True))


def test_reading_is_sure_of_a_named_country_alone() -> None:
    countries = Countries(("GB",), ("GB", "FR"))
    assert countries.are_sure_of("+447403965801")
    assert not countries.are_sure_of("+33612345678")
    assert not Countries((), ("US", "GB")).are_sure_of("+447403965801")
