"""Factory of this process's gateway, from the settings."""

from __future__ import annotations

from functools import lru_cache, partial
from pathlib import Path
from typing import cast

from django.conf import settings
from django.core.cache import caches

from contacts_ui.sealing.caches import MemoryCache
from contacts_ui.sent_api.client import SentClient

from .cache import ResponseCache
from .cache_keys import CacheKeys
from .cached_fetch import GatewayConfig
from .call_policy import CallPolicy
from .circuit_breaker import CircuitBreaker
from .gateway import Gateway
from .host_share import HostShare
from .key_status import KeyStatus
from .rate_limiter import HostRateLimiter, RateLimiter, UnlimitedRateLimiter, apply_server_limits
from .redis_rate_limiter import RedisRateLimiter
from .shared_memory import SharedCounters
from .stats import GatewayStats

PROBE_MARGIN = 2.0  # seconds a probe may take beyond its deadline before another may go


@lru_cache(maxsize=1)
def get_gateway() -> Gateway:
    """Made at the first call. Raises RuntimeError without an API key."""
    if not settings.SENT_API_KEY:
        raise RuntimeError("SENT_API_KEY is not set")
    bypass, contacts = settings.SENT_GATEWAY == "plain", caches["contacts"]
    memory = cast("MemoryCache", caches["contacts_without_redis"]) if settings.REDIS_URL else None
    counters = SharedCounters(Path(settings.SENT_BUDGET_FILE), HostRateLimiter.cells(settings.SENT_BUDGET_PER_MINUTE))
    keys = CacheKeys(settings.SECRET_KEY, settings.SENT_API_KEY)
    rate_limiter = UnlimitedRateLimiter() if bypass else _build_rate_limiter(counters, keys.api_key_fingerprint)
    circuit_breaker, stats = CircuitBreaker(counters, settings.SENT_DEADLINE + PROBE_MARGIN), GatewayStats(counters)
    key_status = KeyStatus(counters, keys.api_key_fingerprint)
    return Gateway(
        GatewayConfig(
            client=_build_client(settings.SENT_API_KEY, rate_limiter),
            call_policy=_build_call_policy(circuit_breaker, rate_limiter, stats, key_status),
            cache=ResponseCache(contacts, settings.SENT_STALE_SECONDS, memory),
            hints=ResponseCache(contacts if memory else caches["default"], settings.SENT_STALE_SECONDS, memory),
            keys=keys,
            rate_limiter=rate_limiter,
            circuit_breaker=circuit_breaker,
            stats=stats,
            key_status=key_status,
            per_minute=settings.SENT_BUDGET_PER_MINUTE,
            burst=settings.SENT_BUDGET_BURST,
            fresh_seconds=0.0 if bypass else settings.SENT_FRESH_SECONDS,
            stale_seconds=settings.SENT_STALE_SECONDS,
            deadline_seconds=settings.SENT_DEADLINE,
            in_flight=settings.SENT_IN_FLIGHT,
            shared=bool(settings.REDIS_URL),
            bypass=bypass,
        )
    )


def _build_client(api_key: str, rate_limiter: RateLimiter) -> SentClient:
    """The client of the API, whose answers tell the rate limiter what the API still allows."""
    return SentClient(
        settings.SENT_API_URL,
        api_key,
        connect_seconds=settings.SENT_CONNECT_TIMEOUT,
        deadline_seconds=settings.SENT_DEADLINE,
        pool_size=settings.SENT_IN_FLIGHT,
        verify=settings.SENT_CA_FILE,
        on_rate_limit=partial(apply_server_limits, rate_limiter),
    )


def _build_call_policy(
    circuit_breaker: CircuitBreaker, rate_limiter: RateLimiter, stats: GatewayStats, key_status: KeyStatus
) -> CallPolicy:
    """Whether and how a call is made, by the settings for all calls."""
    return CallPolicy(
        circuit_breaker,
        rate_limiter,
        stats,
        key_status,
        in_flight=settings.SENT_IN_FLIGHT,
        deadline_seconds=settings.SENT_DEADLINE,
    )


def _build_rate_limiter(counters: SharedCounters, name: str) -> RateLimiter:
    """One for all hosts where there is Redis, else this host's share."""
    per_minute, burst = settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST
    if not settings.REDIS_URL:
        return HostRateLimiter(counters, per_minute, burst)
    share = HostShare(counters, per_minute, burst, settings.DESK_HOSTS)
    return RedisRateLimiter(settings.REDIS_URL, name, per_minute, burst, share)
