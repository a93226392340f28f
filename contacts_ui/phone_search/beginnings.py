"""Beginnings: parts of numbers that include the country code, without a plus. "44 7742", "0044 7742" for "+44 7742".

The API compares `search` with national formats, in which there is no country code: so these digits stand in none.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from .attempts import MAX_ATTEMPTS, Attempt, unique_attempts
from .input import PhoneInput, only_punctuation
from .prefixes import national_prefixes

MIN_DIGITS = 5  # with the country code: of fewer anything may be meant
_DIALLED_ABROAD = re.compile(r"^(?:00|011)")  # instead of a plus: from most countries, and from North America
_WRITTEN_CODE = re.compile(r"([1-9]\d{0,2})[ ./-]", re.ASCII)


def digits_after_plus(phone_input: PhoneInput) -> str | None:
    """The digits that would stand after a plus, without what is dialled instead; None if they are no beginning."""
    digits = _DIALLED_ABROAD.sub("", phone_input.digits, count=1)
    fits = len(digits) >= MIN_DIGITS and digits[0] != "0" and only_punctuation(phone_input.text)
    return digits if fits and not phone_input.ending else None


def likely_beginning(phone_input: PhoneInput, attempts: Sequence[Attempt], regions: Collection[str]) -> Attempt | None:
    """How such numbers begin nationally, where the text shows the country code: after 00, or, of one of the regions,
    as a group of its own. None for a whole number.
    """
    digits = None if phone_input.international else digits_after_plus(phone_input)
    if digits is None or not _shows_country_code(phone_input.text, regions):
        return None
    if any(attempt.value == f"+{digits}" for attempt in attempts):
        return None
    return next((Attempt("search", text) for text in national_prefixes(digits)), None)


def with_beginning(
    attempts: tuple[Attempt, ...], beginning: Attempt, literal: Attempt | None, limit: int
) -> tuple[Attempt, ...]:
    """The attempts with the beginning among the first three: third where the plan has two, else second. The likeliest
    one and what a plain search would send stay among them.
    """
    before = attempts[:limit] if limit < MAX_ATTEMPTS else attempts[:1]
    return unique_attempts([*before, beginning, *([literal] if literal else []), *attempts])


def _shows_country_code(text: str, regions: Collection[str]) -> bool:
    if text.startswith("00"):
        return True
    code = _WRITTEN_CODE.match(text)
    return code is not None and not set(COUNTRY_CODE_TO_REGION_CODE.get(int(code[1]), ())).isdisjoint(regions)
