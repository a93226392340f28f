"""Rate limit: token bucket, sliding window, pools and headers (sent-api-v3, transport)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sandbox.limiter import Limiter
from testing.sandbox_server import SandboxServer
from tests.sandbox.responses import profile_id, status_and_code


class Clock:
    """A clock that tests set."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def module_limited_sandbox() -> Iterator[SandboxServer]:
    with SandboxServer(contacts=50, rate=20, burst=3) as server:
        yield server


@pytest.fixture
def limited_sandbox(module_limited_sandbox: SandboxServer) -> SandboxServer:
    """A burst of three requests, then one every three seconds."""
    module_limited_sandbox.clear()
    return module_limited_sandbox


def _four_statuses(server: SandboxServer, **options: str) -> list[int]:
    """Statuses of four requests, one more than the burst."""
    return [server.get("/v3/me", **options).status_code for _ in range(4)]


def test_burst_is_granted_and_the_next_rejected(limited_sandbox: SandboxServer) -> None:
    assert _four_statuses(limited_sandbox) == [200, 200, 200, 429]


def test_rejected_request_has_retry_after(limited_sandbox: SandboxServer) -> None:
    _four_statuses(limited_sandbox)
    response = limited_sandbox.get("/v3/me")
    assert status_and_code(response) == (429, "BUSINESS_002")
    assert response.headers["Retry-After"] == "3"


def test_remaining_header_counts_down(limited_sandbox: SandboxServer) -> None:
    responses = [limited_sandbox.get("/v3/me") for _ in range(3)]
    assert [response.headers["X-RateLimit-Remaining"] for response in responses] == ["2", "1", "0"]
    assert {response.headers["X-RateLimit-Limit"] for response in responses} == {"20"}


def test_reset_header_is_a_unix_second_within_a_minute(limited_sandbox: SandboxServer) -> None:
    reset = int(limited_sandbox.get("/v3/me").headers["X-RateLimit-Reset"])
    assert time.time() < reset <= time.time() + 61


def test_profiles_share_the_organizations_pool(limited_sandbox: SandboxServer) -> None:
    _four_statuses(limited_sandbox, profile=profile_id(limited_sandbox, 0))
    assert limited_sandbox.get("/v3/me").status_code == 429
    assert limited_sandbox.get("/v3/me", key="sandbox-profile").status_code == 429


def test_user_has_a_separate_pool(limited_sandbox: SandboxServer) -> None:
    _four_statuses(limited_sandbox)
    assert limited_sandbox.get("/v3/me", key="sandbox-user").status_code == 200


def test_control_api_is_not_rate_limited(limited_sandbox: SandboxServer) -> None:
    assert all(limited_sandbox.profiles() for _ in range(20))


def test_unknown_key_is_not_counted(limited_sandbox: SandboxServer) -> None:
    for _ in range(10):
        limited_sandbox.get("/v3/me", key="sandbox-revoked")
    assert _four_statuses(limited_sandbox) == [200, 200, 200, 429]


def test_rate_of_zero_is_unlimited(sandbox: SandboxServer) -> None:
    assert {sandbox.get("/v3/me").status_code for _ in range(60)} == {200}  # the default burst is 50
    limiter = Limiter(rate=0, burst=50, clock=Clock())
    assert all(limiter.take("organization").granted for _ in range(1000))


def test_window_of_a_minute_never_exceeds_the_rate() -> None:
    clock = Clock()
    limiter = Limiter(rate=200, burst=50, clock=clock)
    granted: list[float] = []
    for tick in range(1800):
        clock.now = 1000 + tick / 10
        if limiter.take("organization").granted:
            granted.append(clock.now)
    assert max(sum(1 for time_granted in granted if start <= time_granted < start + 60) for start in granted) == 200


def test_rejected_request_is_not_counted() -> None:
    clock = Clock()
    limiter = Limiter(rate=60, burst=1, clock=clock)
    limiter.take("organization")
    granted = [limiter.take("organization").granted for _ in range(100)]
    clock.now += 1
    assert not any(granted)
    assert limiter.take("organization").granted


def test_retry_after_is_exact() -> None:
    clock = Clock()
    limiter = Limiter(rate=20, burst=3, clock=clock)
    rejected = [limiter.take("organization") for _ in range(4)][-1]
    clock.now += rejected.retry_after - 0.01
    assert (rejected.retry_after, limiter.take("organization").granted) == (3, False)
    clock.now += 0.01
    assert limiter.take("organization").granted


def test_retry_after_is_enough_for_an_exhausted_pool() -> None:
    clock = Clock()
    limiter = Limiter(rate=10, burst=10, clock=clock)
    while (rate_limit := limiter.take("organization")).granted:
        clock.now += 0.01
    clock.now += rate_limit.retry_after
    assert limiter.take("organization").granted


@pytest.mark.slow
def test_latency_flag_delays_every_response() -> None:
    with SandboxServer(contacts=50, latency_ms="60-90") as server:
        server.get("/v3/me")
        started = time.monotonic()
        server.get("/v3/me")
        assert time.monotonic() - started >= 0.06
