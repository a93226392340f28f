"""Coalescing: many who ask the same at the same time are one call."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from contacts_ui.gateway.flights import Flights
from contacts_ui.sent.errors import KeyRejected, SentError, Unavailable


class _Api:
    """Counts calls; the first `failing` of them fail with `error`."""

    def __init__(self, failing: int = 0, error: type[SentError] = Unavailable) -> None:
        self.calls, self._failing, self._error = 0, failing, error
        self._lock = threading.Lock()

    def ask(self) -> int:
        with self._lock:
            self.calls += 1
            mine = self.calls
        time.sleep(0.1)
        if mine <= self._failing:
            raise self._error
        return mine


def _all_at_once(count: int, ask: Callable[[], int], meanwhile: Callable[[], int | None]) -> list[object]:
    flights: Flights[int] = Flights(5)
    start = threading.Barrier(count)

    def one() -> object:
        start.wait()
        try:
            return flights.join("key", ask, meanwhile)
        except SentError as error:
            return type(error)

    with ThreadPoolExecutor(count) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(count)]]


def _nothing() -> None:
    return None


def test_fifty_who_ask_the_same_are_one_call() -> None:
    api = _Api()
    results = _all_at_once(50, api.ask, _nothing)
    assert api.calls == 1
    assert sorted(results) == [(1, False)] + [(1, True)] * 49  # type: ignore[type-var]  # pairs of int and bool


def test_followers_with_an_old_answer_do_not_wait() -> None:
    api = _Api()
    started = time.monotonic()
    results = _all_at_once(20, api.ask, lambda: -1)
    assert results.count((-1, True)) == 19
    assert time.monotonic() - started < 1


def test_after_a_failed_leader_one_follower_tries_once_more_for_all() -> None:
    api = _Api(failing=1)
    results = _all_at_once(50, api.ask, _nothing)
    assert api.calls == 2
    assert results.count(Unavailable) == 1
    assert len(results) - 1 == sum(result in {(2, True), (2, False)} for result in results)


def test_after_two_failures_nobody_tries_a_third_time() -> None:
    api = _Api(failing=99)
    results = _all_at_once(50, api.ask, _nothing)
    assert api.calls == 2
    assert results == [Unavailable] * 50


def test_a_rejected_key_is_not_tried_again_by_anyone() -> None:
    api = _Api(failing=99, error=KeyRejected)
    assert _all_at_once(30, api.ask, _nothing) == [KeyRejected] * 30
    assert api.calls == 1


def test_a_mistake_of_ours_does_not_leave_followers_waiting() -> None:
    flights: Flights[int] = Flights(5)

    def broken() -> int:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        flights.join("key", broken, _nothing)
    assert flights.join("key", lambda: 7, _nothing) == (7, False)
