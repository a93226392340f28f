"""Numbers of the field: how people paste, write and dial them, against what is stored (field cases, Finding)."""

from __future__ import annotations

from collections.abc import Callable
from uuid import UUID

import phonenumbers
import pytest
from phonenumbers import PhoneNumberFormat

from contacts_ui.number_index import ScopeIndex
from contacts_ui.phone_search import SearchPlan, build_plan, guided_plan, plan_exact
from contacts_ui.phone_search.numbering_changes import other_forms
from contacts_ui.sent_api.types import Contact
from contacts_ui.text import digits_only

GB, DE, FR, BR, MX, AR = "GB", "DE", "FR", "BR", "MX", "AR"


PlanOf = Callable[..., SearchPlan]


@pytest.fixture(params=["without an index", "complete index", "incomplete index"])
def plan_of(request: pytest.FixtureRequest) -> PlanOf:
    """Function that gives the plan of a text for a desk whose contacts are `stored`."""

    def plan(typed: str, *regions: str, stored: str) -> SearchPlan:
        if request.param == "without an index":
            return build_plan(typed, regions)
        return guided_plan(typed, regions, ScopeIndex.of([_contact(stored)], complete=request.param.startswith("c")))

    return plan


def _contact(number: str) -> Contact:
    return Contact(id=UUID(int=1), format_e164=number, format_national=_national(number))


def _national(number: str) -> str:
    return phonenumbers.format_number(phonenumbers.parse(number), PhoneNumberFormat.NATIONAL)


def _finds(plan: SearchPlan, stored: str) -> bool:
    """True if one of the calls finds the contact; the first one where the number index has decided."""
    for attempt in plan.attempts[:1] if plan.guided else plan.attempts:
        digits = plan.digits if attempt.kind == "within" else ""
        if attempt.kind == "phone" and attempt.value == stored:
            return True
        texts = attempt.spellings if attempt.kind != "phone" else ()
        if any(text in _national(stored) and digits in digits_only(_national(stored)) for text in texts):
            return True
    return False


def _texts(typed: str, *regions: str) -> list[str]:
    return [attempt.value for attempt in build_plan(typed, regions).attempts if attempt.kind == "search"]


@pytest.mark.parametrize(
    ("typed", "regions"),
    [
        ("01 60 50 83 60", ("US", "GB")),
        ("098111 42455", ("US", "GB")),
        ("617 07 89 40", ("US", "GB")),
        ("010-2963-6652", ("US", "GB")),
        ("(11) 91221-0028", ("US", "GB", "FR", "DE", "ES", "IT", "PL", "PT", "NL", "SE")),
        ("06 12 34", ("US", "GB", "FR")),
        ("06-11960231", ("NL", "DE")),
    ],
)
def test_text_that_looks_written_keeps_one_of_three_calls(typed: str, regions: tuple[str, ...]) -> None:
    assert typed in _texts(typed, *regions)
    assert len(build_plan(typed, regions).attempts) <= 3


