"""Guided plan: what a search asks for when it is known which numbers exist."""

from __future__ import annotations

from uuid import UUID

import phonenumbers
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from contacts_ui.number_index import ScopeIndex
from contacts_ui.phone_search import (
    Attempt,
    SearchPlan,
    chosen_attempt,
    guided_plan,
    masked_plan,
    parse_attempt,
    plan_exact,
    plan_number,
)
from contacts_ui.sent_api.types import Contact

REGIONS = ("US", "GB")


def contacts(*numbers: str) -> list[Contact]:
    """Contacts with these E.164 numbers, formatted as the API does."""
    parsed = [phonenumbers.parse(number) for number in numbers]
    return [
        Contact(
            id=UUID(int=index),
            format_e164=number,
            format_international=phonenumbers.format_number(each, PhoneNumberFormat.INTERNATIONAL),
            format_national=phonenumbers.format_number(each, PhoneNumberFormat.NATIONAL),
        )
        for index, (number, each) in enumerate(zip(numbers, parsed, strict=True))
    ]


def index_of(*numbers: str, complete: bool = True) -> ScopeIndex:
    """The real index of these numbers."""
    return ScopeIndex.of(contacts(*numbers), complete=complete)


def asked(plan: SearchPlan) -> list[tuple[str, str]]:
    """Kind and value of each attempt, in order."""
    return [(attempt.kind, attempt.value) for attempt in plan.attempts]


def offered(plan: SearchPlan) -> dict[str, int | None]:
    """The alternatives with their counts."""
    return {attempt.value: attempt.contacts for attempt in plan.alternatives}


GB, OTHER_GB, FR = "+447403965801", "+447396580123", "+33639658012"


def test_digits_in_one_piece_are_one_call_and_then_the_literal() -> None:
    assert asked(guided_plan("39658", REGIONS, index_of(GB))) == [("search", "3 9658"), ("search", "39658")]


def test_digits_in_several_pieces_are_one_list_most_contacts_first() -> None:
    plan = guided_plan("39658", REGIONS, index_of(GB, OTHER_GB, FR, "+447396580124"))
    assert plan.attempts[0] == Attempt("merged", "396 58|3 9658|39 65 8")
    assert asked(plan)[1:] == [("search", "39658")]


def test_fourth_piece_is_offered_with_its_count() -> None:
    plan = guided_plan("39658", REGIONS, index_of(GB, OTHER_GB, FR, "+14153965801", "+447396580124"))
    assert plan.attempts[0].spellings[0] == "396 58"
    assert len(plan.attempts[0].spellings) == 3
    assert list(offered(plan).values()) == [1]


def test_more_than_a_hundred_contacts_are_not_merged() -> None:
    many = [f"+1415{nth:03}5501" for nth in range(200, 320)]  # (415) xxx-5501
    few = [f"+14155501{nth:03}" for nth in range(5)]  # (415) 550-1xxx
    plan = guided_plan("5501", REGIONS, index_of(*many, *few))
    assert asked(plan) == [("search", "5501"), ("search", "550-1")]
    assert plan.attempts[0].contacts == 120
    assert plan.attempts[1].contacts == 5


def test_counts_of_an_incomplete_index_are_not_told() -> None:
    many = [f"+1415{nth:03}5501" for nth in range(200, 320)]
    plan = guided_plan("5501", REGIONS, index_of(*many, "+14155501000", complete=False))
    assert [attempt.contacts for attempt in (*plan.attempts, *plan.alternatives)] == [None] * (
        len(plan.attempts) + len(plan.alternatives)
    )


def test_incomplete_index_leaves_the_plan_as_it_was_behind_its_pieces() -> None:
    plan = guided_plan("39658", REGIONS, index_of(GB, complete=False))
    assert asked(plan)[0] == ("search", "3 9658")
    assert asked(plan)[1] == asked(plan_number("39658", REGIONS))[0]
    assert ("search", "39658") in asked(plan)
    assert guided_plan("11111", REGIONS, index_of(GB, complete=False)) == plan_number("11111", REGIONS)


