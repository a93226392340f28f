"""Search plan of a typed text: its attempts, alternatives and messages, one rule of issue 5 per test."""

from __future__ import annotations

import pytest

from contacts_ui.phone_search import Attempt, SearchPlan, build_plan, parse_attempt, plan_number

US, GB, FR, DE = "US", "GB", "FR", "DE"


def attempts_for(raw: str, *known: str) -> list[tuple[str, str]]:
    """Kind and value of each attempt, in order."""
    return [(step.kind, step.value) for step in build_plan(raw, known).attempts]


def first_attempt(raw: str, *known: str) -> Attempt:
    """The first attempt."""
    return build_plan(raw, known).attempts[0]


# Whole numbers


@pytest.mark.parametrize(
    "raw",
    [
        "+14155550142",
        "+1 (415) 555-0142",
        "+1.415.555.0142",
        "0014155550142",
        "00 1 415 555 0142",
        "14155550142",
        "(+1) 415 555 0142",
        "tel:+1-415-555-0142",
        "tel:+1-415-555-0142;ext=5",
        "tel:415-555-0142;phone-context=+1",
        "sms:+14155550142?body=Hi",
        "whatsapp:+14155550142",
        "whatsapp://send?phone=14155550142",
        "https://wa.me/14155550142?text=20%20of%203",
        "https://api.whatsapp.com/send?phone=%2B14155550142&text=Hi",
        "14155550142@s.whatsapp.net",
        "14155550142@c.us",
        "tel:%2B1%20415%20555%200142",
    ],
)
def test_number_with_country_code_is_looked_up_in_e164(raw: str) -> None:
    assert first_attempt(raw, GB) == Attempt("phone", "+14155550142", US)


@pytest.mark.parametrize("raw", ["01114155550142", "011 1 415 555 0142"])
def test_international_prefix_of_region_is_recognized(raw: str) -> None:
    assert first_attempt("01144 20 7946 0018", US) == Attempt("phone", "+442079460018", GB)
    assert first_attempt(raw, "CA") == Attempt("phone", "+14155550142", US)


@pytest.mark.parametrize("raw", ["020 7946 0018", "(020) 7946-0018", "02079460018", "020/79460018", "020.7946.0018"])
def test_national_number_is_read_in_users_region(raw: str) -> None:
    assert first_attempt(raw, GB) == Attempt("phone", "+442079460018", GB)


def test_trunk_zero_in_brackets_is_dropped() -> None:
    assert first_attempt("+44 (0)20 7946 0018", US).value == "+442079460018"


@pytest.mark.parametrize(
    "raw", ["＋４４　２０　７９４６　００１８", "+٤٤ ٢٠ ٧٩٤٦ ٠٠١٨", "+۴۴ ۲۰ ۷۹۴۶ ۰۰۱۸", "+४४ २० ७९४६ ००१८"]
)
def test_digits_of_other_scripts_are_recognized(raw: str) -> None:
    assert first_attempt(raw, US).value == "+442079460018"


@pytest.mark.parametrize(
    "raw",
    [
        "\u202a+44 20 7946 0018\u202c",
        "+44\u200b20\u200d7946\u2060 0018\u200e",
        "\ufeff+44\u00a020\u202f7946\u20090018",
        "+44\u201120\u00ad7946–0018",
    ],
)
def test_invisible_characters_are_ignored(raw: str) -> None:
    assert first_attempt(raw, US).value == "+442079460018"


@pytest.mark.parametrize(
    "raw",
    [
        "Mobile: (415) 555-0142",
        "(415) 555-0142 (work)",
        "Tel 2: 415 555 0142",
        "1) (415) 555-0142",
        "call +1 415 555 0142 after 5",
        "her number is 415-555-0142, ask for Ana",
        "(415) 555-0142 HOME",
    ],
)
def test_label_around_number_is_ignored(raw: str) -> None:
    assert first_attempt(raw, US).value == "+14155550142"


@pytest.mark.parametrize(
    "raw", ["(415) 555-0142 ext. 5", "415 555 0142 x123", "415-555-0142 #9", "M: 4155550142 ext 5"]
)
def test_extension_is_ignored(raw: str) -> None:
    assert first_attempt(raw, US).value == "+14155550142"


@pytest.mark.parametrize("raw", ["1-800-FLOWERS", "+1 800 FLOWERS", "(800) flowers"])
def test_keypad_letters_are_digits(raw: str) -> None:
    assert first_attempt(raw, US).value == "+18003569377"


@pytest.mark.parametrize(
    ("raw", "today"),
    [
        ("5215512345678@s.whatsapp.net", "+525512345678"),
        ("+52 1 55 1234 5678", "+525512345678"),
        ("+55 31 9123-4567", "+5531991234567"),
    ],
)
def test_number_of_former_numbering_plan_is_looked_up_in_both_forms(raw: str, today: str) -> None:
    literal = f"+{''.join(filter(str.isdigit, raw))}"
    assert attempts_for(raw, US)[:2] == [("phone", literal), ("phone", today)]


