"""The rate limit of the imitated API, read as strictly as its documentation allows (sent-api-v3, transport)."""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

WINDOW = 60.0  # seconds

ONE = 1 - 1e-9  # a token; sums of fractions stop a hair short of one

UNLIMITED = 1_000_000
"""What the headers say when the limit is switched off."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a pool says about one call."""

    granted: bool
    limit: int
    """Calls a minute."""
    remaining: int
    """Calls that would be granted at once, after this one."""
    reset: int
    """Unix second at which the oldest call counted stops counting."""
    retry_after: int = 0
    """Whole seconds until a call is granted again; 0 when this one was."""


@dataclass(slots=True)
class _Pool:
    tokens: float
    refilled: float
    calls: deque[float] = field(default_factory=deque)


class Limiter:
    """Both readings at once: a bucket of `burst` refilled at `rate` a minute, and at most `rate` in any 60 s.

    Pools are apart: the organization and its profiles share one. A refused call costs nothing.
    """

    def __init__(self, rate: int, burst: int, clock: Callable[[], float] = time.time) -> None:
        self._rate, self._burst, self._clock = rate, burst, clock
        self._pools: dict[str, _Pool] = {}
        self._lock = threading.Lock()

    def take(self, name: str) -> Allowance:
        """Counts one call in the pool `name`, if it still has room."""
        return self._ask(name, cost=1)

    def peek(self, name: str) -> Allowance:
        """What `take` would leave, without counting a call."""
        return self._ask(name, cost=0)

    def reset(self) -> None:
        """Forgets every call: all pools are full again."""
        with self._lock:
            self._pools.clear()

    def _ask(self, name: str, cost: int) -> Allowance:
        now = self._clock()
        if not self._rate:
            return Allowance(True, UNLIMITED, UNLIMITED, math.ceil(now + WINDOW))
        with self._lock:
            pool = self._pools.setdefault(name, _Pool(tokens=self._burst, refilled=now))
            self._advance(pool, now)
            wait = self._wait(pool, now) if cost else 0.0
            if cost and not wait:
                pool.tokens -= cost
                pool.calls.append(now)
            remaining = min(math.floor(pool.tokens), self._rate - len(pool.calls))
            retry_after = max(1, math.ceil(wait)) if wait else 0
            oldest = pool.calls[0] if pool.calls else now
        reset = max(math.ceil(oldest + WINDOW), math.ceil(now) + retry_after)
        return Allowance(not wait, self._rate, max(0, remaining), reset, retry_after)

    def _advance(self, pool: _Pool, now: float) -> None:
        # A clock set back must not take tokens away.
        elapsed = max(0.0, now - pool.refilled)
        pool.tokens = min(float(self._burst), pool.tokens + elapsed * self._rate / WINDOW)
        pool.refilled = now
        while pool.calls and pool.calls[0] <= now - WINDOW:
            pool.calls.popleft()

    def _wait(self, pool: _Pool, now: float) -> float:
        """Seconds until a call is granted, 0 if it is now."""
        for_token = 0.0 if pool.tokens >= ONE else (1 - pool.tokens) * WINDOW / self._rate
        for_window = 0.0 if len(pool.calls) < self._rate else pool.calls[0] + WINDOW - now
        return max(for_token, for_window)
