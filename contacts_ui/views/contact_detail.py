"""Contact detail views: the page that is also the drawer's content, the message summary, the reveal of a number."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui import audit, number_index
from contacts_ui.access import scope_for
from contacts_ui.contacts.cross_profile import known_elsewhere
from contacts_ui.contacts.delivery import delivery_of
from contacts_ui.contacts.filters import parse_filters
from contacts_ui.contacts.labels import seen_in_label
from contacts_ui.contacts.opened import remember_opened
from contacts_ui.contacts.owners import owners_of
from contacts_ui.contacts.search import likely_regions
from contacts_ui.gateway import get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from contacts_ui.web.errors import stale_reason
from contacts_ui.web.htmx import current_list_url
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

log = logging.getLogger(__name__)

FRAGMENTS = {"row": "contacts/_phone_cell.html", "contact": "contacts/_contact.html"}


@require_safe
def contact_detail(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """All fields of one contact. Cost: none while a list with it is fresh in the cache, else one API call."""
    scope = scope_for(request.user, profile_id)
    return _contact(request, scope, contact_id, "contact", revealed=False)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_reveal(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """The contact with its masked number in full. `part` is the fragment that shows it: row or contact.
    Cost: that of `contact_detail`.

    Only POST reveals. A person who had to sign in again returns by GET and is redirected to the masked contact.
    """
    scope = scope_for(request.user, profile_id)
    if request.method != "POST":
        return redirect(_url(scope, contact_id))
    part = request.POST.get("part", "")
    response = _contact(request, scope, contact_id, part if part in FRAGMENTS else "contact", revealed=True)
    fields = {"user_id": request.user.pk, "profile_id": scope.profile_id, "contact_id": str(contact_id)}
    log.info("desk.number.revealed", extra=fields)
    return response


@require_safe
def contact_messages(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """The message summary of one contact. Cost: one API call, then none for a minute."""
    scope = scope_for(request.user, profile_id)
    desk = DeskPage(
        request,
        "contacts/messages.html",
        "contacts/_messages.html",
        scope,
        contact_url=_url(scope, contact_id),
        summary=None,
        delivery=None,
        stale_reason=None,
    )
    event = audit.record(request, audit.AuditAction.MESSAGES_READ, about=str(contact_id))
    result = get_gateway().message_summary(scope, contact_id)
    event.complete(request_id=result.value.request_id)
    value, known = result.value, get_gateway().known_contact(scope, contact_id)
    delivery = delivery_of(value.summary, known.contact if known else None)
    shown: dict[str, Any] = {"summary": value.summary, "delivery": delivery, "fetched_at": value.fetched_at}
    return desk.response(**shown, stale_reason=stale_reason(result))


def _contact(request: DeskRequest, scope: Scope, contact_id: UUID, part: str, *, revealed: bool) -> HttpResponse:
    url = _url(scope, contact_id)
    desk = DeskPage(
        request,
        "contacts/detail.html",
        FRAGMENTS[part],
        scope,
        contact=None,
        carried="",
        also_in=(),
        stale_reason=None,
        revealed=revealed,
        contact_url=url,
        absolute_url=f"{settings.SITE_URL}{url}",
        current_url=url,
    )
    action = audit.AuditAction.NUMBER_REVEALED if revealed else audit.AuditAction.CONTACT_OPENED
    event = audit.record(request, action, about=str(contact_id))
    result = get_gateway().contact(scope, contact_id, cached_pages=_referring_queries(request, scope))
    value = result.value
    hashes = audit.hashes_of_contacts([value.contact])
    event.complete(rows=1, request_id=value.request_id, number_hashes=hashes)
    remember_opened(request.session, scope, contact_id)
    shown: dict[str, Any] = {
        "contact": value.contact,
        "owners": owners_of(scope, (value.contact,)),
        "also_in": _also_in(request, scope, value.contact, part, hashes),
        "carried": _carried(request, value.contact, revealed=revealed),
        "fetched_at": value.fetched_at,
        "stale_reason": stale_reason(result),
    }
    return desk.response(**shown)


def _carried(request: DeskRequest, contact: Contact, *, revealed: bool) -> str:
    """The filters that a switch of the profile takes along: the number of this contact, unless it is masked."""
    readable = revealed or not preferences_of(request).mask_numbers
    return f"?{urlencode({'search': contact.format_e164})}" if readable and contact.format_e164 else ""


def _also_in(
    request: DeskRequest, scope: Scope, contact: Contact, part: str, hashes: tuple[str, ...]
) -> tuple[Scope, ...]:
    """The person's other scopes that are known to have this number. One question, so one event for all of them."""
    found = known_elsewhere(request.user, scope, contact) if part == "contact" else ()
    if found:
        about = f"{contact.id} {seen_in_label(len(found))}"
        audit.record(request, audit.AuditAction.NUMBER_ALSO_IN, number_hashes=hashes, about=about)
    return found


def _url(scope: Scope, contact_id: UUID) -> str:
    return f"{scope.path}contacts/{contact_id}/"


def _referring_queries(request: DeskRequest, scope: Scope) -> tuple[ContactQuery, ...]:
    """The API queries of the list that the browser shows, if that list is one of this scope."""
    path, parameters = current_list_url(request)
    if path != f"{scope.path}contacts/":
        return ()
    preferences = preferences_of(request)
    regions = likely_regions(preferences, scope)
    known = number_index.index_for(scope) if "search" in parameters else None
    query = parse_filters(path, parameters, page_size=preferences.page_size, regions=regions, known=known)
    if query.plan and preferences.mask_forced:
        return ()  # the age of the data would tell whether somebody found this contact by these digits
    return tuple(api_query for _, queries in query.requests for api_query in queries)
