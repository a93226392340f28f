"""Any text, with any regions, gives something that can be asked, or a sentence."""

from __future__ import annotations

import re
import unicodedata

import phonenumbers
from hypothesis import example, given, settings
from hypothesis import strategies as st

from contacts_ui.phone_search import Attempt, build_plan, parse_attempt

PLAUSIBLE = re.compile(r"[0-9 ().+/\-]+", re.ASCII)

texts = st.text(max_size=100) | st.text("0123456789+()-./ ext;:@=,\n٠١٢٣४५６\u200b\u202e\u00a0", max_size=100)
patient = settings(deadline=None)  # getting to know a region takes a moment, once
regions = st.lists(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)) | st.text(max_size=4), max_size=10)


@patient
@given(texts, regions)
@example("%E2%80%AE0142%00", ["US"])
@example("wa.me/%E2%81%A6", [])
@example("1" + " ." * 45 + "23", ["US"])
@example("+818024813640967 5", ["JP"])
def test_any_text_gives_attempts_message_or_numbers(raw: str, known: list[str]) -> None:
    made = build_plan(raw, known)
    assert bool(made.attempts) + bool(made.message) + bool(made.numbers) == 1
    assert len(made.attempts) <= 3
    for step in (*made.attempts, *made.alternatives):
        _assert_fit_to_ask(step)


@patient
@given(texts, regions)
def test_same_text_gives_same_plan(raw: str, known: list[str]) -> None:
    assert build_plan(raw, known) == build_plan(raw, tuple(known))


@patient
@given(texts, regions)
def test_every_attempt_can_be_parsed_from_link(raw: str, known: list[str]) -> None:
    made = build_plan(raw, known)
    assert all(
        parse_attempt(step.value) == Attempt(step.kind, step.value) for step in (*made.attempts, *made.alternatives)
    ), made


@patient
@given(texts)
def test_any_link_value_gives_valid_attempt_or_none(value: str) -> None:
    step = parse_attempt(value)
    if step is not None:
        _assert_fit_to_ask(step)


@patient
@given(texts, regions)
def test_every_pasted_number_is_one_plannable_line(raw: str, known: list[str]) -> None:
    for number in build_plan(raw, known).numbers:
        assert not any(unicodedata.category(character)[0] == "C" for character in number)
        assert build_plan(number, known).numbers == ()


def _assert_fit_to_ask(step: Attempt) -> None:
    if step.kind == "phone":
        assert re.fullmatch(r"\+[1-9][0-9]{1,14}", step.value, re.ASCII)
    assert PLAUSIBLE.fullmatch(step.value)  # so nothing that controls, turns around or cannot be seen
    assert len(step.value) <= 64
