"""From a request and its answer to what is written down: one row a look at contacts, one a denial."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, cast

from allauth.account.adapter import get_adapter
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest

from .book import ACCOUNT, Deed, Outcome, write

# What a look at these pages is called. Every other page is written down only when it was denied.
ACTIONS = {
    "contact-list": "contacts.listed",
    "contact-detail": "contact.opened",
    "contact-reveal": "number.revealed",
    "contact-messages": "messages.read",
    "audit-list": "audit.read",
    "audit-export": "audit.exported",
}
MOST_SHOWN = 5  # rows: so few are an answer about these numbers, more are a list


@dataclass(slots=True)
class _Notes:
    """What views said of a request while it was answered."""

    deeds: list[Deed] = field(default_factory=list)
    unseen: bool = False


def note(request: HttpRequest, action: str, **known: Any) -> None:
    """Says what this request did, with what only the view knows of it: `rows`, `request_id`, `marks`, `about`."""
    _notes(request).deeds.append(Deed(action, **known))


def unseen(request: HttpRequest) -> None:
    """Says that the answer shows nothing yet: its rows follow, and are written down then."""
    _notes(request).unseen = True


def record_request(request: HttpRequest, status: int) -> None:
    """Writes the rows of this request. Raises AuditUnwritable."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return
    for deed in _deeds(request, status):
        write(deed)


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
    except PermissionDenied:
        return None


def _deeds(request: HttpRequest, status: int) -> list[Deed]:
    notes, match = _notes(request), request.resolver_match
    name = (match.url_name if match else None) or ""
    outcome = _outcome(status)
    action = ACTIONS.get(name)
    deeds = notes.deeds
    if not deeds and outcome == "denied" and (match or status == 403):
        deeds = [Deed(action or "page.denied", about=None if action else name or None)]
    elif not deeds and action and not notes.unseen and not 300 <= status < 400:
        deeds = [Deed(action)]
    scope = _scope(request) if action or "profile_id" in (match.kwargs if match else {}) else None
    return [of_request(request, replace(deed, outcome=outcome, scope=deed.scope or scope)) for deed in deeds]


def _outcome(status: int) -> Outcome:
    if status < 400:
        return "ok"
    return "denied" if status in {403, 404, 405} else "failed"


def _scope(request: HttpRequest) -> str | None:
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
