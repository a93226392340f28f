"""Keyed hashes of numbers: "who looked up this number?" is answered by typing it, and it stands nowhere."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from django.conf import settings

from contacts_ui.phone_search import Plan, e164, plan
from contacts_ui.sent_api.types import Contact

LENGTH = 20  # hexadecimal digits of a mark: two of a million numbers share one once in 10^12 logs
MOST_MARKS = 12  # of one row


def mark_of_number(e164: str, key: str | None = None) -> str:
    """The mark of a whole number."""
    return _mark("number", e164, key)


def marks_of_text(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """The marks of a text as it was searched: its digits, and the whole numbers it may be read as."""
    return marks_of_plan(text, plan(text, regions))


def marks_of_plan(text: str, read: Plan) -> tuple[str, ...]:
    """The same of a text that was read already."""
    return _marks(text, read, settings.AUDIT_KEY)


def marks_of_texts(texts: Iterable[str], regions: Sequence[str]) -> tuple[str, ...]:
    """The marks of several numbers that were looked up together: of each the one it is read as."""
    read = (next((step.value for step in plan(text, regions).steps if step.kind == "phone"), None) for text in texts)
    return marks_of_number(read)


def marks_of_number(numbers: Iterable[str | None]) -> tuple[str, ...]:
    """The marks of whole numbers that were shown."""
    return tuple(mark_of_number(number) for number in numbers if number)


def marks_of_contacts(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """The marks of contacts that were shown."""
    return marks_of_number(contact.format_e164 or e164(contact.number or "") for contact in contacts)


def wanted_marks(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """Every mark under which a number that an auditor types may stand, under this key and the ones before it."""
    keys, read = (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS), plan(text, regions)
    return tuple(mark for key in keys for mark in _marks(text, read, key))


def _marks(text: str, read: Plan, key: str) -> tuple[str, ...]:
    numbers = [step.value for step in read.steps if step.kind == "phone"]
    digits = "".join(character for character in text if character.isdecimal())
    found = [_mark("number", number, key) for number in numbers]
    return tuple(dict.fromkeys([*found, *([_mark("digits", digits, key)] if digits else [])]))


def _mark(kind: str, text: str, key: str | None = None) -> str:
    secret = hashlib.sha256(f"audit marks|{key or settings.AUDIT_KEY}".encode()).digest()
    return hmac.new(secret, f"{kind}|{text}".encode(), hashlib.sha256).hexdigest()[:LENGTH]
