"""Marks: the digits that a search found, in the number as it is shown."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st
from phonenumbers import PhoneNumberFormat

from contacts_ui.contacts.marks import Segment, marked_numbers
from contacts_ui.sent_api.types import Contact


def _contact(international: str | None, national: str | None) -> Contact:
    return Contact(id=UUID(int=1), format_international=international, format_national=national)


def _segments(contact: Contact, spellings: Sequence[str]) -> tuple[Segment, ...]:
    return marked_numbers([contact], spellings)[0]


def _marked(contact: Contact, *spellings: str) -> str:
    return "".join(f"[{text}]" if is_marked else text for text, is_marked in _segments(contact, spellings))


@pytest.mark.parametrize(
    ("international", "national", "spellings", "marked"),
    [
        ("+44 7403 965801", "07403 965801", ("3 9658",), "+44 740[3 9658]01"),
        ("+44 7403 965801", "07403 965801", ("07403",), "+44 [7403] 965801"),
        ("+44 7403 965801", "07403 965801", ("07403 965801",), "+44 [7403 965801]"),
        ("+1 415-555-0142", "(415) 555-0142", ("(415) 5",), "+1 [415-5]55-0142"),
        ("+1 415-555-0142", "(415) 555-0142", ("5) 55", "142"), "+1 41[5-55]5-0[142]"),
        ("+1 415-555-5142", "(415) 555-5142", ("55",), "+1 415-[555]-5142"),
        ("+54 9 11 2345-6789", "011 15-2345-6789", ("5-23",), "+54 9 11 [23]45-6789"),
        ("+54 9 11 2345-6789", "011 15-2345-6789", ("011 1",), "+54 9 11 2345-6789"),
        ("+33 6 12 34 12 34", "06 12 34 12 34", ("12 34",), "+33 6 [12 34 12 34]"),
        ("+39 02 1234 5678", "02 1234 5678", ("02 12",), "+39 [02 12]34 5678"),
        ("+353 85 465 7741", "085 465 7741", ("5385",), "+3[53 85] 465 7741"),
        ("+44 7403 965801", "07403 965801", ("447403",), "+[44 7403] 965801"),
        ("+54 9 11 2220-4791", "011 15-2220-4791", ("91122",), "+54 [9 11 22]20-4791"),
        ("+44 7403 965801", None, ("9658",), "+44 7403 [9658]01"),
    ],
)
def test_digits_that_matched_are_marked_in_shown_number(
    international: str, national: str | None, spellings: tuple[str, ...], marked: str
) -> None:
    assert _marked(_contact(international, national), *spellings) == marked


@pytest.mark.parametrize("contact", [_contact(None, None), _contact("+44 7403 965801", None), _contact("x", "y")])
def test_nothing_is_marked_without_aligned_digits(contact: Contact) -> None:
    assert all(not is_marked for _, is_marked in _segments(contact, ("3 965",)))


def test_national_number_that_is_shown_itself_is_marked() -> None:
    assert _marked(_contact(None, "07403 965801"), "3 96") == "0740[3 96]5801"


@pytest.mark.slow
@given(st.text(max_size=20), st.text(max_size=20), st.lists(st.text(max_size=6), max_size=3))
def test_parts_of_any_text_are_the_text(shown: str, national: str, spellings: list[str]) -> None:
    parts = _segments(_contact(shown or None, national or None), spellings)
    assert "".join(text for text, _ in parts) == (shown or national)


@pytest.mark.parametrize("region", ["GB", "US", "FR", "DE", "BR", "IN", "SE", "JP", "IT", "HU"])
def test_every_run_of_four_digits_is_marked_whole(region: str) -> None:
    number = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    assert number is not None
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    contact = _contact(phonenumbers.format_number(number, PhoneNumberFormat.INTERNATIONAL), national)
    places = [index for index, character in enumerate(national) if character.isdigit()]
    trunk = len(places) - len(str(number.national_number))
    for start in range(max(trunk, 0), len(places) - 3):
        piece = national[places[start] : places[start + 3] + 1]
        marks = "".join(text for text, is_marked in _segments(contact, (piece,)) if is_marked)
        assert "".join(filter(str.isdigit, piece)) in "".join(filter(str.isdigit, marks))
