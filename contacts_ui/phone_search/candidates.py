"""A whole number in any spelling. libphonenumber reads; here is only what it is asked, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import Leniency, PhoneNumber, PhoneNumberFormat, PhoneNumberMatcher, ValidationResult

from .fragments import prior
from .input import MAX_DIGITS, PhoneInput, has_letters, normalize, only_punctuation

_E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)
_WORLD = "ZZ"  # no region: only numbers that name their country code
_VANITY = re.compile(r"[+(]?\d[\d\s().+/-]*[A-Za-z][A-Za-z\d\s.-]{2,}")
_MIN_DIGITS = 7  # digits of a whole number without its country code
# As numbers were before their country changed them. Chats and address books still have them so.
_LEGACY_FORMATS = (
    (re.compile(r"\+521(\d{10})", re.ASCII), r"+52\1"),  # Mexico, mobile, until 2019; WhatsApp's ids still
    (re.compile(r"\+55(\d\d)([6-9]\d{7})", re.ASCII), r"+55\g<1>9\2"),  # Brazil, mobile, until 2016
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A whole number. `region` is whose it is (ISO 3166-1 alpha-2), None where nobody knows.

    `known`: libphonenumber knows such numbers. Others may exist all the same. `national` is how they are written.
    """

    e164: str
    region: str | None
    is_valid: bool
    national: str


def candidates(typed: PhoneInput, regions: Sequence[str]) -> tuple[Candidate, ...]:
    """Every whole number that `typed` may be, likeliest first: by the regions' order, then an international one."""
    found: dict[str, Candidate] = {}
    for reading in _international(typed) if typed.international else _national(typed, regions):
        if _E164.fullmatch(reading.e164):  # libphonenumber knows Japanese ones of 17 digits
            found.setdefault(reading.e164, reading)
    return tuple(found.values())


def e164(text: str, regions: Sequence[str] = ()) -> str | None:
    """The number in E.164, or None when `text` is not one whole number of the world or of one of `regions`.

    A number that is E.164 already passes untouched, valid or not: the API may know what libphonenumber does not.
    """
    stripped = text.strip()
    if _E164.fullmatch(stripped):
        return stripped
    found = candidates(normalize(text), regions)
    return found[0].e164 if found else None


def international(number: str) -> str:
    """A number in E.164 as people read it, +44 20 7946 0958; itself when nobody knows how."""
    found = _parse(number, _WORLD)
    return phonenumbers.format_number(found, PhoneNumberFormat.INTERNATIONAL) if found else number


def _international(typed: PhoneInput) -> Iterator[Candidate]:
    number = _parse_valid(typed, _WORLD) or _parse(typed.text, _WORLD)
    today = None if _valid(number) else _modernize(f"+{typed.digits}")
    if today is not None:
        yield _candidate(today)
    if number is not None and phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
        yield _candidate(number)
    elif len(typed.digits) > _MIN_DIGITS:
        yield Candidate(f"+{typed.digits}", None, is_valid=False, national=typed.digits)


def _national(typed: PhoneInput, regions: Sequence[str]) -> Iterator[Candidate]:
    if not _MIN_DIGITS - 2 <= len(typed.digits) <= MAX_DIGITS + 8 and not has_letters(typed.text):
        return
    for region in regions:
        number = _parse_valid(typed, region)
        if number is not None:
            yield _candidate(number)
    if not only_punctuation(typed.text):
        return
    # "00" is how most of the world dials abroad; a number without it may still be an international one.
    for text in (typed.digits.removeprefix("00"), typed.digits) if typed.digits.startswith("00") else (typed.digits,):
        number = _parse(f"+{text}", _WORLD) if _MIN_DIGITS < len(text) <= MAX_DIGITS else None
        if number is not None and phonenumbers.is_valid_number(number):
            yield _candidate(number)


def _parse_valid(typed: PhoneInput, region: str) -> PhoneNumber | None:
    """A number of `region`, or one dialled from there. None unless it is valid."""
    if not has_letters(typed.text):
        return _valid(_parse(typed.text, region))
    spelled = _valid(_parse(typed.text, region)) if _VANITY.fullmatch(typed.text) else None
    matched = _match(typed, region)  # labels and extensions around it
    # "02 8513 DTHQ" holds a number without its letters too, but hardly the one that was meant.
    return max(filter(None, (matched, spelled)), key=_likelihood, default=None)


def _match(typed: PhoneInput, region: str) -> PhoneNumber | None:
    match = next(iter(PhoneNumberMatcher(typed.text, region, leniency=Leniency.VALID, max_tries=20)), None)
    return match.number if match else None


def _likelihood(number: PhoneNumber) -> float:
    reading = _candidate(number)
    return prior(reading.region, reading.national) if reading.region else 0


def _modernize(e164: str) -> PhoneNumber | None:
    """The number as it is today, if it is one from before a change."""
    changed = (_parse(old.sub(new, e164), _WORLD) for old, new in _LEGACY_FORMATS if old.fullmatch(e164))
    return next(filter(None, map(_valid, changed)), None)


def _valid(number: PhoneNumber | None) -> PhoneNumber | None:
    return number if number is not None and phonenumbers.is_valid_number(number) else None


def _parse(text: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, None if region == _WORLD else region)
    except phonenumbers.NumberParseException:
        return None


def _candidate(number: PhoneNumber) -> Candidate:
    number.extension = None  # nobody keeps it with a contact
    known = phonenumbers.is_valid_number(number)
    region = phonenumbers.region_code_for_number(number) if known else None
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return Candidate(phonenumbers.format_number(number, PhoneNumberFormat.E164), region, known, national)