def test_digits_that_do_not_exist_are_one_literal_call() -> None:
    assert asked(guided_plan("39659", REGIONS, index_of(GB))) == [("search", "39659")]
    assert asked(guided_plan("396-59", REGIONS, index_of(GB))) == [("search", "396-59")]


def test_text_that_is_written_so_comes_first_in_its_list() -> None:
    plan = guided_plan("39 65 80", REGIONS, index_of(GB, *(f"+4474039658{last:02}" for last in range(9)), FR))
    assert plan.attempts[0].spellings[0] == "39 65 80"


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("07403 965801", GB),
        ("+44 (0)7403 965801", GB),
        ("7403965801", GB),
        ("011 44 7403 965801", GB),
        ("(31) 98888-7777", "+553188887777"),
        ("5215587654321", "+525587654321"),
        ("+229 97 12 34 56", "+2290197123456"),
        ("020 7946 0018", "+442079460018"),
    ],
)
def test_whole_number_that_exists_is_one_lookup(typed: str, stored: str) -> None:
    plan = guided_plan(typed, ("US", "GB", "BR", "MX"), index_of(stored, OTHER_GB))
    assert asked(plan)[0] == ("phone", stored)


def test_whole_number_of_an_unknown_region_is_found_as_it_is_written_there() -> None:
    assert asked(guided_plan("0639658012", REGIONS, index_of(FR)))[0] == ("search", "06 39 65 80 12")
    assert asked(guided_plan("06-39-65-80-12", REGIONS, index_of(FR)))[0] == ("search", "06 39 65 80 12")


def test_number_that_is_read_in_a_region_and_exists_in_another_is_found() -> None:
    plan = guided_plan("020 7946 0018", ("IN", "GB"), index_of("+442079460018"))
    assert asked(plan)[0] == ("phone", "+442079460018")


def test_beginning_after_a_country_code_is_asked_for_as_it_exists() -> None:
    assert asked(guided_plan("+44 7403 96", REGIONS, index_of(GB, OTHER_GB)))[0] == ("search", "07403 96")
    assert asked(guided_plan("44740396", REGIONS, index_of(GB, OTHER_GB)))[0] == ("search", "07403 96")
    assert asked(guided_plan("4740396", ("GB",), index_of(GB, OTHER_GB)))[0] == ("search", "07403 96")


def test_digits_that_stand_in_the_international_format_alone_are_found() -> None:
    argentine = "+5491126957205"  # 011 15-2695-7205
    assert asked(guided_plan("911269", ("AR",), index_of(argentine)))[0] == ("search", "011 15-269")


@pytest.mark.parametrize(
    ("typed", "asked_first"),
    [
        *dict.fromkeys(("44 7742", "44-7742", "0044 7742", "00447742", "011 44 7742"), "07742").items(),
        ("44 7742 379", "07742 379"),
        *dict.fromkeys(("353 85 465", "00353 85 465", "0035385465"), "085 465").items(),
        ("35385", "085"),
        ("38546", "085 46"),
        *dict.fromkeys(("1 312-591", "1-312-591", "001312591"), "(312) 591").items(),
        ("49 1517 336", "01517 336"),
        ("0049 1517 336", "01517 336"),
        ("91517", "01517"),
        ("11222", "011 15-222"),
        ("91122", "011 15-22"),
        ("54 9 11", "011 15"),
    ],
)
def test_country_code_without_a_plus_is_read_as_a_beginning(typed: str, asked_first: str) -> None:
    index = index_of("+447742379511", "+353854657741", "+13125913790", "+4915173365047", "+5491122204791")
    plan = guided_plan(typed, ("US", "GB", "IE", "DE", "AR"), index)
    assert asked(plan) == [("search", asked_first), ("search", typed)]
    assert plan.alternatives == ()


