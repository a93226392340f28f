"""A number of which only the beginning is known, country code included: how it begins nationally.

"+54 9 11 26" begins "011 15-26": with a trunk digit, other punctuation, digits moved. So it is filled up to whole
numbers, libphonenumber writes them, and what they have in common is the answer.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from itertools import pairwise, takewhile

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat

from .input import digits_of

FILLED_WITH = "12345678"
MIN_DIGITS = 4  # digits that find something by themselves, without a trunk digit or a bracket before them
INVALID = 0.01  # how much a number that does not exist counts beside one that does


def national_prefixes(digits: str) -> tuple[str, ...]:
    """The national beginnings of numbers that begin with `digits`, likeliest first. None for a country code alone.

    Nor for so few more that they may stand anywhere: "+33 61" is "06 1", but "+34 699" would be any 699.
    """
    code = next((digits[:size] for size in (1, 2, 3) if int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE), None)
    if code is None:
        return ()
    proper = digits[len(code) :]
    if _metadata(int(code)).national_prefix == "0":
        proper = proper.removeprefix("0")  # "+44 (0)20 79"
    scores: defaultdict[str, float] = defaultdict(float)
    for rank, size in enumerate(_lengths(int(code))):
        for text, weight in _common_prefixes(code, proper, size) if 0 < len(proper) < size else ():
            scores[text] += weight / (rank + 1)
    found = sorted(scores, key=lambda text: (-scores[text], text))
    return tuple(text for text in found if _is_anchored(text, proper) or len(proper) >= MIN_DIGITS)


def _common_prefixes(code: str, proper: str, size: int) -> list[tuple[str, float]]:
    """What two numbers that differ behind `proper` have in common, for several such pairs."""
    found = []
    filled = [phonenumbers.parse(f"+{code}{(proper + filler * size)[:size]}") for filler in FILLED_WITH]
    for pair in pairwise(filled):
        exist = all(map(phonenumbers.is_valid_number, pair))
        one, other = (phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) for number in pair)
        alike = takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False))
        text = "".join(character for character, _ in alike).rstrip(" -/.(")
        if len(digits_of(text)) >= len(proper):
            found.append((text, 1 if exist else INVALID))
    return found


def _is_anchored(text: str, proper: str) -> bool:
    """Whether it can stand at the beginning only, or nearly so: "(415", "06 1"."""
    return not text[0].isdigit() or len(digits_of(text)) > max(len(proper), MIN_DIGITS - 2)


@lru_cache(maxsize=300)
def _lengths(code: int) -> tuple[int, ...]:
    """How many digits numbers behind a country code have, those of mobile ones first."""
    metadata = _metadata(code)
    found: dict[int, None] = {}
    for kind in (metadata.mobile, metadata.fixed_line):
        if kind is not None and kind.example_number:
            found[len(kind.example_number)] = None
            found.update(dict.fromkeys(sorted((size for size in kind.possible_length if size > 0), reverse=True)))
    return tuple(found)


def _metadata(code: int) -> PhoneMetadata:
    """Of the first country that has the code; the others write alike."""
    region = COUNTRY_CODE_TO_REGION_CODE[code][0]
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert found is not None  # noqa: S101
    return found
