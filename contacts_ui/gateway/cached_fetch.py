"""Read-through cache with stale-while-revalidate and stale-if-error (RFC 5861).

Fresh from the cache, else from the API once for everyone who asks the same, else stale with the reason.
"""

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
    ApiTimeout,
    ConnectionFailed,
    ContactNotFound,
    Forbidden,
    InvalidApiKey,
    InvalidResponse,
    ProfileMismatch,
    ProfileNotFound,
    RateLimited,
    SentError,
    ServerError,
)
from contacts_ui.sent_api.total_timeout import Deadline
from contacts_ui.sent_api.types import ContactPage

from .cache import ACCOUNT_STALE_TTL, ResponseCache
from .cache_keys import CacheKeys
from .call_policy import CallPolicy, Slot
from .circuit_breaker import CircuitBreaker
from .key_status import KeyStatus
from .observers import OBSERVERS
from .rate_limiter import RateLimiter
from .results import EMPTY_FRESH_SECONDS, AccountResult, CachedResult, ContactResult, MessageSummaryResult, is_fresh
from .single_flight import SingleFlight
from .stats import GatewayStats

REVALIDATE_TIMEOUT = 0.5  # for a new answer, when there is a stale one
LOCK_POLL_INTERVAL = 0.025  # while another process fetches the same

# After these errors a stale answer is better than none. Never after the key or the profile was refused.
STALE_IF_ERROR = (ServerError, ConnectionFailed, ApiTimeout, RateLimited, InvalidResponse)

K = TypeVar("K", ContactPage, ContactResult, MessageSummaryResult, AccountResult)


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """The parts and limits of a gateway. Times in seconds; `shared`: other processes see the same cache.

    `hints` is a cache of which search attempt found rows, as keyed hashes, never a number.
    `bypass` leaves cache and coalescing out, for benches to compare with.
    """

    client: SentClient
    call_policy: CallPolicy
    cache: ResponseCache
    hints: ResponseCache
    keys: CacheKeys
    rate_limiter: RateLimiter
    circuit_breaker: CircuitBreaker
    stats: GatewayStats
    key_status: KeyStatus
    per_minute: int
    burst: int
    fresh_seconds: float
    stale_seconds: float
    deadline_seconds: float
    in_flight: int
    shared: bool = False
    bypass: bool = False


@dataclass(frozen=True, slots=True)
class FetchPolicy:
    """How one read may be served. `refresh` wants a new answer; `bulk` stands behind interactive reads; `timeout` is
    in seconds, None to wait for the whole call.
    """

    refresh: bool = False
    bulk: bool = False
    timeout: float | None = None


DEFAULT_POLICY = FetchPolicy()


@dataclass(frozen=True, slots=True)
class CachedRequest(Generic[K]):
    """One cacheable read: its cache key, the type of its result, how to fetch it, and for which scope."""

    key: str
    result_type: type[K]
    fetch: Callable[[Deadline], K]
    scope: Scope | None
    fresh_seconds: float
    refresh: bool = False
    bulk: bool = False
    derive: Callable[[], K | None] | None = None  # the answer from that to a broader question, if there is one
    requested_at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def is_answered_by(self, answer: K) -> bool:
        """Whether an answer is fresh. One without contacts is so for a shorter time: somebody may be new."""
        empty = getattr(answer, "contacts", None) == ()  # only pages have contacts
        return is_fresh(
            answer.fetched_at, min(self.fresh_seconds, EMPTY_FRESH_SECONDS) if empty else self.fresh_seconds
        )

    def ttl(self, stale_seconds: float) -> float:
        """Seconds for which the answer may be of use, stale included."""
        return stale_seconds if self.scope is not None else ACCOUNT_STALE_TTL