def test_beginning_of_no_contact_is_not_searched_elsewhere_in_numbers() -> None:
    index = index_of("+14155085123")  # has 085, and does not begin with +353
    assert asked(guided_plan("35385", ("US", "IE"), index)) == [("search", "35385")]


def test_beginning_of_nobody_does_not_hide_one_of_somebody() -> None:
    index = index_of("+353850666673")  # has 066 66 too; +38 50 66 66 begins nobody's number
    assert asked(guided_plan("38506666", ("US",), index)) == [("search", "085 066 66"), ("search", "38506666")]


def test_beginning_of_nobody_offers_nothing() -> None:
    plan = guided_plan("605306", ("UA",), index_of("+447460530630"))  # has 60 5306; +380 605306 begins nobody's number
    assert asked(plan) == [("search", "60 5306"), ("search", "605306")]
    assert offered(plan) == {}


def test_beginning_and_those_who_have_the_digits_elsewhere_are_one_list() -> None:
    plan = guided_plan("12125", ("US", "GB"), index_of("+12125187857", "+12125187858", "+353853512125"))
    assert asked(plan)[0] == ("merged", "1 2125|(212) 5")
    assert plan.attempts[0].rows_with == "12125"
    assert offered(plan) == {}


def test_number_without_the_beginning_of_its_country_code_is_found() -> None:
    assert asked(guided_plan("47403965801", ("GB",), index_of(GB)))[0] == ("phone", GB)
    assert asked(guided_plan("1125290918", ("AR",), index_of("+5491125290918")))[0] == ("phone", "+5491125290918")


def test_unknown_whole_number_is_asked_for_before_who_ends_alike() -> None:
    plan = guided_plan("+229 61 12 34 56 78", REGIONS, index_of("+2290112345678"))
    assert asked(plan)[0][0] == "phone"
    assert asked(plan)[-1] == ("search", "1 12 34 56 78")


def test_ending_of_seven_digits_is_a_strangers() -> None:
    plan = guided_plan("+442071234567", REGIONS, index_of("+14151234567"))
    assert all(attempt.kind == "phone" for attempt in plan.attempts)


def test_fewer_than_four_digits_are_asked_as_they_are() -> None:
    assert asked(guided_plan("396", REGIONS, index_of(GB))) == [("search", "396")]


@pytest.mark.parametrize("typed", ["", "Ana", "+44", "12345678901234567890", "4.47911E+11"])
def test_what_cannot_be_searched_has_the_same_message(typed: str) -> None:
    assert guided_plan(typed, REGIONS, index_of(GB)) == plan_number(typed, REGIONS)


@pytest.mark.parametrize("typed", ["ends in 5801", "… 5801", "***5801"])
def test_marked_ending_is_searched_at_the_end_alone(typed: str) -> None:
    plan = guided_plan(typed, REGIONS, index_of(GB, "+15801555014"[:12], "+14155801222"))
    assert asked(plan)[0] == ("search", "5801")
    assert "580-1" not in plan.attempts[0].spellings


# Links


def test_link_names_all_pieces_of_a_merged_list() -> None:
    assert parse_attempt("3 9658|39658") == Attempt("merged", "3 9658|39658")
    plan = guided_plan("39658", REGIONS, index_of(GB, FR))
    link = plan.attempts[0].value
    for other in (plan_number("39658", ("FR",)), guided_plan("39658", REGIONS, index_of("+14155550142"))):
        assert chosen_attempt(link, "39658", other) == plan.attempts[0]


@pytest.mark.parametrize("link", ["3 9658|1234", "3 9658|x", "3 9658|", "1|1 |1  1|1", "39 658|3965 8|396 58|3 9658"])
def test_link_that_mixes_digits_is_no_interpretation(link: str) -> None:
    assert chosen_attempt(link, "39658", plan_number("39658", REGIONS)) is None


def test_ending_of_a_whole_number_is_one_of_its_interpretations() -> None:
    plan = plan_number("+229 61 12 34 56 78", REGIONS)
    assert chosen_attempt("12 34 56 78", "+229 61 12 34 56 78", plan) == Attempt("search", "12 34 56 78")
    assert chosen_attempt("34 56 78", "+229 61 12 34 56 78", plan) is None


