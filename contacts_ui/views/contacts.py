"""The table of contacts: one page of a scope, filtered as its address says."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from contacts_ui.access import remember, scope_for
from contacts_ui.forms import ListQuery, list_query
from contacts_ui.gateway import Shown, gateway
from contacts_ui.middleware import old_because
from contacts_ui.paging import pager
from contacts_ui.rendering import DeskPage, DeskRequest, came_from, preferences_of, wants_fragment
from contacts_ui.scope import Scope
from contacts_ui.sent.types import ContactPage

PAGE_PATIENCE = 0.8  # seconds until a page comes without its rows, which follow when the API has answered


@require_safe
def contact_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """One page of a scope's contacts, filtered as the URL says. Cost: one API call, none while it is kept."""
    scope, wishes = scope_for(request.user, profile_id), preferences_of(request)
    query = list_query(f"{scope.path}contacts/", request.GET, page_size=wishes.page_size, region=wishes.region)
    desk = DeskPage(
        request,
        "contacts/list.html",
        "contacts/_results.html",
        scope,
        headers=_address(request, query),
        query=query,
        here=query.address,
        page=None,
        pager=None,
        old=None,
        waiting=False,
    )
    shown = _asked(request, scope, query)
    if not wants_fragment(request):
        remember(request.user, scope)
    if shown is None:
        return desk.response(waiting=True)
    if "refresh" in request.GET and not wants_fragment(request) and not shown.stale:
        return redirect(query.address)  # the address of a list never asks to be refreshed
    return desk.response(page=shown.value, pager=pager(query, shown.value), old=old_because(shown))


def _asked(request: DeskRequest, scope: Scope, query: ListQuery) -> Shown[ContactPage] | None:
    """The rows; None when a whole page should not wait for them any longer. `wait` says that it should."""
    if "refresh" in request.GET:
        return gateway().contacts(scope, query.asked, refresh=gateway().may_refresh(request.user.pk))
    if wants_fragment(request) or "wait" in request.GET:
        return gateway().contacts(scope, query.asked)
    return gateway().contacts_soon(scope, query.asked, PAGE_PATIENCE)


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
