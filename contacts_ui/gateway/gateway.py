"""The gateway itself: what a scope may be shown, as fresh as it can be had, and how old it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from uuid import UUID

from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import SentError, WrongProfile
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.total_timeout import Deadline
from contacts_ui.sent_api.types import Account, Contact, ContactPage

from .cached_fetch import Asker, Parts, Wish
from .page_windows import cut, leaf_of
from .region_stats import SeenRegions
from .results import KeptAccount, Messages, OneContact, Report, Shown, is_fresh

log = logging.getLogger(__name__)

ACCOUNT_SECONDS = 300.0  # /v3/me is fresh
ACCOUNT_DOUBTED_SECONDS = 60.0  # the same, once something speaks against it (docs/decisions, 8)
ACCOUNT_RETRY_SECONDS = 10.0  # until a failed /v3/me is tried again
MESSAGES_SECONDS = 60.0  # a contact's message summary is fresh
REFRESH_SECONDS = 2.0  # between two refreshes of one user


@dataclass(frozen=True, slots=True)
class _Memo:
    """The account as this process last heard of it, and until when (monotonic seconds) that is good enough."""

    account: Shown[Account]
    until: float
    doubted_until: float

    @classmethod
    def made(cls, account: Shown[Account], fetched_at: datetime) -> _Memo:
        now, age = time.monotonic(), (datetime.now(UTC) - fetched_at).total_seconds()
        if account.stale:
            return cls(account, now + ACCOUNT_RETRY_SECONDS, now + ACCOUNT_RETRY_SECONDS)
        return cls(account, now + ACCOUNT_SECONDS - age, now + ACCOUNT_DOUBTED_SECONDS - age)


class Gateway:
    """Answers for scopes. Every method may raise any SentError.

    A fresh kept answer costs nothing; anything else costs one API call, at most two when the first one broke.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._client, self._shelf, self._keys = parts.client, parts.shelf, parts.keys
        self._asker = Asker(parts)
        self._regions = SeenRegions(parts.shelf, parts.keys)
        self._memo: _Memo | None = None

    def close(self) -> None:
        """Waits for what it still asks in the background: nothing reaches the API or the cache after it."""
        self._asker.close()

    def account(self, *, doubted: bool = False) -> Shown[Account]:
        """Whose key this is, at most five minutes old; an hour when the API does not say.

        `doubted`: something speaks against what is known, so it is to be at most a minute old.
        """
        memo, doubted = self._memo, doubted or self._asker.refused
        if memo is not None and time.monotonic() < (memo.doubted_until if doubted else memo.until):
            return memo.account
        self._asker.refused = False
        fresh = ACCOUNT_DOUBTED_SECONDS if doubted else ACCOUNT_SECONDS
        shown = self._asker.answer(self._account_wish(fresh))
        account = Shown(shown.value.account, shown.stale, shown.because)
        self._memo = _Memo.made(account, shown.value.fetched_at)
        return account

    def contacts(
        self, scope: Scope, query: ContactQuery, *, refresh: bool = False, bulk: bool = False
    ) -> Shown[ContactPage]:
        """One page of the scope's contacts. `refresh` wants a new answer, `bulk` stands behind everyone else."""
        shown = self._asker.answer(self._page_wish(scope, query, refresh=refresh, bulk=bulk))
        return Shown(cut(shown.value, query), shown.stale, shown.because)

    def contacts_soon(self, scope: Scope, query: ContactQuery, seconds: float) -> Shown[ContactPage] | None:
        """The same, or None when no answer came within `seconds`: the call goes on, and its answer is kept."""
        try:
            shown = self._asker.answer(self._page_wish(scope, query), seconds)
        except TimeoutError:
            return None
        return Shown(cut(shown.value, query), shown.stale, shown.because)

    def account_soon(self, seconds: float) -> Shown[Account] | None:
        """The account as it is known, or None when it is not within `seconds`: for pages that can do without."""
        memo = self._memo
        if memo is not None and time.monotonic() < memo.until:
            return memo.account
        try:
            shown = self._asker.answer(self._account_wish(ACCOUNT_SECONDS), seconds)
        except (TimeoutError, SentError):
            return memo.account if memo else None
        return Shown(shown.value.account, shown.stale, shown.because)

    def _account_wish(self, fresh_seconds: float) -> Wish[KeptAccount]:
        return Wish(self._keys.account(), KeptAccount, self._ask_account, None, fresh_seconds)

    def _page_wish(
        self, scope: Scope, query: ContactQuery, *, refresh: bool = False, bulk: bool = False
    ) -> Wish[ContactPage]:
        others, leaf = self._others(scope), leaf_of(query)

        def ask(deadline: Deadline) -> ContactPage:
            page = self._client.contacts(leaf, scope.profile_id, deadline)
            _refuse_foreign(scope, others, page.contacts, page.request_id)
            self._regions.note(scope, page.contacts)
            return page

        key = self._keys.page(scope, leaf)
        return Wish(key, ContactPage, ask, scope, self._parts.fresh_seconds, refresh, bulk)

    def contact(self, scope: Scope, contact_id: UUID, seen_in: Iterable[ContactQuery] = ()) -> Shown[OneContact]:
        """One contact of the scope. `seen_in` are lists it may have been opened from: a fresh one spares the call.

        Raises ContactNotFound when the scope has none with this id.
        """
        kept = next((seen for query in seen_in if (seen := self._seen(scope, contact_id, query))), None)
        if kept is not None:
            self._parts.tally.count("hit")
            return Shown(kept)

        others = self._others(scope)

        def ask(deadline: Deadline) -> OneContact:
            found, request_id = self._client.contact(contact_id, scope.profile_id, deadline)
            _refuse_foreign(scope, others, (found,), request_id)
            return OneContact(found, datetime.now(UTC), request_id)

        key = self._keys.contact(scope, contact_id)
        return self._asker.answer(Wish(key, OneContact, ask, scope, self._parts.fresh_seconds))

    def message_summary(self, scope: Scope, contact_id: UUID) -> Shown[Messages]:
        """What was sent to one contact of the scope, at most a minute old. Raises ContactNotFound."""

        def ask(deadline: Deadline) -> Messages:
            summary, request_id = self._client.message_summary(contact_id, scope.profile_id, deadline)
            return Messages(summary, datetime.now(UTC), request_id)

        key = self._keys.messages(scope, contact_id)
        return self._asker.answer(Wish(key, Messages, ask, scope, 0.0 if self._parts.plain else MESSAGES_SECONDS))

    def regions_seen(self, scope: Scope) -> tuple[str, ...]:
        """The regions of most of the scope's numbers, as far as its recent answers say."""
        return self._regions.most(scope)

    def note_reading(self, user_id: int, text: str, read_as: str) -> None:
        """Remembers for five minutes as what a text that a user searched found something; keeps neither."""
        self._parts.hints.put(self._keys.reading(user_id, text), self._keys.mark(read_as))

    def reading_of(self, user_id: int, text: str, ways: Sequence[str]) -> int | None:
        """Which of `ways` found something last time this user searched `text`; None when that is not known."""
        mark = self._parts.hints.get(self._keys.reading(user_id, text), str)
        return next((place for place, way in enumerate(ways) if self._keys.mark(way) == mark), None) if mark else None

    def may_refresh(self, user_id: int) -> bool:
        """Whether this user's wish for new rows is more than two seconds after the last."""
        return self._shelf.first(self._keys.refresh(user_id), REFRESH_SECONDS)

    def report(self) -> Report:
        """Budget, breaker and the last hour."""
        calls, blocked = self._parts.budget.left()
        parts = self._parts
        return Report(parts.per_minute, parts.burst, calls, blocked, parts.breaker.state(), parts.tally.hour())

    def _ask_account(self, deadline: Deadline) -> KeptAccount:
        return KeptAccount(self._client.me(deadline), datetime.now(UTC))

    def _seen(self, scope: Scope, contact_id: UUID, query: ContactQuery) -> OneContact | None:
        page = self._shelf.get(self._keys.page(scope, leaf_of(query)), ContactPage, self._keys.closed(scope))
        if page is None or not is_fresh(page.fetched_at, self._parts.fresh_seconds):
            return None
        found = next((contact for contact in page.contacts if contact.id == contact_id), None)
        return OneContact(found, page.fetched_at, page.request_id) if found else None

    def _others(self, scope: Scope) -> frozenset[str]:
        """The ids of all profiles but the scope's own. Known before a call is made, which must not need another."""
        if scope.profile_id is None:
            return frozenset()
        known = self._memo.account if self._memo else self.account()
        return frozenset(p.id.lower() for p in known.value.profiles) - {scope.profile_id.lower()}


def _refuse_foreign(scope: Scope, others: frozenset[str], rows: tuple[Contact, ...], request_id: str | None) -> None:
    """Refuses a whole answer in which a row names another profile as its owner (docs/decisions, 2)."""
    if any(row.customer_id and row.customer_id.lower() in others for row in rows):
        log.error("sent.profile.foreign_row", extra={"profile_id": scope.profile_id})
        raise WrongProfile(status=200, request_id=request_id)
