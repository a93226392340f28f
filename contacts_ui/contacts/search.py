"""Search: the attempts of a search plan in order until one has rows."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import msgspec
from django.conf import settings

from contacts_ui.gateway import CachedResult, FetchPolicy, get_gateway
from contacts_ui.gateway.page_windows import slice_page
from contacts_ui.phone_search import DEFAULT_REGIONS, Attempt
from contacts_ui.preferences import EffectivePreferences
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import PAGE_SIZES
from contacts_ui.sent_api.types import Contact, ContactPage, Pagination
from contacts_ui.text import digits_only

from .filters import ContactListQuery, Request
from .masking import shown_digits
from .merged_rows import Answers, CallLimits, ask_all, counts, has_digits, is_whole
from .owner_rows import may_be_one_of_several, with_every_owner

MAX_REGIONS = 10
MAX_CALLS = 3  # of one search
MAX_ALTERNATIVES = 3  # other interpretations, as links

LOOKED_AT_FIRST = (
    f"Only the first {max(PAGE_SIZES)} contacts with these digits were looked at. "
    "Search for the whole number to be sure."
)
OTHERS_TOO = "Other numbers that are written alike are listed too. Type one more digit to leave them out."


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

    @property
    def spellings(self) -> tuple[str, ...]:
        """The pieces of national formats that the rows have; none of a list without a search, or of a whole number."""
        attempt, plan = self.attempt, self.query.plan
        if attempt is None or attempt.kind == "phone":
            return ()
        if attempt.kind == "within":
            return (plan.digits,) if plan else ()
        if attempt.rows_with:
            return (attempt.rows_with.removeprefix("+"),)
        return attempt.spellings if attempt.kind == "merged" else (attempt.value,)

    @property
    def is_as_typed(self) -> bool:
        """True if the rows have what was typed: so they do when the index knows how its digits are written there."""
        attempt, typed, plan = self.attempt, self.query.filters.search, self.query.plan
        if attempt is None or attempt.kind == "phone":
            return attempt is None
        if attempt.kind == "within" or attempt.rows_with or attempt.value == typed:
            return True
        guided = attempt.kind == "merged" or (plan is not None and plan.guided)
        return guided and digits_only(attempt.spellings[0]) == digits_only(typed or "")


def likely_regions(preferences: EffectivePreferences, scope: Scope) -> tuple[str, ...]:
    """The regions somebody means who types a number without its country code, likeliest first."""
    named = [preferences.region, *settings.DESK_REGIONS, *get_gateway().common_regions(scope)]
    return tuple(dict.fromkeys(region for region in named if region))[:MAX_REGIONS] or DEFAULT_REGIONS


def search(scope: Scope, query: ContactListQuery, policy: FetchPolicy, user_id: int) -> SearchResult | None:
    """The rows of `query`; None when none came within the policy's timeout. Cost: a call a spelling, at most 3.

    The attempt that found rows for a user's text a moment ago comes first for the next minutes, on another channel and
    in another profile too, and after it only what a plain search would send: a filter changes the rows and not their
    meaning. Not where an index says what exists. A whole number in the account's list costs a call more: its owners.
    """
    asked = policy
    first: SearchResult | None = None
    tried: list[Attempt] = []
    requests, calls = list(_remembered_attempt_first(query, user_id)), 0
    while requests and calls < MAX_CALLS:
        attempt, queries = requests.pop(0)
        try:
            if attempt and (attempt.kind == "merged" or attempt.rows_with):
                limits = CallLimits(MAX_CALLS - calls, int(bool(requests)), pages=attempt.rows_with is not None)
                answers = ask_all(scope, queries, policy, limits)
                found, calls = _merged(scope, query, attempt, answers), calls + len(answers.results)
            else:
                result, calls = get_gateway().contacts(scope, queries[0], policy), calls + 1
                if attempt and attempt.kind == "within":
                    requests = _after(query, result.value, requests)
                    found = _with_all_digits(query, attempt, result)
                elif query.plan and query.plan.ending:
                    found = _ending_in(query.plan.ending, query, attempt, result)
                else:
                    found = SearchResult(result, query.with_attempt(attempt), attempt)
        except TimeoutError:
            return None
        policy = dataclasses.replace(policy, refresh=False)  # one new answer for one refresh
        tried += [found.attempt] if found.attempt and found.attempt.kind != "within" else []
        if found.result.value.contacts or found.result.value.pagination.total_count:
            if found.attempt and query.filters.search and calls + len(requests) > 1 and not query.is_guided:
                get_gateway().remember_interpretation(user_id, query.filters.search, found.attempt.value)
            if may_be_one_of_several(scope, found.attempt, found.result.value):
                return _of_every_owner(scope, found, query, tried, asked if calls < MAX_CALLS else None)
            return _with_alternatives(found, query, tried)
        first = first or found
    return _with_alternatives(first or SearchResult(CachedResult(_empty_page()), query), query, tried)


def _of_every_owner(
    scope: Scope, found: SearchResult, query: ContactListQuery, tried: Sequence[Attempt], policy: FetchPolicy | None
) -> SearchResult | None:
    """The rows of all owners of the number that was found; None when they did not come within the timeout."""
    number = found.attempt.value if found.attempt else ""
    try:
        result, listed = with_every_owner(scope, number, (found.result, found.query), policy)
    except TimeoutError:
        return None
    return _with_alternatives(dataclasses.replace(found, result=result, query=listed), query, tried)


def _after(query: ContactListQuery, page: ContactPage, requests: list[Request]) -> list[Request]:
    """What is left to ask after digits that stand together: where all their rows came, the literal call would find
    nobody else.
    """
    plan = query.plan
    if plan is None or not is_whole(page):
        return requests
    instead = [(plan.instead, query.queries_of(plan.instead))] if plan.instead else []
    return [each for request in requests for each in (instead if request[0] == plan.literal else [request])]


def _with_all_digits(query: ContactListQuery, attempt: Attempt, result: CachedResult[ContactPage]) -> SearchResult:
    """The rows that have all digits of the text, of an answer to some that stand together."""
    digits = query.plan.digits if query.plan else ""
    rows = tuple(each for each in result.value.contacts if digits in digits_only(each.format_national or ""))
    filters = query.filters
    return _chosen_rows(query, attempt, result, rows, page=filters.page, size=filters.page_size)


def _ending_in(
    ending: str, query: ContactListQuery, attempt: Attempt | None, result: CachedResult[ContactPage]
) -> SearchResult:
    """The rows whose numbers end in the digits: in any other row they would be hidden ones."""
    rows = tuple(contact for contact in result.value.contacts if shown_digits(contact) == ending)
    return _chosen_rows(query, attempt, result, rows, page=1, size=max(PAGE_SIZES), says_when_none=True)


def _merged(scope: Scope, query: ContactListQuery, attempt: Attempt, answers: Answers) -> SearchResult:
    """The rows for several spellings as one list; of a spelling that has too many rows for that, its own list."""
    filters = query.filters
    if answers.partial is None:
        page = answers.page(filters.page, filters.page_size, attempt.rows_with)
        return SearchResult(page, query.with_attempt(attempt), attempt)
    spelling, first_page = answers.partial
    alone = Attempt("search", spelling)
    own_query = dataclasses.replace(filters, search=alone.value)
    if filters.page * filters.page_size > max(PAGE_SIZES):
        result = get_gateway().contacts(scope, own_query)
    else:
        result = first_page.map(lambda page: slice_page(page, own_query))
    listed = query.with_attempt(alone)
    if attempt.rows_with and not all(has_digits(each, attempt.rows_with) for each in result.value.contacts):
        listed = dataclasses.replace(listed, warnings=(*listed.warnings, OTHERS_TOO))
    return SearchResult(result, listed, alone)


def _remembered_attempt_first(query: ContactListQuery, user_id: int) -> tuple[Request, ...]:
    """The requests of a search; or the one that found rows last time, and then the literal one."""
    requests, text, plan = query.requests, query.filters.search, query.plan
    if len(requests) < 2 or text is None or plan is None or plan.guided:
        return requests
    attempts = [attempt.value if attempt else "" for attempt, _ in requests]
    index = get_gateway().remembered_interpretation(user_id, text, attempts)
    if index is None:
        return requests
    literal = tuple(each for each in requests if each[0] == plan.literal and each != requests[index])
    return (requests[index], *literal)


def _chosen_rows(
    query: ContactListQuery,
    attempt: Attempt | None,
    result: CachedResult[ContactPage],
    rows: tuple[Contact, ...],
    *,
    page: int,
    size: int,
    says_when_none: bool = False,
) -> SearchResult:
    """One page of `rows`, those of an answer that count. Its total is left out: it counts the others too.

    Where the answer was not all, only what it held was looked through, and the list says so.
    """
    whole = is_whole(result.value)
    if not whole and (rows or says_when_none) and LOOKED_AT_FIRST not in query.warnings:
        query = dataclasses.replace(query, warnings=(*query.warnings, LOOKED_AT_FIRST))
    facts = counts(len(rows), page, size) if whole else Pagination(page=page, has_more=page * size < len(rows))
    shown = rows[(page - 1) * size : page * size]
    chosen = result.map(lambda value: msgspec.structs.replace(value, contacts=shown, pagination=facts))
    return SearchResult(chosen, query.with_attempt(attempt), attempt)


def _with_alternatives(found: SearchResult, query: ContactListQuery, tried: Sequence[Attempt]) -> SearchResult:
    """With what was tried, and what else the text may be: with true counts, where all contacts are known and counted
    on every channel.
    """
    plan = query.plan if query.filters.search else None
    known = (*plan.attempts, *plan.alternatives) if plan else ()
    others: Iterable[Attempt] = [each for each in known if each not in tried and each.kind != "within"]
    if not others:
        return dataclasses.replace(found, attempts=tuple(tried))
    listed = found.spellings
    if found.is_as_typed and plan and plan.literal:
        others = [each for each in others if each.contacts or each != plan.literal]  # as typed is no other grouping
    others = (each for each in others if each.value not in listed)
    if plan and plan.complete:
        others = (each for each in others if each.kind == "phone" or each.contacts)
    if query.filters.channel:
        others = (dataclasses.replace(each, contacts=None) for each in others)
    return dataclasses.replace(found, attempts=tuple(tried), alternatives=tuple(others)[:MAX_ALTERNATIVES])


def _empty_page() -> ContactPage:
    empty = Pagination(page=1, total_count=0, total_pages=0)
    return ContactPage(contacts=(), pagination=empty, fetched_at=datetime.now(UTC))
