"""Attempts of a search: one interpretation of a text each, and the plan that says in which order they are tried."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Literal

from .input import digits_of, only_punctuation, plain_line

MAX_ATTEMPTS = 3  # calls for one search
MAX_ALTERNATIVES = 4  # offered as links
MAX_CHARACTERS = 64  # of a search
WITHIN = "*"  # around digits of which the others are not known: how a link names them
SEPARATOR = "|"  # between the spellings of one attempt; stands in no number

_WITHIN = re.compile(r"\*\d{3,4}\*", re.ASCII)
_E164 = re.compile(r"\+[1-9]\d{1,14}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One interpretation: `phone` is a whole number in E.164, `search` a piece of national formats, `merged` several
    pieces with the same digits, whose rows are one list, `within` digits that stand together in most spellings of a
    text, of whose rows those count that have all of its digits.

    `rows_with`: of the rows those count that have these digits, in E.164 or in their national format; after a plus
    those whose number begins with them. None where every row counts.
    `region` is the region whose number it was interpreted as, None where that was not decided. `contacts`: how many
    there are, None where that is not known.
    """

    kind: Literal["phone", "search", "merged", "within"]
    value: str
    region: str | None = None
    contacts: int | None = field(default=None, compare=False)
    rows_with: str | None = field(default=None, compare=False)

    @property
    def spellings(self) -> tuple[str, ...]:
        """What is sent to the API: a call each."""
        return tuple(self.value.strip(WITHIN).split(SEPARATOR))


@dataclass(frozen=True, slots=True)
class SearchPlan:
    """`attempts` are tried in order until one has rows; `alternatives` are further ones, for a person to choose from.

    `message` says why there are none. `numbers` are the single texts of an input that contains several numbers,
    `skipped` its lines without one.
    `ending`: only contacts whose number ends in these digits may be shown (masked_plan.py).
    `literal`: what a plain search would send, always one of the attempts; None where it would be no number.
    `within`: asked before the literal call, and says whether it is needed; else `instead` is asked.
    `elsewhere`: how many further contacts have the digits where they cannot be listed with these.
    `is_held`: a whole number that a contact had when the index was made.
    `guided`: the number index has decided it (guided_plan.py); `complete`: it knows what else the text may be.
    """

    attempts: tuple[Attempt, ...] = ()
    alternatives: tuple[Attempt, ...] = ()
    message: str | None = None
    numbers: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    ending: str | None = None
    literal: Attempt | None = None
    instead: Attempt | None = None
    digits: str = ""
    elsewhere: int = 0
    is_held: bool = False
    guided: bool = False
    complete: bool = False

    @property
    def number(self) -> str | None:
        """The likeliest whole number, in E.164; None when no attempt is one."""
        return next((attempt.value for attempt in self.attempts if attempt.kind == "phone"), None)

    def without_counts(self) -> SearchPlan:
        """The same where it is not known how many contacts an attempt finds."""
        attempts, alternatives = (
            tuple(replace(each, contacts=None) for each in some) for some in (self.attempts, self.alternatives)
        )
        return replace(self, attempts=attempts, alternatives=alternatives)


def merged(spellings: tuple[str, ...]) -> Attempt:
    """One attempt of several pieces with the same digits; of one piece, the search for it."""
    return Attempt("search" if len(spellings) == 1 else "merged", SEPARATOR.join(spellings))


def parse_attempt(value: str) -> Attempt | None:
    """The attempt as a link writes it: a number in E.164, a piece of a national format as it is, several pieces, or
    digits between asterisks.
    """
    if _WITHIN.fullmatch(value):
        return Attempt("within", value)
    parts = [plain_line(part) for part in value.split(SEPARATOR)]
    if len(parts) == 1 and _E164.fullmatch(parts[0]):
        return Attempt("phone", parts[0])
    if len(parts) > MAX_ATTEMPTS or not all(map(_is_piece, parts)) or len(set(map(digits_of, parts))) > 1:
        return None
    return merged(tuple(dict.fromkeys(parts)))


def unique_attempts(attempts: Iterable[Attempt]) -> tuple[Attempt, ...]:
    """Each attempt once, in order."""
    found: dict[tuple[str, str], Attempt] = {}
    for attempt in attempts:
        found.setdefault((attempt.kind, attempt.value), attempt)
    return tuple(found.values())


def _is_piece(text: str) -> bool:
    return bool(digits_of(text)) and only_punctuation(text) and len(text) <= MAX_CHARACTERS
