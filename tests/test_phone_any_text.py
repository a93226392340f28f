"""Property tests of the search plan: any text and regions give valid attempts, a message or several numbers."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contacts_ui.phone_search import Attempt, build_plan, parse_attempt

PLAUSIBLE = re.compile(r"[0-9 ().+/\-]+", re.ASCII)

texts = st.text(max_size=100) | st.text("0123456789+()-./ ext;:@=,\n٠١٢٣४५６\u200b\u202e\u00a0", max_size=100)
no_deadline = settings(deadline=None)  # the first use of a region is slow
regions = st.lists(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)) | st.text(max_size=4), max_size=10)


@pytest.mark.slow
@no_deadline
@given(texts, regions)
@example("%E2%80%AE0142%00", ["US"])
@example("wa.me/%E2%81%A6", [])
@example("1" + " ." * 45 + "23", ["US"])
@example("+818024813640967 5", ["JP"])
def test_any_text_gives_attempts_message_or_numbers(raw: str, known: list[str]) -> None:
    plan = build_plan(raw, known)
    assert bool(plan.attempts) + bool(plan.message) + bool(plan.numbers) == 1
    assert len(plan.attempts) <= 3
    for attempt in (*plan.attempts, *plan.alternatives):
        _assert_valid_attempt(attempt)


@pytest.mark.slow
@no_deadline
@given(texts, regions)
def test_same_text_gives_same_plan(raw: str, known: list[str]) -> None:
    assert build_plan(raw, known) == build_plan(raw, tuple(known))


@pytest.mark.slow
@no_deadline
@given(texts, regions)
def test_every_attempt_can_be_parsed_from_link(raw: str, known: list[str]) -> None:
    plan = build_plan(raw, known)
    assert all(
        parse_attempt(attempt.value) == Attempt(attempt.kind, attempt.value)
        for attempt in (*plan.attempts, *plan.alternatives)
    ), plan


@no_deadline
@given(texts)
def test_any_link_value_gives_valid_attempt_or_none(value: str) -> None:
    attempt = parse_attempt(value)
    if attempt is not None:
        _assert_valid_attempt(attempt)


@no_deadline
@given(texts, regions)
def test_every_pasted_number_is_one_plannable_line(raw: str, known: list[str]) -> None:
    for number in build_plan(raw, known).numbers:
        assert not any(unicodedata.category(character)[0] == "C" for character in number)
        assert build_plan(number, known).numbers == ()


def _assert_valid_attempt(attempt: Attempt) -> None:
    if attempt.kind == "phone":
        assert re.fullmatch(r"\+[1-9][0-9]{1,14}", attempt.value, re.ASCII)
    assert PLAUSIBLE.fullmatch(attempt.value)  # no control, bidi or invisible characters
    assert len(attempt.value) <= 64
