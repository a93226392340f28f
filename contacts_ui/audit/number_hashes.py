"""Keyed hashes of phone numbers: the log answers "who looked up this number?" and holds no number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from django.conf import settings

from contacts_ui.phone_search import SearchPlan, build_plan, e164
from contacts_ui.sent_api.types import Contact

HASH_LENGTH = 20  # hexadecimal digits: two of a million numbers share a hash once in 10^12 logs
MAX_HASHES = 12  # of one event


def hashes_of_text(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """The hashes of a search text: of its digits, and of the whole numbers it may be."""
    return hashes_of_plan(text, build_plan(text, regions))


def hashes_of_plan(text: str, plan: SearchPlan) -> tuple[str, ...]:
    """The same of a text that is planned already."""
    return _hashes(text, plan, settings.AUDIT_KEY)


def hashes_of_texts(texts: Iterable[str], regions: Sequence[str]) -> tuple[str, ...]:
    """The hashes of several numbers that were looked up together: of the likeliest number of each."""
    return hashes_of_numbers(build_plan(text, regions).number for text in texts)


def hashes_of_numbers(numbers: Iterable[str | None]) -> tuple[str, ...]:
    """The hashes of whole numbers in E.164."""
    return tuple(_hash("number", number) for number in numbers if number)


def hashes_of_contacts(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """The hashes of the numbers of contacts that were shown."""
    return hashes_of_numbers(contact.format_e164 or e164(contact.number or "") for contact in contacts)


def search_hashes(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """Every hash of a number that an auditor types, under this key and the ones before it."""
    keys, plan = (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS), build_plan(text, regions)
    return tuple(each for key in keys for each in _hashes(text, plan, key))


def _hashes(text: str, plan: SearchPlan, key: str) -> tuple[str, ...]:
    numbers = [attempt.value for attempt in plan.attempts if attempt.kind == "phone"]
    digits = "".join(character for character in text if character.isdecimal())
    found = [_hash("number", number, key) for number in numbers]
    return tuple(dict.fromkeys([*found, *([_hash("digits", digits, key)] if digits else [])]))


def _hash(kind: str, text: str, key: str | None = None) -> str:
    # "audit marks" is a part of every hash that was ever stored: it stays.
    secret = hashlib.sha256(f"audit marks|{key or settings.AUDIT_KEY}".encode()).digest()
    return hmac.new(secret, f"{kind}|{text}".encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]
