"""Crossings: contacts in whose number the typed digits stand across the country code, or across what a national format
has in its midst.

"5385" stands in +353 85 123 4567 and in no national format, which is 085 123 4567. So these contacts are found by how
they are written nationally, "085", of whose rows those count that have the digits.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from .attempts import Attempt
from .candidates import national
from .input import digits_of
from .known_numbers import KnownBeginnings
from .prefixes import MOBILE_MARKS, national_prefixes

MOST_MARKED = 5_000  # numbers with a mark and these digits that are looked at
_MARKED = tuple(f"{code}{mark}" for code, marks in MOBILE_MARKS.items() for mark in marks if mark)
_CODES = (*map(str, COUNTRY_CODE_TO_REGION_CODE), *_MARKED)  # how numbers begin before their national digits

FindPiece = Callable[[str], Attempt | None]


@dataclass(frozen=True, slots=True)
class Crossing:
    """Numbers that have the digits, country code first, without a plus; `beginning`: as all of them begin, up to these
    digits.
    """

    numbers: tuple[str, ...]
    beginning: str


@dataclass(frozen=True, slots=True)
class CrossingSearches:
    """The pieces of national formats that find such numbers, and how many numbers they leave out."""

    texts: tuple[str, ...]
    left_out: int


def crossings_of(known: KnownBeginnings, digits: str, most: int) -> tuple[Crossing, ...]:
    """The numbers in which the digits stand, and not in their national format; `most` of each beginning, and one more
    where there are more. Those of most contacts first.

    Cost: a few hundred bisections; a millisecond for 100,000 numbers with a mark.
    """
    found = dict[str, list[str]]()
    for text in _beginnings(known, digits):
        found[text] = [each for each in known.numbers_beginning(text, most + 1) if _stands_across(digits, each)]
    further = defaultdict[str, list[str]](list)
    for code in _MARKED:
        for number in known.numbers_containing(code, digits, MOST_MARKED):
            beginning = number[: number.index(digits) + len(digits)]
            # To write a number nationally takes 30 µs: not for those that are named, or more than are listed.
            if beginning not in found and len(further[beginning]) <= most and _stands_across(digits, number):
                further[beginning].append(number)
    named = (Crossing(tuple(numbers), text) for text, numbers in (found | further).items())
    named_somewhere = (crossing for crossing in named if crossing.numbers)
    return tuple(sorted(named_somewhere, key=lambda crossing: -len(crossing.numbers)))


def searches_for(crossings: Sequence[Crossing], room: int, most: int, find_piece: FindPiece) -> CrossingSearches:
    """How to find these numbers: by at most `room` pieces that at most `most` contacts have.

    A piece for all that begin so is best: it finds who is new, too. Else what all have in common, else each by itself;
    so are those that no plan knows, and that are written without the punctuation of the others.
    """
    found, left_out = dict[str, int](), 0
    for crossing in crossings:
        wide = map(find_piece, (*national_prefixes(crossing.beginning), _common(crossing.numbers)))
        one = next((piece for piece in wide if piece and _fits([piece], found, room, most)), None)
        if one:
            found[one.value] = one.contacts or 0
        rest = [number for number in crossing.numbers if not (one and one.value in national(f"+{number}"))]
        each = list(filter(None, (find_piece(national(f"+{number}")) for number in rest[: room + 1])))
        if len(each) == len(rest) and _fits(each, found, room, most):
            found |= {piece.value: piece.contacts or 0 for piece in each}
        else:
            left_out += len(rest)
    return CrossingSearches(tuple(found), left_out)


def _fits(pieces: Sequence[Attempt], found: Mapping[str, int], room: int, most: int) -> bool:
    """True if these pieces may be asked for beside those that were found."""
    both = {**found, **{piece.value: piece.contacts or 0 for piece in pieces}}
    return len(both) <= room and sum(both.values()) <= most


def _beginnings(known: KnownBeginnings, digits: str) -> Iterator[str]:
    """How numbers begin in which the digits stand from within their country code on."""
    texts = (code[:size] + digits for code in _CODES for size in range(len(code)) if digits.startswith(code[size:]))
    return filter(known.begins, dict.fromkeys(texts))


def _stands_across(digits: str, number: str) -> bool:
    """True where the digits do not stand in the national format too. It has the digits after the country code in one
    run, with a trunk digit before them or not, unless the number has a mark.
    """
    code = next((size for size in (1, 2, 3) if int(number[:size]) in COUNTRY_CODE_TO_REGION_CODE), 0)
    rest = number[code:]
    if not number.startswith(_MARKED):
        if digits in rest:
            return False
        if not rest.startswith(digits[1:]):
            return True
    return digits not in digits_of(national(f"+{number}"))


def _common(numbers: Sequence[str]) -> str:
    """How all these numbers begin nationally; the whole format of one."""
    formats = [national(f"+{number}") for number in numbers]
    alike = takewhile(lambda at: len(set(at)) == 1, zip(*formats, strict=False))
    return "".join(characters[0] for characters in alike).rstrip(" -/.(")
