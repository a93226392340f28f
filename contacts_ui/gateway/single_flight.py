"""Single-flight: concurrent identical calls share one API request. Others wait for it, or take a stale answer at once.

Measured: 32 threads on one key are 1 call, at 0.7 µs (bench-facts, coalescing in a process).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from contacts_ui.sent_api.errors import ApiTimeout, ConnectionFailed, InvalidResponse, SentError, ServerError

T = TypeVar("T")

MAX_ATTEMPTS = 2
# A follower retries after these, not after a key that was rejected or a rate limit that is used up.
RETRYABLE_ERRORS = (ConnectionFailed, ServerError, ApiTimeout, InvalidResponse)


@dataclass(eq=False)
class _Call(Generic[T]):
    attempts_left: int
    done: threading.Event = field(default_factory=threading.Event)
    answer: T | None = None
    error: SentError | None = None
    retry: _Call[T] | None = None  # the second attempt after its failure: one for all, however late somebody wakes


class SingleFlight(Generic[T]):
    """Coalesces calls within this process. `timeout` is how many seconds a follower waits for the leader."""

    def __init__(self, timeout: float) -> None:
        self._timeout = timeout
        self._lock = threading.Lock()
        self._by_key: dict[str, _Call[T]] = {}

    def do(self, key: str, fetch: Callable[[], T], stale_value: Callable[[], T | None]) -> tuple[T, bool]:
        """The answer, and whether another thread's call brought it (or `stale_value` had one).

        Followers share the leader's exception, or they would retry a failing API one by one; but after a first
        retryable failure one of them tries once more for all.
        """
        failed = None
        while True:
            call, is_leader = self._join_or_start(key, failed)
            if is_leader:
                return self._run(key, call, fetch), False
            stale = stale_value()
            if stale is not None:
                return stale, True
            if not call.done.wait(self._timeout):
                raise ApiTimeout
            if call.error is None:
                return call.answer, True  # type: ignore[return-value]  # it is done without an error
            if call.attempts_left <= 1 or not isinstance(call.error, RETRYABLE_ERRORS):
                raise call.error
            failed = call

    def _join_or_start(self, key: str, failed: _Call[T] | None) -> tuple[_Call[T], bool]:
        """The call to wait for, and whether this thread leads it."""
        with self._lock:
            if failed is not None and failed.retry is not None:
                return failed.retry, False
            call = self._by_key.get(key)
            is_leader = call is None
            if call is None:
                call = self._by_key[key] = _Call(MAX_ATTEMPTS if failed is None else failed.attempts_left - 1)
            if failed is not None:
                failed.retry = call
            return call, is_leader

    def _run(self, key: str, call: _Call[T], fetch: Callable[[], T]) -> T:
        try:
            answer = call.answer = fetch()
        except SentError as error:
            call.error = error
            raise
        except BaseException:
            call.error = InvalidResponse()
            raise
        else:
            return answer
        finally:
            with self._lock:
                del self._by_key[key]
            call.done.set()
