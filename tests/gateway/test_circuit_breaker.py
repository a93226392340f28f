"""Circuit breaker: opens after five consecutive failures, allows one half-open probe at a time, closes on success."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from contacts_ui.gateway import circuit_breaker
from contacts_ui.gateway.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The circuit breaker's clock; add seconds to its only item."""
    now = [1000.0]
    # The module's own `time`, not time.monotonic itself: deadlines of other tests are waited for by the real clock.
    monkeypatch.setattr(circuit_breaker, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture
def breaker(tmp_path: Path, clock: list[float]) -> CircuitBreaker:
    """A closed circuit breaker whose probes last at most three seconds."""
    return CircuitBreaker(SharedCounters(tmp_path / "counters", HostRateLimiter.cells(60)), 3.0)


def _fail(breaker: CircuitBreaker, times: int = FAILURE_THRESHOLD) -> None:
    for _ in range(times):
        breaker.record_failure()


def test_circuit_stays_closed_after_four_failures(breaker: CircuitBreaker) -> None:
    _fail(breaker, FAILURE_THRESHOLD - 1)
    assert breaker.acquire() == 0
    assert not breaker.state().is_open


def test_circuit_opens_at_fifth_consecutive_failure(breaker: CircuitBreaker) -> None:
    _fail(breaker)
    assert breaker.acquire() == circuit_breaker.INITIAL_BACKOFF
    assert breaker.state().is_open


def test_success_resets_failure_count(breaker: CircuitBreaker) -> None:
    _fail(breaker, FAILURE_THRESHOLD - 1)
    breaker.record_success()
    _fail(breaker, FAILURE_THRESHOLD - 1)
    assert not breaker.state().is_open


def test_only_one_probe_is_allowed_after_backoff(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += circuit_breaker.INITIAL_BACKOFF + 0.1
    assert breaker.acquire() == 0
    assert breaker.acquire() > 0


def test_lost_probe_does_not_block_next_probe(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += circuit_breaker.INITIAL_BACKOFF + 0.1
    breaker.acquire()
    clock[0] += 3.1
    assert breaker.acquire() == 0


def test_successful_probe_closes_circuit(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += circuit_breaker.INITIAL_BACKOFF + 0.1
    breaker.acquire()
    breaker.record_success()
    assert breaker.acquire() == breaker.acquire() == 0


def test_backoff_grows_with_failed_probes_up_to_maximum(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    pauses = []
    for _ in range(5):
        pauses.append(breaker.state().retry_in)
        clock[0] += pauses[-1] + 0.01
        assert breaker.acquire() == 0
        breaker.record_failure()
    assert pauses == [5.0, 10.0, 10.0, 10.0, 10.0]


def test_late_failures_do_not_lengthen_backoff(breaker: CircuitBreaker) -> None:
    _fail(breaker, FAILURE_THRESHOLD + 20)
    assert breaker.state().retry_in == circuit_breaker.INITIAL_BACKOFF


def test_circuit_state_is_shared_by_processes_of_one_host(breaker: CircuitBreaker, tmp_path: Path) -> None:
    _fail(breaker)
    other = CircuitBreaker(SharedCounters(tmp_path / "counters", HostRateLimiter.cells(60)), 3.0)
    assert other.state().is_open
