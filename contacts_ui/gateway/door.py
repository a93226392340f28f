"""The gateway itself: what a scope may be shown, as fresh as it can be had, and how old it is."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar
from uuid import UUID

import msgspec

from contacts_ui.scope import Scope
from contacts_ui.sent.client import SentClient
from contacts_ui.sent.deadlines import Deadline
from contacts_ui.sent.errors import (
    ContactNotFound,
    Forbidden,
    KeyRejected,
    ProfileUnknown,
    RateLimited,
    SentError,
    TimedOut,
    Unavailable,
    UnexpectedAnswer,
    Unreachable,
    WrongProfile,
)
from contacts_ui.sent.queries import ContactQuery
from contacts_ui.sent.types import Account, Contact, ContactPage

from .breaker import Breaker, BreakerState
from .budget import Budget
from .caller import Caller
from .flights import Flights
from .leaves import cut, leaf_of
from .shelf import Keys, Shelf
from .tally import Minute, Tally

log = logging.getLogger(__name__)

ACCOUNT_SECONDS = 300.0  # /v3/me is fresh
ACCOUNT_DOUBTED_SECONDS = 60.0  # the same, once something speaks against it (docs/decisions, 8)
ACCOUNT_STALE_SECONDS = 3600.0  # /v3/me may still be used when the API fails
ACCOUNT_RETRY_SECONDS = 10.0  # until a failed /v3/me is tried again
REFRESH_SECONDS = 2.0  # between two refreshes of one user
PATIENCE_SECONDS = 0.5  # for a new answer, when there is an old one
POLL_SECONDS = 0.025  # while another process asks the same

# After these an old answer is better than none. Never after the key or the profile was refused.
STALE_AFTER = (Unavailable, Unreachable, TimedOut, RateLimited, UnexpectedAnswer)


class OneContact(msgspec.Struct, frozen=True):
    """A contact and when it was fetched."""

    contact: Contact
    fetched_at: datetime


class _KeptAccount(msgspec.Struct, frozen=True):
    account: Account
    fetched_at: datetime


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


K = TypeVar("K", ContactPage, OneContact, _KeptAccount)
T_co = TypeVar("T_co", covariant=True)


@dataclass(frozen=True, slots=True)
class Shown(Generic[T_co]):
    """An answer. `stale`: it is an old one, and a page must say so; `because` is the error that kept a new one
    away, or None when a new one is just being asked for.
    """

    value: T_co
    stale: bool = False
    because: SentError | None = None


@dataclass(frozen=True, slots=True)
class Parts:
    """What a gateway is made of. Times in seconds; `shared`: other processes see the same cache.

    `plain` leaves cache and coalescing out, for the bench to compare with.
    """

    client: SentClient
    caller: Caller
    shelf: Shelf
    keys: Keys
    budget: Budget
    breaker: Breaker
    tally: Tally
    per_minute: int
    burst: int
    fresh_seconds: float
    stale_seconds: float
    deadline_seconds: float
    in_flight: int
    shared: bool = False
    plain: bool = False


@dataclass(frozen=True, slots=True)
class _Wish(Generic[K]):
    """One question: where its answer is kept, of what kind it is, how to ask it, and for whom."""

    key: str
    kind: type[K]
    ask: Callable[[Deadline], K]
    scope: Scope | None
    fresh_seconds: float
    refresh: bool = False
    bulk: bool = False
    wished_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def keep_seconds(self, stale_seconds: float) -> float:
        """How long the answer may be of use."""
        return stale_seconds if self.scope is not None else ACCOUNT_STALE_SECONDS


@dataclass(frozen=True, slots=True)
class Report:
    """The gateway as it stands, for admins."""

    per_minute: int
    burst: int
    calls_left: int
    blocked_seconds: float
    breaker: BreakerState
    hour: tuple[Minute, ...]


class Gateway:
    """Answers for scopes. Every method may raise any SentError.

    A fresh kept answer costs nothing; anything else costs one API call, at most two when the first one broke.
    """

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._client, self._caller, self._shelf, self._keys = parts.client, parts.caller, parts.shelf, parts.keys
        self._flights: Flights[object] = Flights(parts.deadline_seconds + 1)
        self._background = ThreadPoolExecutor(parts.in_flight, thread_name_prefix="gateway")
        self._memo: _Memo | None = None
        self._doubted = False

    def account(self, *, doubted: bool = False) -> Shown[Account]:
        """Whose key this is, at most five minutes old; an hour when the API does not say.

        `doubted`: something speaks against what is known, so it is to be at most a minute old.
        """
        memo, doubted = self._memo, doubted or self._doubted
        if memo is not None and time.monotonic() < (memo.doubted_until if doubted else memo.until):
            return memo.account
        self._doubted = False
        fresh = ACCOUNT_DOUBTED_SECONDS if doubted else ACCOUNT_SECONDS
        shown = self._kept_or_asked(_Wish(self._keys.account(), _KeptAccount, self._ask_account, None, fresh))
        account = Shown(shown.value.account, shown.stale, shown.because)
        self._memo = _Memo.made(account, shown.value.fetched_at)
        return account

    def contacts(
        self, scope: Scope, query: ContactQuery, *, refresh: bool = False, bulk: bool = False
    ) -> Shown[ContactPage]:
        """One page of the scope's contacts. `refresh` wants a new answer, `bulk` stands behind everyone else."""

        others, leaf = self._others(scope), leaf_of(query)

        def ask(deadline: Deadline) -> ContactPage:
            page = self._client.contacts(leaf, scope.profile_id, deadline)
            _refuse_foreign(scope, others, page.contacts, page.request_id)
            return page

        key = self._keys.page(scope, leaf)
        wish = _Wish(key, ContactPage, ask, scope, self._parts.fresh_seconds, refresh, bulk)
        shown = self._kept_or_asked(wish)
        return Shown(cut(shown.value, query), shown.stale, shown.because)

    def contact(self, scope: Scope, contact_id: UUID, seen_in: ContactQuery | None = None) -> Shown[OneContact]:
        """One contact of the scope. `seen_in` is the list it was opened from: while that is fresh, no call is made.

        Raises ContactNotFound when the scope has none with this id.
        """
        kept = self._seen(scope, contact_id, seen_in) if seen_in else None
        if kept is not None:
            self._parts.tally.count("hit")
            return Shown(kept)

        others = self._others(scope)

        def ask(deadline: Deadline) -> OneContact:
            found = self._client.contact(contact_id, scope.profile_id, deadline)
            _refuse_foreign(scope, others, (found,), None)
            return OneContact(found, datetime.now(UTC))

        key = self._keys.contact(scope, contact_id)
        return self._kept_or_asked(_Wish(key, OneContact, ask, scope, self._parts.fresh_seconds))

    def may_refresh(self, user_id: int) -> bool:
        """Whether this user's wish for new rows is more than two seconds after the last."""
        return self._shelf.first(self._keys.refresh(user_id), REFRESH_SECONDS)

    def report(self) -> Report:
        """Budget, breaker and the last hour."""
        calls, blocked = self._parts.budget.left()
        parts = self._parts
        return Report(parts.per_minute, parts.burst, calls, blocked, parts.breaker.state(), parts.tally.hour())

    def _ask_account(self, deadline: Deadline) -> _KeptAccount:
        return _KeptAccount(self._client.me(deadline), datetime.now(UTC))

    def _seen(self, scope: Scope, contact_id: UUID, query: ContactQuery) -> OneContact | None:
        page = self._shelf.get(self._keys.page(scope, leaf_of(query)), ContactPage, self._keys.closed(scope))
        if page is None or not _is_fresh(page.fetched_at, self._parts.fresh_seconds):
            return None
        found = next((contact for contact in page.contacts if contact.id == contact_id), None)
        return OneContact(found, page.fetched_at) if found else None

    def _kept_or_asked(self, wish: _Wish[K]) -> Shown[K]:
        """Fresh from the shelf, else from the API, else old from the shelf with the reason."""
        kept = self._kept(wish)
        if kept is not None and not wish.refresh and _is_fresh(kept.fetched_at, wish.fresh_seconds):
            self._parts.tally.count("hit")
            return Shown(kept)
        if self._parts.plain:
            return Shown(self._caller.call(wish.ask, bulk=wish.bulk))
        try:
            self._caller.enter()
            if kept is None or wish.refresh:
                return self._land(wish, kept)
            # With an old answer at hand nobody waits long for a new one; the call goes on and is kept.
            return self._background.submit(self._land, wish, kept).result(PATIENCE_SECONDS)
        except TimeoutError:
            self._parts.tally.count("stale")
            return Shown(kept, stale=True)  # type: ignore[arg-type]  # only calls with an old answer run out of patience
        except SentError as error:
            return self._old_because(wish, kept, error)

    def _land(self, wish: _Wish[K], kept: K | None) -> Shown[K]:
        """The answer of the call that is made for everyone who wants the same. Gives the caller's place back."""
        try:
            answer, shared = self._flights.join(wish.key, lambda: self._lead(wish), lambda: self._old(wish, kept))
        finally:
            self._caller.leave()
        shown: Shown[K] = answer  # type: ignore[assignment]  # flights of one key are of one kind
        if shared:
            self._parts.tally.count("stale" if shown.stale else "coalesced")
        return shown

    def _lead(self, wish: _Wish[K]) -> Shown[K]:
        """Asks for everyone who wants the same, in this process and, with a shared cache, in all."""
        kept = self._kept(wish)  # perhaps another leader has just landed
        newer = kept is not None and kept.fetched_at > wish.wished_at
        if kept is not None and (newer or (not wish.refresh and _is_fresh(kept.fetched_at, wish.fresh_seconds))):
            return Shown(kept)
        lock = f"lock:{wish.key}"
        if self._parts.shared and not self._shelf.first(lock, self._parts.deadline_seconds):
            other = self._old(wish, kept) or self._await_other(wish, lock)
            if other is not None:
                return other
        try:
            answer = self._caller.call(wish.ask, bulk=wish.bulk)
        except (KeyRejected, Forbidden, ProfileUnknown):
            if wish.scope is not None:
                self._shelf.close(self._keys.closed(wish.scope))
                self._doubted = True
            raise
        except ContactNotFound:
            self._shelf.drop([wish.key])
            raise
        else:
            self._shelf.put(wish.key, answer, wish.keep_seconds(self._parts.stale_seconds))
            return Shown(answer)
        finally:
            if self._parts.shared:
                self._shelf.drop([lock])

    def _await_other(self, wish: _Wish[K], lock: str) -> Shown[K] | None:
        """What another process brings meanwhile, or None when it brought nothing."""
        until = time.monotonic() + self._parts.deadline_seconds
        while time.monotonic() < until:
            time.sleep(POLL_SECONDS)
            kept = self._kept(wish)
            if kept is not None and kept.fetched_at > wish.wished_at:
                return Shown(kept)
            if self._shelf.first(lock, self._parts.deadline_seconds):
                return None
        return None

    def _kept(self, wish: _Wish[K]) -> K | None:
        closed = self._keys.closed(wish.scope) if wish.scope is not None else None
        return self._shelf.get(wish.key, wish.kind, closed)

    def _old(self, wish: _Wish[K], kept: K | None) -> Shown[K] | None:
        """The old answer for whom another's call is under way, unless they asked for a new one."""
        return Shown(kept, stale=True) if kept is not None and not wish.refresh else None

    def _old_because(self, wish: _Wish[K], kept: K | None, error: SentError) -> Shown[K]:
        if kept is None or not isinstance(error, STALE_AFTER) or isinstance(error, WrongProfile):
            raise error
        kept = self._kept(wish)  # another call may have closed the scope meanwhile
        if kept is None:
            raise error
        self._parts.tally.count("stale")
        return Shown(kept, stale=True, because=error)

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


def _is_fresh(fetched_at: datetime, seconds: float) -> bool:
    return (datetime.now(UTC) - fetched_at).total_seconds() < seconds
