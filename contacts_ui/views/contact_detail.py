"""One contact: its page, which is also the drawer's content, its messages, and its number when that is masked."""

from __future__ import annotations

import logging
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods, require_safe

from contacts_ui import audit
from contacts_ui.access import scope_for
from contacts_ui.contacts.filters import list_query
from contacts_ui.contacts.search import regions_for
from contacts_ui.gateway import gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.web.errors import old_because
from contacts_ui.web.htmx import came_from
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

log = logging.getLogger(__name__)

FRAGMENTS = {"row": "contacts/_number.html", "contact": "contacts/_contact.html"}


@require_safe
def contact_detail(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """Everything known of one contact. Cost: none from a list that is still fresh, else one API call."""
    scope = scope_for(request.user, profile_id)
    return _contact(request, scope, contact_id, "contact", revealed=False)


@require_http_methods(["GET", "HEAD", "POST"])
def contact_reveal(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """The same with its number in full, for whom numbers are masked. `part` is where it is shown: row or contact.

    Only POST reveals. Whoever signed in again on the way comes back by GET, and gets the contact as it was.
    """
    scope = scope_for(request.user, profile_id)
    if request.method != "POST":
        return redirect(_url(scope, contact_id))
    part = request.POST.get("part", "")
    response = _contact(request, scope, contact_id, part if part in FRAGMENTS else "contact", revealed=True)
    who = {"user_id": request.user.pk, "profile_id": scope.profile_id, "contact_id": str(contact_id)}
    log.info("desk.number.revealed", extra=who)
    return response


@require_safe
def contact_messages(request: DeskRequest, contact_id: UUID, profile_id: UUID | None = None) -> HttpResponse:
    """What was sent to one contact. Cost: one API call, none for a minute after."""
    scope = scope_for(request.user, profile_id)
    desk = DeskPage(
        request,
        "contacts/messages.html",
        "contacts/_messages.html",
        scope,
        contact_url=_url(scope, contact_id),
        summary=None,
        old=None,
    )
    audit.note(request, "messages.read", about=str(contact_id))
    shown = gateway().message_summary(scope, contact_id)
    audit.note(request, "messages.read", request_id=shown.value.request_id)
    return desk.response(summary=shown.value.summary, fetched_at=shown.value.fetched_at, old=old_because(shown))


def _contact(request: DeskRequest, scope: Scope, contact_id: UUID, part: str, *, revealed: bool) -> HttpResponse:
    url = _url(scope, contact_id)
    desk = DeskPage(
        request,
        "contacts/detail.html",
        FRAGMENTS[part],
        scope,
        contact=None,
        old=None,
        revealed=revealed,
        contact_url=url,
        link=f"{settings.SITE_URL}{url}",
        here=url,
    )
    deed = "number.revealed" if revealed else "contact.opened"
    audit.note(request, deed, about=str(contact_id))
    shown = gateway().contact(scope, contact_id, seen_in=_seen_in(request, scope))
    audit.note(
        request,
        deed,
        rows=1,
        request_id=shown.value.request_id,
        marks=audit.marks_of_contacts([shown.value.contact]),
    )
    return desk.response(contact=shown.value.contact, fetched_at=shown.value.fetched_at, old=old_because(shown))


def _url(scope: Scope, contact_id: UUID) -> str:
    return f"{scope.path}contacts/{contact_id}/"


def _seen_in(request: DeskRequest, scope: Scope) -> tuple[ContactQuery, ...]:
    """What the list that the browser comes from may have asked, if it is one of this scope."""
    path, parameters = came_from(request)
    if path != f"{scope.path}contacts/":
        return ()
    wishes = preferences_of(request)
    shown = list_query(path, parameters, page_size=wishes.page_size, regions=regions_for(wishes, scope))
    return tuple(question for _, question in shown.questions)
