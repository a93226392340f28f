"""A whole number in any spelling. libphonenumber reads; here is only what it is asked, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher, ValidationResult

from .typed import MOST_DIGITS, Typed, cleaned, has_letters, only_punctuation

_E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)
_WORLD = "ZZ"  # no region: only numbers that name their country code
_VANITY = re.compile(r"[+(]?\d[\d\s().+/-]*[A-Za-z][A-Za-z\d\s.-]{2,}")
_SHORTEST = 7  # digits of a whole number without its country code


@dataclass(frozen=True, slots=True)
class Reading:
    """A whole number. `region` is whose it is (ISO 3166-1 alpha-2), None where nobody knows.

    `known`: libphonenumber knows such numbers. Others may exist all the same.
    """

    e164: str
    region: str | None
    known: bool


def readings(typed: Typed, regions: Sequence[str]) -> tuple[Reading, ...]:
    """Every whole number that `typed` may be, likeliest first: by the regions' order, then an international one."""
    found: dict[str, Reading] = {}
    for reading in _international(typed) if typed.international else _national(typed, regions):
        found.setdefault(reading.e164, reading)
    return tuple(found.values())


def e164(text: str, regions: Sequence[str] = ()) -> str | None:
    """The number in E.164, or None when `text` is not one whole number of the world or of one of `regions`.

    A number that is E.164 already passes untouched, valid or not: the API may know what libphonenumber does not.
    """
    stripped = text.strip()
    if _E164.fullmatch(stripped):
        return stripped
    found = readings(cleaned(text), regions)
    return found[0].e164 if found else None


def international(number: str) -> str:
    """A number in E.164 as people read it, +44 20 7946 0958; itself when nobody knows how."""
    found = _parsed(number, _WORLD)
    return phonenumbers.format_number(found, PhoneNumberFormat.INTERNATIONAL) if found else number


def _international(typed: Typed) -> Iterator[Reading]:
    number = _parsed(typed.text, _WORLD) or _matched(typed, _WORLD)
    if number is not None and phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
        yield _reading(number)
    elif len(typed.digits) > _SHORTEST and _E164.fullmatch(f"+{typed.digits}"):
        yield Reading(f"+{typed.digits}", None, known=False)


def _national(typed: Typed, regions: Sequence[str]) -> Iterator[Reading]:
    if not _SHORTEST - 2 <= len(typed.digits) <= MOST_DIGITS + 8 and not has_letters(typed.text):
        return
    for region in regions:
        number = _read(typed, region)
        if number is not None:
            yield _reading(number)
    if not only_punctuation(typed.text):
        return
    # "00" is how most of the world dials abroad; a number without it may still be an international one.
    for text in (typed.digits.removeprefix("00"), typed.digits) if typed.digits.startswith("00") else (typed.digits,):
        number = _parsed(f"+{text}", _WORLD) if _SHORTEST < len(text) <= MOST_DIGITS else None
        if number is not None and phonenumbers.is_valid_number(number):
            yield _reading(number)


def _read(typed: Typed, region: str) -> PhoneNumber | None:
    """A number of `region`, or one dialled from there. None unless it is valid."""
    if not has_letters(typed.text):
        number = _parsed(typed.text, region)
        return number if number is not None and phonenumbers.is_valid_number(number) else None
    number = _matched(typed, region)  # labels and extensions around it
    if number is None and _VANITY.search(typed.text):
        number = _parsed(typed.text, region)
    return number if number is not None and phonenumbers.is_valid_number(number) else None


def _matched(typed: Typed, region: str) -> PhoneNumber | None:
    match = next(iter(PhoneNumberMatcher(typed.text, region, leniency=Leniency.VALID, max_tries=20)), None)
    return match.number if match else None


def _parsed(text: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, None if region == _WORLD else region)
    except phonenumbers.NumberParseException:
        return None


def _reading(number: PhoneNumber) -> Reading:
    known = phonenumbers.is_valid_number(number)
    region = phonenumbers.region_code_for_number(number) if known else None
    return Reading(phonenumbers.format_number(number, PhoneNumberFormat.E164), region, known)
