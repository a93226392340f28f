"""Whole-number candidates: libphonenumber parses; this module decides what it is asked, and in which order."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import phonenumbers
from phonenumbers import (
    COUNTRY_CODE_TO_REGION_CODE,
    Leniency,
    PhoneNumber,
    PhoneNumberFormat,
    PhoneNumberMatcher,
    ValidationResult,
)

from .fragments import prior
from .input import MAX_DIGITS, PhoneInput, has_letters, normalize, only_punctuation, strip_label
from .numbering_changes import former_national, other_forms

_E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)
_WORLD = "ZZ"  # no default region: only numbers with their country code parse
_VANITY = re.compile(r"[+(]?\d[\d\s().+/-]*[A-Za-z][A-Za-z\d\s.-]{2,}")
_CALL_PREFIXES = ("00", "011", "0011", "010", "000", "009")  # before the country code, in most countries one of these
_MIN_DIGITS = 7  # digits of a whole number without its country code
# One of each country code: the others that share it read a text alike.
EVERY_REGION = tuple(regions[0] for regions in COUNTRY_CODE_TO_REGION_CODE.values() if len(regions[0]) == 2)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A whole number that the input may mean. `region` is ISO 3166-1 alpha-2, None when unknown.

    `is_valid`: valid for libphonenumber. Others may exist all the same. `national` is the number's national format.
    """

    e164: str
    region: str | None
    is_valid: bool
    national: str


def candidates(phone_input: PhoneInput, regions: Sequence[str]) -> tuple[Candidate, ...]:
    """Every whole number that the input may mean, likeliest first: in the order of `regions`, then international."""
    found: dict[str, Candidate] = {}
    for candidate in _international(phone_input) if phone_input.international else _national(phone_input, regions):
        if _E164.fullmatch(candidate.e164):  # libphonenumber knows Japanese ones of 17 digits
            found.setdefault(candidate.e164, candidate)
    return tuple(found.values())


def e164(text: str, regions: Sequence[str] = ()) -> str | None:
    """The number in E.164, or None when `text` is not one whole number, international or of one of `regions`.

    A number that is E.164 already passes untouched, valid or not: the API may know what libphonenumber does not.
    """
    stripped = text.strip()
    if _E164.fullmatch(stripped):
        return stripped
    found = candidates(normalize(text), regions)
    return found[0].e164 if found else None


def numbers_of(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """Every whole number (E.164) that a text may mean for somebody of one of these regions, likeliest region first.

    Cost: 2 to 35 ms for every region there is.
    """
    phone_input = normalize(text)
    unlabelled = strip_label(phone_input)
    found = (candidates(unlabelled, regions) if unlabelled else ()) or candidates(phone_input, regions)
    return tuple(candidate.e164 for candidate in found)


def vanity_digits(text: str) -> str:
    """The digits that a number with letters in it is dialled by, "1-800-FLOWERS"; none of any other text."""
    spelled = normalize(text).text
    if not _VANITY.fullmatch(spelled):
        return ""
    return "".join(filter(str.isdigit, phonenumbers.convert_alpha_characters_in_number(spelled)))


def names_country(text: str, number: str, region: str | None = None) -> bool:
    """True if a text that was read as this number (E.164) has its country code in it, or need not: it is that of
    `region`, the person's own.
    """
    phone_input, code = normalize(text), country_code(number)
    if region and code == phonenumbers.country_code_for_region(region):
        return True
    dialled = tuple(f"{prefix}{code}" for prefix in _CALL_PREFIXES)
    return phone_input.international or number[1:] in phone_input.digits or phone_input.digits.startswith(dialled)


def country_code(number: str) -> int:
    """The country code of an E.164 number, 0 when it has none."""
    parsed = _parse(number, _WORLD)
    return parsed.country_code or 0 if parsed else 0


def international(number: str) -> str:
    """An E.164 number in international format, +44 20 7946 0958; unchanged when it does not parse."""
    parsed = _parse(number, _WORLD)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.INTERNATIONAL) if parsed else number


def national(number: str) -> str:
    """An E.164 number in the national format of its country, 020 7946 0958; unchanged when it does not parse."""
    parsed = _parse(number, _WORLD)
    return phonenumbers.format_number(parsed, PhoneNumberFormat.NATIONAL) if parsed else number


