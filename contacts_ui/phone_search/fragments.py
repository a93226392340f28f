"""A part of a number, as it stands in numbers written nationally: the few ways, the likeliest first.

The API compares with the national format, punctuation included: who hears "ends in 5550142" must ask for "555-0142".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .formats import MIN_LIKELIHOOD, NumberFormat, formats_of_region
from .input import digits_of

# How likely people are to give a part from there on: its end, its beginning, whole groups, or just anything.
END, BEGINNING, BEHIND_TRUNK, GROUPS, HALF_A_GROUP, ANYWHERE = 5.0, 0.35, 0.45, 5.0, 0.2, 0.01
LAST_FOUR, FIRST_SIX = 8.0, 5.0  # times more for these: nothing is heard as often as "it ends in"
OWN_REGION, NEXT_REGION = 1.5, 0.97  # how much more the user's own counts, and less each than the one before it


@dataclass(frozen=True, slots=True)
class FragmentFormat:
    """One way in which so many digits may stand in a region's numbers.

    `text` has `%s` for every digit. `telling` are those that may not be any: which, and how often each digit is there.
    """

    text: str
    weight: float
    telling: tuple[tuple[int, tuple[float, ...]], ...]

    def likelihood(self, digits: Sequence[int]) -> float:
        """How likely it is that just these digits were meant so."""
        fit = self.weight
        for place, frequencies in self.telling:
            fit *= frequencies[digits[place]]
        return fit


def fragment_spellings(digits: str, regions: Sequence[str], *, ending: bool = False) -> dict[str, float]:
    """How `digits` may stand in numbers of `regions`, the first of which counts most, and how likely each is.

    With `ending` only at their end.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    values = tuple(map(int, digits))
    for rank, region in enumerate(regions):
        counts = region_weight(rank)
        for way in fragment_formats(region, len(digits), ending):
            likelihood = way.likelihood(values)
            if likelihood > way.weight * MIN_LIKELIHOOD:
                scores[way.text] += likelihood * counts
    return {text % tuple(digits): score for text, score in scores.items()}


def region_weight(rank: int) -> float:
    """How likely a number is of the region that stands there in the user's list, the first being 0."""
    return NEXT_REGION**rank if rank else OWN_REGION


@lru_cache(maxsize=2000)
def fragment_formats(region: str, size: int, ending: bool) -> tuple[FragmentFormat, ...]:
    """Every way in which `size` digits stand in the region's numbers, a whole number not counted."""
    found: defaultdict[tuple[str, tuple[tuple[int, tuple[float, ...]], ...]], float] = defaultdict(float)
    for shape in formats_of_region(region):
        last = len(shape.places) - size
        whole = last <= shape.trunk  # or all but its trunk digit; there are better ways to ask for that
        for start in range(max(0, last) if ending else 0, last if whole else last + 1):
            key = shape.render(["%s"] * size, start), shape.distinctive_digits(start, size)
            found[key] += shape.share * _position_weight(shape, start, size)
    return tuple(FragmentFormat(text, weight, telling) for (text, telling), weight in found.items())


def prior(region: str, national: str) -> float:
    """How common whole numbers of the region are that have as many digits and begin alike."""
    digits = tuple(map(int, digits_of(national)))
    return sum(way.likelihood(digits) for way in _whole(region, len(digits)))


@lru_cache(maxsize=2000)
def _whole(region: str, size: int) -> tuple[FragmentFormat, ...]:
    shapes = [shape for shape in formats_of_region(region) if len(shape.places) == size]
    return tuple(FragmentFormat("", shape.share, shape.distinctive_digits(0, size)) for shape in shapes)


def _position_weight(shape: NumberFormat, start: int, size: int) -> float:
    """How likely a part of `size` digits is given from the digit `start` on."""
    end = start + size
    if end == len(shape.places):
        return END * (LAST_FOUR if size == 4 else 1)
    if start in {0, shape.trunk}:
        return (BEHIND_TRUNK if start else BEGINNING) * (FIRST_SIX if size == 6 else 1)
    whole = (start in shape.breaks) + (end in shape.breaks)
    return (ANYWHERE, HALF_A_GROUP, GROUPS)[whole]