def test_number_unknown_to_libphonenumber_is_looked_up() -> None:
    assert ("phone", "+12345678901") in attempts_for("+1 234 567 8901", US)


# Ambiguous numbers


def test_ambiguous_number_is_read_in_first_region() -> None:
    assert first_attempt("020 7946 0018", "IN", GB).value == "+912079460018"
    assert first_attempt("020 7946 0018", GB, "IN").value == "+442079460018"


def test_other_candidates_of_ambiguous_number_follow() -> None:
    assert ("phone", "+912079460018") in attempts_for("020 7946 0018", GB, "IN")[1:]


@pytest.mark.parametrize("region", ["DE", "AT", "ID", "GB", "US"])
@pytest.mark.parametrize("digits", ["442079460958", "12025550142", "919876543210", "5491122204567"])
def test_digits_with_country_code_are_no_national_number(digits: str, region: str) -> None:
    assert plan_number(digits, (region,)).attempts[0].value == f"+{digits}"


@pytest.mark.parametrize(
    ("digits", "region", "number"),
    [
        ("9876543210", "IN", "+919876543210"),
        ("7911123456", "GB", "+447911123456"),
        ("15012345678", "CN", "+8615012345678"),
    ],
)
def test_own_number_without_its_trunk_prefix_stays_first(digits: str, region: str, number: str) -> None:
    assert plan_number(digits, (region, "US")).attempts[0].value == number


def test_attempt_names_region_of_number() -> None:
    assert [step.region for step in build_plan("020 7946 0018", [GB, "IN"]).attempts if step.kind == "phone"] == [
        GB,
        "IN",
    ]


def test_alike_formats_of_many_regions_share_one_attempt() -> None:
    known = ("ZA", DE, "IE", "AU", "KE", "IT", "FI")
    plan = build_plan("0412345678", known)
    assert Attempt("search", "041 2345678") in plan.alternatives  # the format of Kenya and of Finland
    assert plan.instead == Attempt("phone", "+61412345678", "AU")


# Fragments


def test_end_of_number_is_searched_in_regional_format() -> None:
    assert first_attempt("5550142", US).value == "555-0142"
    assert first_attempt("550142", FR).value == "55 01 42"


def test_likeliest_format_is_first_and_others_are_alternatives() -> None:
    plan = build_plan("5550142", [US, GB])
    assert plan.attempts[0].value == "555-0142"
    assert "555 0142" in [step.value for step in plan.alternatives]


@pytest.mark.parametrize("raw", ["5550142", "80796580", "5216745"])
def test_digits_without_punctuation_are_looked_for_in_any_grouping(raw: str) -> None:
    plan = build_plan(raw, [US, GB, FR, DE])
    (within,) = [attempt for attempt in plan.attempts if attempt.kind == "within"]
    assert within.spellings[0] in raw
    assert plan.attempts.index(within) == 1
    assert plan.attempts[2] == plan.literal == Attempt("search", raw)
    assert parse_attempt(within.value) == within


@pytest.mark.parametrize("raw", ["39658", "0160508360", "5550142", "12", "7", "39 65 8", "396-58", "01605083", "(415"])
def test_what_a_plain_search_sends_is_one_of_three_calls(raw: str) -> None:
    assert ("search", raw) in attempts_for(raw, US, GB, FR, DE, "FI", "NL", "BR", "SE", "IN", "KE")


@pytest.mark.parametrize("raw", ["ends in 0142", "ending 0142", "...0142", "…0142", "***-0142", "xxx-xxx-0142"])
def test_digits_marked_as_ending_are_searched_alone(raw: str) -> None:
    assert attempts_for(raw, US) == [("search", "0142")]


@pytest.mark.parametrize("raw", ["555-0142", "(415) 555", "415) 555-01"])
def test_plausible_punctuation_is_searched_unchanged(raw: str) -> None:
    assert first_attempt(raw, FR, US).value == raw


@pytest.mark.parametrize(
    ("raw", "region", "written"),
    [("555.0142", US, "555-0142"), ("415.555", US, "415) 555"), ("415/555", US, "415) 555"), ("79.46", FR, "79 46")],
)
def test_other_punctuation_marks_group_boundaries(raw: str, region: str, written: str) -> None:
    assert first_attempt(raw, region).value == written


@pytest.mark.parametrize("raw", ["020794", "0 20794"])
def test_prefix_with_trunk_digit_is_searched_with_it(raw: str) -> None:
    assert ("search", "020 794") in attempts_for(raw, GB)


@pytest.mark.parametrize(
    ("raw", "beginning"),
    [
        ("+44 20 79", "020 79"),
        ("+44 (0)20 79", "020 79"),
        ("+1 415", "(415)"),
        ("+14155", "(415) 5"),
        ("+33 61", "06 1"),
        ("+54 9 11 26", "011 15-26"),
        ("+39 02 975", "02 975"),
        ("+36 2", "(06 2"),
    ],
)
def test_prefix_with_country_code_is_searched_in_national_format(raw: str, beginning: str) -> None:
    assert first_attempt(raw, US) == Attempt("search", beginning)


