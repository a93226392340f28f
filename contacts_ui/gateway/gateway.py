"""Gateway: cached, coalesced and rate-limited reads of the API for one scope at a time."""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from uuid import UUID

from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import ProfileMismatch, SentError
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.total_timeout import Deadline
from contacts_ui.sent_api.types import Account, Contact, ContactPage

from .cache import ACCOUNT_RETRY_INTERVAL, ACCOUNT_REVALIDATE_TTL, ACCOUNT_TTL, MESSAGE_SUMMARY_TTL
from .cached_fetch import DEFAULT_POLICY, CachedFetcher, CachedRequest, FetchPolicy, GatewayConfig
from .derived_pages import DerivedPages
from .lifetime import LifetimeCounts
from .observers import OBSERVERS
from .page_windows import slice_page, upstream_query
from .region_stats import RegionStats
from .results import AccountResult, CachedResult, ContactResult, GatewayStatus, MessageSummaryResult, is_fresh

log = logging.getLogger(__name__)

REFRESH_INTERVAL = 2.0  # seconds between two refreshes by one user


@dataclass(frozen=True, slots=True)
class _AccountCache:
    """The account as this process last fetched it. `expires_at` and `revalidate_at` are monotonic seconds."""

    account: CachedResult[Account]
    expires_at: float
    revalidate_at: float
    fetched_at: datetime

    @classmethod
    def of(cls, account: CachedResult[Account], fetched_at: datetime) -> _AccountCache:
        now, age = time.monotonic(), (datetime.now(UTC) - fetched_at).total_seconds()
        if account.stale:
            return cls(account, now + ACCOUNT_RETRY_INTERVAL, now + ACCOUNT_RETRY_INTERVAL, fetched_at)
        return cls(account, now + ACCOUNT_TTL - age, now + ACCOUNT_REVALIDATE_TTL - age, fetched_at)


