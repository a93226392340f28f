"""Audit recorder: collects the audit events of a request and appends them to the log before the response is sent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.db import Error
from django.http import HttpRequest

from contacts_ui.quota import QuotaExceeded, spend
from contacts_ui.sent_api.errors import ContactNotFound, SentError
from contacts_ui.sign_in.step_up import LINK_SESSION

from .actions import AuditAction
from .link_sessions import mark
from .log import ACCOUNT, AuditEvent, AuditWriteError, Outcome, append, append_spending

log = logging.getLogger(__name__)

# The actions of pages by URL name. Every other page is recorded only when it was denied.
ACTIONS = {
    "contact-list": AuditAction.CONTACTS_LISTED,
    "contact-detail": AuditAction.CONTACT_OPENED,
    "contact-reveal": AuditAction.NUMBER_REVEALED,
    "contact-messages": AuditAction.MESSAGES_READ,
    "audit-list": AuditAction.AUDIT_READ,
    "audit-export": AuditAction.AUDIT_EXPORTED,
}
# Actions that happen only if the response shows data; a redirect shows none.
_READ_ACTIONS = frozenset(
    {
        *ACTIONS.values(),
        AuditAction.CONTACTS_SEARCHED,
        AuditAction.NUMBER_LOOKED_UP,
        AuditAction.NUMBER_ALSO_IN,
    }
)
# Actions whose rows are contacts that the person sees.
_SHOWING = (
    AuditAction.CONTACTS_LISTED,
    AuditAction.CONTACTS_SEARCHED,
    AuditAction.CONTACT_OPENED,
    AuditAction.NUMBER_LOOKED_UP,
)


@dataclass(slots=True)
class PendingEvent:
    """An audit event that is appended when the response of its request is ready."""

    event: AuditEvent

    def complete(self, **known: Any) -> None:
        """Adds what is known by now: `rows`, `request_id`, `number_hashes`, `about`."""
        self.event = replace(self.event, **known)


@dataclass(slots=True)
class _PendingEvents:
    """The events that views recorded of a request, and the error that it ended with. `reveals`: those of no event.
    `recorded`: what is called once they are in the log.
    """

    events: list[PendingEvent] = field(default_factory=list)
    recorded: list[Callable[[], None]] = field(default_factory=list)
    reveals: int = 0
    deferred: bool = False
    error: Exception | None = None


def record(request: HttpRequest, action: AuditAction, **known: Any) -> PendingEvent:
    """Records an audit event of this request, with the fields that only the view knows. It is appended by `flush`.

    Call it before the data is fetched, so that a failed read says what it was for; `complete` adds the result.
    """
    pending = PendingEvent(AuditEvent(action, **known))
    _pending(request).events.append(pending)
    return pending


def defer(request: HttpRequest) -> None:
    """The response shows no rows yet: they follow in another request, which records them."""
    _pending(request).deferred = True


def failed(request: HttpRequest, error: Exception) -> None:
    """Stores the error that the request ended with. A refusal by the messaging service is a failure, not a denial."""
    _pending(request).error = error


def request_id_of(request: HttpRequest) -> str | None:
    """The messaging service's request id of the API call that this request made, if known."""
    pending_events = _pending(request)
    request_ids = (pending.event.request_id for pending in pending_events.events if pending.event.request_id)
    return next(request_ids, None) or getattr(pending_events.error, "request_id", None)


def count_reveals(request: HttpRequest, number: int) -> None:
    """Counts numbers as revealed for which there is no event: a guess that was wrong."""
    _pending(request).reveals += number


def when_recorded(request: HttpRequest, do: Callable[[], None]) -> None:
    """Calls `do` once the events of this request are in the log; never when they were refused or not written."""
    _pending(request).recorded.append(do)


def spend_lookup(request: HttpRequest) -> None:
    """Takes one lookup over all profiles from the person's hour, before it is made: what is refused costs no call.

    Raises QuotaExceeded, of which the log knows by then, and AuditWriteError.
    """
    try:
        _spend(request, lookups=1)
    except QuotaExceeded as error:
        append_now(_exceeded(request, error), request)
        raise


def flush(request: HttpRequest, status: int) -> None:
    """Appends the events of this request to the log, if the person's quota allows what they show. Raises
    AuditWriteError, and QuotaExceeded when the log says that nothing was shown.
    """
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return
    pending, contacts, exceeded = _pending(request), 0, None
    events, numbers = _events(request, pending, status), pending.reveals
    for event in events:
        if event.outcome == "ok" and event.action in _SHOWING:
            contacts += event.rows or 0
        elif event.outcome == "ok" and event.action == AuditAction.NUMBER_REVEALED:
            numbers += event.rows or 0
    shown = {"contacts": contacts, "numbers": numbers}
    if (contacts or numbers) and len(events) == 1 and append_spending(events[0], request.user.pk, **shown):
        events = []
    elif contacts or numbers:
        try:
            _spend(request, **shown)
        except QuotaExceeded as error:
            exceeded, events = error, [*(_withheld(event) for event in events), _exceeded(request, error)]
    for event in events:
        append(event)
    if exceeded:
        raise exceeded
    for do in pending.recorded:
        do()


