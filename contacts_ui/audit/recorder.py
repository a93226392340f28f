"""From a request and its answer to what is written down: one row a look at contacts, one a denial."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import ImproperlyConfigured, PermissionDenied
from django.http import HttpRequest

from contacts_ui.sent_api.errors import ContactNotFound, SentError

from .log import ACCOUNT, Deed, Outcome, write

# What a look at these pages is called. Every other page is written down only when it was denied.
ACTIONS = {
    "contact-list": "contacts.listed",
    "contact-detail": "contact.opened",
    "contact-reveal": "number.revealed",
    "contact-messages": "messages.read",
    "audit-list": "audit.read",
    "audit-export": "audit.exported",
}
# Deeds that are done only when the answer shows something; what leads on to another page shows nothing.
_LOOKS = frozenset({*ACTIONS.values(), "contacts.searched"})
MOST_SHOWN = 5  # rows: so few are an answer about these numbers, more are a list


@dataclass(slots=True)
class _Notes:
    """What views said of a request while it was answered."""

    deeds: list[Deed] = field(default_factory=list)
    unseen: bool = False
    error: Exception | None = None


def note(request: HttpRequest, action: str, **known: Any) -> Deed:
    """Says what this request did, with what only the view knows of it: `rows`, `request_id`, `marks`, `about`.

    A look is noted when it is asked for, so that one that fails says what it was for, and again when it is answered:
    it stays one.
    """
    deeds = _notes(request).deeds
    place = next((at for at, deed in enumerate(deeds) if deed.action == action and action in _LOOKS), None)
    if place is None:
        deeds.append(Deed(action, **known))
        return deeds[-1]
    deeds[place] = replace(deeds[place], **known)
    return deeds[place]


def unseen(request: HttpRequest) -> None:
    """Says that the answer shows nothing yet: its rows follow, and are written down then."""
    _notes(request).unseen = True


def went_wrong(request: HttpRequest, error: Exception) -> None:
    """Says what kept the answer away. The messaging service's own refusals are failures, not denials of ours."""
    _notes(request).error = error


def request_id_of(request: HttpRequest) -> str | None:
    """The messaging service's id of what this request asked it, as far as anybody said."""
    notes = _notes(request)
    said = (deed.request_id for deed in notes.deeds if deed.request_id)
    return next(said, None) or getattr(notes.error, "request_id", None)


def record_request(request: HttpRequest, status: int) -> None:
    """Writes the rows of this request. Raises AuditUnwritable."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return
    for deed in _deeds(request, status):
        write(deed)


def write_for(request: HttpRequest | None, deed: Deed) -> None:
    """Writes one row at once, with what the request says. Raises AuditUnwritable."""
    write(of_request(request, deed))


def of_request(request: HttpRequest | None, deed: Deed) -> Deed:
    """The deed with who asks, from where, and our reference, as far as the request says."""
    if request is None:
        return deed
    user = getattr(request, "user", None)
    known = user if user is not None and user.is_authenticated else None
    return replace(
        deed,
        person_id=deed.person_id or (known.pk if known else None),
        person=deed.person or (known.get_username() if known else None),
        reference=getattr(request, "reference", None),
        address=address_of(request),
    )


def address_of(request: HttpRequest) -> str | None:
    """The address of who asks, as far as the trusted proxies say."""
    try:
        return cast("str", get_adapter().get_client_ip(request))
    except (PermissionDenied, ImproperlyConfigured):  # a socket has none; a request passed the proxies by
        return None


def _deeds(request: HttpRequest, status: int) -> list[Deed]:
    notes, match = _notes(request), request.resolver_match
    name = (match.url_name if match else None) or ""
    action, outcome = ACTIONS.get(name), _outcome(status, notes.error)
    deeds = notes.deeds or _unsaid(request, name, outcome)
    if outcome == "ok" and (notes.unseen or status != HTTPStatus.OK):
        deeds = [deed for deed in deeds if deed.action not in _LOOKS]
    known = {
        "outcome": outcome,
        "scope": scope_of(request) if action or "profile_id" in (match.kwargs if match else {}) else None,
        "request_id": getattr(notes.error, "request_id", None),
    }
    return [of_request(request, _filled(deed, known)) for deed in deeds]


def _unsaid(request: HttpRequest, name: str, outcome: Outcome) -> list[Deed]:
    """What a request did whose view said nothing: it never came to it, or nothing was to be said."""
    action, match = ACTIONS.get(name), request.resolver_match
    if action:
        contact_id = match.kwargs.get("contact_id") if match else None
        return [Deed(action, about=str(contact_id) if contact_id else None)]
    return [Deed("page.denied", about=name or None)] if outcome == "denied" and match is not None else []


def _filled(deed: Deed, known: dict[str, Any]) -> Deed:
    """The deed with what is known of the whole request, where it does not say so itself."""
    missing = {field: value for field, value in known.items() if field == "outcome" or getattr(deed, field) is None}
    return replace(deed, **missing)


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


def _notes(request: HttpRequest) -> _Notes:
    kept: _Notes | None = getattr(request, "audit_notes", None)
    if kept is None:
        kept = _Notes()
        request.audit_notes = kept  # type: ignore[attr-defined]
    return kept