class CachedFetcher:
    """Serves CachedRequests. `credentials_rejected`: the API refused the key or a profile since this was last reset."""

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._call_policy, self._cache, self._keys = config.call_policy, config.cache, config.keys
        self._single_flight: SingleFlight[object] = SingleFlight(config.deadline_seconds + 1)
        self._background = ThreadPoolExecutor(config.in_flight, thread_name_prefix="gateway")
        self.credentials_rejected = False

    def fetch(self, request: CachedRequest[K], timeout: float | None = None) -> CachedResult[K]:
        """Fresh from the cache, else from the API, else stale from the cache with the error that was met.

        Raises TimeoutError when there is nothing stale and no answer within `timeout` seconds.
        """
        cached = self._cached(request)
        fresh = cached if cached is not None and request.is_answered_by(cached) else None
        if fresh is None and request.derive and not request.refresh:
            fresh = request.derive()
        if fresh is not None and not request.refresh:
            self._config.stats.increment("hit")
            return CachedResult(fresh)
        if self._config.bypass:
            return CachedResult(self._call_policy.call(request.fetch, bulk=request.bulk))
        try:
            slot = self._call_policy.slot()
            if request.refresh or (cached is None and timeout is None):
                return self._fetch_coalesced(request, cached, slot)
            # With a stale answer at hand nobody waits long: the call goes on in the background.
            wait = timeout if cached is None else REVALIDATE_TIMEOUT
            return self._background.submit(self._fetch_coalesced, request, cached, slot).result(wait)
        except TimeoutError:
            if cached is None:
                raise
            return self._stale_on_error(request, ApiTimeout(), reason=None)
        except SentError as error:
            if cached is None or not isinstance(error, STALE_IF_ERROR) or isinstance(error, ProfileMismatch):
                raise
            return self._stale_on_error(request, error, reason=error)

    def close(self) -> None:
        """Waits for the calls in the background, and takes no more."""
        self._background.shutdown(wait=True)

    def _fetch_coalesced(self, request: CachedRequest[K], cached: K | None, slot: Slot) -> CachedResult[K]:
        """The answer of the one call that is made for everyone who asks the same."""
        with slot:
            answer, shared = self._single_flight.do(
                request.key, lambda: self._fetch_and_store(request), lambda: self._stale_value(request, cached)
            )
        result: CachedResult[K] = answer  # type: ignore[assignment]  # calls of one key are of one type
        if shared:
            self._config.stats.increment("stale" if result.stale else "coalesced")
        return result

    def _fetch_and_store(self, request: CachedRequest[K]) -> CachedResult[K]:
        """Calls the API for everyone who asks the same, in this process and, with a shared cache, in all."""
        cached = self._cached(request)  # another leader may have stored it just now
        if cached is not None and _answers(request, cached):
            return CachedResult(cached)
        lock = f"lock:{request.key}"
        if self._config.shared:
            if not self._cache.try_lock(lock, self._config.deadline_seconds):
                other = self._stale_value(request, cached) or self._wait_for_other_process(request, lock)
                if other is not None:
                    return other
            # Whoever held the lock may have stored the answer between our look into the cache and our lock.
            cached = self._cached(request)
            if cached is not None and _answers(request, cached):
                self._cache.unlock(lock)
                return CachedResult(cached)
        try:
            answer = self._call_policy.call(request.fetch, bulk=request.bulk)
        except (InvalidApiKey, Forbidden, ProfileNotFound):
            if request.scope is not None:
                self._cache.invalidate_scope(self._keys.scope_invalidated_at(request.scope))
                self.credentials_rejected = True
                for observer in OBSERVERS:
                    observer.scope_refused(request.scope)
            raise
        except ContactNotFound:
            self._cache.delete(request.key)
            raise
        else:
            self._cache.set(request.key, answer, request.ttl(self._config.stale_seconds))
            return CachedResult(answer)
        finally:
            if self._config.shared:
                self._cache.unlock(lock)

    def _wait_for_other_process(self, request: CachedRequest[K], lock: str) -> CachedResult[K] | None:
        """The answer that another process stores meanwhile; None when it stored none, and the lock is ours now."""
        until = time.monotonic() + self._config.deadline_seconds
        while time.monotonic() < until:
            time.sleep(LOCK_POLL_INTERVAL)
            cached = self._cached(request)
            if cached is not None and cached.fetched_at > request.requested_at:
                return CachedResult(cached)
            if self._cache.try_lock(lock, self._config.deadline_seconds):
                return None
        return None

    def _cached(self, request: CachedRequest[K]) -> K | None:
        invalidated_at = self._keys.scope_invalidated_at(request.scope) if request.scope is not None else None
        return self._cache.get(request.key, request.result_type, invalidated_at)

    def _stale_value(self, request: CachedRequest[K], cached: K | None) -> CachedResult[K] | None:
        """The stale answer for those who find a call under way, unless they want a new one."""
        return CachedResult(cached, stale=True) if cached is not None and not request.refresh else None

    def _stale_on_error(self, request: CachedRequest[K], error: SentError, reason: SentError | None) -> CachedResult[K]:
        """The stale answer, unless its scope was invalidated while the call was under way: then raises `error`."""
        cached = self._cached(request)
        if cached is None:
            raise error
        self._config.stats.increment("stale")
        return CachedResult(cached, stale=True, error=reason)


def _answers(request: CachedRequest[K], cached: K) -> bool:
    """True when a cached answer is one to this request: fetched since, or fresh, unless a new one is wanted."""
    if cached.fetched_at > request.requested_at:
        return True
    return not request.refresh and request.is_answered_by(cached)
