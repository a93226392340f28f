"""From a question to its answer: fresh from the shelf, else from the API once for everyone, else an old one."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Generic, TypeVar

from contacts_ui.scope import Scope
from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.errors import (
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
from contacts_ui.sent_api.total_timeout import Deadline
from contacts_ui.sent_api.types import ContactPage

from .cache import Shelf
from .cache_keys import Keys
from .call_policy import Caller
from .circuit_breaker import Breaker
from .rate_limiter import Budget
from .results import KeptAccount, Messages, OneContact, Shown, is_fresh
from .single_flight import Flights
from .stats import Tally

ACCOUNT_STALE_SECONDS = 3600.0  # /v3/me may still be used when the API fails
PATIENCE_SECONDS = 0.5  # for a new answer, when there is an old one
POLL_SECONDS = 0.025  # while another process asks the same

# After these an old answer is better than none. Never after the key or the profile was refused.
STALE_AFTER = (Unavailable, Unreachable, TimedOut, RateLimited, UnexpectedAnswer)

K = TypeVar("K", ContactPage, OneContact, Messages, KeptAccount)


@dataclass(frozen=True, slots=True)
class Parts:
    """What a gateway is made of. Times in seconds; `shared`: other processes see the same cache.

    `hints` holds what all processes may know of how texts were read: marks of them, never a number.
    `plain` leaves cache and coalescing out, for the bench to compare with.
    """

    client: SentClient
    caller: Caller
    shelf: Shelf
    hints: Shelf
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
class Wish(Generic[K]):
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


class Asker:
    """Answers wishes. `refused`: the API refused the key or a profile since this was last set to False."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._caller, self._shelf, self._keys = parts.caller, parts.shelf, parts.keys
        self._flights: Flights[object] = Flights(parts.deadline_seconds + 1)
        self._background = ThreadPoolExecutor(parts.in_flight, thread_name_prefix="gateway")
        self.refused = False

    def answer(self, wish: Wish[K], patience: float | None = None) -> Shown[K]:
        """Fresh from the shelf, else from the API, else old from the shelf with the reason.

        Raises TimeoutError when there is nothing old and no answer within `patience` seconds.
        """
        kept = self._kept(wish)
        if kept is not None and not wish.refresh and is_fresh(kept.fetched_at, wish.fresh_seconds):
            self._parts.tally.count("hit")
            return Shown(kept)
        if self._parts.plain:
            return Shown(self._caller.call(wish.ask, bulk=wish.bulk))
        try:
            self._caller.enter()
            if wish.refresh or (kept is None and patience is None):
                return self._land(wish, kept)
            # With an old answer at hand nobody waits long for a new one; the call goes on and is kept.
            wait = patience if kept is None else PATIENCE_SECONDS
            return self._background.submit(self._land, wish, kept).result(wait)
        except TimeoutError:
            if kept is None:
                raise
            return self._still_old(wish, TimedOut(), because=None)
        except SentError as error:
            if kept is None or not isinstance(error, STALE_AFTER) or isinstance(error, WrongProfile):
                raise
            return self._still_old(wish, error, because=error)

    def close(self) -> None:
        """Waits for the calls that go on in the background, and takes no more."""
        self._background.shutdown(wait=True)

    def _land(self, wish: Wish[K], kept: K | None) -> Shown[K]:
        """The answer of the call that is made for everyone who wants the same. Gives the caller's place back."""
        try:
            answer, shared = self._flights.join(wish.key, lambda: self._lead(wish), lambda: self._old(wish, kept))
        finally:
            self._caller.leave()
        shown: Shown[K] = answer  # type: ignore[assignment]  # flights of one key are of one kind
        if shared:
            self._parts.tally.count("stale" if shown.stale else "coalesced")
        return shown

    def _lead(self, wish: Wish[K]) -> Shown[K]:
        """Asks for everyone who wants the same, in this process and, with a shared cache, in all."""
        kept = self._kept(wish)  # perhaps another leader has just landed
        newer = kept is not None and kept.fetched_at > wish.wished_at
        if kept is not None and (newer or (not wish.refresh and is_fresh(kept.fetched_at, wish.fresh_seconds))):
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
                self.refused = True
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

    def _await_other(self, wish: Wish[K], lock: str) -> Shown[K] | None:
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

    def _kept(self, wish: Wish[K]) -> K | None:
        closed = self._keys.closed(wish.scope) if wish.scope is not None else None
        return self._shelf.get(wish.key, wish.kind, closed)

    def _old(self, wish: Wish[K], kept: K | None) -> Shown[K] | None:
        """The old answer for whom another's call is under way, unless they asked for a new one."""
        return Shown(kept, stale=True) if kept is not None and not wish.refresh else None

    def _still_old(self, wish: Wish[K], error: SentError, because: SentError | None) -> Shown[K]:
        """The old answer, unless another call closed its scope while this one was under way. Raises `error` then."""
        kept = self._kept(wish)
        if kept is None:
            raise error
        self._parts.tally.count("stale")
        return Shown(kept, stale=True, because=because)
