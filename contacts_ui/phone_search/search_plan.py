"""The plan: what to ask the API for a text, in which order, and how the text was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .candidates import Reading, readings
from .fragments import commonness, region_counts, spellings
from .input import (
    MOST_DIGITS,
    Typed,
    breaks_in,
    cleaned,
    digits_of,
    longest_run,
    only_punctuation,
    printable,
    unlabelled,
    without_first,
)
from .prefixes import beginnings

MOST_CALLS = 3  # for one search
COPIED_CALLS = 2  # for one that looks copied: where its own spelling finds nothing, there is rarely anything
MOST_OTHERS = 4  # offered as links
MOST_NUMBERS = 50  # pasted at once
MOST_CHARACTERS = 64  # of a search
SHORT = 4  # digits; fewer are asked for as they stand
WHOLE = 30.0  # how likely people are to give a whole number; a part: spellings.py
SO_AND_MORE, NOT_SO_PARTED = 0.05, 0.01  # how likely they part digits in fewer places, and where nobody does
NO_TRUNK = 0.05  # how likely they leave out the 0
LOCAL = 8  # digits: with fewer, most texts are parts of numbers
_AS_WRITTEN = re.compile(r"\(?\d+(?:\) ?|[ -])(?:\d+[ -])*\d+", re.ASCII)  # "(415) 555", "06 12 34", "55-0142"
_SEPARATORS = re.compile(r"[\n\r\t,;|]+|\s+/\s+|\s{3,}")

NO_DIGITS = "Contacts have no names, only numbers. Type some digits of the number."
TOO_LONG = "This is longer than any phone number. Check the digits."
ONLY_A_CODE = "This is little more than a country code. Type more of the number."


@dataclass(frozen=True, slots=True)
class Step:
    """One question: `phone` is a whole number in E.164, `search` a piece of the national format.

    `region` is whose number it was read as, where that was decided.
    """

    kind: Literal["phone", "search"]
    value: str
    region: str | None = None


Scored = tuple[Step, float]


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
        return Plan(sentence=TOO_LONG if len(typed.digits) > MOST_DIGITS else ONLY_A_CODE)
    most = COPIED_CALLS if _is_copied(typed) and steps[0] == Step("search", typed.text) else MOST_CALLS
    return Plan(steps[:most], steps[most : most + MOST_OTHERS])


def _is_copied(typed: Typed) -> bool:
    """Whether it looks like a part of a number as it is written nationally."""
    return _AS_WRITTEN.fullmatch(typed.text) is not None


def chosen(value: str) -> Step | None:
    """The step a person chose from a link: a number in E.164, or a piece of a national format as it stands."""
    text = printable(value)
    if re.fullmatch(r"\+[1-9]\d{1,14}", text, re.ASCII):
        return Step("phone", text)
    piece = digits_of(text) and only_punctuation(text) and len(text) <= MOST_CHARACTERS
    return Step("search", text) if piece else None


def several(raw: str) -> tuple[str, ...]:
    """The numbers of a text that holds more than one, in lines or with commas between; else none."""
    parts = [part for part in map(printable, _SEPARATORS.split(raw)) if any(map(str.isdigit, part))]
    whole = [part for part in parts if len(cleaned(part).digits) >= 7]
    return tuple(dict.fromkeys(whole))[:MOST_NUMBERS] if len(whole) > 1 else ()


def _international(typed: Typed) -> tuple[Step, ...]:
    found = readings(typed, ())
    steps = [Step("phone", reading.e164, reading.region) for reading in found]
    if all(reading.e164 == f"+{typed.digits}" for reading in found):  # nothing but a number, perhaps not all of it
        steps += [Step("search", text) for text in beginnings(typed.digits)]
    return _distinct(steps)


def _national(typed: Typed, regions: Sequence[str]) -> tuple[Step, ...]:
    plain = unlabelled(typed)
    found = readings(plain, regions) if plain else ()
    found = found or readings(typed, regions)
    piece = typed if only_punctuation(typed.text) else longest_run(typed)
    wholes = _wholes(found, piece, regions)
    if (found and piece is not typed) or len(piece.digits) > MOST_DIGITS:
        return _best(wholes)
    if len(piece.text) > MOST_CHARACTERS:
        piece = Typed(piece.digits, piece.digits)
    if len(piece.digits) < SHORT:
        return (Step("search", piece.text),)
    return _best([*wholes, *_parts(piece, regions, copied=len(piece.digits) < LOCAL)]) or (Step("search", piece.text),)


def _wholes(found: Sequence[Reading], piece: Typed, regions: Sequence[str]) -> list[Scored]:
    """The whole numbers that it may be. With too many to ask for one by one, those written alike are asked for once."""
    scored = [(Step("phone", each.e164, each.region), _likelihood(each, piece, regions)) for each in found]
    if found and found[0].region in regions[:1] and _as_parted(piece.text, found[0].national) == 1:
        scored[0] = (scored[0][0], max(score for _, score in scored) * 1.01)  # the user's own region first
    if len(found) <= MOST_CALLS:
        return scored
    alike: dict[str, list[Scored]] = {}
    for each, one in zip(found[1:], scored[1:], strict=True):
        alike.setdefault(each.national, []).append(one)
    joined = [
        group[0] if len(group) == 1 else (Step("search", text), sum(score for _, score in group))
        for text, group in alike.items()
    ]
    return [scored[0], *joined]


def _likelihood(reading: Reading, piece: Typed, regions: Sequence[str]) -> float:
    rank = regions.index(reading.region) if reading.region in regions else len(regions)
    score = WHOLE * region_counts(rank) * commonness(reading.region or "", reading.national)
    trunk = max(0, len(digits_of(reading.national)) - len(piece.digits))
    return score * _as_parted(piece.text, without_first(reading.national, trunk)) * (NO_TRUNK if trunk else 1)


def _parts(piece: Typed, regions: Sequence[str], *, copied: bool) -> list[Scored]:
    """The ways in which the digits of a piece are written, those first that part them where the person did.

    With a punctuation in which a part of a national format may have been `copied` it is asked for as it is, before all
    else: whose number it is need not be known for that. With another it comes last.
    """
    ways = spellings(piece.digits, regions, ending=piece.ending)
    scores = {text: score * _as_parted(piece.text, text) for text, score in ways.items()}
    if piece.text != piece.digits:
        plausible = piece.text in scores or piece.text.strip("( )-") in scores
        plausible = plausible or (copied and _AS_WRITTEN.fullmatch(piece.text) is not None)
        scores[piece.text] = 2 * max(scores.values(), default=1) if plausible else 0
    return [(Step("search", text), score) for text, score in scores.items()]


def _as_parted(typed: str, written: str) -> float:
    """How likely it is that someone parts the digits as in `typed` who means `written`."""
    one, other = breaks_in(typed), breaks_in(written)
    return 1 if not one or one == other else SO_AND_MORE if one < other else NOT_SO_PARTED


def _best(scored: Iterable[Scored]) -> tuple[Step, ...]:
    return _distinct(step for step, _ in sorted(scored, key=lambda one: -one[1]))


def _distinct(steps: Iterable[Step]) -> tuple[Step, ...]:
    found: dict[tuple[str, str], Step] = {}
    for step in steps:
        found.setdefault((step.kind, step.value), step)
    return tuple(found.values())
