"""The plan: what to ask the API for a text, in which order, and how the text was read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from .candidates import Candidate, candidates
from .fragments import fragment_spellings, prior, region_weight
from .input import (
    MAX_DIGITS,
    PhoneInput,
    digits_of,
    drop_digits,
    group_boundaries,
    longest_digit_run,
    normalize,
    only_punctuation,
    printable,
    strip_label,
)
from .prefixes import national_prefixes

DEFAULT_REGIONS = ("US", "GB")  # of numbers without a country code, until something is known of a scope
MAX_ATTEMPTS = 3  # calls for one search
MAX_ATTEMPTS_COPIED = 2  # for one that looks copied: where its own spelling finds nothing, there is rarely anything
MAX_ALTERNATIVES = 4  # offered as links
MAX_NUMBERS = 50  # pasted at once
MAX_CHARACTERS = 64  # of a search
MIN_FRAGMENT_DIGITS = 4  # digits; fewer are asked for as they stand
WHOLE_NUMBER_WEIGHT = 30.0  # how likely people are to give a whole number; a part: spellings.py
COARSER_GROUPING, OTHER_GROUPING = 0.05, 0.01  # how likely they part digits in fewer places, and where nobody does
NO_TRUNK = 0.05  # how likely they leave out the 0
MAX_LOCAL_DIGITS = 8  # digits: with fewer, most texts are parts of numbers
_NATIONAL_GROUPING = re.compile(r"\(?\d+(?:\) ?|[ -])(?:\d+[ -])*\d+", re.ASCII)  # "(415) 555", "06 12 34", "55-0142"
_SEPARATORS = re.compile(r"[\n\r\t,;|]+|\s+/\s+|\s{3,}")

NO_DIGITS = "Contacts have no names, only numbers. Type some digits of the number."
TOO_LONG = "This is longer than any phone number. Check the digits."
ONLY_A_CODE = "This is little more than a country code. Type more of the number."


@dataclass(frozen=True, slots=True)
class Attempt:
    """One question: `phone` is a whole number in E.164, `search` a piece of the national format.

    `region` is whose number it was read as, where that was decided.
    """

    kind: Literal["phone", "search"]
    value: str
    region: str | None = None


Scored = tuple[Attempt, float]


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """`steps` in order, to be asked until one has rows; `others` are further readings, for a person to choose.

    `sentence` says why there is nothing to ask. `numbers` are the pieces of a text that holds several numbers.
    """

    attempts: tuple[Attempt, ...] = ()
    alternatives: tuple[Attempt, ...] = ()
    message: str | None = None
    numbers: tuple[str, ...] = ()

    @property
    def number(self) -> str | None:
        """The likeliest whole number, in E.164; None when no attempt is one."""
        return next((attempt.value for attempt in self.attempts if attempt.kind == "phone"), None)


def build_plan(raw: str, regions: Sequence[str]) -> SearchPlan:
    """What to ask for `raw`, as someone means it who works with `regions` (ISO 3166-1 alpha-2, likeliest first)."""
    numbers = split_numbers(raw)
    return SearchPlan(numbers=numbers) if numbers else plan_number(raw, regions)


def plan_number(raw: str, regions: Sequence[str]) -> SearchPlan:
    """The plan of a text that is known not to hold several numbers."""
    typed = normalize(raw)
    if not typed.digits:
        return SearchPlan(message=NO_DIGITS)
    steps = _international(typed) if typed.international else _national(typed, regions)
    if not steps:
        return SearchPlan(message=TOO_LONG if len(typed.digits) > MAX_DIGITS else ONLY_A_CODE)
    most = MAX_ATTEMPTS_COPIED if _looks_copied(typed) and steps[0] == Attempt("search", typed.text) else MAX_ATTEMPTS
    return SearchPlan(steps[:most], steps[most : most + MAX_ALTERNATIVES])


def _looks_copied(typed: PhoneInput) -> bool:
    """Whether it looks like a part of a number as it is written nationally."""
    return _NATIONAL_GROUPING.fullmatch(typed.text) is not None


def parse_attempt(value: str) -> Attempt | None:
    """The step a person chose from a link: a number in E.164, or a piece of a national format as it stands."""
    text = printable(value)
    if re.fullmatch(r"\+[1-9]\d{1,14}", text, re.ASCII):
        return Attempt("phone", text)
    piece = digits_of(text) and only_punctuation(text) and len(text) <= MAX_CHARACTERS
    return Attempt("search", text) if piece else None


def split_numbers(raw: str) -> tuple[str, ...]:
    """The numbers of a text that holds more than one, in lines or with commas between; else none."""
    parts = [part for part in map(printable, _SEPARATORS.split(raw)) if any(map(str.isdigit, part))]
    whole = [part for part in parts if len(normalize(part).digits) >= 7]
    return tuple(dict.fromkeys(whole))[:MAX_NUMBERS] if len(whole) > 1 else ()


def _international(typed: PhoneInput) -> tuple[Attempt, ...]:
    found = candidates(typed, ())
    steps = [Attempt("phone", reading.e164, reading.region) for reading in found]
    if all(reading.e164 == f"+{typed.digits}" for reading in found):  # nothing but a number, perhaps not all of it
        steps += [Attempt("search", text) for text in national_prefixes(typed.digits)]
    return _unique(steps)


def _national(typed: PhoneInput, regions: Sequence[str]) -> tuple[Attempt, ...]:
    plain = strip_label(typed)
    found = candidates(plain, regions) if plain else ()
    found = found or candidates(typed, regions)
    piece = typed if only_punctuation(typed.text) else longest_digit_run(typed)
    wholes = _whole_number_candidates(found, piece, regions)
    if (found and piece is not typed) or len(piece.digits) > MAX_DIGITS:
        return _ranked(wholes)
    if len(piece.text) > MAX_CHARACTERS:
        piece = PhoneInput(piece.digits, piece.digits)
    if len(piece.digits) < MIN_FRAGMENT_DIGITS:
        return (Attempt("search", piece.text),)
    return _ranked([*wholes, *_fragment_candidates(piece, regions, copied=len(piece.digits) < MAX_LOCAL_DIGITS)]) or (
        Attempt("search", piece.text),
    )


def _whole_number_candidates(found: Sequence[Candidate], piece: PhoneInput, regions: Sequence[str]) -> list[Scored]:
    """The whole numbers that it may be. With too many to ask for one by one, those written alike are asked for once."""
    scored = [(Attempt("phone", each.e164, each.region), _likelihood(each, piece, regions)) for each in found]
    if found and found[0].region in regions[:1] and _grouping_likelihood(piece.text, found[0].national) == 1:
        scored[0] = (scored[0][0], max(score for _, score in scored) * 1.01)  # the user's own region first
    if len(found) <= MAX_ATTEMPTS:
        return scored
    alike: dict[str, list[Scored]] = {}
    for each, one in zip(found[1:], scored[1:], strict=True):
        alike.setdefault(each.national, []).append(one)
    joined = [
        group[0] if len(group) == 1 else (Attempt("search", text), sum(score for _, score in group))
        for text, group in alike.items()
    ]
    return [scored[0], *joined]


def _likelihood(reading: Candidate, piece: PhoneInput, regions: Sequence[str]) -> float:
    rank = regions.index(reading.region) if reading.region in regions else len(regions)
    score = WHOLE_NUMBER_WEIGHT * region_weight(rank) * prior(reading.region or "", reading.national)
    trunk = max(0, len(digits_of(reading.national)) - len(piece.digits))
    return score * _grouping_likelihood(piece.text, drop_digits(reading.national, trunk)) * (NO_TRUNK if trunk else 1)


def _fragment_candidates(piece: PhoneInput, regions: Sequence[str], *, copied: bool) -> list[Scored]:
    """The ways in which the digits of a piece are written, those first that part them where the person did.

    With a punctuation in which a part of a national format may have been `copied` it is asked for as it is, before all
    else: whose number it is need not be known for that. With another it comes last.
    """
    ways = fragment_spellings(piece.digits, regions, ending=piece.ending)
    scores = {text: score * _grouping_likelihood(piece.text, text) for text, score in ways.items()}
    if piece.text != piece.digits:
        plausible = piece.text in scores or piece.text.strip("( )-") in scores
        plausible = plausible or (copied and _NATIONAL_GROUPING.fullmatch(piece.text) is not None)
        scores[piece.text] = 2 * max(scores.values(), default=1) if plausible else 0
    return [(Attempt("search", text), score) for text, score in scores.items()]


def _grouping_likelihood(typed: str, written: str) -> float:
    """How likely it is that someone parts the digits as in `typed` who means `written`."""
    one, other = group_boundaries(typed), group_boundaries(written)
    return 1 if not one or one == other else COARSER_GROUPING if one < other else OTHER_GROUPING


def _ranked(scored: Iterable[Scored]) -> tuple[Attempt, ...]:
    return _unique(step for step, _ in sorted(scored, key=lambda one: -one[1]))


def _unique(steps: Iterable[Attempt]) -> tuple[Attempt, ...]:
    found: dict[tuple[str, str], Attempt] = {}
    for step in steps:
        found.setdefault((step.kind, step.value), step)
    return tuple(found.values())
