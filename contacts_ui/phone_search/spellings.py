"""A part of a number, as it stands in numbers written nationally: the few ways, the likeliest first.

The API compares with the national format, punctuation included: who hears "ends in 5550142" must ask for "555-0142".
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from .shapes import Shape, shapes_of

# How likely people are to give a part from there on: its end, its beginning, whole groups, or just anything.
END, BEGINNING, GROUPS, HALF_A_GROUP, ANYWHERE = 4.0, 3.0, 1.0, 0.2, 0.02
LAST_FOUR, FIRST_SIX = 3.0, 2.0  # times more for these: nothing is heard as often as "it ends in"
MAIN_REGIONS = 2  # looked at of those that share a calling code; they write alike


def spellings(digits: str, regions: Sequence[str]) -> tuple[str, ...]:
    """How `digits` may stand somewhere in the numbers of `regions`, the first of which counts most."""
    scores: defaultdict[str, float] = defaultdict(float)
    for rank, region in enumerate(regions):
        for shape in shapes_of(region):
            for start in range(len(shape.places) - len(digits) + 1):
                score = _place(shape, start, len(digits)) * shape.likelihood(digits, start)
                if score > 0:
                    scores[shape.written(digits, start)] += score * shape.share / (rank + 1)
    return _best(scores)


def beginnings(digits: str) -> tuple[str, ...]:
    """How a number that begins with the country code and more `digits` begins nationally. Empty for a code alone."""
    scores: defaultdict[str, float] = defaultdict(float)
    for region, proper in _behind_code(digits):
        for rank, shape in enumerate(shapes_of(region)):
            if len(proper) <= len(shape.places) - shape.trunk and shape.likelihood(proper, shape.trunk) > 0:
                score = shape.share * shape.likelihood(proper, shape.trunk) / (rank + 1)
                scores[shape.beginning(proper)] += score
    return _best(scores)


def _behind_code(digits: str) -> Iterator[tuple[str, str]]:
    for size in (1, 2, 3):
        regions = COUNTRY_CODE_TO_REGION_CODE.get(int(digits[:size]), ()) if len(digits) > size else ()
        for region in regions[:MAIN_REGIONS]:
            yield region, digits[size:]


def _place(shape: Shape, start: int, size: int) -> float:
    """How likely a part of `size` digits is given from the digit `start` on."""
    end = start + size
    if end == len(shape.places):
        return END * (LAST_FOUR if size == 4 else 1)
    if start in {0, shape.trunk}:
        return BEGINNING * (FIRST_SIX if size == 6 else 1)
    whole = (start in shape.breaks) + (end in shape.breaks)
    return (ANYWHERE, HALF_A_GROUP, GROUPS)[whole]


def _best(scores: dict[str, float]) -> tuple[str, ...]:
    return tuple(sorted(scores, key=lambda text: (-scores[text], text)))