def regions_of(number: str) -> tuple[str, ...]:
    """The region of an E.164 number, as a tuple of one; of none when it is not known."""
    parsed = _parse(number, _WORLD)
    region = phonenumbers.region_code_for_number(parsed) if parsed else None
    return (region,) if region else ()


def _international(phone_input: PhoneInput) -> Iterator[Candidate]:
    number = _parse_valid(phone_input, _WORLD) or _parse(phone_input.text, _WORLD)
    literal = phone_input.text if _E164.fullmatch(phone_input.text) else None
    if literal and len(literal) > _MIN_DIGITS + 1 and not _valid(number):  # somebody may have stored it just so
        yield Candidate(literal, None, is_valid=False, national=phone_input.digits)
    if number is not None and phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE:
        yield _candidate(number)
    elif len(phone_input.digits) > _MIN_DIGITS:
        yield Candidate(f"+{phone_input.digits}", None, is_valid=False, national=phone_input.digits)


def _national(phone_input: PhoneInput, regions: Sequence[str]) -> Iterator[Candidate]:
    if not _MIN_DIGITS - 2 <= len(phone_input.digits) <= MAX_DIGITS + 8 and not has_letters(phone_input.text):
        return
    for region in regions:
        number = _parse_valid(phone_input, region) or _former(phone_input.digits, region)
        if number is not None:
            yield _candidate(number)
    if not only_punctuation(phone_input.text):
        return
    digits = phone_input.digits
    # A number dialled from a country that is not among the regions; without its prefix it may be international too.
    dialled = (digits.removeprefix(code) for code in _CALL_PREFIXES if digits.startswith(code))
    for text in dict.fromkeys((*dialled, digits)):
        number = _parse(f"+{text}", _WORLD) if _MIN_DIGITS < len(text) <= MAX_DIGITS else None
        if number is not None and phonenumbers.is_valid_number(number):
            yield _candidate(number)
        elif number is not None and any(_valid(_parse(form, _WORLD)) for form in other_forms(f"+{text}")):
            yield Candidate(f"+{text}", None, is_valid=False, national=text)  # as it was before a change


def _parse_valid(phone_input: PhoneInput, region: str) -> PhoneNumber | None:
    """A valid number of `region`, or a valid international one as dialled from there; else None."""
    if not has_letters(phone_input.text):
        return _valid(_parse(phone_input.text, region))
    vanity = _valid(_parse(phone_input.text, region)) if _VANITY.fullmatch(phone_input.text) else None
    matched = _match(phone_input, region)  # for labels and extensions around it
    # "02 8513 DTHQ" contains a number without its letters too, but rarely the one that was meant.
    return max(filter(None, (matched, vanity)), key=_likelihood, default=None)


def _match(phone_input: PhoneInput, region: str) -> PhoneNumber | None:
    match = next(iter(PhoneNumberMatcher(phone_input.text, region, leniency=Leniency.VALID, max_tries=20)), None)
    return match.number if match else None


def _likelihood(number: PhoneNumber) -> float:
    candidate = _candidate(number)
    return prior(candidate.region, candidate.national) if candidate.region else 0


def _former(digits: str, region: str) -> PhoneNumber | None:
    """Today's form of a number that is written as in the region before a change; None for any other."""
    number = former_national(digits, region)
    forms = (number, *other_forms(number)) if number else ()
    return next(filter(None, (_valid(_parse(form, _WORLD)) for form in forms)), None)


def _valid(number: PhoneNumber | None) -> PhoneNumber | None:
    return number if number is not None and phonenumbers.is_valid_number(number) else None


def _parse(text: str, region: str) -> PhoneNumber | None:
    try:
        return phonenumbers.parse(text, None if region == _WORLD else region)
    except phonenumbers.NumberParseException:
        return None


def _candidate(number: PhoneNumber) -> Candidate:
    number.extension = None  # contacts have none
    is_valid = phonenumbers.is_valid_number(number)
    region = phonenumbers.region_code_for_number(number) if is_valid else None
    national = phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL)
    return Candidate(phonenumbers.format_number(number, PhoneNumberFormat.E164), region, is_valid, national)
