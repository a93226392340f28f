"""Identical calls at the same time are one call. Others wait for its answer, or take an old one at once."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from contacts_ui.sent_api.errors import SentError, TimedOut, Unavailable, UnexpectedAnswer, Unreachable

T = TypeVar("T")

TRIES = 2
# A second try by a follower makes sense after these, not after a key that was rejected or a budget that is spent.
WORTH_ANOTHER = (Unreachable, Unavailable, TimedOut, UnexpectedAnswer)


@dataclass(eq=False)
class _Flight(Generic[T]):
    tries_left: int
    landed: threading.Event = field(default_factory=threading.Event)
    answer: T | None = None
    error: SentError | None = None
    again: _Flight[T] | None = None  # the second try after its failure: one for all, however late somebody wakes


class Flights(Generic[T]):
    """In this process. `seconds` is the longest a follower waits for the leader."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._by_key: dict[str, _Flight[T]] = {}

    def join(self, key: str, ask: Callable[[], T], meanwhile: Callable[[], T | None]) -> tuple[T, bool]:
        """The answer, and whether another thread's call brought it (or `meanwhile` had an old one).

        Followers share the leader's exception, or they would try a failing API one by one; but after a first
        failure worth another try one of them tries once more for all.
        """
        failed = None
        while True:
            flight, leads = self._board(key, failed)
            if leads:
                return self._lead(key, flight, ask), False
            old = meanwhile()
            if old is not None:
                return old, True
            if not flight.landed.wait(self._seconds):
                raise TimedOut
            if flight.error is None:
                return flight.answer, True  # type: ignore[return-value]  # it landed without an error
            if flight.tries_left <= 1 or not isinstance(flight.error, WORTH_ANOTHER):
                raise flight.error
            failed = flight

    def _board(self, key: str, failed: _Flight[T] | None) -> tuple[_Flight[T], bool]:
        """The flight to wait for, and whether it is ours to lead."""
        with self._lock:
            if failed is not None and failed.again is not None:
                return failed.again, False
            flight = self._by_key.get(key)
            leads = flight is None
            if flight is None:
                flight = self._by_key[key] = _Flight(TRIES if failed is None else failed.tries_left - 1)
            if failed is not None:
                failed.again = flight
            return flight, leads

    def _lead(self, key: str, flight: _Flight[T], ask: Callable[[], T]) -> T:
        try:
            answer = flight.answer = ask()
        except SentError as error:
            flight.error = error
            raise
        except BaseException:
            flight.error = UnexpectedAnswer()
            raise
        else:
            return answer
        finally:
            with self._lock:
                del self._by_key[key]
            flight.landed.set()
