"""Rate limiter: token bucket and sliding minute, interactive before bulk, one count for all processes."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from uuid import uuid4

import pytest

from contacts_ui.gateway import rate_limiter
from contacts_ui.gateway.host_share import HostShare
from contacts_ui.gateway.rate_limiter import HostRateLimiter, RateLimiter, apply_server_limits
from contacts_ui.gateway.redis_rate_limiter import RedisRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters
from contacts_ui.sent_api.responses import RateLimitInfo
from testing import ROOT


def _host_limiter(path: Path, per_minute: int, burst: int) -> HostRateLimiter:
    return HostRateLimiter(SharedCounters(path, HostRateLimiter.cells(per_minute)), per_minute, burst)


def _share(path: Path, per_minute: int, burst: int, hosts: int = 1) -> HostShare:
    return HostShare(SharedCounters(path, HostRateLimiter.cells(per_minute)), per_minute, burst, hosts)


def _without_redis(folder: Path, per_minute: int, burst: int) -> RedisRateLimiter:
    share = _share(folder / "counters", per_minute, burst)
    return RedisRateLimiter("redis://127.0.0.1:9/0", "x", per_minute, burst, share)


@pytest.fixture(params=["file", "redis"])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> object:
    """Makes rate limiters that share one count, in shared memory or in Redis."""
    name = uuid4().hex

    def of(per_minute: int, burst: int) -> RateLimiter:
        own = _host_limiter(tmp_path / "counters", per_minute, burst)
        if request.param == "file":
            return own
        share = _share(tmp_path / "share", per_minute, burst)
        return RedisRateLimiter(request.getfixturevalue("redis_url"), name, per_minute, burst, share)

    return of


def test_counters_that_are_gone_hold_no_file_open(tmp_path: Path) -> None:
    """Else a process that makes many gateways, as tests do, runs out of descriptors."""
    for _ in range(3):
        SharedCounters(tmp_path / "counters", 8)
    opened = [one.readlink() for one in Path("/proc/self/fd").iterdir() if one.is_symlink()]
    assert tmp_path / "counters" not in opened


def _grants(limiter: RateLimiter, tries: int, *, bulk: bool = False, background: bool = False) -> int:
    return sum(limiter.acquire(bulk=bulk, background=background) == 0 for _ in range(tries))


def test_burst_is_granted_at_once_and_no_more(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    assert _grants(make(12, 10), 50) == 10


def test_refusal_says_seconds_to_wait(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(6, 3)
    _grants(limiter, 3)
    assert 8 < limiter.acquire() <= 10


def test_token_bucket_refills(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(1200, 5)
    started = time.monotonic()
    _grants(limiter, 5)
    time.sleep(0.26)
    granted = _grants(limiter, 10)
    assert 4 <= granted <= 5 + 20 * (time.monotonic() - started)


def test_sliding_window_caps_grants_whatever_the_burst(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(20, 500)
    assert _grants(limiter, 100) == 20
    assert limiter.acquire() > 50


def test_limiters_with_same_store_share_one_count(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    one, other = make(12, 10), make(12, 10)
    assert _grants(one, 6) + _grants(other, 50) == 10


def test_bulk_leaves_half_of_burst_to_interactive(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(12, 10)
    assert _grants(limiter, 50, bulk=True) == 5
    assert _grants(limiter, 50) == 5


def test_bulk_gets_at_most_half_of_minute(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(20, 500)
    assert _grants(limiter, 100, bulk=True) == 10


def test_bulk_cools_down_after_interactive_is_refused(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(600, 10)
    while limiter.acquire() == 0:
        pass
    time.sleep(0.2)
    assert limiter.acquire(bulk=True) > 5
    assert limiter.acquire() == 0


def _fill(limiter: RateLimiter) -> None:
    """Fills the bucket, as time does."""
    if isinstance(limiter, RedisRateLimiter):
        limiter._redis.hset(limiter._keys[0], "tokens", "1000000")
        return
    assert isinstance(limiter, HostRateLimiter)
    with limiter._counters.locked() as cells:
        cells[rate_limiter.TOKENS] = 1_000_000


def test_background_takes_from_full_bucket_alone(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(12, 10)
    assert _grants(limiter, 10, background=True) == 1
    assert 3 < limiter.acquire(background=True) <= 5
    assert _grants(limiter, 50) == 9


def test_background_gets_at_most_quarter_of_minute(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter, granted = make(40, 10), 0
    for _ in range(15):
        _fill(limiter)
        granted += limiter.acquire(background=True) == 0
    assert granted == 10
    assert limiter.acquire(background=True) > 50


def test_background_counts_as_bulk(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(20, 500)
    assert _grants(limiter, 9, bulk=True) == 9
    assert limiter.acquire(background=True) > 0


def test_background_waits_while_half_of_minute_is_used(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(40, 40)
    assert _grants(limiter, 19) == 19
    _fill(limiter)
    assert limiter.acquire(background=True) == 0
    _fill(limiter)
    assert limiter.acquire(background=True) > 50
    assert limiter.acquire() == 0


def test_background_cools_down_after_interactive_is_refused(make) -> None:  # type: ignore[no-untyped-def]
    limiter = make(6000, 5)
    while limiter.acquire() == 0:
        pass
    time.sleep(0.1)
    assert limiter.acquire(background=True) > 5


def test_refused_background_holds_nobody_up(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(12, 10)
    _grants(limiter, 20, background=True)
    assert limiter.acquire(bulk=True) == 0
    assert limiter.acquire() == 0


def test_pause_is_capped_at_one_minute(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(60, 10)
    limiter.pause(86_400)
    assert 55 < limiter.acquire() <= 60


def test_available_reports_tokens_without_taking_any(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    limiter = make(12, 10)
    _grants(limiter, 4)
    assert limiter.available() == (6, 0.0)
    assert limiter.available() == (6, 0.0)


def test_limit_of_zero_grants_nothing(make) -> None:  # type: ignore[no-untyped-def]  # a factory
    assert _grants(make(0, 10), 5) == 0
    assert _grants(make(10, 0), 5) == 0


def test_low_server_limit_pauses_bulk_first_then_everything(tmp_path: Path) -> None:
    limiter = _host_limiter(tmp_path / "counters", 60, 10)
    apply_server_limits(limiter, RateLimitInfo(limit=200, remaining=150, reset_in=30))
    assert limiter.acquire(bulk=True) == 0
    apply_server_limits(limiter, RateLimitInfo(limit=200, remaining=15, reset_in=30))
    assert limiter.acquire(bulk=True) > 0
    assert limiter.acquire() == 0
    apply_server_limits(limiter, RateLimitInfo(limit=200, remaining=3, reset_in=30))
    assert 0 < limiter.acquire() <= rate_limiter.PAUSE_SECONDS


def test_host_limiter_decides_without_redis(tmp_path: Path) -> None:
    limiter = _without_redis(tmp_path, 12, 4)
    assert _grants(limiter, 10) == 4


def test_pause_holds_on_host_without_redis(tmp_path: Path) -> None:
    limiter = _without_redis(tmp_path, 60, 10)
    limiter.pause(30)
    assert 25 < limiter.acquire() <= 30


def test_available_is_that_of_host_without_redis(tmp_path: Path) -> None:
    limiter = _without_redis(tmp_path, 12, 4)
    _grants(limiter, 3)
    assert limiter.available() == (1, 0.0)


# Three greedy processes acquire for half a second. Prints how many grants all of them got, and in how many seconds.
GREEDY = """
import multiprocessing, sys, time
from pathlib import Path
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters

forked = multiprocessing.get_context("fork")
together, grants = forked.Barrier(3, timeout=60), forked.Array("i", 3)

def acquire(number):
    limiter = HostRateLimiter(SharedCounters(Path(sys.argv[1]), HostRateLimiter.cells(600)), 600, 20)
    together.wait()
    until = time.monotonic() + 0.5
    while time.monotonic() < until:
        grants[number] += limiter.acquire() == 0

started = time.monotonic()
processes = [forked.Process(target=acquire, args=(number,)) for number in range(3)]
for process in processes:
    process.start()
for process in processes:
    process.join()
print(sum(grants), time.monotonic() - started)
sys.exit(any(process.exitcode for process in processes))
"""


@pytest.mark.slow
def test_three_greedy_processes_stay_within_shared_limit(tmp_path: Path) -> None:
    command = [sys.executable, "-c", GREEDY, str(tmp_path / "counters")]
    granted, seconds = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    assert 20 <= int(granted) <= 20 + 10 * float(seconds) + 1


def test_counters_of_other_size_leave_those_in_use_alone(tmp_path: Path) -> None:
    """A process with other settings starts while this one runs: cutting the file would kill this one."""
    before = _host_limiter(tmp_path / "counters", 4000, 10)
    assert _grants(before, 3) == 3
    assert _grants(_host_limiter(tmp_path / "counters", 12, 10), 50) == 10
    assert _grants(before, 50) >= 7


def test_counters_from_before_reboot_are_reset(tmp_path: Path) -> None:
    _grants(_host_limiter(tmp_path / "counters", 12, 10), 10)
    counters = SharedCounters(tmp_path / "counters", HostRateLimiter.cells(12))
    with counters.locked() as cells:
        cells[1] = time.monotonic() + 1000  # a monotonic time from before a reboot
    assert _grants(HostRateLimiter(counters, 12, 10), 50) == 10