def test_short_whole_number_is_also_searched_as_prefix() -> None:
    assert attempts_for("+49 30 834", US) == [("phone", "+4930834"), ("search", "030 834")]


def test_country_code_without_landlines_has_prefixes() -> None:
    assert attempts_for("+870 773 12", US) == [("phone", "+87077312"), ("search", "773 12"), ("search", "77312")]


def test_digits_in_region_without_mobiles_are_searched_unchanged() -> None:
    assert attempts_for("8123", "TA") == [("search", "8123")]


@pytest.mark.parametrize("raw", ["7", "42", "014"])
def test_fewer_than_four_digits_are_searched_unchanged(raw: str) -> None:
    assert attempts_for(raw, US, FR) == [("search", raw)]


# No attempt


@pytest.mark.parametrize("raw", ["+33", "+1", "+ 44", "+352", "+440", "+33 6", "+47405", "+34 699", "+999 12"])
def test_little_more_than_country_code_is_not_searched(raw: str) -> None:
    plan = build_plan(raw, [FR, US])
    assert plan.attempts == ()
    assert plan.message is not None
    assert "country code" in plan.message


def test_too_many_digits_are_not_searched() -> None:
    plan = build_plan("1234567890123456789", [US])
    assert plan.attempts == ()
    assert plan.message is not None
    assert "longer" in plan.message


@pytest.mark.parametrize("raw", ["", "Ana", "()", "+", "\u200b"])
def test_text_without_digits_gets_message(raw: str) -> None:
    plan = build_plan(raw, [US])
    assert plan.attempts == ()
    assert plan.message is not None
    assert "digits" in plan.message


# Several numbers


@pytest.mark.parametrize(
    "raw",
    [
        "+14155550142\n020 7946 0018",
        "+14155550142, 020 7946 0018",
        "\t+14155550142\r\n\r\n020 7946 0018;\n",
        "+14155550142 / 020 7946 0018",
        "+14155550142\n020 7946 0018\n+14155550142",
    ],
)
def test_several_numbers_are_split(raw: str) -> None:
    assert build_plan(raw, [GB]) == SearchPlan(numbers=("+14155550142", "020 7946 0018"))


def test_no_number_of_a_long_paste_is_dropped() -> None:
    assert len(build_plan("\n".join(f"+1415555{last:04}" for last in range(66)), [US]).numbers) == 66


def test_lines_without_number_are_named() -> None:
    plan = build_plan("+14155550142\nnot a number\nJane, +14155550143\n\nsee below", [US])
    assert plan.numbers == ("+14155550142", "+14155550143")
    assert plan.skipped == ("not a number", "see below")


def test_number_over_two_lines_is_one_number() -> None:
    assert build_plan("(415)\n555-0142", [US]).attempts[0].value == "+14155550142"


# Attempts parsed from a link


@pytest.mark.parametrize("value", ["+14155550142", "+442079460018"])
def test_chosen_number_is_looked_up(value: str) -> None:
    assert parse_attempt(value) == Attempt("phone", value)


@pytest.mark.parametrize("value", ["555-0142", "(415) 555", "02 975"])
def test_chosen_fragment_is_searched_unchanged(value: str) -> None:
    assert parse_attempt(value) == Attempt("search", value)


@pytest.mark.parametrize("value", ["", "Ana", "+", "()", "1" * 65, "<script>1", "555-0142\nx"])
def test_invalid_link_value_is_not_chosen(value: str) -> None:
    assert parse_attempt(value) is None


@pytest.mark.parametrize("raw", ["73 14 16", "(415) 555", "06 12 34", "55-0142", "170 790"])
def test_copied_fragment_is_searched_unchanged_first(raw: str) -> None:
    assert build_plan(raw, ("US", "GB")).attempts[0] == Attempt("search", raw)


@pytest.mark.parametrize(
    ("typed", "beginning"),
    [
        ("44 7742", "07742"),
        ("44 7742 379", "07742 379"),
        ("0044 7742", "07742"),
        ("00447742", "07742"),
        ("353 85 465", "085 465"),
        ("00353 85 465", "085 465"),
        ("1 312-591", "(312) 591"),
    ],
)
def test_country_code_without_a_plus_is_one_of_three_calls(typed: str, beginning: str) -> None:
    plan = plan_number(typed, ("US", "GB", "IE"))
    assert {beginning, typed} <= {attempt.value for attempt in plan.attempts}
    assert len(plan.attempts) == 3


def test_group_that_is_no_country_code_of_the_regions_is_none() -> None:
    assert any(each.value.startswith("05") for each in plan_number("212 555 01", ("US", "MA")).attempts)
    assert not any(each.value.startswith("05") for each in plan_number("212 555 01", ("US",)).attempts)
