"""Redis hangs, stops, restarts: one timeout, answers from memory, and never more calls than the budget."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import msgspec
import pytest
import redis
from redis.connection import AbstractConnection

from contacts_ui.gateway import host_share, rate_limiter
from contacts_ui.gateway.cache import ResponseCache
from contacts_ui.gateway.host_share import HostShare, unknown_seconds
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.redis_rate_limiter import RedisRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters
from contacts_ui.sealing import redis_circuit
from contacts_ui.sealing.caches import MemoryCache, SealedRedisCache
from testing.processes import free_port
from testing.redis_server import redis_on_port

PER_MINUTE, BURST = 120, 30
OPTIONS = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}


class Value(msgspec.Struct, frozen=True):
    """What is cached here."""

    text: str


class Redis:
    """A Redis server that stops, restarts and hangs."""

    def __init__(self, folder: Path) -> None:
        self._folder, self._port, self._stack = folder, free_port(), ExitStack()
        self.url = ""

    def start(self) -> None:
        """Starts it, empty."""
        self.url = self._stack.enter_context(redis_on_port(self._folder, self._port))

    def stop(self) -> None:
        """Stops it."""
        self._stack.close()

    def pid(self) -> int:
        """Its process."""
        with redis.Redis.from_url(self.url) as client:
            return int(client.info("server")["process_id"])


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Redis]:
    """A Redis server of its own, asked again a tenth of a second after an error."""
    monkeypatch.setattr(redis_circuit, "REST_SECONDS", 0.1)
    own = Redis(tmp_path)
    own.start()
    yield own
    own.stop()


@pytest.fixture
def hung(server: Redis) -> Iterator[int]:
    """The process of that server, stopped in mid-air; it goes on at the latest when the test ends."""
    pid = server.pid()
    os.kill(pid, signal.SIGSTOP)
    yield pid
    os.kill(pid, signal.SIGCONT)


def _share(path: Path, hosts: int = 1, per_minute: int = PER_MINUTE, burst: int = BURST) -> HostShare:
    return HostShare(SharedCounters(path, HostRateLimiter.cells(per_minute)), per_minute, burst, hosts)


def _limiter(url: str, path: Path, hosts: int = 1, name: str = "name") -> RedisRateLimiter:
    return RedisRateLimiter(url, name, PER_MINUTE, BURST, _share(path, hosts))


def _cache(server: Redis) -> tuple[ResponseCache, SealedRedisCache]:
    shared = SealedRedisCache(server.url, {"OPTIONS": OPTIONS})
    return ResponseCache(shared, 300.0, MemoryCache(uuid4().hex, {})), shared


def _count_timeouts(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The timeouts of each answer of Redis that was waited for in vain from now on, retries included: seconds."""
    counted: list[float] = []
    read_response = AbstractConnection.read_response

    def counting(connection: Any, *args: Any, **options: Any) -> Any:
        try:
            return read_response(connection, *args, **options)
        except redis.TimeoutError:
            counted.append(connection.socket_timeout)
            raise

    monkeypatch.setattr(AbstractConnection, "read_response", counting)
    return counted


def _refilled(since: float) -> int:
    """Most calls that the token bucket got back since then: a busy machine takes seconds to restart Redis."""
    return int((time.monotonic() - since) * PER_MINUTE / 60) + 1


def _grants(limiter: RedisRateLimiter | HostShare, tries: int) -> int:
    return sum(limiter.acquire() == 0 for _ in range(tries))


