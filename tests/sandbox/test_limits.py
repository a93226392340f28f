"""The rate limit, read as strictly as its documentation allows (sent-api-v3, transport)."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from sandbox.limiter import Limiter
from testing.sandbox_server import SandboxServer
from tests.sandbox.reading import error, profile_id


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def running_limited() -> Iterator[SandboxServer]:
    with SandboxServer(contacts=50, rate=20, burst=3) as server:
        yield server


@pytest.fixture
def limited(running_limited: SandboxServer) -> SandboxServer:
    """Three calls at once, then one every three seconds."""
    running_limited.clear()
    return running_limited


def _spend(server: SandboxServer, **options: str) -> list[int]:
    return [server.get("/v3/me", **options).status_code for _ in range(4)]


def test_a_burst_is_answered_and_no_more(limited: SandboxServer) -> None:
    assert _spend(limited) == [200, 200, 200, 429]


def test_a_refusal_says_when_to_come_back(limited: SandboxServer) -> None:
    _spend(limited)
    answer = limited.get("/v3/me")
    assert error(answer) == (429, "BUSINESS_002")
    assert answer.headers["Retry-After"] == "3"


def test_headers_count_down(limited: SandboxServer) -> None:
    answers = [limited.get("/v3/me") for _ in range(3)]
    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0"]
    assert {answer.headers["X-RateLimit-Limit"] for answer in answers} == {"20"}


def test_the_reset_is_a_unix_second_within_a_minute(limited: SandboxServer) -> None:
    reset = int(limited.get("/v3/me").headers["X-RateLimit-Reset"])
    assert time.time() < reset <= time.time() + 61


def test_profiles_draw_on_the_organizations_pool(limited: SandboxServer) -> None:
    _spend(limited, profile=profile_id(limited, 0))
    assert limited.get("/v3/me").status_code == 429
    assert limited.get("/v3/me", key="sandbox-profile").status_code == 429


def test_a_user_has_a_pool_of_its_own(limited: SandboxServer) -> None:
    _spend(limited)
    assert limited.get("/v3/me", key="sandbox-user").status_code == 200


def test_the_control_plane_is_never_limited(limited: SandboxServer) -> None:
    assert all(limited.profiles() for _ in range(20))


def test_an_unknown_key_costs_nothing(limited: SandboxServer) -> None:
    for _ in range(10):
        limited.get("/v3/me", key="sandbox-revoked")
    assert _spend(limited) == [200, 200, 200, 429]


def test_a_limit_of_zero_is_none(sandbox: SandboxServer) -> None:
    assert {sandbox.get("/v3/me").status_code for _ in range(60)} == {200}  # the burst that is given is 50
    limiter = Limiter(rate=0, burst=50, clock=Clock())
    assert all(limiter.take("organization").granted for _ in range(1000))


def test_no_minute_holds_more_calls_than_the_rate() -> None:
    clock = Clock()
    limiter = Limiter(rate=200, burst=50, clock=clock)
    granted: list[float] = []
    for tick in range(1800):
        clock.now = 1000 + tick / 10
        if limiter.take("organization").granted:
            granted.append(clock.now)
    assert max(sum(1 for moment in granted if start <= moment < start + 60) for start in granted) == 200


def test_a_refused_call_is_not_counted() -> None:
    clock = Clock()
    limiter = Limiter(rate=60, burst=1, clock=clock)
    limiter.take("organization")
    refused = [limiter.take("organization").granted for _ in range(100)]
    clock.now += 1
    assert not any(refused)
    assert limiter.take("organization").granted


def test_coming_back_when_told_is_enough_and_earlier_is_not() -> None:
    clock = Clock()
    limiter = Limiter(rate=20, burst=3, clock=clock)
    refused = [limiter.take("organization") for _ in range(4)][-1]
    clock.now += refused.retry_after - 0.01
    assert (refused.retry_after, limiter.take("organization").granted) == (3, False)
    clock.now += 0.01
    assert limiter.take("organization").granted


def test_after_the_wait_it_names_a_full_pool_grants() -> None:
    clock = Clock()
    limiter = Limiter(rate=10, burst=10, clock=clock)
    while (allowance := limiter.take("organization")).granted:
        clock.now += 0.01
    clock.now += allowance.retry_after
    assert limiter.take("organization").granted


def test_every_answer_waits_as_long_as_the_flag_says() -> None:
    with SandboxServer(contacts=50, latency_ms="60-90") as server:
        server.get("/v3/me")
        started = time.monotonic()
        server.get("/v3/me")
        assert time.monotonic() - started >= 0.06