class Gateway:
    """Reads for scopes. Every method may raise any SentError.

    A fresh cached answer costs no API call; anything else costs one, at most two when the first one failed.
    """

    def __init__(self, config: GatewayConfig) -> None:
        self._config = config
        self._client, self._cache, self._keys = config.client, config.cache, config.keys
        self._fetcher = CachedFetcher(config)
        self._region_stats = RegionStats(config.cache, config.keys)
        self._derived_pages = DerivedPages(config.cache, config.keys, config.fresh_seconds)
        self._account_cache: _AccountCache | None = None

    def close(self) -> None:
        """Waits for the calls in the background: nothing reaches the API or the cache after it."""
        self._fetcher.close()

    def account(self, *, revalidate: bool = False) -> CachedResult[Account]:
        """The key's account, at most five minutes old; up to an hour old while the API fails.

        `revalidate`: something speaks against what is cached, so it must be at most a minute old.
        """
        known, revalidate = self._account_cache, revalidate or self._fetcher.credentials_rejected
        if known is not None and time.monotonic() < (known.revalidate_at if revalidate else known.expires_at):
            return known.account
        self._fetcher.credentials_rejected = False
        result = self._fetcher.fetch(self._account_request(ACCOUNT_REVALIDATE_TTL if revalidate else ACCOUNT_TTL))
        account = result.map(lambda value: value.account)
        self._account_cache = _AccountCache.of(account, result.value.fetched_at)
        return account

    def verify_key(self, seconds: float) -> Account:
        """The key's account from the API itself, past cache and circuit breaker: for the start, once."""
        return self._config.call_policy.probe(self._client.me, seconds)

    def account_if_known(self, timeout: float) -> CachedResult[Account] | None:
        """The account without an error and without a wait of more than `timeout` seconds, else None."""
        known = self._account_cache
        if known is not None and time.monotonic() < known.expires_at:
            return known.account
        try:
            result = self._fetcher.fetch(self._account_request(ACCOUNT_TTL), timeout)
        except (TimeoutError, SentError):
            return known.account if known else None
        return result.map(lambda value: value.account)

    @property
    def api_key_fingerprint(self) -> str:
        """A keyed hash of the API key, by which what was kept of another key is told."""
        return self._keys.api_key_fingerprint

    @property
    def known_account(self) -> Account | None:
        """The account as this process last saw it, None before. Cost: none."""
        return self._account_cache.account.value if self._account_cache else None

    def background_account(self, *, revalidate: bool = False) -> Account:
        """The account for tasks, as of /v3/me at most five minutes ago. Raises the error that kept a new one away.

        A worker that has just begun takes it from where the last one left it, sealed: a worker that died costs no call.
        """
        if self._account_cache is None and not revalidate:
            kept = self._config.hints.get(self._keys.account(), AccountResult)
            if kept is not None and is_fresh(kept.fetched_at, ACCOUNT_TTL):
                self._account_cache = _AccountCache.of(CachedResult(kept.account), kept.fetched_at)
        before = self._account_cache
        result = self.account(revalidate=revalidate)
        if result.stale and result.error is not None:
            raise result.error
        known = self._account_cache
        if known is not None and known is not before:
            kept = AccountResult(result.value, known.fetched_at)
            self._config.hints.set(self._keys.account(), kept, ACCOUNT_TTL)
        return result.value

    def crawl_page(self, scope: Scope, query: ContactQuery, *, bulk: bool = False) -> ContactPage:
        """One page of the scope's contacts for a task: one API call at background or bulk priority, past the cache.

        Checked like every answer (decision 2). Raises LocalRateLimited without a call while there is no budget.
        """
        known_ids = self._profile_ids(scope)

        def fetch(deadline: Deadline) -> ContactPage:
            page = self._client.contacts(query, scope.profile_id, deadline)
            _check_row_ownership(scope, known_ids, page.contacts, page.request_id)
            return page

        return self._config.call_policy.call_in_background(fetch, bulk=bulk)

    def contacts(
        self, scope: Scope, query: ContactQuery, policy: FetchPolicy = DEFAULT_POLICY
    ) -> CachedResult[ContactPage]:
        """One page of the scope's contacts.

        Raises TimeoutError when nothing is cached and no answer came within the policy's timeout: the call goes on,
        and its answer is cached.
        """
        result = self._fetcher.fetch(self._page_request(scope, query, policy), policy.timeout)
        return result.map(lambda page: slice_page(page, query))

    def _account_request(self, fresh_seconds: float) -> CachedRequest[AccountResult]:
        return CachedRequest(self._keys.account(), AccountResult, self._fetch_account, None, fresh_seconds)

    def _page_request(self, scope: Scope, query: ContactQuery, policy: FetchPolicy) -> CachedRequest[ContactPage]:
        profile_ids, upstream = self._profile_ids(scope), upstream_query(query)
        key = self._keys.page(scope, upstream)

        def fetch(deadline: Deadline) -> ContactPage:
            page = self._client.contacts(upstream, scope.profile_id, deadline)
            _check_row_ownership(scope, profile_ids, page.contacts, page.request_id)
            self._region_stats.record(scope, page.contacts)
            self._derived_pages.record(scope, upstream, page, key)
            for observer in OBSERVERS:
                observer.page_fetched(scope, upstream, page)
            return page

        derive = partial(self._derived_pages.find, scope, upstream)
        fresh_seconds = self._config.fresh_seconds
        return CachedRequest(key, ContactPage, fetch, scope, fresh_seconds, policy.refresh, policy.bulk, derive)

    def contact(
        self, scope: Scope, contact_id: UUID, cached_pages: Iterable[ContactQuery] = ()
    ) -> CachedResult[ContactResult]:
        """One contact of the scope. `cached_pages` are lists it may be on: a fresh one in the cache saves the call.

        Raises ContactNotFound when the scope has none with this id.
        """
        for query in cached_pages:
            if cached := self._contact_from_cached_page(scope, contact_id, query):
                self._config.stats.increment("hit")
                # Under its own key too, so that `known_contact` finds it. It is as old as its page, and says so.
                self._cache.set(self._keys.contact(scope, contact_id), cached, self._config.stale_seconds)
                return CachedResult(cached)

        profile_ids = self._profile_ids(scope)

        def fetch(deadline: Deadline) -> ContactResult:
            found, request_id = self._client.contact(contact_id, scope.profile_id, deadline)
            _check_row_ownership(scope, profile_ids, (found,), request_id)
            return ContactResult(found, datetime.now(UTC), request_id)

        key = self._keys.contact(scope, contact_id)
        return self._fetcher.fetch(CachedRequest(key, ContactResult, fetch, scope, self._config.fresh_seconds))

    def known_page(self, scope: Scope, query: ContactQuery) -> ContactPage | None:
        """The upstream page with the rows of `query` as it is cached, fresh or stale, else None. No API call."""
        key = self._keys.page(scope, upstream_query(query))
        return self._cache.get(key, ContactPage, self._keys.scope_invalidated_at(scope))

    def known_contact(self, scope: Scope, contact_id: UUID) -> ContactResult | None:
        """One contact of the scope as it is cached, fresh or stale, else None. Never calls the API."""
        key = self._keys.contact(scope, contact_id)
        return self._cache.get(key, ContactResult, self._keys.scope_invalidated_at(scope))

    def message_summary(self, scope: Scope, contact_id: UUID) -> CachedResult[MessageSummaryResult]:
        """The message summary of one contact of the scope, at most a minute old. Raises ContactNotFound."""

        def fetch(deadline: Deadline) -> MessageSummaryResult:
            summary, request_id = self._client.message_summary(contact_id, scope.profile_id, deadline)
            return MessageSummaryResult(summary, datetime.now(UTC), request_id)

        key = self._keys.message_summary(scope, contact_id)
        fresh_seconds = 0.0 if self._config.bypass else MESSAGE_SUMMARY_TTL
        return self._fetcher.fetch(CachedRequest(key, MessageSummaryResult, fetch, scope, fresh_seconds))

    def common_regions(self, scope: Scope) -> tuple[str, ...]:
        """The most frequent regions among the scope's numbers, counted from its recent answers."""
        return self._region_stats.top(scope)

    def remember_interpretation(self, user_id: int, text: str, attempt: str) -> None:
        """Remembers for five minutes which attempt found rows for a user's search text, as keyed hashes of both."""
        self._config.hints.set(self._keys.search_interpretation(user_id, text), self._keys.digest(attempt))

    def remembered_interpretation(self, user_id: int, text: str, attempts: Sequence[str]) -> int | None:
        """The index in `attempts` of the one that found rows for this user's text last time; None when not known."""
        digest = self._config.hints.get(self._keys.search_interpretation(user_id, text), str)
        if not digest:
            return None
        return next((index for index, attempt in enumerate(attempts) if self._keys.digest(attempt) == digest), None)

    def remember_account_list(self, *, whole: bool, seconds: float) -> None:
        """Remembers for this key whether the account's own list was seen to hold the rows of its profiles."""
        self._config.hints.set(self._keys.account_list(), whole, seconds)

    def account_list_is_whole(self) -> bool | None:
        """What was remembered of it; None when nothing is."""
        return self._config.hints.get(self._keys.account_list(), bool)

    def allow_refresh(self, user_id: int) -> bool:
        """Throttle: whether this user's last refresh is more than two seconds ago."""
        return self._cache.try_lock(self._keys.refresh_throttle(user_id), REFRESH_INTERVAL)

    def status(self) -> GatewayStatus:
        """Rate limiter, circuit breaker, key and the counts of the last hour."""
        config = self._config
        calls, paused = config.rate_limiter.available()
        circuit, last_hour = config.circuit_breaker.state(), config.stats.last_hour()
        rejected = config.key_status.rejected
        return GatewayStatus(config.per_minute, config.burst, calls, paused, circuit, last_hour, rejected)

    def counts(self) -> LifetimeCounts:
        """What this host has counted since its counters began. Raises CountersUnreadable."""
        return self._config.stats.lifetime.read()

    def _fetch_account(self, deadline: Deadline) -> AccountResult:
        return AccountResult(self._client.me(deadline), datetime.now(UTC))

    def _contact_from_cached_page(self, scope: Scope, contact_id: UUID, query: ContactQuery) -> ContactResult | None:
        page = self.known_page(scope, query)
        if page is None or not is_fresh(page.fetched_at, self._config.fresh_seconds):
            page = self._derived_pages.find(scope, upstream_query(query))
        if page is None:
            return None
        found = next((contact for contact in page.contacts if contact.id == contact_id), None)
        return ContactResult(found, page.fetched_at, page.request_id) if found else None

    def _profile_ids(self, scope: Scope) -> Collection[str]:
        """The ids of all profiles, none for the account. Needed before a call is made, which must not need another."""
        if scope.profile_id is None:
            return ()
        known = self._account_cache.account if self._account_cache else self.account()
        return known.value.profiles_by_id


def _check_row_ownership(
    scope: Scope, profile_ids: Collection[str], rows: tuple[Contact, ...], request_id: str | None
) -> None:
    """Refuses a whole answer in which a row names another profile as its owner (docs/decisions, 2)."""
    own = (scope.profile_id or "").lower()
    named = {row.customer_id.lower() for row in rows if row.customer_id} - {own}
    if any(owner in profile_ids for owner in named):
        log.error("sent.profile.foreign_row", extra={"profile_id": scope.profile_id})
        raise ProfileMismatch(status=200, request_id=request_id)
