"""What a person types to what the API understands. Pure functions, nothing of Django.

For now one thing: a whole number, however it is punctuated, to E.164.
"""

from __future__ import annotations

import re

import phonenumbers

_E164 = re.compile(r"\+[1-9][0-9]{1,14}", re.ASCII)


def e164(text: str, region: str | None = None) -> str | None:
    """The number in E.164, or None when `text` is not one number with its country code.

    With a `region` (ISO 3166-1 alpha-2) a number without one is read as that region's, if it has such a number.
    A number that is E.164 already passes untouched, valid or not: the API may know what libphonenumber
    does not.
    """
    stripped = text.strip()
    if _E164.fullmatch(stripped):
        return stripped
    if stripped.startswith("00"):
        stripped = "+" + stripped[2:]
    try:
        number = phonenumbers.parse(stripped, region)
    except phonenumbers.NumberParseException:
        return None
    if not stripped.startswith("+") and not phonenumbers.is_valid_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
