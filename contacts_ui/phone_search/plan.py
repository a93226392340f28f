"""The plan: what to ask the API for a text, in which order, and how the text was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .readings import readings
from .spellings import beginnings, spellings
from .typed import MOST_DIGITS, Typed, breaks_in, cleaned, only_punctuation, printable

MOST_CALLS = 3  # for one search
MOST_OTHERS = 4  # offered as links
MOST_NUMBERS = 50  # pasted at once
SHORT = 4  # digits; fewer are asked for as they stand
WHOLE = 9  # digits of a valid number from which on it is no longer taken for a part of one
_SEPARATORS = re.compile(r"[\n\r\t,;|]+|\s+/\s+|\s{3,}")

NO_DIGITS = "Contacts have no names, only numbers. Type some digits of the number."
TOO_LONG = "This is longer than any phone number. Check the digits."
ONLY_A_CODE = "This is a country code alone. Type more of the number."


@dataclass(frozen=True, slots=True)
class Step:
    """One question: `phone` is a whole number in E.164, `search` a piece of the national format.

    `region` is whose number it was read as, where that was decided.
    """

    kind: Literal["phone", "search"]
    value: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Plan:
    """`steps` in order, to be asked until one has rows; `others` are further readings, for a person to choose.

    `sentence` says why there is nothing to ask. `numbers` are the pieces of a text that holds several numbers.
    """

    steps: tuple[Step, ...] = ()
    others: tuple[Step, ...] = ()
    sentence: str | None = None
    numbers: tuple[str, ...] = ()


def plan(raw: str, regions: Sequence[str]) -> Plan:
    """What to ask for `raw`, as someone means it who works with `regions` (ISO 3166-1 alpha-2, likeliest first)."""
    numbers = several(raw)
    if numbers:
        return Plan(numbers=numbers)
    typed = cleaned(raw)
    if not typed.digits:
        return Plan(sentence=NO_DIGITS)
    steps = _international(typed) if typed.international else _national(typed, regions)
    if not steps:
        return Plan(sentence=TOO_LONG if len(typed.digits) > 3 else ONLY_A_CODE)
    return Plan(steps[:MOST_CALLS], steps[MOST_CALLS : MOST_CALLS + MOST_OTHERS])


def chosen(value: str) -> Step | None:
    """The step a person chose from a link: a number in E.164, or a piece of a national format as it stands."""
    text = printable(value)
    if re.fullmatch(r"\+[1-9]\d{1,14}", text, re.ASCII):
        return Step("phone", text)
    return Step("search", text) if any(map(str.isdigit, text)) and only_punctuation(text) else None


def several(raw: str) -> tuple[str, ...]:
    """The numbers of a text that holds more than one, in lines or with commas between; else none."""
    parts = [part for part in map(printable, _SEPARATORS.split(raw)) if any(map(str.isdigit, part))]
    whole = [part for part in parts if len(cleaned(part).digits) >= 7]
    return tuple(dict.fromkeys(whole))[:MOST_NUMBERS] if len(whole) > 1 else ()


def _international(typed: Typed) -> tuple[Step, ...]:
    found = readings(typed, ())
    steps = [Step("phone", reading.e164, reading.region) for reading in found]
    if not any(reading.known for reading in found):
        steps += [Step("search", text) for text in beginnings(typed.digits)[:2]]
    return tuple(steps)


def _national(typed: Typed, regions: Sequence[str]) -> tuple[Step, ...]:
    found = [Step("phone", reading.e164, reading.region) for reading in readings(typed, regions)]
    if found and (len(typed.digits) >= WHOLE or not only_punctuation(typed.text)):
        return tuple(found)
    if len(typed.digits) > MOST_DIGITS:
        return tuple(found)
    # A short whole number may be a part of a longer one: each gets its turn.
    return _distinct([*found[:1], *_parts(typed, regions), *found[1:]])


def _parts(typed: Typed, regions: Sequence[str]) -> Iterable[Step]:
    """The piece as it was typed when that can be right, then the ways its digits are written."""
    as_typed = typed.text if only_punctuation(typed.text) else typed.digits
    if len(typed.digits) < SHORT:
        return [Step("search", as_typed)]
    ways = _fitting(spellings(typed.digits, regions), as_typed)
    bare = as_typed == typed.digits
    first = [as_typed] if not bare and (as_typed in ways or as_typed.strip("( )-") in ways) else []
    rest = [] if bare and ways else [as_typed]
    return [Step("search", text) for text in (*first, *ways, *rest)]


def _fitting(ways: Sequence[str], as_typed: str) -> list[str]:
    """First the ways that part the digits where the person did: "415.555" is "415) 555", not "41-5555"."""
    parted = breaks_in(as_typed)
    return sorted(ways, key=lambda way: not parted <= breaks_in(way))


def _distinct(steps: Iterable[Step]) -> tuple[Step, ...]:
    found: dict[tuple[str, str], Step] = {}
    for step in steps:
        found.setdefault((step.kind, step.value), step)
    return tuple(found.values())
