"""Fragments: the few spellings of part of a number within national formats, likeliest first.

The API compares with the national format, punctuation included: who hears "ends in 5550142" must search "555-0142".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from .formats import MIN_LIKELIHOOD, NumberFormat, formats_of_region
from .input import digits_of

# Position weights: how likely people are to give the end of a number, its start with or without the trunk prefix, whole
# groups, digits of which only one end is a group's, or any others.
END, START, AFTER_TRUNK, WHOLE_GROUPS, PARTIAL_GROUP, ANYWHERE = 5.0, 0.35, 0.45, 5.0, 0.2, 0.01
LAST_FOUR, FIRST_SIX = 8.0, 5.0  # factors for these: nothing is heard as often as "it ends in"
OWN_REGION, REGION_DECAY = 1.5, 0.97  # weight of the user's own region, and factor from each region to the next


@dataclass(frozen=True, slots=True)
class FragmentFormat:
    """One format of a fragment of a region's numbers.

    `text` has `%s` for every digit. `distinctive` is that of NumberFormat.distinctive_digits.
    """

    text: str
    weight: float
    distinctive: tuple[tuple[int, tuple[float, ...]], ...]

    def likelihood(self, digits: Sequence[int]) -> float:
        """Likelihood that exactly these digits were meant in this format."""
        likelihood = self.weight
        for index, ratios in self.distinctive:
            likelihood *= ratios[digits[index]]
        return likelihood


def fragment_spellings(digits: str, regions: Sequence[str], *, ending: bool = False) -> dict[str, float]:
    """The spellings of `digits` within numbers of `regions`, the first of which counts most, and how likely each is.

    With `ending` only at the end of a number.
    """
    scores: defaultdict[str, float] = defaultdict(float)
    values = tuple(map(int, digits))
    for rank, region in enumerate(regions):
        weight = region_weight(rank)
        for each in fragment_formats(region, len(digits), ending):
            likelihood = each.likelihood(values)
            if likelihood > each.weight * MIN_LIKELIHOOD:
                scores[each.text] += likelihood * weight
    return {text % tuple(digits): score for text, score in scores.items()}


def region_weight(rank: int) -> float:
    """Weight of the region at this rank in the user's list, 0 being the first."""
    return REGION_DECAY**rank if rank else OWN_REGION


@lru_cache(maxsize=2000)
def fragment_formats(region: str, size: int, ending: bool) -> tuple[FragmentFormat, ...]:
    """Every format of `size` digits within the region's numbers, whole numbers left out."""
    found: defaultdict[tuple[str, tuple[tuple[int, tuple[float, ...]], ...]], float] = defaultdict(float)
    for number_format in formats_of_region(region):
        last = len(number_format.positions) - size
        whole = last <= number_format.trunk_digits  # or all but the trunk prefix: candidates.py finds those
        for start in range(max(0, last) if ending else 0, last if whole else last + 1):
            key = number_format.render(["%s"] * size, start), number_format.distinctive_digits(start, size)
            found[key] += number_format.share * _position_weight(number_format, start, size)
    return tuple(FragmentFormat(text, weight, distinctive) for (text, distinctive), weight in found.items())


def prior(region: str, national: str) -> float:
    """Prior of a whole number: how common numbers of the region with its length and distinctive digits are."""
    digits = tuple(map(int, digits_of(national)))
    return sum(each.likelihood(digits) for each in _whole(region, len(digits)))


@lru_cache(maxsize=2000)
def _whole(region: str, size: int) -> tuple[FragmentFormat, ...]:
    formats = [each for each in formats_of_region(region) if len(each.positions) == size]
    return tuple(FragmentFormat("", each.share, each.distinctive_digits(0, size)) for each in formats)


def _position_weight(number_format: NumberFormat, start: int, size: int) -> float:
    """Weight of the `size` digits from the index `start` on: how likely people are to give those."""
    end = start + size
    if end == len(number_format.positions):
        return END * (LAST_FOUR if size == 4 else 1)
    if start in {0, number_format.trunk_digits}:
        return (AFTER_TRUNK if start else START) * (FIRST_SIX if size == 6 else 1)
    group_ends = (start in number_format.boundaries) + (end in number_format.boundaries)
    return (ANYWHERE, PARTIAL_GROUP, WHOLE_GROUPS)[group_ends]
