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
        '        if self._rate_limiter.acquire(bulk=bulk) > 0:\n            self._lifetime.add("budget_refused")\n'
        "            return False\n",
        "",
        ("tests/gateway/test_call_policy.py::test_retry_is_skipped_when_rate_limit_is_exhausted",),
    ),
    Mutant(
        "an open circuit is taken for a closed one",
        "contacts_ui/gateway/call_policy.py",
        "        cells = self._circuit_breaker.cells\n",
        "        cells = [0.0] * 9\n",
        ("tests/gateway/test_call_policy.py", "tests/gateway/test_fault_matrix.py", "tests/test_gateway_status.py"),
    ),
    Mutant(
        "metrics are open without a token",
        "contacts_ui/middleware/machine_pages.py",
        '    if not wanted or kind.lower() != "bearer":\n        return False\n',
        "    if not wanted:\n        return True\n",
        ("tests/operations/test_metrics.py",),
    ),
    Mutant(
        "any token opens the metrics",
        "contacts_ui/middleware/machine_pages.py",
        '    return hmac.compare_digest(token.strip().encode(errors="surrogateescape"), wanted.encode())',
        "    return bool(token)",
        ("tests/operations/test_metrics.py::test_wrong_token_gets_what_any_unknown_address_gets",),
    ),
    Mutant(
        "counters that cannot be read are told as they are",
        "contacts_ui/gateway/shared_memory.py",
        "        if numbers[VERSION_CELL] != VERSION or numbers[STAMP_CELL] > time.monotonic():\n",
        "        if False:\n",
        ("tests/operations/test_metrics.py::test_counters_of_another_version_are_503_and_kept",),
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
    Mutant(
        "whoever sends the token that is not set is told what is missing",
        "contacts_ui/middleware/health.py",
        "return bool(token) and constant_time_compare(",
        "return constant_time_compare(",
        ("tests/test_readiness.py::test_without_token_setting_no_header_is_one",),
    ),
)
