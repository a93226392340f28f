"""Bulk lookup: several numbers typed at once, a few of them looked up for each response."""

from __future__ import annotations

from django.http import HttpResponse

from contacts_ui import audit, number_index
from contacts_ui.contacts.lookup_batch import lookup_numbers
from contacts_ui.contacts.owners import owners_of
from contacts_ui.contacts.search import likely_regions
from contacts_ui.exports.service import may_export, sealed_rows
from contacts_ui.scope import Scope
from contacts_ui.web.htmx import wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

LOOKUP_BATCH = 5  # numbers looked up for one response


def continues_lookup(request: DeskRequest) -> bool:
    """True if the page requests the next rows of a lookup that it already shows."""
    return bool(request.GET.get("from")) and wants_fragment(request)


def bulk_lookup(request: DeskRequest, page: DeskPage, scope: Scope, numbers: tuple[str, ...]) -> HttpResponse:
    """The next LOOKUP_BATCH of several numbers; the page requests the rest itself. Cost: one bulk call for
    each, up to three where a number may be stored in another form.
    """
    start, regions = _start(request, len(numbers)), likely_regions(preferences_of(request), scope)
    known, asked = number_index.index_for(scope), numbers[start : start + LOOKUP_BATCH]
    requested = audit.hashes_of_texts(asked, regions, known)
    about = audit.part_of_list(start + 1, start + len(asked), len(numbers))
    event = audit.record(request, audit.AuditAction.CONTACTS_SEARCHED, number_hashes=requested, about=about)
    batch = lookup_numbers(scope, numbers, regions, known, start=start, most=LOOKUP_BATCH)
    contacts = [row.contact for row in batch.rows if row.contact]
    # The rate limit may end a batch early: the next request begins where this one ended.
    text, last = (
        (audit.part_of_list, start + len(batch.rows)) if batch.rows else (audit.part_held_back, start + len(asked))
    )
    hashes = requested + audit.hashes_of_contacts(contacts)
    event.complete(rows=len(contacts), number_hashes=hashes, about=text(start + 1, last, len(numbers)))
    kept = sealed_rows(request.user, scope, batch.rows) if may_export(request.user) else None
    return page.response(batch=batch, owners=owners_of(scope, contacts), kept=kept)


def _start(request: DeskRequest, count: int) -> int:
    """The index of the first number to look up; 0 when the parameter is no index."""
    text = request.GET.get("from", "")
    return min(int(text), count) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
