"""Audit recorder: collects the audit events of a request and appends them to the log before its answer is shown."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, cast

from allauth.account.adapter import get_adapter
from allauth.core import context
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest

from contacts_ui.sent_api.errors import ContactNotFound, SentError

from .actions import AuditAction
from .log import ACCOUNT, AuditEvent, Outcome, append

# The action of these pages by URL name. Every other page is recorded only when it was denied.
ACTIONS = {
    "contact-list": AuditAction.CONTACTS_LISTED,
    "contact-detail": AuditAction.CONTACT_OPENED,
    "contact-reveal": AuditAction.NUMBER_REVEALED,
    "contact-messages": AuditAction.MESSAGES_READ,
    "audit-list": AuditAction.AUDIT_READ,
    "audit-export": AuditAction.AUDIT_EXPORTED,
}
# Actions that happened only if the answer shows something; a redirect shows nothing.
_READ_ACTIONS = frozenset({*ACTIONS.values(), AuditAction.CONTACTS_SEARCHED})
MAX_HASHED_RESULTS = 5  # rows: so few are an answer about these numbers, more are a list


@dataclass(slots=True)
class PendingEvent:
    """An audit event that is appended when its request has been answered."""

    event: AuditEvent

    def complete(self, **known: Any) -> None:
        """Adds what is known by now: `rows`, `request_id`, `number_hashes`, `about`."""
        self.event = replace(self.event, **known)


@dataclass(slots=True)
class _PendingEvents:
    """What views recorded of a request while it was answered."""

    events: list[PendingEvent] = field(default_factory=list)
    deferred: bool = False
    error: Exception | None = None


def record(request: HttpRequest, action: AuditAction, **known: Any) -> PendingEvent:
    """Records an audit event of this request, with what only the view knows of it, appended when it is answered.

    Recorded when something is asked for, so that a look that fails says what it was for; `complete` adds the outcome.
    """
    pending = PendingEvent(AuditEvent(action, **known))
    _pending(request).events.append(pending)
    return pending


def defer(request: HttpRequest) -> None:
    """The answer shows nothing yet: its rows follow, and are recorded then."""
    _pending(request).deferred = True


def failed(request: HttpRequest, error: Exception) -> None:
    """The error that kept the answer away. The messaging service's own refusals are failures, not denials of ours."""
    _pending(request).error = error


def request_id_of(request: HttpRequest) -> str | None:
    """The messaging service's id of the call that this request made, where it is known."""
    notes = _pending(request)
    known = (pending.event.request_id for pending in notes.events if pending.event.request_id)
    return next(known, None) or getattr(notes.error, "request_id", None)


def flush(request: HttpRequest, status: int) -> None:
    """Appends the events of this request to the log. Raises AuditWriteError."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return
    for event in _events(request, status):
        append(event)


def append_now(event: AuditEvent, request: HttpRequest | None = None) -> None:
    """Appends one event at once, with what the request says: by default the one this thread answers (django-allauth's
    middleware knows it). Raises AuditWriteError.
    """
    append(with_request(request or context.request, event))


def with_request(request: HttpRequest | None, event: AuditEvent) -> AuditEvent:
    """The event with who asks, from where, and our reference, as far as the request says."""
    if request is None:
        return event
    user = getattr(request, "user", None)
    known = user if user is not None and user.is_authenticated else None
    return replace(
        event,
        person_id=event.person_id or (known.pk if known else None),
        person=event.person or (known.get_username() if known else None),
        reference=getattr(request, "reference", None),
        address=address_of(request),
    )


def address_of(request: HttpRequest) -> str | None:
    """The address of who asks, as far as the trusted proxies say."""
    try:
        return cast("str", get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):  # a socket has none; a request passed the proxies by
        return None


def _events(request: HttpRequest, status: int) -> list[AuditEvent]:
    pending, match = _pending(request), request.resolver_match
    name = (match.url_name if match else None) or ""
    action, outcome = ACTIONS.get(name), _outcome(status, pending.error)
    events = [each.event for each in pending.events] or _implicit_event(request, name, outcome)
    if outcome == "ok" and (pending.deferred or status != HTTPStatus.OK):
        events = [event for event in events if event.action not in _READ_ACTIONS]
    known = {
        "outcome": outcome,
        "scope": scope_of(request) if action or "profile_id" in (match.kwargs if match else {}) else None,
        "request_id": getattr(pending.error, "request_id", None),
    }
    return [with_request(request, _with_defaults(event, known)) for event in events]


def _implicit_event(request: HttpRequest, name: str, outcome: Outcome) -> list[AuditEvent]:
    """The event of a request whose view recorded none: it never got there, or there was nothing to record."""
    action, match = ACTIONS.get(name), request.resolver_match
    if action:
        contact_id = match.kwargs.get("contact_id") if match else None
        return [AuditEvent(action, about=str(contact_id) if contact_id else None)]
    return (
        [AuditEvent(AuditAction.PAGE_DENIED, about=name or None)] if outcome == "denied" and match is not None else []
    )


def _with_defaults(event: AuditEvent, known: dict[str, Any]) -> AuditEvent:
    """The event with what is known of the whole request, where it does not say so itself."""
    missing = {field: value for field, value in known.items() if field == "outcome" or getattr(event, field) is None}
    return replace(event, **missing)


def _outcome(status: int, error: Exception | None) -> Outcome:
    if isinstance(error, SentError) and not isinstance(error, ContactNotFound):
        return "failed"
    if status < 400:
        return "ok"
    return "denied" if status in {403, 404, 405} else "failed"


def scope_of(request: HttpRequest) -> str | None:
    """Whose contacts the address is about: a profile's id, "account", or None for neither."""
    match = request.resolver_match
    if match is None or not match.route.startswith(("account/", "p/")):
        return None
    profile_id = match.kwargs.get("profile_id")
    return str(profile_id) if profile_id else ACCOUNT


def _pending(request: HttpRequest) -> _PendingEvents:
    kept: _PendingEvents | None = getattr(request, "audit_notes", None)
    if kept is None:
        kept = _PendingEvents()
        request.audit_notes = kept  # type: ignore[attr-defined]
    return kept