# Under a policy that masks numbers


def test_index_decides_nothing_of_a_masked_search_but_the_order_of_endings() -> None:
    index = index_of("+33639650142")
    with_index, without = masked_plan("0142", REGIONS, index), masked_plan("0142", REGIONS)
    assert with_index.attempts[0].value == "01 42"
    both = [{each.value for each in (*plan.attempts, *plan.alternatives)} for plan in (with_index, without)]
    assert both[0] | both[1] == both[1] | {"01 42"}
    assert all(each.contacts is None for each in (*with_index.attempts, *with_index.alternatives))
    assert with_index.ending == "0142"
    for typed in ("39650", "+33 6 39", GB):
        assert masked_plan(typed, REGIONS, index) == masked_plan(typed, REGIONS)


# One whole number, alone or as a line of a paste


def test_exact_lookup_asks_first_for_the_form_that_exists() -> None:
    assert plan_exact("+5531988887777", (), index_of("+553188887777")).number == "+553188887777"
    assert plan_exact("+5531988887777", (), index_of("+553188887777", "+5531988887777")).number == "+5531988887777"


def test_exact_lookup_finds_a_national_number_of_an_unknown_region() -> None:
    assert asked(plan_exact("0639658012", REGIONS, index_of(FR)))[0] == ("search", "06 39 65 80 12")
    assert ("search", "617 07 89 40") in asked(plan_exact("617 07 89 40", REGIONS))


@pytest.mark.parametrize("typed", ["39658", "7403 96", "+44 7403", "12"])
def test_exact_lookup_of_a_part_asks_nothing(typed: str) -> None:
    assert plan_exact(typed, REGIONS, index_of(GB)).attempts == ()


# Properties


@pytest.mark.slow
@settings(max_examples=60)
@given(st.sampled_from([GB, OTHER_GB, FR, "+14155550142", "+5491126957205", "+46701234567"]), st.data())
def test_any_four_digits_of_a_contact_lead_to_it(number: str, data: st.DataObject) -> None:
    everybody = contacts(GB, OTHER_GB, FR, "+14155550142", "+5491126957205", "+46701234567")
    national = next(each.format_national or "" for each in everybody if each.format_e164 == number)
    places = [index for index, character in enumerate(national) if character.isdigit()]
    start = data.draw(st.integers(0, len(places) - 4))
    end = data.draw(st.integers(start + 3, len(places) - 1))
    written = national[places[start] : places[end] + 1]
    typed = data.draw(st.sampled_from([written, "".join(filter(str.isdigit, written))]))
    first = guided_plan(typed, REGIONS, ScopeIndex.of(everybody, complete=True)).attempts[0]
    if first.kind == "phone":
        assert first.value == number
    else:
        assert any(spelling in national for spelling in first.spellings)


@pytest.mark.slow
@given(st.text(max_size=30) | st.from_regex(r"\+?[0-9 ()-]{3,20}", fullmatch=True), st.booleans())
def test_plan_of_any_text_keeps_the_literal_call_and_three_at_most(typed: str, complete: bool) -> None:
    plan = guided_plan(typed, REGIONS, index_of(GB, FR, complete=complete))
    without = plan_number(typed, REGIONS)
    assert len(plan.attempts) <= 3
    if without.literal in without.attempts and plan.attempts:
        spellings = {spelling for attempt in plan.attempts for spelling in attempt.spellings}
        assert without.literal is not None
        assert without.literal.value in spellings or plan.attempts[0].kind == "phone"


@pytest.mark.slow
@given(st.from_regex(r"\+?[0-9]{4,16}", fullmatch=True))
def test_any_digits_have_a_plan_with_ten_regions(typed: str) -> None:
    plan = guided_plan(typed, ("US", "GB", "FR", "DE", "IN", "BR", "AU", "ES", "AR", "IT"), index_of(GB))
    assert plan.attempts or plan.message


