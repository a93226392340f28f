"""Cross-profile lookup: which of the scopes that a person may see have a number, in the cheapest way that is certain.

1. The number index, for the scopes that it knows completely: no call; those it names are then asked.
2. Up to DIRECT scopes are asked one by one.
3. More: one search of the account's own list (account_list.py).
4. What is left is for a sweep, which a person starts (lookup_sweep.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from django.contrib.auth.models import User

from contacts_ui import number_index
from contacts_ui.access import ScopesAcross, scopes_across
from contacts_ui.gateway import FetchPolicy
from contacts_ui.phone_search import national
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import InvalidResponse, SentError
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage

from .account_list import PAGE_SIZE, by_account_list, rows_of_number
from .scope_answers import (
    Question,
    ScopeAnswer,
    absent,
    found,
    fresh_page,
    number_of,
    owner_of,
    unanswered,
)

DIRECT = 3  # scopes that are asked one by one at once, before anybody's other clicks
DIRECT_BULK = 10  # scopes named by the index that are asked at once, behind other clicks

INTERACTIVE, BULK = FetchPolicy(), FetchPolicy(bulk=True)


class Owners(Protocol):
    """What the index knows of a number: whose contacts have it, and for which scopes that is all. None: the account."""

    @property
    def profile_ids(self) -> frozenset[str | None]:
        """The scopes that have it."""

    @property
    def complete_for(self) -> frozenset[str | None]:
        """The scopes of which the index knows every contact."""


class KnownAcross(Protocol):
    """Which numbers are known to be in some of several scopes (number_index.NumbersAcross)."""

    def held(self, numbers: Iterable[str]) -> tuple[str, ...]:
        """Those of the numbers (E.164) that a contact of these scopes has, in their order."""

    def written(self, digits: str) -> tuple[str, ...]:
        """The numbers (E.164) whose national format is these digits, with or without a trunk prefix before them."""

    def begins(self, digits: str) -> bool:
        """True if a number of these scopes begins with these digits, country code first."""


class OwnerIndex(Protocol):
    """The number index, as far as a lookup needs it."""

    def owners(self, number: str) -> Owners:
        """Who has this number."""

    def across(self, scopes: Sequence[Scope]) -> KnownAcross:
        """Which numbers some of these scopes have."""

    def built_at(self, scope: Scope) -> datetime | None:
        """When the contacts of a scope were last read for the index."""


@dataclass(frozen=True, slots=True)
class CrossProfileResult:
    """The answers in the order of the scopes, and the scopes that only a sweep can ask."""

    answers: tuple[ScopeAnswer, ...]
    unasked: tuple[Scope, ...] = ()

    @property
    def here(self) -> tuple[ScopeAnswer, ...]:
        """The scopes that have the number."""
        return tuple(answer for answer in self.answers if answer.word == "here")

    @property
    def askable(self) -> tuple[Scope, ...]:
        """The scopes that a sweep would ask: those to which the messaging service gave no answer yet."""
        return self.unasked + tuple(answer.scope for answer in self.answers if answer.indexed)


class _NumberIndex:
    """The number index of this desk."""

    def owners(self, number: str) -> Owners:
        """Who has this number. Cost: one query."""
        return number_index.owners(number)

    def across(self, scopes: Sequence[Scope]) -> KnownAcross:
        """Which numbers some of these scopes have. Cost: one query."""
        return number_index.across([scope.profile_id for scope in scopes])

    def built_at(self, scope: Scope) -> datetime | None:
        """When the contacts of a scope were last read. Cost: one query in five seconds."""
        index = number_index.index_for(scope)
        return index.built_at if index else None


def owner_index() -> OwnerIndex | None:
    """The number index; None where it is switched off."""
    return _NumberIndex() if number_index.is_on() else None


def look_up(question: Question, across: ScopesAcross, index: OwnerIndex | None = None) -> CrossProfileResult:
    """The scopes that have the number. Errors of the API are answers.

    Cost: none for what the index knows not to be there; a call for each scope that is asked directly; else one call of
    the account's list, two for a number that none of the scopes has, and three a day to learn what that list holds.
    Times the forms of the number.
    """
    answers: dict[str | None, ScopeAnswer] = {}
    rest = list(across.scopes)
    if index is not None:
        answers, rest = _by_index(question, across, index)
    if len(rest) <= DIRECT:
        answers |= _ask_all(rest, question, across, INTERACTIVE)
    else:
        answers |= by_account_list(question.forms, rest, across)
    ordered = (answers[scope.profile_id] for scope in across.scopes if scope.profile_id in answers)
    return CrossProfileResult(tuple(ordered), tuple(scope for scope in rest if scope.profile_id not in answers))


def ask(scope: Scope, forms: Sequence[str], across: ScopesAcross, policy: FetchPolicy) -> ScopeAnswer:
    """Asks one scope for a number by `phone=`, in its other forms too where the first is not found. Never raises a
    SentError. Cost: a call a form; of the account one more, when the row it gives is a profile's.
    """
    answers = (_ask_form(scope, form, across, policy) for form in forms)
    answer = next(answers)
    while answer.word == "absent" and (other := next(answers, None)):
        answer = other
    return answer


def known_elsewhere(user: User, scope: Scope, contact: Contact) -> tuple[Scope, ...]:
    """The person's other scopes of which the number index knows that they have the contact's number. Cost: no call."""
    index, number = owner_index(), number_of(contact)
    if index is None or number is None or not scope.switchable:
        return ()
    across, known = scopes_across(user), index.owners(number).profile_ids
    own = scope.profile_id or owner_of(contact, across.profile_ids)
    others = (each for each in across.scopes if each.profile_id in known)
    return tuple(each for each in others if (each.profile_id or "").lower() != (own or "").lower())


def _ask_all(
    scopes: Sequence[Scope], question: Question, across: ScopesAcross, policy: FetchPolicy
) -> dict[str | None, ScopeAnswer]:
    """Asks a few scopes at the same time, so that a slow API is waited for once."""
    if not scopes:
        return {}
    with ThreadPoolExecutor(min(DIRECT, len(scopes)), thread_name_prefix="lookup") as threads:
        found = threads.map(lambda scope: ask(scope, question.forms, across, policy), scopes)
        return {answer.scope.profile_id: answer for answer in found}


def _by_index(
    question: Question, across: ScopesAcross, index: OwnerIndex
) -> tuple[dict[str | None, ScopeAnswer], list[Scope]]:
    """Answers by the index; and the scopes that it does not know completely, or names and that are too many to ask."""
    known = [index.owners(form) for form in question.forms]
    complete = frozenset[str | None].intersection(*(each.complete_for for each in known))
    owners = frozenset[str | None]().union(*(each.profile_ids for each in known))
    named = [scope for scope in across.scopes if scope.profile_id in owners & complete]
    now = named[:DIRECT_BULK]
    policy = INTERACTIVE if len(now) <= DIRECT else BULK
    answers = _ask_all(now, question, across, policy)
    for scope in now:
        if answers[scope.profile_id].word == "absent":
            answers[scope.profile_id] = _by_spelling(answers[scope.profile_id], question, across, policy)
    for scope in across.scopes:
        if scope.profile_id in complete - owners:
            asked_at = index.built_at(scope)
            answers[scope.profile_id] = ScopeAnswer(scope, "absent", asked_at=asked_at, indexed=True)
    return answers, [scope for scope in across.scopes if scope.profile_id not in answers]


def _by_spelling(answer: ScopeAnswer, question: Question, across: ScopesAcross, policy: FetchPolicy) -> ScopeAnswer:
    """Asks a scope that has the number by the index, and none by `phone=`, for how it is written nationally: a contact
    may lack its E.164. Cost: one call.
    """
    number = question.number
    try:
        page = fresh_page(answer.scope, ContactQuery(page_size=PAGE_SIZE, search=national(number)), policy)
    except SentError as error:
        return unanswered(answer.scope, error)
    own = answer.scope.profile_id is not None
    rows = [row for row in page.contacts if number_of(row) == number]
    rows = [row for row in rows if own or owner_of(row, across.profile_ids) is None]
    return found(answer.scope, tuple(rows), page) if rows else replace(answer, was_here=True)


def _ask_form(scope: Scope, form: str, across: ScopesAcross, policy: FetchPolicy) -> ScopeAnswer:
    try:
        page = fresh_page(scope, ContactQuery(phone=form), policy)
        if not page.contacts:
            return absent(scope, page)
        rows = page.contacts
        if scope.profile_id is None:
            page, rows = _own_rows(scope, form, page, across, policy)
            if not rows:
                return absent(scope, page)
    except SentError as error:
        return unanswered(scope, error)
    # A row that names no number at all is what the API says has this one; another number is an answer to nothing asked.
    matching = tuple(row for row in rows if number_of(row) in {form, None})
    if not matching:
        return unanswered(scope, InvalidResponse(status=200, request_id=page.request_id))
    return found(scope, matching, page)


def _own_rows(
    account: Scope, form: str, page: ContactPage, across: ScopesAcross, policy: FetchPolicy
) -> tuple[ContactPage, tuple[Contact, ...]]:
    """The account's own rows of a number: `phone=` may give every owner's row or any one of them. Raises what keeps
    all of them away, and InvalidResponse when it is not certain that there is none.
    """
    own = tuple(row for row in page.contacts if owner_of(row, across.profile_ids) is None)
    if own:
        return page, own
    spelled = page.contacts[0].format_national
    searched = rows_of_number(account, form, spelled or national(form), policy)
    own = tuple(row for row in searched.rows if owner_of(row, across.profile_ids) is None)
    if own or (spelled and searched.whole and searched.rows):
        return searched.page or page, own
    raise searched.error or InvalidResponse(status=200, request_id=page.request_id)