def _spend(request: HttpRequest, **counts: int) -> None:
    try:
        spend(cast("int", request.user.pk), **counts)
    except Error as error:
        log.exception("quota.unwritable", extra={"reference": getattr(request, "reference", None)})
        if settings.AUDIT_REQUIRED:
            raise AuditWriteError from error


def _withheld(event: AuditEvent) -> AuditEvent:
    """The event of something that was to be shown, and is not."""
    return replace(event, outcome="denied", rows=None) if event.action in _READ_ACTIONS else event


def _exceeded(request: HttpRequest, error: QuotaExceeded) -> AuditEvent:
    known = {"outcome": "denied", "scope": scope_of(request), "about": error.kind}
    return with_request(request, AuditEvent(AuditAction.QUOTA_EXCEEDED, **known))  # type: ignore[arg-type]


def append_now(event: AuditEvent, request: HttpRequest | None = None) -> None:
    """Appends one event at once, completed from `request`: by default this thread's current one (django-allauth's
    middleware knows it). Raises AuditWriteError.
    """
    append(with_request(request or context.request, event))


def with_request(request: HttpRequest | None, event: AuditEvent, **defaults: Any) -> AuditEvent:
    """The event with the person, IP address and reference of the request, as far as they are known.

    `defaults`: the request's outcome, and other values for fields that the event leaves empty.
    """
    if request is None:
        return event
    user = getattr(request, "user", None)
    marked = LINK_SESSION in getattr(request, "session", ())
    person = user if user is not None and user.is_authenticated else None
    missing = {name: value for name, value in defaults.items() if name == "outcome" or getattr(event, name) is None}
    return replace(
        event,
        person_id=event.person_id or (person.pk if person else None),
        person=event.person or (person.get_username() if person else None),
        reference=getattr(request, "reference", None),
        address=address_of(request),
        about=mark(request, event.about) if marked else event.about,
        **missing,
    )


def address_of(request: HttpRequest) -> str | None:
    """The client's IP address as reported by the trusted proxies; None when it is not known."""
    try:
        return cast("str", get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):  # a Unix socket has no address; the request bypassed the proxies
        return None


def _events(request: HttpRequest, pending: _PendingEvents, status: int) -> list[AuditEvent]:
    match = request.resolver_match
    name = (match.url_name if match else None) or ""
    outcome = _outcome(status, pending.error)
    events = [recorded.event for recorded in pending.events] or _implicit_event(request, name, outcome)
    if outcome == "ok" and (pending.deferred or status != HTTPStatus.OK):
        events = [event for event in events if event.action not in _READ_ACTIONS]
    defaults = {
        "outcome": outcome,
        "scope": scope_of(request),
        "request_id": getattr(pending.error, "request_id", None),
    }
    return [with_request(request, event, **defaults) for event in events]


def _implicit_event(request: HttpRequest, name: str, outcome: Outcome) -> list[AuditEvent]:
    """The event of a request whose view recorded none: it was stopped before, or the page has no event of its own."""
    action, match = ACTIONS.get(name), request.resolver_match
    if action:
        contact_id = match.kwargs.get("contact_id") if match else None
        return [AuditEvent(action, about=str(contact_id) if contact_id else None)]
    return (
        [AuditEvent(AuditAction.PAGE_DENIED, about=name or None)] if outcome == "denied" and match is not None else []
    )


def _outcome(status: int, error: Exception | None) -> Outcome:
    if isinstance(error, SentError) and not isinstance(error, ContactNotFound):
        return "failed"
    if status < 400:
        return "ok"
    return "denied" if status in {403, 404, 405} else "failed"


def scope_of(request: HttpRequest) -> str | None:
    """The scope that the URL names: a profile id, "account", or None for neither."""
    match = request.resolver_match
    if match is None or not match.route.startswith(("account/", "p/")):
        return None
    profile_id = match.kwargs.get("profile_id")
    return str(profile_id) if profile_id else ACCOUNT


def _pending(request: HttpRequest) -> _PendingEvents:
    pending: _PendingEvents | None = getattr(request, "audit_pending", None)
    if pending is None:
        pending = _PendingEvents()
        request.audit_pending = pending  # type: ignore[attr-defined]
    return pending
