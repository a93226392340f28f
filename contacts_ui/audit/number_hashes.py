"""Keyed hashes of phone numbers: the log is searchable by number and stores no number."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Collection, Iterable, Sequence
from typing import Literal

from django.conf import settings

from contacts_ui.phone_search import Attempt, KnownNumbers, SearchPlan, build_plan, e164, plan_exact
from contacts_ui.sent_api.types import Contact
from contacts_ui.text import digits_only

HASH_LENGTH = 20  # hexadecimal digits: two of a million numbers share a hash once in 10^12 logs
MAX_HASHES = 32  # of one event: five texts of a bulk lookup with four each, and five contacts; a search has fewer
MAX_HASHED_RESULTS = 5  # numbers: a list of so many is a lookup of them, one of more is a list

Hashed = tuple[Literal["number", "digits"], str]  # what is hashed: a whole number in E.164, or the digits of a text


def hashes_of_plan(text: str, plan: SearchPlan, chosen: Attempt | None = None) -> tuple[str, ...]:
    """The hashes of what is asked of the API for a text: of every attempt, the one that a link names included, and of
    the text's own digits.
    """
    asked = (*plan.attempts, *filter(None, [chosen]))
    others = [
        each for attempt in asked if attempt.kind == "phone" or attempt.value != text for each in _of_attempt(attempt)
    ]
    return _hashes([*others, ("digits", digits_only(text))])


def hashes_of_texts(texts: Iterable[str], regions: Sequence[str], known: KnownNumbers | None = None) -> tuple[str, ...]:
    """The hashes of a bulk lookup: of everything that is asked for each text, and of its digits."""
    plans = [(text, plan_exact(text, regions, known)) for text in texts]
    asked = [each for _, plan in plans for attempt in plan.attempts for each in _of_attempt(attempt)]
    return _hashes([*asked, *(("digits", digits_only(text)) for text, _ in plans)])


def hashes_of_numbers(numbers: Iterable[str | None], text: str = "") -> tuple[str, ...]:
    """The hashes of whole numbers in E.164, and of the digits of a text that may mean others too."""
    digits: list[Hashed] = [("digits", digits_only(text))] if text else []
    return _hashes([*(("number", number or "") for number in numbers), *digits])


def hashes_of_contacts(contacts: Iterable[Contact]) -> tuple[str, ...]:
    """The hashes of the numbers of contacts: of the digits where there is no whole number."""
    hashed = list[Hashed]()
    for contact in contacts:
        number = contact.format_e164 or e164(contact.number or "")
        hashed.append(("number", number) if number else ("digits", digits_only(contact.number or "")))
    return _hashes(hashed)


def has_few_numbers(contacts: Collection[Contact]) -> bool:
    """Whether a list is a lookup of its numbers: many contacts may share a few of them."""
    numbers = {contact.format_e164 or contact.phone_number or contact.id for contact in contacts}
    return len(numbers) <= MAX_HASHED_RESULTS


def search_hashes(text: str, regions: Sequence[str]) -> tuple[str, ...]:
    """The hashes to search for when an auditor types a number, under the current key and all former ones."""
    keys, plan = (settings.AUDIT_KEY, *settings.AUDIT_KEY_FALLBACKS), build_plan(text, regions)
    numbers = [each for attempt in plan.attempts if attempt.kind == "phone" for each in _of_attempt(attempt)]
    return tuple(found for key in keys for found in _hashes([*numbers, ("digits", digits_only(text))], key))


def _of_attempt(attempt: Attempt) -> list[Hashed]:
    """A number, or the digits of each spelling: mostly the same of all."""
    if attempt.kind == "phone":
        return [("number", attempt.value)]
    return [("digits", digits) for digits in dict.fromkeys(map(digits_only, attempt.spellings))]


def _hashes(hashed: Iterable[Hashed], key: str | None = None) -> tuple[str, ...]:
    """Keyed hashes, each once; none of an empty text."""
    # "audit marks" is an input of every stored hash: changing it would make the stored ones unsearchable.
    secret = hashlib.sha256(f"audit marks|{key or settings.AUDIT_KEY}".encode()).digest()
    texts = dict.fromkeys(f"{kind}|{text}".encode() for kind, text in hashed if text)
    return tuple(hmac.new(secret, text, hashlib.sha256).hexdigest()[:HASH_LENGTH] for text in texts)
