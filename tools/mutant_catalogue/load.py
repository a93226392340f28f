"""Mutants: load limits."""

from __future__ import annotations

from .mutant import Mutant

MUTANTS: tuple[Mutant, ...] = (
    Mutant(
        "calls in flight exceed the bulkhead",
        "contacts_ui/gateway/call_policy.py",
        "            raise Overloaded\n",
        "            pass\n",
        ("tests/gateway/test_call_policy.py::test_call_without_free_slot_is_rejected_until_one_is_released",),
    ),
    Mutant(
        "a retry bypasses the rate limiter",
        "contacts_ui/gateway/call_policy.py",
        "        if self._rate_limiter.acquire(bulk=bulk) > 0:\n            return False\n",
        "",
        ("tests/gateway/test_call_policy.py::test_retry_is_skipped_when_rate_limit_is_exhausted",),
    ),
    Mutant(
        "each of several hosts spends the whole budget while Redis is away",
        "contacts_ui/gateway/host_share.py",
        "HostRateLimiter(counters, max(1, per_minute // hosts), max(1, burst // hosts))",
        "HostRateLimiter(counters, per_minute, burst)",
        ("tests/gateway/test_redis_outage.py::test_no_minute_across_outage_exceeds_budget",),
    ),
    Mutant(
        "a host begins at once when Redis goes away, whatever the others have called",
        "contacts_ui/gateway/host_share.py",
        "return WINDOW - 60 * max(0.0, 1 - burst / per_minute)",
        "return 0.0",
        ("tests/gateway/test_redis_outage.py::test_no_minute_across_outage_exceeds_budget",),
    ),
)
