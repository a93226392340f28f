"""Digits across the country code: every contact that has them in one list, nobody else, and the others counted."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from uuid import UUID

import pytest
from django.test import Client
from pytest_django import Settings

from contacts_ui.number_index import ScopeIndex
from contacts_ui.phone_search import SearchPlan, guided_plan, national
from contacts_ui.phone_search.crossings import crossings_of
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer

from .html import rows, text
from .test_guided_plan import contacts, index_of
from .test_guided_search import LIST, UseIndex, everybody, use_index

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

__all__ = ["everybody", "use_index"]

PLACES = 4  # of the first digits of a number that may be its country code and what follows


def _digits(written: str | None) -> str:
    return "".join(filter(str.isdigit, written or ""))


def _with(digits: str, contacts: Iterable[Contact]) -> set[str]:
    """The numbers of those who have the digits, in E.164 or nationally."""
    return {
        each.format_e164
        for each in contacts
        if each.format_e164 and each.format_national
        if digits in each.format_e164 or digits in _digits(each.format_national)
    }


def _listed(response: Answer, contacts: Iterable[Contact]) -> set[str]:
    numbers = {str(each.id): each.format_e164 or "" for each in contacts}
    return {numbers[contact_id] for contact_id in rows(response)}


@pytest.mark.slow
def test_list_is_exactly_who_has_the_digits(
    admin_client: Client, everybody: list[Contact], use_index: UseIndex, settings: Settings
) -> None:
    """Random digits from the country code on: who is missing is counted on the page, and nobody is a stranger."""
    settings.DESK_CONTACTS_PER_HOUR = 10**6
    use_index()
    rng = random.Random(7)
    sample = rng.sample([each for each in everybody if each.format_e164 and each.format_national], 40)
    whole = 0
    for contact in sample:
        at, size = rng.randrange(PLACES), rng.choice((4, 5, 5, 6))
        digits = (contact.format_e164 or "")[1:][at : at + size]
        response = admin_client.get(LIST, {"search": digits, "page_size": "100"})
        expected, listed = _with(digits, everybody), _listed(response, everybody)
        assert listed <= expected, digits
        assert listed, digits
        if "more number" not in text(response):
            assert listed == expected or len(expected) > 100, digits
            whole += 1
    assert whole > 30


@pytest.mark.slow
def test_beginning_after_a_plus_lists_no_other_country(
    admin_client: Client, everybody: list[Contact], settings: Settings
) -> None:
    settings.DESK_CONTACTS_PER_HOUR = 10**6
    for typed in ("+44 123", "+44 20", "+1 212", "+353 8", "+39 0", "+49 (0)16"):
        response = admin_client.get(LIST, {"search": typed, "page_size": "100"})
        start = f"+{_digits(typed.replace('(0)', ''))}"
        strangers = {number for number in _listed(response, everybody) if not number.startswith(start)}
        assert not strangers or "Showing results for" in text(response), typed


def _plan(digits: str, *numbers: str) -> SearchPlan:
    return guided_plan(digits, ("US",), index_of(*numbers))


HONG_KONG = tuple(f"+85264{last}9730" for last in range(10, 70, 11))


def test_numbers_that_cannot_be_listed_are_counted() -> None:
    assert _plan("85264", *HONG_KONG).elsewhere == len(HONG_KONG) - 1  # the first of them is shown
    assert _plan("85264", "+14158526400", *HONG_KONG).elsewhere == len(HONG_KONG)


def test_page_says_how_many_are_not_listed(admin_client: Client, use_index: UseIndex) -> None:
    use_index(contacts(*HONG_KONG))
    page = text(admin_client.get(LIST, {"search": "85264"}))
    assert "5 more numbers have these digits from the country code on. Type one more digit to find them." in page


def test_crossing_is_none_for_digits_that_stand_nationally() -> None:
    assert crossings_of(index_of("+447403965801"), "74039", 100) == ()


def test_crossing_of_a_hundred_is_cut_short() -> None:
    many = [f"+35385{last:07}" for last in range(150)]
    (crossing,) = crossings_of(index_of(*many), "5385", 100)
    assert len(crossing.numbers) == 101


def test_crossing_of_many_with_a_mark_is_one_and_cut_short() -> None:
    """Of each number that is written nationally a search takes 30 µs longer, and four thousand took 0.2 s."""
    many = [f"+5491122{last:06}" for last in range(150)]
    for digits in ("54911", "91122"):
        (crossing,) = crossings_of(index_of(*many), digits, 100)
        assert len(crossing.numbers) == 101


def test_number_that_no_plan_knows_is_listed_with_the_others_or_counted() -> None:
    """It is written without the punctuation by which the others are found."""
    formatted, bare = "+353211234567", "+3532151588"
    assert national(formatted).startswith("(021)")
    assert national(bare) == "2151588"
    plan = _plan("5321", formatted, bare)
    assert plan.attempts[0].spellings == ("(021)", "2151588")
    assert plan.elsewhere == 0
    crowded = _plan("5321", formatted, bare, "+3532161588", "+3532171588")
    assert "(021)" in crowded.attempts[0].spellings
    assert crowded.elsewhere == 3


@pytest.mark.slow
def test_fourth_way_to_write_digits_is_offered_though_it_is_what_was_typed(
    admin_client: Client, everybody: list[Contact], use_index: UseIndex
) -> None:
    use_index()
    index, typed = ScopeIndex.of(everybody), list[str]()
    for digits in sorted({_digits(each.format_national)[at : at + 4] for each in everybody for at in range(7)}):
        pieces = index.pieces(digits) if len(digits) == 4 else ()
        if digits in [piece.text for piece in pieces[3:]]:
            typed.append(digits)
    assert typed
    for digits in typed[:3]:
        page = text(admin_client.get(LIST, {"search": digits}))
        assert f"as={digits}" in page, digits


@pytest.mark.parametrize(
    ("digits", "beginning"), [("49112", "549112"), ("91122", "5491122"), ("1122", "5491122"), ("54911", "54911")]
)
def test_digits_around_a_mobile_mark_are_a_crossing(digits: str, beginning: str) -> None:
    (crossing,) = crossings_of(index_of("+5491122204791"), digits, 100)
    assert crossing.beginning == beginning


def test_number_typed_for_nobody_is_named_as_typed(admin_client: Client, number_index: Callable[..., None]) -> None:
    page = text(admin_client.get(LIST, {"search": "9999999"}))
    assert "<h2>No contact has “9999999”</h2>" in page or "No contacts match" in page
    assert "isn’t in" not in page


LACKING = Contact(id=UUID(int=7), format_national="(617) 421-3078", phone_number="+16174213078")


@pytest.mark.parametrize("typed", ["+16174213078", "+1 617-421-3078", "6174213078", "16174213078"])
def test_contact_without_its_e164_is_asked_for_as_it_is_written(typed: str) -> None:
    attempts = guided_plan(typed, ("US",), ScopeIndex.of([LACKING], complete=True)).attempts
    assert ("search", "(617) 421-3078") in [(each.kind, each.value) for each in attempts]


def test_number_that_was_here_is_not_said_to_be_absent(
    admin_client: Client, use_index: UseIndex, sandbox: SandboxServer
) -> None:
    use_index([*contacts("+353858101928")])
    page = text(admin_client.get(LIST, {"search": "+353858101928"}))
    assert "+353 85 810 1928 wasn’t found" in page.replace("\u00a0", " ")
    assert "isn’t in" not in page
    listed = text(admin_client.get(LIST, {"search": "+353858101928\n+353858101929"}))
    assert "Not found, though it was here when contacts were last read" in listed
    assert listed.count("Not in Meridian") == 1
