"""The table of contacts: one page of a scope, filtered as its address says."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from contacts_ui import audit
from contacts_ui.access import remember, scope_for
from contacts_ui.contacts.filters import ListQuery, list_query
from contacts_ui.contacts.search import find, look_up, regions_for
from contacts_ui.gateway import Shown, gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import ContactPage
from contacts_ui.web.errors import old_because
from contacts_ui.web.htmx import came_from, wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.pagination import pager
from contacts_ui.web.request import DeskRequest, preferences_of

PAGE_PATIENCE = 0.8  # seconds until a page comes without its rows, which follow when the API has answered
BATCH = 5  # of several numbers looked up for one answer


@require_safe
def contact_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """One page of a scope's contacts, filtered as the URL says. Cost: one API call, none while it is kept; a search
    that may be read in several ways at most three.
    """
    scope = scope_for(request.user, profile_id)
    query = list_at(request, scope)
    desk = _desk(request, scope, query)
    if query.plan and query.plan.numbers:
        return _several(request, desk, scope, query.plan.numbers)
    deed = _note(request, scope, query)
    found = find(query, partial(_asked, request, scope), request.user.pk)
    _note_switch(request, scope)
    if found is None:
        audit.unseen(request)
        return desk.response(waiting=True)
    if "refresh" in request.GET and not wants_fragment(request) and not found.shown.stale:
        return redirect(query.address)  # the address of a list never asks to be refreshed
    page = found.shown.value
    _note_shown(request, deed, found.shown.value)
    return desk.response(
        query=found.query, found=found, page=page, pager=pager(found.query, page), old=old_because(found.shown)
    )


def list_at(request: DeskRequest, scope: Scope) -> ListQuery:
    """The list of `scope` that is asked for."""
    wishes = preferences_of(request)
    path = f"{scope.path}contacts/"
    return list_query(path, request.GET, page_size=wishes.page_size, regions=regions_for(wishes, scope))


def _desk(request: DeskRequest, scope: Scope, query: ListQuery) -> DeskPage:
    several = bool(query.plan and query.plan.numbers)
    rest = several and bool(request.GET.get("from")) and wants_fragment(request)
    return DeskPage(
        request,
        "contacts/list.html",
        "contacts/_batch.html" if rest else "contacts/_results.html",
        scope,
        headers={} if rest else _address(request, query),
        query=query,
        here=query.address,
        found=None,
        batch=None,
        page=None,
        pager=None,
        old=None,
        waiting=False,
    )


def _several(request: DeskRequest, desk: DeskPage, scope: Scope, numbers: tuple[str, ...]) -> HttpResponse:
    """The next few of several numbers; the page asks for the rest itself. Cost: a bulk call each."""
    wanted = request.GET.get("from", "")
    start = min(int(wanted), len(numbers)) if wanted.isascii() and wanted.isdecimal() and len(wanted) < 4 else 0
    regions = regions_for(preferences_of(request), scope)
    asked = audit.marks_of_texts(numbers[start : start + BATCH], regions)
    audit.note(request, "contacts.searched", marks=asked)
    batch = look_up(scope, numbers, regions, start=start, most=BATCH)
    _note_switch(request, scope)
    found = [row.contact for row in batch.rows if row.contact]
    marks = audit.marks_of_number(row.number for row in batch.rows) + audit.marks_of_contacts(found)
    audit.note(request, "contacts.searched", rows=len(found), marks=marks)
    return desk.response(batch=batch)


def _note(request: DeskRequest, scope: Scope, query: ListQuery) -> audit.Deed:
    """What is asked for, written down whatever comes of it: a list, or a search with the marks of its text."""
    marks: tuple[str, ...] = ()
    if query.plan and query.asked.search:
        marks = audit.marks_of_plan(query.asked.search, query.plan)
    elif query.asked.phone:
        marks = audit.marks_of_text(query.asked.phone, regions_for(preferences_of(request), scope))
    searched = query.asked.search or query.asked.phone
    return audit.note(request, "contacts.searched" if searched else "contacts.listed", marks=marks)


def _note_shown(request: DeskRequest, deed: audit.Deed, page: ContactPage) -> None:
    """What came of it; whose numbers, when a search found few."""
    few = page.contacts if deed.marks and len(page.contacts) <= audit.MOST_SHOWN else ()
    marks = deed.marks + audit.marks_of_contacts(few)
    audit.note(request, deed.action, rows=len(page.contacts), request_id=page.request_id, marks=marks)


def _note_switch(request: DeskRequest, scope: Scope) -> None:
    """Remembers where the person is now, and says so when it is another place than before."""
    if not wants_fragment(request) and remember(request.user, scope):
        audit.note(request, "profile.switched")


def _asked(request: DeskRequest, scope: Scope, question: ContactQuery) -> Shown[ContactPage] | None:
    """The rows; None when a whole page should not wait for them any longer. `wait` says that it should."""
    if "refresh" in request.GET:
        return gateway().contacts(scope, question, refresh=gateway().may_refresh(request.user.pk))
    if wants_fragment(request) or "wait" in request.GET:
        return gateway().contacts(scope, question)
    return gateway().contacts_soon(scope, question, PAGE_PATIENCE)


def _address(request: DeskRequest, query: ListQuery) -> dict[str, str]:
    """Tells htmx the list's own address: a new step in the history, unless the search was only typed on."""
    if not wants_fragment(request):
        return {}
    return {"HX-Replace-Url" if _is_same_step(request, query) else "HX-Push-Url": query.address}


def _is_same_step(request: DeskRequest, query: ListQuery) -> bool:
    path, parameters = came_from(request)
    if path != query.path:
        return False
    before = list_query(path, parameters, page_size=query.default_size)
    if before.address == query.address:
        return True
    typing_on = None not in {before.asked.search, query.asked.search} and before.asked.search != query.asked.search
    return typing_on and before.url(search=None) == query.url(search=None)
