"""Call policy: bulkhead slot, rate limiter token, circuit breaker, and one retry of retryable errors."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.call_policy import CallPolicy
from contacts_ui.gateway.circuit_breaker import FAILURE_THRESHOLD, CircuitBreaker
from contacts_ui.gateway.key_status import KeyStatus
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters
from contacts_ui.gateway.stats import GatewayStats
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import (
    CircuitOpen,
    ConnectionFailed,
    LocalRateLimited,
    Overloaded,
    SentError,
    ServerError,
)
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.total_timeout import Deadline
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.html import rows, text

LIST = "/account/contacts/"
PER_MINUTE = 2  # so that no token is refilled during a test


class _Api:
    """A fake API that counts its calls and fails the first one."""

    def __init__(self, error: SentError | None = None) -> None:
        self.calls, self._error = 0, error or ServerError(status=503)

    def ask(self, _deadline: Deadline) -> str:
        self.calls += 1
        if self.calls == 1:
            raise self._error
        return "an answer"


@pytest.fixture
def breaker(tmp_path: Path) -> CircuitBreaker:
    """A closed circuit breaker."""
    return CircuitBreaker(SharedCounters(tmp_path / "counters", HostRateLimiter.cells(PER_MINUTE)), 3.0)


@pytest.fixture
def make(tmp_path: Path, breaker: CircuitBreaker) -> Callable[..., CallPolicy]:
    """Makes call policies with a limit of two calls a minute and two concurrent slots."""

    def made(*, burst: int = 2, seconds: float = 60.0) -> CallPolicy:
        counters = SharedCounters(tmp_path / "counters", HostRateLimiter.cells(PER_MINUTE))
        limiter = HostRateLimiter(counters, PER_MINUTE, burst)
        stats, key_status = GatewayStats(counters), KeyStatus(counters, "a" * 16)
        return CallPolicy(breaker, limiter, stats, key_status, in_flight=2, deadline_seconds=seconds)

    return made


def test_call_without_free_slot_is_rejected_until_one_is_released(make: Callable[..., CallPolicy]) -> None:
    policy = make()
    first, _second = policy.slot(), policy.slot()
    with pytest.raises(Overloaded):
        policy.slot()
    with first:
        pass
    policy.slot()


@pytest.mark.parametrize("error", [ServerError(status=503), ConnectionFailed()], ids=["unavailable", "unreachable"])
def test_retryable_error_is_retried_once(make: Callable[..., CallPolicy], error: SentError) -> None:
    api = _Api(error)
    assert make().call(api.ask) == "an answer"
    assert api.calls == 2


@pytest.mark.parametrize(("burst", "bulk"), [(1, False), (2, True)], ids=["the last call", "the last of bulk"])
def test_retry_is_skipped_when_rate_limit_is_exhausted(make: Callable[..., CallPolicy], burst: int, bulk: bool) -> None:
    api = _Api()
    with pytest.raises(ServerError):
        make(burst=burst).call(api.ask, bulk=bulk)
    assert api.calls == 1


def test_first_attempt_is_refused_when_rate_limit_is_exhausted(make: Callable[..., CallPolicy]) -> None:
    api, policy = _Api(), make(burst=1)
    with pytest.raises(ServerError):
        policy.call(api.ask)
    with pytest.raises(LocalRateLimited):
        policy.call(api.ask)
    assert api.calls == 1


def test_retry_is_skipped_shortly_before_deadline(make: Callable[..., CallPolicy]) -> None:
    api = _Api()
    with pytest.raises(ServerError):
        make(seconds=0.2).call(api.ask)
    assert api.calls == 1


def test_failure_that_opens_circuit_is_not_retried(make: Callable[..., CallPolicy], breaker: CircuitBreaker) -> None:
    for _ in range(FAILURE_THRESHOLD - 1):
        breaker.record_failure()
    api = _Api()
    with pytest.raises(ServerError):
        make().call(api.ask)
    assert api.calls == 1


class _LimiterWithRivalProbe(HostRateLimiter):
    """A rate limiter that is asked while somebody else takes the half-open probe that is due."""

    def __init__(self, counters: SharedCounters, breaker: CircuitBreaker) -> None:
        super().__init__(counters, PER_MINUTE, PER_MINUTE)
        self._breaker = breaker

    def acquire(self, *, bulk: bool = False, background: bool = False) -> float:
        assert self._breaker.acquire() == 0.0
        return super().acquire(bulk=bulk, background=background)


def test_second_of_two_simultaneous_probes_is_rejected(
    breaker: CircuitBreaker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.gateway.circuit_breaker.INITIAL_BACKOFF", 0.0)  # a probe is due at once
    for _ in range(FAILURE_THRESHOLD):
        breaker.record_failure()
    counters = SharedCounters(tmp_path / "counters", HostRateLimiter.cells(PER_MINUTE))
    limiter, key_status = _LimiterWithRivalProbe(counters, breaker), KeyStatus(counters, "a" * 16)
    policy = CallPolicy(breaker, limiter, GatewayStats(counters), key_status, in_flight=2, deadline_seconds=60)
    api = _Api()
    with pytest.raises(CircuitOpen):
        policy.call(api.ask)
    assert api.calls == 0


def test_page_without_free_slot_shows_overload_and_makes_no_call(
    admin_client: Client, desk_api: SandboxServer, settings: Settings
) -> None:
    settings.SENT_IN_FLIGHT, settings.SENT_DEADLINE = 1, 60.0
    get_gateway.cache_clear()
    get_gateway().account()
    desk_api.reset_requests()
    desk_api.fault(route="contacts", kind="slow", seconds=60)
    with ThreadPoolExecutor(1) as pool:
        first = pool.submit(get_gateway().contacts, Scope(None, "Account", switchable=True), ContactQuery(page=3))
        wait_until(lambda: desk_api.fired() == ["slow"])
        response = admin_client.get(LIST)
        assert response.status_code == 503
        assert "Too many people are waiting" in text(response)
        assert rows(response) == []
        assert len(desk_api.requests()) == 1
        desk_api.release()
        assert first.result(60).value.contacts
    assert len(rows(admin_client.get(LIST))) == 50
