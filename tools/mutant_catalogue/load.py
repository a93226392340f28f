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
)
