"""The only door to the API for everything above it. Thin for now: `/v3/me` is kept for 60 s, the rest asks."""

from __future__ import annotations

import logging
import threading
import time
from functools import lru_cache
from uuid import UUID

from django.conf import settings

from .scope import Scope
from .sent.client import SentClient
from .sent.errors import WrongProfile
from .sent.queries import ContactQuery
from .sent.types import Account, Contact, ContactPage

log = logging.getLogger(__name__)

ACCOUNT_SECONDS = 60.0


class Gateway:
    """Answers for scopes. Every method may raise any SentError.

    Cost: `account` at most one API call a minute and process, the others one call each.
    """

    def __init__(self, client: SentClient) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._account: tuple[float, Account] | None = None

    def account(self) -> Account:
        """Whose key this is, at most 60 s old."""
        with self._lock:  # one asks, the others wait for its answer
            kept = self._account
            if kept is None or time.monotonic() - kept[0] > ACCOUNT_SECONDS:
                kept = self._account = (time.monotonic(), self._client.me())
            return kept[1]

    def contacts(self, scope: Scope, query: ContactQuery) -> ContactPage:
        """One page of the scope's contacts."""
        page = self._client.contacts(query, scope.profile_id)
        self._refuse_foreign(scope, page.contacts, page.request_id)
        return page

    def contact(self, scope: Scope, contact_id: UUID) -> Contact:
        """One contact of the scope. Raises ContactNotFound when it has none with this id."""
        found = self._client.contact(contact_id, scope.profile_id)
        self._refuse_foreign(scope, (found,), None)
        return found

    def _refuse_foreign(self, scope: Scope, rows: tuple[Contact, ...], request_id: str | None) -> None:
        """Refuses a whole answer in which a row names another profile as its owner.

        Newer answers say in `customer_id` who owns a contact. Only an owner known to be another profile
        counts: an id of anything else proves nothing. The account's own list may hold its profiles' rows.
        """
        if scope.profile_id is None:
            return
        others = {p.id for p in self.account().profiles} - {scope.profile_id}
        if any(row.customer_id in others for row in rows):
            log.error("sent.profile.foreign_row", extra={"profile_id": scope.profile_id})
            raise WrongProfile(status=200, request_id=request_id)


@lru_cache(maxsize=1)
def gateway() -> Gateway:
    """This process's gateway."""
    if not settings.SENT_API_KEY:
        raise RuntimeError("SENT_API_KEY is not set")
    return Gateway(
        SentClient(
            settings.SENT_API_URL,
            settings.SENT_API_KEY,
            connect_timeout=settings.SENT_CONNECT_TIMEOUT,
            read_timeout=settings.SENT_READ_TIMEOUT,
            pool_size=settings.SENT_POOL_SIZE,
        )
    )
