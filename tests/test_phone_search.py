"""A number with its country code, however punctuated, to E.164."""

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
def test_every_spelling_with_the_country_code_is_read(text: str) -> None:
    assert e164(text) == "+12025550143"


@pytest.mark.parametrize("text", ["", "+", "5550142", "(202) 555-0143", "hello", "+1"])
def test_what_is_no_whole_number_is_not_guessed(text: str) -> None:
    assert e164(text) is None


def test_a_number_libphonenumber_does_not_know_passes_untouched() -> None:
    assert e164("+1234567890") == "+1234567890"


@given(st.text(max_size=100))
def test_any_text_gives_a_number_or_nothing(text: str) -> None:
    found = e164(text)
    assert found is None or (found[0] == "+" and found[1:].isascii() and found[1:].isdecimal())
