"""Scope answers: what each scope says about one number, and how an answer of the API is read as one.

"Not here" is said only of a scope that answered. Whatever kept an answer away is "no answer", never "not here".
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from contacts_ui.gateway import FetchPolicy, get_gateway
from contacts_ui.phone_search import e164, other_forms, plan_exact, whole_numbers_only
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import InvalidResponse, SentError
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage

MAX_FORMS = 3  # of one number, changed numbering plans included
MAX_OTHER_READINGS = 2  # offered, for a number without its country code

Word = Literal["here", "absent", "unanswered"]


@dataclass(frozen=True, slots=True)
class Question:
    """A number in all its `forms` (E.164, the likeliest first), and what else the typed text may mean.

    `instead_of`: the likelier reading, where that one is in no profile and this one is.
    """

    forms: tuple[str, ...]
    others: tuple[str, ...] = ()
    instead_of: str | None = None

    @property
    def number(self) -> str:
        """The number in its likeliest form."""
        return self.forms[0]

    @property
    def readings(self) -> tuple[str, ...]:
        """The number, and whatever else the text may mean of which the answer tells something."""
        return (self.number, *self.others, *filter(None, [self.instead_of]))


@dataclass(frozen=True, slots=True)
class ScopeAnswer:
    """What one scope answered. `asked_at`: when its contacts were read; `error`: the class of what kept it away.

    `was_here`: absent, though the number index has it there. `indexed`: nobody was asked, the number index has no such
    number there. `retry_after` is in seconds.
    """

    scope: Scope
    word: Word
    contacts: tuple[Contact, ...] = ()
    asked_at: datetime | None = None
    error: str | None = None
    request_id: str | None = None
    indexed: bool = False
    was_here: bool = False
    retry_after: int | None = None


def question_of(text: str, regions: Sequence[str]) -> Question | None:
    """The number that a text means; None when it is not one whole number."""
    plan = whole_numbers_only(plan_exact(text, regions))
    return question_about(plan.number, [attempt.value for attempt in plan.attempts]) if plan.number else None


def question_about(number: str, readings: Iterable[str] = ()) -> Question:
    """The question for a number in E.164. `readings` are all that a text may mean."""
    forms = (number, *other_forms(number))[:MAX_FORMS]
    return Question(forms, tuple(each for each in readings if each not in forms)[:MAX_OTHER_READINGS])


def found(scope: Scope, contacts: tuple[Contact, ...], page: ContactPage) -> ScopeAnswer:
    """The answer "here"."""
    return ScopeAnswer(scope, "here", contacts, page.fetched_at, request_id=page.request_id)


def absent(scope: Scope, page: ContactPage) -> ScopeAnswer:
    """The answer "not here"."""
    return ScopeAnswer(scope, "absent", asked_at=page.fetched_at, request_id=page.request_id)


def unanswered(scope: Scope, error: SentError) -> ScopeAnswer:
    """The answer "no answer"."""
    name, wait = type(error).__name__, getattr(error, "retry_after", None)
    return ScopeAnswer(scope, "unanswered", error=name, request_id=error.request_id, retry_after=wait)


def fresh_page(scope: Scope, query: ContactQuery, policy: FetchPolicy) -> ContactPage:
    """One page from the API or fresh from the cache. Raises the error that would have made it a stale one, or
    InvalidResponse when rows of it could not be read: no row may be missed.
    """
    result = get_gateway().contacts(scope, query, policy)
    if result.stale and result.error is None:  # a newer one is on its way
        result = get_gateway().contacts(scope, query, dataclasses.replace(policy, refresh=True))
    page = result.value
    if result.stale or page.dropped_rows:
        raise result.error or InvalidResponse(status=200, request_id=page.request_id)
    return page


def number_of(contact: Contact) -> str | None:
    """The number of a contact in E.164, None when no field says one."""
    return contact.format_e164 or e164(contact.number or "")


def owner_of(contact: Contact, profile_ids: frozenset[str]) -> str | None:
    """The profile that owns a row of the account's list, in lower case; None for the account and for an owner that the
    row does not name.
    """
    owner = (contact.customer_id or "").lower()
    return owner if owner in profile_ids else None
