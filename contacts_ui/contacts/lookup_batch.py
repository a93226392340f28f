"""Lookup batch: several numbers typed or pasted at once, a few of them looked up for each response."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contacts_ui.gateway import FetchPolicy, get_gateway
from contacts_ui.phone_search import Attempt, KnownNumbers, SearchPlan, plan_exact
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import LocalRateLimited
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from contacts_ui.text import digits_only

from .merged_rows import has_digits

LOOKUP_ROUND = 50  # numbers of a paste that are looked up before a person decides whether to go on
MAX_TRUNK_DIGITS = 2  # before a national number, which people may leave out: "06" in Hungary

BULK = FetchPolicy(bulk=True)


@dataclass(frozen=True, slots=True)
class LookupRow:
    """One of several numbers: as typed, in E.164 or as it is written nationally (None: unreadable), and its contact
    (None: nobody's). `others`: how many contacts of other countries have the same national number. `was_here`: nobody
    has it, though somebody had when the number index was made.
    """

    raw: str
    number: str | None
    contact: Contact | None
    others: int = 0
    was_here: bool = False


@dataclass(frozen=True, slots=True)
class LookupBatch:
    """Some of several numbers. `next_start`: index of the next one, None after the last; `retry_after` in seconds."""

    rows: tuple[LookupRow, ...]
    next_start: int | None
    retry_after: int = 0

    @property
    def pauses(self) -> bool:
        """True where a person decides whether to go on: after every LOOKUP_ROUND numbers."""
        return bool(self.next_start) and not (self.retry_after or (self.next_start or 0) % LOOKUP_ROUND)


def lookup_numbers(
    scope: Scope, numbers: Sequence[str], regions: Sequence[str], known: KnownNumbers | None, *, start: int, most: int
) -> LookupBatch:
    """At most `most` of `numbers` from `start` on. Cost: a bulk call each, up to three where a number may be stored in
    another form or be another country's; the batch ends early when none is left.
    """
    rows: list[LookupRow] = []
    for raw in numbers[start : start + most]:
        try:
            rows.append(_lookup(scope, raw, plan_exact(raw, regions, known)))
        except LocalRateLimited as limited:
            return LookupBatch(tuple(rows), start + len(rows), max(1, limited.retry_after or 1))
    end = start + len(rows)
    return LookupBatch(tuple(rows), end if end < len(numbers) else None)


def _lookup(scope: Scope, raw: str, plan: SearchPlan) -> LookupRow:
    """The first of what a text may mean that a contact has; nobody's is the likeliest."""
    for attempt in plan.attempts:
        if found := _contacts(scope, attempt):
            return LookupRow(raw, attempt.rows_with or attempt.value, found[0], len(found) - 1)
    likeliest = plan.attempts[0].value if plan.attempts else None
    return LookupRow(raw, likeliest, None, was_here=plan.is_held)


def _contacts(scope: Scope, attempt: Attempt) -> tuple[Contact, ...]:
    """Whoever has the number, and not only its digits within a longer one."""
    if attempt.kind == "phone":
        return get_gateway().contacts(scope, ContactQuery(phone=attempt.value), BULK).value.contacts[:1]
    page = get_gateway().contacts(scope, ContactQuery(search=attempt.spellings[0]), BULK).value
    digits = digits_only(attempt.spellings[0])
    if attempt.rows_with:
        return tuple(contact for contact in page.contacts if has_digits(contact, attempt.rows_with))
    return tuple(contact for contact in page.contacts if _is_national_number(contact, digits))


def _is_national_number(contact: Contact, digits: str) -> bool:
    national = digits_only(contact.format_national or "")
    return national.endswith(digits) and len(national) <= len(digits) + MAX_TRUNK_DIGITS
