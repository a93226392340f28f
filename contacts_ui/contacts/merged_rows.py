"""Merged rows: the answers for several spellings as one list, each contact once, of those that have the digits.

In the order of the spellings, and within each as the API orders them: so a link that names the spellings means the same
rows for everyone. The list is whole, so it is paged here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from uuid import UUID

import msgspec

from contacts_ui.gateway import CachedResult, FetchPolicy, get_gateway
from contacts_ui.phone_search import other_forms
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import PAGE_SIZES, ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage, Pagination
from contacts_ui.text import digits_only

from .scope_answers import number_of


@dataclass(frozen=True, slots=True)
class Answers:
    """The answers for spellings, in order. `partial`: the first spelling that has more rows than may be read, and the
    first page of them.
    """

    results: tuple[CachedResult[ContactPage], ...]
    partial: tuple[str, CachedResult[ContactPage]] | None = None

    def page(self, number: int, size: int, rows_with: str | None = None) -> CachedResult[ContactPage]:
        """One page of the merged list; `rows_with` is that of Attempt."""
        contacts: dict[UUID, Contact] = {}
        for result in self.results:
            for contact in result.value.contacts:
                if rows_with is None or has_digits(contact, rows_with):
                    contacts.setdefault(contact.id, contact)
        return self._page(tuple(contacts.values()), number, size)

    def _page(self, contacts: tuple[Contact, ...], number: int, size: int) -> CachedResult[ContactPage]:
        pages = [result.value for result in self.results]
        merged = msgspec.structs.replace(
            pages[0],
            contacts=contacts[(number - 1) * size : number * size],
            pagination=counts(len(contacts), number, size),
            fetched_at=min(page.fetched_at for page in pages),
            dropped_rows=sum(page.dropped_rows for page in pages),
            invalid_fields=sum(page.invalid_fields for page in pages),
        )
        error = next((result.error for result in self.results if result.error), None)
        return CachedResult(merged, any(result.stale for result in self.results), error)


def has_digits(contact: Contact, digits: str) -> bool:
    """True where the digits stand in the number or in its national format; after a plus only where the number, in any
    form it had, begins with them, or where the API does not say the number.
    """
    number = number_of(contact)
    if number is None:
        return digits.startswith("+") or digits in digits_only(contact.format_national or "")
    if digits.startswith("+"):
        return any(form.startswith(digits) for form in (number, *other_forms(number)))
    return digits in number or digits in digits_only(contact.format_national or "")


@dataclass(frozen=True, slots=True)
class CallLimits:
    """How many API calls an attempt may make. `spare` of them are not made while it has found nobody: they belong to
    the attempt after it. `pages`: calls for further pages of one spelling too, where they make its list whole.
    """

    most: int
    spare: int = 0
    pages: bool = False


def ask_all(scope: Scope, queries: Sequence[ContactQuery], policy: FetchPolicy, limits: CallLimits) -> Answers:
    """Asks for every spelling, one after the other; ends early at one that has more rows than its answer holds.

    Raises TimeoutError.
    """
    results: list[CachedResult[ContactPage]] = []
    for query in queries:
        found = any(result.value.contacts for result in results)
        if len(results) >= limits.most - (0 if found else limits.spare):
            break
        results.append(get_gateway().contacts(scope, query, policy))
        if is_whole(results[-1].value):
            continue
        further = _further_pages(results[-1].value, query)
        if not limits.pages or not further or len(results) + len(further) > limits.most:
            return Answers(tuple(results), (query.search or "", results[-1]))
        results += [get_gateway().contacts(scope, each, policy) for each in further]
    return Answers(tuple(results))


def _further_pages(page: ContactPage, query: ContactQuery) -> tuple[ContactQuery, ...]:
    """The queries for what comes after the first page of a list; none where it does not say how long it is."""
    pages = -(-(page.pagination.total_count or 0) // query.page_size)
    return tuple(replace(query, page=number) for number in range(2, pages + 1))


def is_whole(page: ContactPage) -> bool:
    """True if the first page of a list is all of it."""
    facts = page.pagination
    if facts.total_count is not None:
        return facts.total_count <= len(page.contacts) + page.dropped_rows
    return not facts.has_more and len(page.contacts) < max(PAGE_SIZES)


def counts(total: int, number: int, size: int) -> Pagination:
    """The counts of one page of a list that is known as a whole."""
    return Pagination(
        page=number, page_size=size, total_count=total, total_pages=-(-total // size), has_more=number * size < total
    )
