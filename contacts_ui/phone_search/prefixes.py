"""National prefixes: how numbers start nationally of which only the start is known, country code included.

"+54 9 11 26" becomes "011 15-26": with a trunk digit, other punctuation, digits moved. So it is padded to whole
numbers, libphonenumber formats them, and their common prefix is the result.
"""

from __future__ import annotations

from collections import defaultdict
from functools import lru_cache
from itertools import pairwise, takewhile

import phonenumbers
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberFormat

from .input import digits_of

PADDING_DIGITS = "12345678"
MIN_DIGITS = 4  # specific enough to search by themselves, without a trunk digit or a bracket before them
MOBILE_MARKS = {54: ("", "9")}  # after the country code, and not national: +54 9 11 2345-6789 is 011 15-2345-6789
INVALID_WEIGHT = 0.01  # of a number that is not valid, relative to one that is


def beginning_of(digits: str) -> str | None:
    """How a number begins in E.164 that was typed with its country code, and perhaps with the trunk digit after it.
    None without a country code, or with nothing after it.
    """
    code = _country_code(digits)
    if code is None:
        return None
    rest = digits[len(code) :]
    if _metadata(int(code)).national_prefix == "0":
        rest = rest.removeprefix("0")
    return f"+{code}{rest}" if rest else None


def national_prefixes(digits: str) -> tuple[str, ...]:
    """National prefixes of the numbers that start with `digits`, likeliest first. None for a country code alone.

    Nor for so few more digits that they may be anywhere: "+33 61" is "06 1", but "+34 699" would find any 699.
    """
    code = _country_code(digits)
    if code is None:
        return ()
    national_digits = digits[len(code) :]
    if _metadata(int(code)).national_prefix == "0":
        national_digits = national_digits.removeprefix("0")  # "+44 (0)20 79"
    scores: defaultdict[str, float] = defaultdict(float)
    for rank, size in enumerate(_lengths(int(code))):
        prefixes = _common_prefixes(code, national_digits, size) if 0 < len(national_digits) < size else ()
        for text, weight in prefixes:
            scores[text] += weight / (rank + 1)
    ranked = sorted(scores, key=lambda text: (-scores[text], text))
    specific = len(national_digits) >= MIN_DIGITS
    return tuple(text for text in ranked if _is_anchored(text, national_digits) or specific)


def country_code_beginnings(digits: str, region: str) -> tuple[str, ...]:
    """What may be missing before digits that were cut out of an international number of the region."""
    code = phonenumbers.country_code_for_region(region)
    text, whole = str(code), [f"{code}{mark}" for mark in MOBILE_MARKS.get(code, ())]
    parts = [text[:size] for size in range(1, len(text)) if digits.startswith(text[size:])]
    return (*parts, *whole) if code else ()


def _country_code(digits: str) -> str | None:
    sizes = range(1, min(3, len(digits)) + 1)
    return next((digits[:size] for size in sizes if int(digits[:size]) in COUNTRY_CODE_TO_REGION_CODE), None)


def _common_prefixes(code: str, national_digits: str, size: int) -> list[tuple[str, float]]:
    """The common prefix, and its weight, of two numbers that differ after `national_digits`, for several such pairs."""
    found = []
    try:
        padded = [phonenumbers.parse(f"+{code}{(national_digits + digit * size)[:size]}") for digit in PADDING_DIGITS]
    except phonenumbers.NumberParseException:
        return []  # no number begins so, "+44 000"
    for pair in pairwise(padded):
        valid = all(map(phonenumbers.is_valid_number, pair))
        one, other = (phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL) for number in pair)
        common = takewhile(lambda both: both[0] == both[1], zip(one, other, strict=False))
        text = "".join(character for character, _ in common).rstrip(" -/.(")
        if len(digits_of(text)) >= len(national_digits):
            found.append((text, 1 if valid else INVALID_WEIGHT))
    return found


def _is_anchored(text: str, national_digits: str) -> bool:
    """True when it matches only the start of a number, or nearly so: "(415", "06 1"."""
    return not text[0].isdigit() or len(digits_of(text)) > max(len(national_digits), MIN_DIGITS - 2)


@lru_cache(maxsize=300)
def _lengths(code: int) -> tuple[int, ...]:
    """The digit counts of national numbers of a country code, those of mobile ones first."""
    metadata = _metadata(code)
    found: dict[int, None] = {}
    for kind in (metadata.mobile, metadata.fixed_line):
        if kind is not None and kind.example_number:
            found[len(kind.example_number)] = None
            found.update(dict.fromkeys(sorted((size for size in kind.possible_length if size > 0), reverse=True)))
    return tuple(found)


def _metadata(code: int) -> PhoneMetadata:
    """Metadata of the first country with the code; the others use the same formats."""
    region = COUNTRY_CODE_TO_REGION_CODE[code][0]
    found = PhoneMetadata.metadata_for_region_or_calling_code(code, region)
    assert found is not None  # noqa: S101
    return found
