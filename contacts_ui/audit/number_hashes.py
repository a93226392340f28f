"""Keyed hashes of phone numbers: the log is searchable by number and stores no number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Sequence

from django.conf import settings

from contacts_ui.phone_search import SearchPlan, build_plan, e164
from contacts_ui.sent_api.types import Contact
from contacts_ui.text import digits_only

HASH_LENGTH = 20  # hexadecimal digits: two of a million numbers share a hash once in 10^12 logs
MAX_HASHES = 12  # of one event


def hashes_of_text(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """The hashes of a search text: of its digits, and of the whole numbers it may mean."""
    return hashes_of_plan(text, build_plan(text, regions))


def hashes_of_plan(text: str, plan: SearchPlan) -> tuple[str, ...]:
    """The hashes of a search text whose plan is already built."""
    return _hashes(text, plan, settings.AUDIT_KEY)


def hashes_of_texts(texts: Iterable[str], regions: Sequence[str]) -> tuple[str, ...]:
    """The hashes of a bulk lookup: of the likeliest number of each text."""
    return hashes_of_numbers(build_plan(text, regions).number for text in texts)


def hashes_of_numbers(numbers: Iterable[str | None]) -> tuple[str, ...]:
    """The hashes of whole numbers in E.164."""
    return tuple(_hash("number", number) for number in numbers if number)


def hashes_of_contacts(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """The hashes of the numbers of contacts."""
    return hashes_of_numbers(contact.format_e164 or e164(contact.number or "") for contact in contacts)


def search_hashes(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """The hashes to search for when an auditor types a number, under the current key and all former ones."""
    keys, plan = (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS), build_plan(text, regions)
    return tuple(number_hash for key in keys for number_hash in _hashes(text, plan, key))


def _hashes(text: str, plan: SearchPlan, key: str) -> tuple[str, ...]:
    numbers = [attempt.value for attempt in plan.attempts if attempt.kind == "phone"]
    digits = digits_only(text)
    hashes = [_hash("number", number, key) for number in numbers]
    return tuple(dict.fromkeys([*hashes, *([_hash("digits", digits, key)] if digits else [])]))


def _hash(kind: str, text: str, key: str | None = None) -> str:
    # "audit marks" is an input of every stored hash: changing it would make the stored ones unsearchable.
    secret = hashlib.sha256(f"audit marks|{key or settings.AUDIT_KEY}".encode()).digest()
    return hmac.new(secret, f"{kind}|{text}".encode(), hashlib.sha256).hexdigest()[:HASH_LENGTH]
