"""The table of contacts and the page of one contact."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_safe

from contacts_ui.access import remember, scope_for
from contacts_ui.forms import ListQuery, list_query
from contacts_ui.gateway import gateway
from contacts_ui.paging import pager
from contacts_ui.rendering import DeskPage, DeskRequest, wants_fragment


@require_safe
def contact_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """One page of a scope's contacts, filtered as the URL says. Cost: one API call."""
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
    )
    page = gateway().contacts(scope, query.asked)
    if not wants_fragment(request):
        remember(request.user, scope)
    return desk.response(page=page, pager=pager(query, page))


@require_safe
def contact_detail(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """Everything known of one contact. Cost: one API call."""
    scope = scope_for(request.user, profile_id)
    desk = DeskPage(request, "contacts/detail.html", "contacts/_contact.html", scope, contact=None)
    return desk.response(contact=gateway().contact(scope, contact_id))


def _address(request: DeskRequest, query: ListQuery) -> dict[str, str]:
    """Tells htmx the list's own address: a new step in the history, unless the search was only typed on."""
    if not wants_fragment(request):
        return {}
    return {"HX-Replace-Url" if _is_same_step(request, query) else "HX-Push-Url": query.address}


def _is_same_step(request: DeskRequest, query: ListQuery) -> bool:
    path, _, parameters = (request.htmx.current_url_abs_path or "").partition("?")
    if path != query.path:
        return False
    before = list_query(path, QueryDict(parameters))
    if before.address == query.address:
        return True
    typing_on = None not in {before.asked.search, query.asked.search} and before.asked.search != query.asked.search
    return typing_on and before.url(search=None) == query.url(search=None)
