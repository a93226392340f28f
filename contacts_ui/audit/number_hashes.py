"""Keyed hashes of numbers: "who looked up this number?" is answered by typing it, and it stands nowhere."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from django.conf import settings

from contacts_ui.phone_search import SearchPlan, build_plan, e164
from contacts_ui.sent_api.types import Contact

HASH_LENGTH = 20  # hexadecimal digits of a mark: two of a million numbers share one once in 10^12 logs
MAX_HASHES = 12  # of one row


def hash_of_number(e164: str, key: str | None = None) -> str:
    """The mark of a whole number."""
    return _hash("number", e164, key)


def hashes_of_text(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """The marks of a text as it was searched: its digits, and the whole numbers it may be read as."""
    return hashes_of_plan(text, build_plan(text, regions))


def hashes_of_plan(text: str, read: SearchPlan) -> tuple[str, ...]:
    """The same of a text that was read already."""
    return _hashes(text, read, settings.AUDIT_KEY)


def hashes_of_texts(texts: Iterable[str], regions: Sequence[str]) -> tuple[str, ...]:
    """The marks of several numbers that were looked up together: of each the one it is read as."""
    read = (
        next((step.value for step in build_plan(text, regions).attempts if step.kind == "phone"), None)
        for text in texts
    )
    return hashes_of_numbers(read)


def hashes_of_numbers(numbers: Iterable[str | None]) -> tuple[str, ...]:
    """The marks of whole numbers that were shown."""
    return tuple(hash_of_number(number) for number in numbers if number)


def hashes_of_contacts(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """The marks of contacts that were shown."""
    return hashes_of_numbers(contact.format_e164 or e164(contact.number or "") for contact in contacts)


def search_hashes(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """Every mark under which a number that an auditor types may stand, under this key and the ones before it."""
    keys, read = (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS), build_plan(text, regions)
    return tuple(mark for key in keys for mark in _hashes(text, read, key))


def _hashes(text: str, read: SearchPlan, key: str) -> tuple[str, ...]:
    numbers = [step.value for step in read.attempts if step.kind == "phone"]
    digits = "".join(character for character in text if character.isdecimal())
    found = [_hash("number", number, key) for number in numbers]
    return tuple(dict.fromkeys([*found, *([_hash("digits", digits, key)] if digits else [])]))


def _hash(kind: str, text: str, key: str | None = None) -> str:
    secret = hashlib.sha256(f"audit marks|{key or settings.AUDIT_KEY}".encode()).digest()
    return hmac.new(secret, f"{kind}|{text}".encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]
