"""What a list consists of: the one question whose answer it is, for a snapshot to read, or its rows.

What a search finds by several questions, or picks out of an answer (merged spellings, digits that stand together, the
end of a masked number, every owner of a number), is at most a few hundred rows that the page has just shown: they are
taken as they are. Under a mask a whole number tells as much as in a search, found or not, and counts alike.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from django.contrib.auth.models import User

from contacts_ui import audit
from contacts_ui.audit import AuditAction, AuditEvent, append_now
from contacts_ui.contacts.filters import ContactListQuery
from contacts_ui.contacts.labels import channel_name
from contacts_ui.contacts.search import SearchResult, search
from contacts_ui.gateway import FetchPolicy
from contacts_ui.preferences import preferences_for
from contacts_ui.quota import QuotaExceeded, spend
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import PAGE_SIZES, ContactQuery
from contacts_ui.sent_api.types import Contact

from .errors import NothingToExport

PAGE_SIZE = max(PAGE_SIZES)
MOST_PAGES = 5  # of rows that are taken as they are
Filters = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as it is to be exported: `question`, or the rows themselves and whether there may be more (`partial`).

    `total` is None where nobody knows. `number_hashes` are those of what was searched for and, where they are few, of
    what was found: for the audit log.
    """

    filters: Filters
    question: ContactQuery | None
    contacts: tuple[Contact, ...] | None
    partial: bool
    total: int | None
    number_hashes: tuple[str, ...]


def look(user: User, scope: Scope, query: ContactListQuery) -> Listed:
    """The list as `query` shows it, all of its pages. Cost: that of its first page, none while that is cached.

    Raises NothingToExport, QuotaExceeded, AuditWriteError and any SentError.
    """
    first = replace(query, filters=replace(query.filters, page=1, page_size=PAGE_SIZE))
    masked = preferences_for(user).mask_forced
    if masked and _names_a_number(first):
        _spend_try(user, scope)
    found = search(scope, first, FetchPolicy(), user.pk)
    page = found.result.value if found else None
    if found is None or page is None or not (page.contacts or page.pagination.possible_total):
        raise NothingToExport
    hashes = _hashes(query, page.contacts)
    if masked and found.number:
        _record_reveal(user, scope, page.contacts, hashes)
    filters = filters_of(query, found)
    question = question_of(found)
    if question is not None:
        return Listed(filters, question, None, False, page.pagination.possible_total, hashes)
    contacts, partial = _all_rows(user, scope, found)
    return Listed(filters, None, contacts, partial, len(contacts), hashes)


def filters_of(query: ContactListQuery, found: SearchResult | None = None) -> Filters:
    """The filters of a list in words: (label, value)."""
    filters, attempt = query.filters, found.attempt if found else None
    pairs = [("Search", filters.search), ("Phone number", filters.phone)]
    if attempt is not None and filters.search and attempt.kind == "phone":
        pairs.append(("Read as", attempt.value))
    pairs.append(("Channel", channel_name(filters.channel) if filters.channel else None))
    return tuple((label, value) for label, value in pairs if value)


def question_of(found: SearchResult) -> ContactQuery | None:
    """The one question whose answer is the list; None where the rows were put together or picked out."""
    query, attempt = found.query, found.attempt
    if attempt is None:
        return query.filters
    if attempt.kind != "search" or attempt.rows_with or (query.plan and query.plan.ending):
        return None
    return query.queries_of(attempt)[0]


def _all_rows(user: User, scope: Scope, found: SearchResult) -> tuple[tuple[Contact, ...], bool]:
    """The rows of all pages of a list that is paged by the desk, each once; and whether there may be more of them."""
    rows = {contact.id: contact for contact in found.result.value.contacts}
    page, partial = found, len(found.query.warnings) > 0
    for number in range(2, MOST_PAGES + 1):
        if not page.result.value.pagination.has_more:
            break
        following = replace(found.query, filters=replace(found.query.filters, page=number))
        if (more := search(scope, following, FetchPolicy(), user.pk)) is None or not more.result.value.contacts:
            break
        page = more
        rows |= {contact.id: contact for contact in page.result.value.contacts}
    return tuple(rows.values()), partial or bool(page.result.value.pagination.has_more)


def _names_a_number(query: ContactListQuery) -> bool:
    return any(attempt is not None and attempt.kind == "phone" for attempt, _queries in query.requests)


def _spend_try(user: User, scope: Scope) -> None:
    """Found or not, a whole number takes one from the hour, so that numbers are not guessed."""
    try:
        spend(user.pk, numbers=1)
    except QuotaExceeded as error:
        append_now(_event(user, scope, AuditAction.QUOTA_EXCEEDED, outcome="denied", about=error.kind))
        raise


def _record_reveal(user: User, scope: Scope, contacts: tuple[Contact, ...], hashes: tuple[str, ...]) -> None:
    """Whoever finds a masked contact by its whole number knows the number."""
    about = " ".join(str(contact.id) for contact in contacts[: audit.MAX_HASHED_RESULTS])
    known = {"rows": len(contacts), "about": about, "number_hashes": hashes}
    append_now(_event(user, scope, AuditAction.NUMBER_REVEALED, **known))


def _event(user: User, scope: Scope, action: AuditAction, **known: object) -> AuditEvent:
    scope_id = (scope.profile_id or "account").lower()
    return AuditEvent(action, person_id=user.pk, person=user.get_username(), scope=scope_id, **known)  # type: ignore[arg-type]


def _hashes(query: ContactListQuery, contacts: tuple[Contact, ...]) -> tuple[str, ...]:
    text = query.filters.search or query.filters.phone
    asked = audit.hashes_of_plan(text, query.plan, query.attempt) if text and query.plan else ()
    return asked + (audit.hashes_of_contacts(contacts) if len(contacts) <= audit.MAX_HASHED_RESULTS else ())
