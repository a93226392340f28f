"""Masking: a phone number of which only the last digits can be read."""

from __future__ import annotations

from contacts_ui.phone_search import SHOWN_DIGITS
from contacts_ui.sent_api.types import Contact
from contacts_ui.text import digits_only

MASK = "••••"


def mask_number(contact: Contact) -> str:
    """The number with only its last four digits. Neither its length nor its country code shows."""
    ending = shown_digits(contact)
    return f"{MASK} {ending}" if ending else MASK


def mask_text(number: str) -> str:
    """The same of a number that is no contact's, or not yet."""
    digits = digits_only(number)
    return f"{MASK} {digits[-SHOWN_DIGITS:]}" if len(digits) > SHOWN_DIGITS else MASK


def shown_digits(contact: Contact) -> str | None:
    """The digits that a masked number shows; None when they would be all that it has."""
    digits = digits_only(contact.number or "")
    return digits[-SHOWN_DIGITS:] if len(digits) > SHOWN_DIGITS else None