@pytest.mark.slow
def test_hanging_redis_costs_one_timeout(
    server: Redis, hung: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(redis_circuit, "REST_SECONDS", 3600.0)
    timeouts = _count_timeouts(monkeypatch)
    (cache, _), limiter = _cache(server), _limiter(server.url, tmp_path / "counters")
    for number in range(6):
        cache.get(f"key-{number}", Value)
        cache.try_lock(f"lock-{number}", 10)
        limiter.acquire()
    assert timeouts == [0.5]  # six requests of three commands would be eighteen


@pytest.mark.slow
def test_memory_answers_while_redis_does_not(server: Redis, hung: int) -> None:
    cache, _ = _cache(server)
    cache.set("key", Value("new"))
    assert cache.get("key", Value) == Value("new")


def _until_it_answers(cache: ResponseCache) -> None:
    while cache._substituted:
        time.sleep(0.02)
        cache.get("other", Value)


@pytest.mark.slow
def test_memory_of_outage_is_forgotten_when_redis_answers(server: Redis, hung: int) -> None:
    cache, _ = _cache(server)
    cache.set("key", Value("of the outage"))
    os.kill(hung, signal.SIGCONT)
    _until_it_answers(cache)
    assert cache.get("key", Value) is None
    assert cache._substitute is not None
    assert cache._substitute.get("key", Value) is None


@pytest.mark.slow
def test_scope_invalidated_in_outage_stays_invalid_after_it(server: Redis) -> None:
    cache, _ = _cache(server)
    cache.set("page", Value("from before"))
    pid = server.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        cache.invalidate_scope("scope")
    finally:
        os.kill(pid, signal.SIGCONT)
    _until_it_answers(cache)
    assert cache.get("page", Value, "scope") is None
    assert _cache(server)[0].get("page", Value, "scope") is None  # for other processes as well


@pytest.mark.slow
def test_contact_deleted_in_outage_stays_deleted_after_it(server: Redis) -> None:
    cache, _ = _cache(server)
    cache.set("contact", Value("from before"))
    pid = server.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        cache.delete("contact")
    finally:
        os.kill(pid, signal.SIGCONT)
    _until_it_answers(cache)
    assert cache.get("contact", Value) is None


def test_only_host_goes_on_with_what_redis_has_granted(server: Redis, tmp_path: Path) -> None:
    limiter, started = _limiter(server.url, tmp_path / "counters"), time.monotonic()
    assert _grants(limiter, 20) == 20
    server.stop()
    assert 10 <= _grants(limiter, 50) <= 10 + _refilled(started)


def test_host_of_several_waits_until_calls_of_others_are_past(server: Redis, tmp_path: Path) -> None:
    limiter = _limiter(server.url, tmp_path / "counters", hosts=2)
    server.stop()
    stopped, wait = time.monotonic(), limiter.acquire()
    assert 16 - (time.monotonic() - stopped) <= wait <= unknown_seconds(PER_MINUTE, BURST) == 16
    assert limiter.available()[0] == 0


def test_restarted_redis_knows_calls_of_only_host(server: Redis, tmp_path: Path) -> None:
    limiter, started = _limiter(server.url, tmp_path / "counters"), time.monotonic()
    assert _grants(limiter, 25) == 25
    server.stop()
    server.start()
    assert 5 <= _grants(limiter, 50) <= 5 + _refilled(started)


def test_restarted_redis_fills_slowly_for_several_hosts(server: Redis, tmp_path: Path) -> None:
    _grants(_limiter(server.url, tmp_path / "one", hosts=2), 25)
    server.stop()
    server.start()
    started = time.monotonic()
    for host in ("one", "other"):
        wait = _limiter(server.url, tmp_path / host, hosts=2).acquire()
        assert 15 - (time.monotonic() - started) < wait < 17


@pytest.mark.slow
def test_calls_of_outage_are_reported_to_redis(server: Redis, tmp_path: Path) -> None:
    limiter, started = _limiter(server.url, tmp_path / "counters"), time.monotonic()
    assert limiter.acquire() == 0
    pid = server.pid()
    os.kill(pid, signal.SIGSTOP)
    try:
        assert _grants(limiter, 15) == 15
    finally:
        os.kill(pid, signal.SIGCONT)
    time.sleep(0.2)
    assert limiter.acquire() == 0  # by Redis
    other = _limiter(server.url, tmp_path / "other")
    assert 13 <= _grants(other, 50) <= 13 + _refilled(started)


def test_clock_of_redis_set_back_does_not_lock_budget(server: Redis, tmp_path: Path) -> None:
    limiter, started = _limiter(server.url, tmp_path / "counters"), time.monotonic()
    assert _grants(limiter, 20) == 20
    with redis.Redis.from_url(server.url) as client:
        later = time.time() + 3600
        client.hset(limiter._keys[0], mapping={"at": later, "blocked": later, "refused": later})
        grants = client.llen(limiter._keys[1])
        client.delete(limiter._keys[1])
        client.lpush(limiter._keys[1], *([str(later)] * int(grants)))
    assert 10 <= _grants(limiter, 50) <= 10 + _refilled(started)
    assert limiter.acquire(bulk=True) <= 61


@pytest.mark.parametrize("hosts", [1, 2, 3])
def test_no_minute_across_outage_exceeds_budget(hosts: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every host takes all it gets: from the common budget, then each from its share. Time is made up."""
    now, chance = [1000.0], random.Random(7)
    clock = SimpleNamespace(monotonic=lambda: now[0])
    for module in (rate_limiter, host_share):
        monkeypatch.setattr(module, "time", clock)
    path = tmp_path / "all"
    common = HostRateLimiter(SharedCounters(path, HostRateLimiter.cells(PER_MINUTE)), PER_MINUTE, BURST)
    shares = [_share(tmp_path / str(number), hosts) for number in range(hosts)]
    calls = list[float]()
    for step in range(1200):
        now[0] += 0.2
        if step < 550:
            while common.acquire() == 0:
                chance.choice(shares).record(bulk=False, background=False)
                calls.append(now[0])
        else:
            for share in shares:
                while share.acquire() == 0:
                    calls.append(now[0])
    fullest = max(sum(at <= other < at + 60 for other in calls) for at in calls)
    assert fullest <= PER_MINUTE
    assert sum(at > now[0] - 60 for at in calls) > PER_MINUTE - 10  # and the budget is used