@pytest.mark.parametrize(
    ("typed", "stored", "region"),
    [
        ("(31) 98888-7777", "+553188887777", BR),
        ("+5531988887777", "+553188887777", BR),
        ("5531988887777", "+553188887777", "US"),
        ("553188887777", "+5531988887777", "US"),
        ("(31) 8888-7777", "+5531988887777", BR),
        ("+553188887777", "+553188887777", "US"),
        ("+52 55 8765 4321", "+5215587654321", "US"),
        ("5215587654321", "+5215587654321", "US"),
        ("5215587654321", "+525587654321", "US"),
        ("044 55 8765 4321", "+5215587654321", MX),
        ("55 8765 4321", "+5215587654321", MX),
        ("+54 11 2345-6789", "+5491123456789", "US"),
        ("11 2345 6789", "+5491123456789", AR),
        ("011 15 2345-6789", "+5491123456789", AR),
        ("+5491123456789", "+541123456789", "US"),
        ("+229 97 12 34 56", "+2290197123456", FR),
        ("+225 07 12 34 56", "+2250707123456", FR),
        ("+377 44 123 456", "+38344123456", "US"),
        ("+381 44 123456", "+38344123456", "US"),
        ("+84 169 123 4567", "+84391234567", "US"),
        ("0169 123 4567", "+84391234567", "VN"),
        ("+237 77 12 34 56", "+237677123456", FR),
        ("+241 06 12 34 56", "+24166123456", FR),
        ("+57 601 2345678", "+5712345678", "US"),
        ("+57 1 2345678", "+576012345678", "US"),
        ("+39 6 6982 1234", "+390669821234", "US"),
        ("+379 06 698 12345", "+390669812345", "IT"),
    ],
)
def test_number_of_changed_numbering_plan_is_asked_as_stored(
    plan_of: PlanOf, typed: str, stored: str, region: str
) -> None:
    assert _finds(plan_of(typed, region, stored=stored), stored)


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("447911123456.0", "+447911123456"),
        ("7911123456.0", "+447911123456"),
        ("447911123456,00", "+447911123456"),
        ("4.47911123456E+11", "+447911123456"),
        ("4,47911123456e11", "+447911123456"),
        ("447,911,123,456", "+447911123456"),
        ("447'911'123'456", "+447911123456"),
        ("447’911’123’456", "+447911123456"),
        ("447911123456+", "+447911123456"),
        ('"John Smith" <sip:+447911123456@10.0.0.5>', "+447911123456"),
        ("sip:+447911123456;phone-context=x@192.168.10.20:5060", "+447911123456"),
        ("12:45 07911 123456", "+447911123456"),
        ("07911 123456 at 12:45", "+447911123456"),
        ("9:05 pm 07911 123456", "+447911123456"),
        ("Ticket 48213 07911 123456", "+447911123456"),
        ("07911 123456 (case 48213)", "+447911123456"),
        ("9 07911 123456", "+447911123456"),
        ("9,07911123456", "+447911123456"),
    ],
)
def test_number_from_sheet_phone_or_message_is_found(plan_of: PlanOf, typed: str, number: str) -> None:
    assert _finds(plan_of(typed, GB, stored=number), number)


def test_outside_line_of_germany_is_the_last_reading(plan_of: PlanOf) -> None:
    assert _finds(plan_of("0 0151 23456789", DE, stored="+4915123456789"), "+4915123456789")


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("01 60 50 83 60", "+33160508360"),
        ("098111 42455", "+919811142455"),
        ("617 07 89 40", "+34617078940"),
        ("010-2963-6652", "+821029636652"),
        ("12210028", "+5511912210028"),
        ("+553188887777", "+553188887777"),
        ("+5531988887777", "+553188887777"),
        ("+330612345678", "+33612345678"),
    ],
)
def test_number_of_a_region_that_the_desk_does_not_know_is_found(plan_of: PlanOf, typed: str, stored: str) -> None:
    assert _finds(plan_of(typed, "US", GB, stored=stored), stored)


def test_five_digits_of_the_middle_are_found(plan_of: PlanOf) -> None:
    assert _finds(plan_of("39658", GB, stored="+447403965801"), "+447403965801")


@pytest.mark.parametrize("typed", ["4.47911E+11", "4.4791112E11", "4,479E+11"])
def test_rounded_number_is_named_and_not_searched(typed: str) -> None:
    plan = build_plan(typed, (GB,))
    assert plan.attempts == ()
    assert "rounded" in (plan.message or "")


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        (" 4917612345678", "+4917612345678"),
        ("+4917612345678", "+4917612345678"),
        ("+330612345678", "+33612345678"),
        ("49 151 23456789", "+4915123456789"),
        ("+553188887777", "+553188887777"),
        ("0033612345678", "+33612345678"),
    ],
)
def test_exact_lookup_asks_for_the_number(typed: str, number: str) -> None:
    for known in (None, ScopeIndex.of([_contact(number)], complete=True), ScopeIndex.of([], complete=True)):
        assert number in [attempt.value for attempt in plan_exact(typed, (FR, DE), known).attempts]


def test_exact_lookup_asks_for_literal_e164_first() -> None:
    for typed in ("+330612345678", "+553188887777", "+5215587654321", "+12345678901"):
        assert plan_exact(typed, ()).number == typed


@pytest.mark.parametrize("typed", ["", " ", "12", "+", "not a number", "+44 79"])
def test_exact_lookup_of_no_whole_number_asks_nothing(typed: str) -> None:
    assert plan_exact(typed, (GB,)).attempts == ()


def test_other_forms_are_numbers_of_the_same_line_alone() -> None:
    assert other_forms("+447911123456") == other_forms("+14155550142") == ()
    for number in ("+5531988887777", "+525587654321", "+541123456789", "+2290197123456", "+38344123456"):
        for form in other_forms(number):
            assert number in other_forms(form), form
