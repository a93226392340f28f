"""Search: the attempts of a search plan in order until one has rows; bulk lookup of several numbers."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from django.conf import settings

from contacts_ui.gateway import CachedResult, FetchPolicy, get_gateway
from contacts_ui.phone_search import DEFAULT_REGIONS, Attempt, plan_exact
from contacts_ui.preferences import EffectivePreferences
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import LocalRateLimited
from contacts_ui.sent_api.queries import PAGE_SIZES, ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage, Pagination

from .filters import ContactListQuery
from .masking import shown_digits

MAX_REGIONS = 10
MAX_ALTERNATIVES = 3  # other interpretations, as links

Requests = tuple[tuple[Attempt | None, ContactQuery], ...]

LOOKUP_ROUND = 50  # numbers of a paste that are looked up before a person decides whether to go on

BULK = FetchPolicy(bulk=True)

LOOKED_AT_FIRST = (
    f"Only the first {max(PAGE_SIZES)} contacts with these digits were looked at. "
    "Search for the whole number to be sure."
)


@dataclass(frozen=True, slots=True)
class SearchResult:
    """The rows of a list, or none. `attempt` is the interpretation that found them, None without a search.

    `query` is the list with that interpretation. `attempts` are all that were tried, `alternatives` those a person may
    choose instead.
    """

    result: CachedResult[ContactPage]
    query: ContactListQuery
    attempt: Attempt | None = None
    attempts: tuple[Attempt, ...] = ()
    alternatives: tuple[Attempt, ...] = ()

    @property
    def number(self) -> str | None:
        """The whole number that was looked up first, in E.164."""
        tried = (attempt.value for attempt in self.attempts if attempt.kind == "phone")
        return self.query.filters.phone or next(tried, None)


@dataclass(frozen=True, slots=True)
class LookupRow:
    """One of several numbers: as typed, in E.164 (None: unreadable), and its contact (None: nobody's)."""

    raw: str
    number: str | None
    contact: Contact | None


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


def likely_regions(preferences: EffectivePreferences, scope: Scope) -> tuple[str, ...]:
    """The regions somebody means who types a number without its country code, likeliest first."""
    named = [preferences.region, *settings.DESK_REGIONS, *get_gateway().common_regions(scope)]
    return tuple(dict.fromkeys(region for region in named if region))[:MAX_REGIONS] or DEFAULT_REGIONS


def search(scope: Scope, query: ContactListQuery, policy: FetchPolicy, user_id: int) -> SearchResult | None:
    """The rows of `query`; None when none came within the policy's timeout. Cost: a call an attempt, at most 3.

    The attempt that found rows for a user's text a moment ago is the only one for the next minutes, on another channel
    and in another profile too: one call, and a filter changes the rows and not their meaning.
    """
    first: SearchResult | None = None
    tried: list[Attempt] = []
    requests = query.requests
    for attempt, api_query in _remembered_attempt_first(requests, query.filters.search, user_id):
        try:
            result = get_gateway().contacts(scope, api_query, policy)
        except TimeoutError:
            return None
        policy = dataclasses.replace(policy, refresh=False)  # one new answer for one refresh
        tried += [attempt] if attempt else []
        if query.plan and query.plan.ending:
            result, query = _only_ending_in(query.plan.ending, result, query)
        found = SearchResult(result, query.with_attempt(attempt), attempt)
        if result.value.contacts or result.value.pagination.total_count:
            if attempt and query.filters.search and len(requests) > 1:
                get_gateway().remember_interpretation(user_id, query.filters.search, attempt.value)
            return _with_alternatives(found, query, tried)
        first = first or found
    return _with_alternatives(first or SearchResult(CachedResult(_empty_page()), query), query, tried)


def lookup_numbers(
    scope: Scope, numbers: Sequence[str], regions: Sequence[str], *, start: int, most: int
) -> LookupBatch:
    """At most `most` of `numbers` from `start` on. Cost: a bulk call each, up to three where a number may be stored in
    another form; the batch ends early when none is left.
    """
    rows: list[LookupRow] = []
    for raw in numbers[start : start + most]:
        numbers_meant = [attempt.value for attempt in plan_exact(raw, regions).attempts]
        try:
            rows.append(_lookup(scope, raw, numbers_meant))
        except LocalRateLimited as limited:
            return LookupBatch(tuple(rows), start + len(rows), max(1, limited.retry_after or 1))
    end = start + len(rows)
    return LookupBatch(tuple(rows), end if end < len(numbers) else None)


def _remembered_attempt_first(requests: Requests, text: str | None, user_id: int) -> Requests:
    """The requests of a search, or only the one that found rows last time."""
    if len(requests) < 2 or text is None:
        return requests
    attempts = [attempt.value if attempt else "" for attempt, _ in requests]
    index = get_gateway().remembered_interpretation(user_id, text, attempts)
    return requests if index is None else requests[index : index + 1]


def _lookup(scope: Scope, raw: str, numbers: Sequence[str]) -> LookupRow:
    """The first of the numbers that a text may mean which a contact has; nobody's is the likeliest one."""
    for number in numbers:
        page = get_gateway().contacts(scope, ContactQuery(phone=number), BULK).value
        if page.contacts:
            return LookupRow(raw, number, page.contacts[0])
    return LookupRow(raw, numbers[0] if numbers else None, None)


def _only_ending_in(
    digits: str, result: CachedResult[ContactPage], query: ContactListQuery
) -> tuple[CachedResult[ContactPage], ContactListQuery]:
    """The rows whose numbers end in `digits`: in any other row they would be hidden ones. Says when there may be more.

    The total is left out as well: it counts the other rows.
    """
    page = result.value
    total, shown = page.pagination.total_count, tuple(c for c in page.contacts if shown_digits(c) == digits)
    whole = total is not None and total <= len(page.contacts)
    if not whole and LOOKED_AT_FIRST not in query.warnings:
        query = dataclasses.replace(query, warnings=(*query.warnings, LOOKED_AT_FIRST))
    counts = Pagination(page=1, total_count=len(shown) if whole else None, total_pages=None, has_more=False)
    return result.map(lambda value: msgspec.structs.replace(value, contacts=shown, pagination=counts)), query


def _with_alternatives(found: SearchResult, query: ContactListQuery, tried: Sequence[Attempt]) -> SearchResult:
    known = (*query.plan.attempts, *query.plan.alternatives) if query.plan and query.filters.search else ()
    alternatives = tuple(attempt for attempt in known if attempt not in tried)
    return dataclasses.replace(found, attempts=tuple(tried), alternatives=alternatives[:MAX_ALTERNATIVES])


def _empty_page() -> ContactPage:
    empty = Pagination(page=1, total_count=0, total_pages=0)
    return ContactPage(contacts=(), pagination=empty, fetched_at=datetime.now(UTC))
