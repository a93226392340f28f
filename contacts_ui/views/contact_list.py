"""Contact list view: one page of a scope's contacts, filtered by its URL."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from contacts_ui import audit, number_index
from contacts_ui.access import remember_visit, scope_for
from contacts_ui.contacts.filters import ContactListQuery, parse_filters
from contacts_ui.contacts.owners import owners_of
from contacts_ui.contacts.saved_views import default_view_url, view_bar
from contacts_ui.contacts.search import SearchResult, likely_regions, search
from contacts_ui.gateway import FetchPolicy, get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.types import ContactPage
from contacts_ui.web.errors import stale_reason
from contacts_ui.web.htmx import current_address, history_headers, replaces_history_entry, wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.pagination import build_pager
from contacts_ui.web.request import DeskRequest, preferences_of

from .bulk_lookup import bulk_lookup, continues_lookup

PAGE_TIMEOUT = 0.8  # seconds until a page is sent without its rows, which follow when the API has responded


@require_safe
def contact_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """One page of a scope's contacts, filtered by the URL. Cost: one API call, none while it is cached; at most three
    for a search with several interpretations. The bare URL opens the person's default view by a redirect.
    """
    scope = scope_for(request.user, profile_id)
    if not request.GET and not request.htmx and (url := default_view_url(request.user, scope, preferences_of(request))):
        return redirect(url)
    query = parse_list_query(request, scope)
    page = _page(request, scope, query)
    if query.plan and query.plan.numbers:
        response = bulk_lookup(request, page, scope, query.plan.numbers)
        _audit_switch(request, scope)
        return response
    event = audit_list_request(request, query)
    result = search(scope, query, _fetch_policy(request), request.user.pk)
    _audit_switch(request, scope)
    if result is None:
        audit.defer(request)
        return page.response(waiting=True)
    # So that reloading does not refresh again. Not after a search: it was sent, and a redirect would not record it.
    if "refresh" in request.GET and not (query.plan or wants_fragment(request) or result.result.stale):
        return redirect(query.canonical_url)
    _audit_result(request, event, result)
    return page.response(**_rows(scope, result))


def parse_list_query(request: DeskRequest, scope: Scope, parameters: QueryDict | None = None) -> ContactListQuery:
    """The filters of the URL, or of a form that carries them, for a list of `scope`."""
    preferences, path = preferences_of(request), f"{scope.path}contacts/"
    parameters = request.GET if parameters is None else parameters
    is_search = not parameters.keys().isdisjoint({"search", "phone"})
    return parse_filters(
        path,
        parameters,
        page_size=preferences.page_size,
        regions=likely_regions(preferences, scope) if is_search else (),
        mask_forced=preferences.mask_forced,
        known=number_index.index_for(scope) if is_search else None,
        opens_default=preferences.default_view_id is not None,
    )


def _page(request: DeskRequest, scope: Scope, query: ContactListQuery) -> DeskPage:
    continues, url = bool(query.plan and query.plan.numbers) and continues_lookup(request), query.canonical_url
    return DeskPage(
        request,
        "contacts/list.html",
        "contacts/_lookup_rows.html" if continues else "contacts/_results.html",
        scope,
        headers={} if continues else _history_headers(request, query, url),
        query=query,
        current_url=url,
        result=None,
        batch=None,
        kept=None,
        page=None,
        pager=None,
        stale_reason=None,
        owners=None,
        waiting=False,
        views=partial(view_bar, request.user, scope, preferences_of(request), query),  # called by the whole page alone
    )


def _history_headers(request: DeskRequest, query: ContactListQuery, url: str) -> dict[str, str]:
    shown = current_address(request)
    if shown is None or shown.path != query.path:
        return history_headers(request, url, replaces=False)
    if shown.query == url.partition("?")[2]:
        return history_headers(request, url, replaces=True)
    previous = parse_filters(
        query.path, QueryDict(shown.query), page_size=query.default_size, planned=False, opens_default=query.names_all
    )
    return history_headers(request, url, replaces=replaces_history_entry(query, previous))


def _audit_switch(request: DeskRequest, scope: Scope) -> None:
    """Remembers the person's current scope, and records a switch when it differs from the last one."""
    if not wants_fragment(request) and remember_visit(request.user, scope):
        audit.record(request, audit.AuditAction.PROFILE_SWITCHED)


def _rows(scope: Scope, result: SearchResult) -> dict[str, Any]:
    page = result.result.value
    pager = build_pager(result.query, page)
    return {
        "query": result.query,
        "result": result,
        "page": page,
        "pager": pager,
        "owners": owners_of(scope, page.contacts),
        "stale_reason": stale_reason(result.result),
    }


def _fetch_policy(request: DeskRequest) -> FetchPolicy:
    """A whole page waits for its rows PAGE_TIMEOUT at most; a fragment, or a page with `wait`, for the whole call."""
    if "refresh" in request.GET:
        return FetchPolicy(refresh=get_gateway().allow_refresh(request.user.pk))
    waits = wants_fragment(request) or "wait" in request.GET
    return FetchPolicy(timeout=None if waits else PAGE_TIMEOUT)


def audit_list_request(request: DeskRequest, query: ContactListQuery) -> audit.PendingEvent:
    """Records the request before its result is known: a list, or a search with the hashes of its text."""
    hashes: tuple[str, ...] = ()
    if query.plan and query.filters.search:
        hashes = audit.hashes_of_plan(query.filters.search, query.plan, query.attempt)
    elif query.plan and query.filters.phone:
        hashes = audit.hashes_of_plan(query.filters.phone, query.plan)
    action = (
        audit.AuditAction.CONTACTS_SEARCHED
        if query.filters.search or query.filters.phone
        else audit.AuditAction.CONTACTS_LISTED
    )
    return audit.record(request, action, number_hashes=hashes)


def _audit_result(request: DeskRequest, event: audit.PendingEvent, result: SearchResult) -> None:
    """Adds the result to the event; where they have few numbers also the hashes of these."""
    page, hashes = result.result.value, event.event.number_hashes
    if len(page.contacts) <= audit.MAX_HASHED_RESULTS or audit.has_few_numbers(page.contacts):
        hashes += audit.hashes_of_contacts(page.contacts)
    event.complete(rows=len(page.contacts), request_id=page.request_id, number_hashes=hashes)
    if result.number and preferences_of(request).mask_forced:
        audit_confirmed_number(request, page, hashes)


def audit_confirmed_number(request: DeskRequest, page: ContactPage, hashes: tuple[str, ...]) -> None:
    """Whoever finds a masked contact by its whole number knows the number: that is a reveal. A miss counts as one try
    of the hour's, so that numbers are not guessed.
    """
    if not page.contacts:
        audit.count_reveals(request, 1)
        return
    about = " ".join(str(contact.id) for contact in page.contacts)
    revealed = {"about": about, "rows": len(page.contacts), "request_id": page.request_id, "number_hashes": hashes}
    audit.record(request, audit.AuditAction.NUMBER_REVEALED, **revealed)
