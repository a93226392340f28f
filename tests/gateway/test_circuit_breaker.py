"""The breaker: opens after five failures in a row, one probe at a time, closes at the first answer."""

from __future__ import annotations

from pathlib import Path

import pytest

from contacts_ui.gateway import circuit_breaker as breakers
from contacts_ui.gateway.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The breaker's clock; add seconds to its only item."""
    now = [1000.0]
    monkeypatch.setattr("contacts_ui.gateway.circuit_breaker.time.monotonic", lambda: now[0])
    return now


@pytest.fixture
def breaker(tmp_path: Path, clock: list[float]) -> CircuitBreaker:
    """Closed, with probes of at most three seconds."""
    return CircuitBreaker(SharedCounters(tmp_path / "ledger", HostRateLimiter.cells(60)), 3.0)


def _fail(breaker: CircuitBreaker, times: int = FAILURE_THRESHOLD) -> None:
    for _ in range(times):
        breaker.record_failure()


def test_four_failures_leave_it_closed(breaker: CircuitBreaker) -> None:
    _fail(breaker, FAILURE_THRESHOLD - 1)
    assert breaker.acquire() == 0
    assert not breaker.state().is_open


def test_the_fifth_failure_in_a_row_opens_it(breaker: CircuitBreaker) -> None:
    _fail(breaker)
    assert breaker.acquire() == breakers.INITIAL_BACKOFF
    assert breaker.state().is_open


def test_an_answer_in_between_starts_the_count_again(breaker: CircuitBreaker) -> None:
    _fail(breaker, FAILURE_THRESHOLD - 1)
    breaker.record_success()
    _fail(breaker, FAILURE_THRESHOLD - 1)
    assert not breaker.state().is_open


def test_after_the_pause_one_probe_goes_and_one_only(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += breakers.INITIAL_BACKOFF + 0.1
    assert breaker.acquire() == 0
    assert breaker.acquire() > 0


def test_a_probe_that_never_comes_back_does_not_block_the_next(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += breakers.INITIAL_BACKOFF + 0.1
    breaker.acquire()
    clock[0] += 3.1
    assert breaker.acquire() == 0


def test_a_good_probe_closes_it(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    clock[0] += breakers.INITIAL_BACKOFF + 0.1
    breaker.acquire()
    breaker.record_success()
    assert breaker.acquire() == breaker.acquire() == 0


def test_the_pause_grows_with_each_bad_probe_up_to_its_bound(breaker: CircuitBreaker, clock: list[float]) -> None:
    _fail(breaker)
    pauses = []
    for _ in range(5):
        pauses.append(breaker.state().retry_in)
        clock[0] += pauses[-1] + 0.01
        assert breaker.acquire() == 0
        breaker.record_failure()
    assert pauses == [5.0, 10.0, 10.0, 10.0, 10.0]


def test_late_failures_of_calls_sent_before_do_not_lengthen_the_pause(breaker: CircuitBreaker) -> None:
    _fail(breaker, FAILURE_THRESHOLD + 20)
    assert breaker.state().retry_in == breakers.INITIAL_BACKOFF


def test_all_processes_of_a_host_share_it(breaker: CircuitBreaker, tmp_path: Path) -> None:
    _fail(breaker)
    other = CircuitBreaker(SharedCounters(tmp_path / "ledger", HostRateLimiter.cells(60)), 3.0)
    assert other.state().is_open
