"""Bulk lookup: several numbers typed at once, looked up a few for each answer."""

from __future__ import annotations

from django.http import HttpResponse

from contacts_ui import audit
from contacts_ui.contacts.search import likely_regions, lookup_numbers
from contacts_ui.scope import Scope
from contacts_ui.web.htmx import wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

LOOKUP_BATCH = 5  # numbers looked up for one answer


def continues_lookup(request: DeskRequest) -> bool:
    """Whether the page asks for the next rows of a lookup that it shows already."""
    return bool(request.GET.get("from")) and wants_fragment(request)


def bulk_lookup(request: DeskRequest, page: DeskPage, scope: Scope, numbers: tuple[str, ...]) -> HttpResponse:
    """The next few of several numbers; the page asks for the rest itself. Cost: a bulk call each."""
    start, regions = _start(request, len(numbers)), likely_regions(preferences_of(request), scope)
    asked = audit.hashes_of_texts(numbers[start : start + LOOKUP_BATCH], regions)
    event = audit.record(request, audit.AuditAction.CONTACTS_SEARCHED, number_hashes=asked)
    batch = lookup_numbers(scope, numbers, regions, start=start, most=LOOKUP_BATCH)
    found = [row.contact for row in batch.rows if row.contact]
    shown = audit.hashes_of_numbers(row.number for row in batch.rows) + audit.hashes_of_contacts(found)
    event.complete(rows=len(found), number_hashes=shown)
    return page.response(batch=batch)


def _start(request: DeskRequest, count: int) -> int:
    """The index of the first number wanted; 0 for what is no index."""
    text = request.GET.get("from", "")
    return min(int(text), count) if text.isascii() and text.isdecimal() and len(text) < 4 else 0
