"""Single-flight: concurrent identical requests share one API call."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from contacts_ui.gateway.single_flight import SingleFlight
from contacts_ui.sent_api.errors import ApiTimeout, InvalidApiKey, SentError, ServerError
from testing.waiting import wait_until


class _Api:
    """Counts calls; the first `failing` fail with `error`. A call lasts until all other callers wait for it."""

    def __init__(self, count: int, failing: int = 0, error: type[SentError] = ServerError) -> None:
        self.calls = self._waiting = 0
        self._count, self._failing, self._error = count, failing, error
        self._changed = threading.Condition()

    def stale_value(self) -> None:
        """No stale value; called once by each follower of a call, which counts it as waiting."""
        with self._changed:
            self._waiting += 1
            self._changed.notify_all()

    def ask(self) -> int:
        with self._changed:
            self.calls += 1
            mine = self.calls
            all_others = sum(self._count - call for call in range(1, mine + 1))
            assert self._changed.wait_for(lambda: self._waiting >= all_others, timeout=30)
        if mine <= self._failing:
            raise self._error
        return mine


def _call_concurrently(count: int, ask: Callable[[], int], stale_value: Callable[[], int | None]) -> list[object]:
    single_flight: SingleFlight[int] = SingleFlight(60)
    start = threading.Barrier(count)

    def one() -> object:
        start.wait()
        try:
            return single_flight.do("key", ask, stale_value)
        except SentError as error:
            return type(error)

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


def _no_stale_value() -> None:
    return None


def test_fifty_concurrent_identical_requests_are_one_call() -> None:
    api = _Api(50)
    results = _call_concurrently(50, api.ask, api.stale_value)
    assert api.calls == 1
    assert sorted(results) == [(1, False)] + [(1, True)] * 49  # type: ignore[type-var]  # pairs of int and bool


def test_followers_with_stale_value_do_not_wait() -> None:
    api = _Api(20)

    def stale() -> int:
        api.stale_value()  # the call ends only after every follower was here, so none waited for its result
        return -1

    assert _call_concurrently(20, api.ask, stale).count((-1, True)) == 19


def test_one_follower_retries_for_all_after_leader_fails() -> None:
    api = _Api(50, failing=1)
    results = _call_concurrently(50, api.ask, api.stale_value)
    assert api.calls == 2
    assert results.count(ServerError) == 1
    assert len(results) - 1 == sum(result in {(2, True), (2, False)} for result in results)


def test_no_third_attempt_is_made_after_two_failures() -> None:
    api = _Api(50, failing=99)
    results = _call_concurrently(50, api.ask, api.stale_value)
    assert api.calls == 2
    assert results == [ServerError] * 50


def test_late_follower_shares_outcome_of_second_attempt() -> None:
    single_flight: SingleFlight[int] = SingleFlight(60)
    joined, over, calls = threading.Event(), threading.Event(), 0

    def ask() -> int:
        nonlocal calls
        calls += 1
        assert calls > 1 or joined.wait(30)
        raise ServerError

    def wait_past_second_attempt() -> None:
        joined.set()
        assert over.wait(30)  # two calls have failed by then

    def join(stale_value: Callable[[], int | None]) -> object:
        try:
            return single_flight.do("key", ask, stale_value)
        except SentError as error:
            return type(error)

    with ThreadPoolExecutor(3) as pool:
        leader = pool.submit(join, _no_stale_value)
        wait_until(lambda: calls == 1)
        quick, late = pool.submit(join, lambda: joined.wait(30) and None), pool.submit(join, wait_past_second_attempt)
        assert (leader.result(30), quick.result(30)) == (ServerError, ServerError)
        over.set()
        assert late.result(30) is ServerError
    assert calls == 2


def test_follower_of_endless_call_times_out() -> None:
    single_flight: SingleFlight[int] = SingleFlight(0.01)
    asking, over = threading.Event(), threading.Event()

    def endless() -> int:
        asking.set()
        assert over.wait(30)
        return 7

    with ThreadPoolExecutor(1) as pool:
        leader = pool.submit(single_flight.do, "key", endless, _no_stale_value)
        assert asking.wait(30)
        with pytest.raises(ApiTimeout):
            single_flight.do("key", endless, _no_stale_value)
        over.set()
        assert leader.result(30) == (7, False)


def test_rejected_key_is_not_retried_by_followers() -> None:
    api = _Api(30, failing=99, error=InvalidApiKey)
    assert _call_concurrently(30, api.ask, api.stale_value) == [InvalidApiKey] * 30
    assert api.calls == 1


def test_programming_error_does_not_block_later_calls() -> None:
    single_flight: SingleFlight[int] = SingleFlight(5)

    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        single_flight.do("key", broken, _no_stale_value)
    assert single_flight.do("key", lambda: 7, _no_stale_value) == (7, False)
