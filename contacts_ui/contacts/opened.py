"""Recently opened contacts: their ids in the session, which end with it; numbers come from the gateway's cache."""

from __future__ import annotations

import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from django.contrib.sessions.backends.base import SessionBase, UpdateError

from contacts_ui.gateway import get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.types import Contact

from .saved_views import scope_key

SESSION_KEY = "desk.opened"  # [[scope, contact id, seconds since 1970], …], newest first
MAX_REMEMBERED = 20  # of all scopes
MAX_SHOWN = 5


@dataclass(frozen=True, slots=True)
class OpenedContact:
    """A contact that was opened in this session. `contact` is None where its number is in no cache any more."""

    contact_id: UUID
    opened_at: datetime
    contact: Contact | None


def remember_opened(session: SessionBase, scope: Scope, contact_id: UUID) -> None:
    """Puts a contact first among those opened in this session. Cost: two queries, none for the newest again.

    The session is read anew: this request may have waited for the API, and must not undo what another one saved in the
    meantime (a proof, a form that waits for one), nor bring back a session that has ended.
    """
    key = [scope_key(scope), str(contact_id)]
    if session.get(SESSION_KEY, [[]])[0][:2] == key:
        return
    newest = type(session)(session.session_key)
    others = [entry for entry in newest.get(SESSION_KEY, []) if entry[:2] != key]
    if newest.session_key is None:
        return
    newest[SESSION_KEY] = [[*key, int(time.time())], *others][:MAX_REMEMBERED]
    with suppress(UpdateError):
        newest.save()


def opened_contacts(session: SessionBase, scope: Scope) -> tuple[OpenedContact, ...]:
    """The contacts of `scope` that were opened last in this session, newest first. Cost: no API call."""
    here = [entry for entry in session.get(SESSION_KEY, []) if entry[0] == scope_key(scope)][:MAX_SHOWN]
    return tuple(_opened(scope, UUID(contact_id), seconds) for _scope, contact_id, seconds in here)


def _opened(scope: Scope, contact_id: UUID, seconds: int) -> OpenedContact:
    known = get_gateway().known_contact(scope, contact_id)
    return OpenedContact(contact_id, datetime.fromtimestamp(seconds, UTC), known.contact if known else None)