ARGENTINE = "+5491122204567"  # 011 15-2220-4567


def test_digits_across_a_mark_of_the_national_format_are_found() -> None:
    for digits in ("12220", "112220", "9112220"):
        assert asked(guided_plan(digits, ("US",), index_of(ARGENTINE, GB)))[0] == ("search", "011 15-2220"), digits


def test_tail_of_e164_across_formats_is_the_whole_number() -> None:
    assert asked(guided_plan("122204567", ("US",), index_of(ARGENTINE, GB)))[0] == ("phone", ARGENTINE)


HONG_KONG, INDIAN, GERMAN, BRAZILIAN = "+85264429730", "+919812458021", "+491600400020", "+5519812345678"


@pytest.mark.parametrize("typed", ["52644", "52 644", "2644", "85264", "852 64"])
def test_digits_cut_within_the_country_code_find_the_number(typed: str) -> None:
    plan = guided_plan(typed, ("US",), index_of(HONG_KONG, GB))
    assert asked(plan)[0] == ("phone", HONG_KONG)
    assert ("search", typed) in asked(plan)  # somebody may be new


def test_four_digits_across_the_country_code_are_read_as_a_beginning() -> None:
    assert asked(guided_plan("9160", ("US",), index_of(GERMAN, GB)))[0] == ("search", "0160")


def test_digits_within_and_across_the_country_code_are_one_list() -> None:
    plan = guided_plan("19812", ("US",), index_of(BRAZILIAN, INDIAN))
    assert asked(plan)[0] == ("merged", "19) 812|09812")


def test_three_contacts_with_the_digits_in_three_places_are_one_list() -> None:
    plan = guided_plan("85264", ("US",), index_of(HONG_KONG, "+85264036528", "+14158526400"))
    assert asked(plan)[0] == ("merged", "852-64|6403 6528|6442 9730")
    assert plan.attempts[0].rows_with == "85264"


def test_piece_that_others_have_too_counts_those_with_the_digits() -> None:
    plan = guided_plan("41787", ("US",), index_of("+41787316651", "+41787316652", "+27787015676"))
    assert (asked(plan)[0], plan.attempts[0].rows_with) == (("search", "078 7"), "41787")


@pytest.mark.parametrize(
    ("typed", "numbers", "spellings"),
    [
        ("+39317", ("+393171234567", "+393179876543", "+14153171234"), "317"),
        ("+420601", ("+420601123456", "+420601654321"), "601"),
        ("+49 (0)160", ("+491600400020", "+491602203419"), "0160"),
        ("+852 64", ("+85264429730", "+85264036528"), "6403 6528|6442 9730"),
    ],
)
def test_beginning_after_a_plus_is_asked_for_as_it_is_written_there(
    typed: str, numbers: tuple[str, ...], spellings: str
) -> None:
    plan = guided_plan(typed, ("US",), index_of(*numbers))
    assert plan.attempts[0].value == spellings
    assert plan.attempts[0].rows_with == f"+{''.join(filter(str.isdigit, typed.replace('(0)', '')))}"


def test_country_code_of_nobody_says_that_it_is_little() -> None:
    plan = guided_plan("+39317", ("US",), index_of("+14153171234"))
    assert plan.attempts == ()
    assert plan.message


def test_digits_of_more_across_the_code_than_a_list_holds_are_links() -> None:
    many = [f"+35385{last:07}" for last in range(101)]
    plan = guided_plan("5385", ("US", "IE"), index_of("+14155385000", *many))
    assert asked(plan)[0] == ("search", "538-5")


def test_digits_of_many_numbers_name_none_of_them() -> None:
    many = [f"+8526442973{last}" for last in range(6)]
    assert all(kind == "search" for kind, _ in asked(guided_plan("52644", ("US",), index_of(*many))))


def test_digits_across_formats_of_nobody_are_one_literal_call() -> None:
    assert asked(guided_plan("12229", ("US",), index_of(ARGENTINE))) == [("search", "12229")]
