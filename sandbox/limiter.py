"""Rate limiter: token bucket and sliding window together, the strictest reading of the API's documentation.

Documented in sent-api-v3, transport.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW = 60.0  # seconds

ONE_TOKEN = 1 - 1e-9  # sums of fractions stay slightly below 1

UNLIMITED = 1_000_000
"""Limit and remaining requests in the headers when the limit is off."""


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """A pool's decision on one request, and the values of its headers."""

    granted: bool
    limit: int
    """Requests a minute."""
    remaining: int
    """Requests that would be granted at once, after this one."""
    reset: int
    """Unix second at which the oldest counted request leaves the window."""
    retry_after: int = 0
    """Whole seconds until a request is granted again; 0 when this one was."""


@dataclass(slots=True)
class _Pool:
    tokens: float
    refilled_at: float
    granted_at: deque[float] = field(default_factory=deque)


class Limiter:
    """A bucket of `burst` refilled at `rate` a minute, and at most `rate` in any 60 s; `rate` 0 is no limit.

    Pools are independent: the organization and its profiles share one. A rejected request is not counted.
    """

    def __init__(self, rate: int, burst: int, clock: Callable[[], float] = time.time) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._pools: dict[str, _Pool] = {}
        self._lock = threading.Lock()

    def take(self, name: str) -> RateLimitState:
        """Counts one request in the pool `name`, if it is granted."""
        return self._check(name, cost=1)

    def peek(self, name: str) -> RateLimitState:
        """The state of the pool, without counting a request."""
        return self._check(name, cost=0)

    def reset(self) -> None:
        """Refills all pools."""
        with self._lock:
            self._pools.clear()

    def _check(self, name: str, cost: int) -> RateLimitState:
        now = self._clock()
        if not self._rate:
            return RateLimitState(True, UNLIMITED, UNLIMITED, math.ceil(now + WINDOW))
        with self._lock:
            pool = self._pools.setdefault(name, _Pool(tokens=self._burst, refilled_at=now))
            self._advance(pool, now)
            wait = self._seconds_to_grant(pool, now) if cost else 0.0
            if cost and not wait:
                pool.tokens -= cost
                pool.granted_at.append(now)
            remaining = min(math.floor(pool.tokens), self._rate - len(pool.granted_at))
            retry_after = max(1, math.ceil(wait)) if wait else 0
            oldest = pool.granted_at[0] if pool.granted_at else now
        reset = max(math.ceil(oldest + WINDOW), math.ceil(now) + retry_after)
        return RateLimitState(not wait, self._rate, max(0, remaining), reset, retry_after)

    def _advance(self, pool: _Pool, now: float) -> None:
        # A clock set back must not remove tokens.
        elapsed = max(0.0, now - pool.refilled_at)
        pool.tokens = min(float(self._burst), pool.tokens + elapsed * self._rate / WINDOW)
        pool.refilled_at = now
        while pool.granted_at and pool.granted_at[0] <= now - WINDOW:
            pool.granted_at.popleft()

    def _seconds_to_grant(self, pool: _Pool, now: float) -> float:
        """Seconds until a request is granted, 0 if it is now."""
        for_token = 0.0 if pool.tokens >= ONE_TOKEN else (1 - pool.tokens) * WINDOW / self._rate
        for_window = 0.0 if len(pool.granted_at) < self._rate else pool.granted_at[0] + WINDOW - now
        return max(for_token, for_window)
