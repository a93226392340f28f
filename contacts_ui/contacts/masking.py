"""Masking: a phone number of which only the last digits can be read."""

from __future__ import annotations

from contacts_ui.sent_api.types import Contact
from contacts_ui.text import digits_only

SHOWN_DIGITS = 4
MASK = "••••"


def mask_number(contact: Contact) -> str:
    """The number with only its last four digits. Neither its length nor its country code shows."""
    digits = digits_only(contact.number or "")
    return f"{MASK} {digits[-SHOWN_DIGITS:]}" if len(digits) > SHOWN_DIGITS else MASK
