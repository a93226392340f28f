"""The table of contacts and the page of one contact."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_safe

from contacts_ui.access import remember, scope_for
from contacts_ui.forms import ListQuery, list_query
from contacts_ui.gateway import gateway
from contacts_ui.middleware import old_because
from contacts_ui.paging import pager
from contacts_ui.rendering import DeskPage, DeskRequest, came_from, wants_fragment
from contacts_ui.scope import Scope
from contacts_ui.sent.queries import ContactQuery


@require_safe
def contact_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """One page of a scope's contacts, filtered as the URL says. Cost: one API call, none while it is kept."""
    scope = scope_for(request.user, profile_id)
    query = list_query(f"{scope.path}contacts/", request.GET)
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
    )
    wants_new = "refresh" in request.GET
    shown = gateway().contacts(scope, query.asked, refresh=wants_new and gateway().may_refresh(request.user.pk))
    if not wants_fragment(request):
        remember(request.user, scope)
        if wants_new and not shown.stale:
            return redirect(query.address)  # the address of a list never asks to be refreshed
    return desk.response(page=shown.value, pager=pager(query, shown.value), old=old_because(shown))


@require_safe
def contact_detail(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """Everything known of one contact. Cost: none from a list that is still fresh, else one API call."""
    scope = scope_for(request.user, profile_id)
    desk = DeskPage(request, "contacts/detail.html", "contacts/_contact.html", scope, contact=None, old=None)
    shown = gateway().contact(scope, contact_id, seen_in=_seen_in(request, scope))
    return desk.response(contact=shown.value.contact, fetched_at=shown.value.fetched_at, old=old_because(shown))


def _seen_in(request: DeskRequest, scope: Scope) -> ContactQuery | None:
    """The list of this scope that the browser comes from, if it says so."""
    path, parameters = came_from(request)
    return list_query(path, parameters).asked if path == f"{scope.path}contacts/" else None


def _address(request: DeskRequest, query: ListQuery) -> dict[str, str]:
    """Tells htmx the list's own address: a new step in the history, unless the search was only typed on."""
    if not wants_fragment(request):
        return {}
    return {"HX-Replace-Url" if _is_same_step(request, query) else "HX-Push-Url": query.address}


def _is_same_step(request: DeskRequest, query: ListQuery) -> bool:
    path, parameters = came_from(request)
    if path != query.path:
        return False
    before = list_query(path, parameters)
    if before.address == query.address:
        return True
    typing_on = None not in {before.asked.search, query.asked.search} and before.asked.search != query.asked.search
    return typing_on and before.url(search=None) == query.url(search=None)
