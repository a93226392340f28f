"""E.164 parsing of a number with its country code, in any punctuation."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.phone_search import e164


@pytest.mark.parametrize(
    "text",
    [
        "+12025550143",
        " +1 202-555-0143 ",
        "+1 (202) 555.0143",
        "0012025550143",
        "+1\u00a0202\u00a05550143",
        "＋12025550143",
        "12025550143",
    ],
)
def test_number_with_country_code_is_parsed_in_any_spelling(text: str) -> None:
    assert e164(text) == "+12025550143"


@pytest.mark.parametrize("text", ["", "+", "5550142", "(202) 555-0143", "hello", "+1"])
def test_incomplete_number_is_not_guessed(text: str) -> None:
    assert e164(text) is None


def test_number_unknown_to_libphonenumber_is_kept() -> None:
    assert e164("+1234567890") == "+1234567890"


@given(st.text(max_size=100))
def test_any_text_gives_e164_or_none(text: str) -> None:
    found = e164(text)
    assert found is None or (found[0] == "+" and found[1:].isascii() and found[1:].isdecimal())
