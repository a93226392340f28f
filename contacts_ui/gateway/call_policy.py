"""Admission and retry of one API call: circuit breaker, rate limiter, bulkhead, total timeout, at most two attempts."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from contacts_ui.sent_api.errors import (
    ApiTimeout,
    CircuitOpen,
    ConnectionFailed,
    ContactNotFound,
    InvalidApiKey,
    LocalRateLimited,
    Overloaded,
    ProfileMismatch,
    RateLimited,
    SentError,
    ServerError,
)
from contacts_ui.sent_api.total_timeout import Deadline

from .circuit_breaker import COUNT, FAILURE_THRESHOLD, CircuitBreaker
from .key_status import REJECTED, KeyStatus
from .rate_limiter import RateLimiter
from .stats import GatewayStats

T = TypeVar("T")

SLOT_TIMEOUT = 0.1  # seconds to wait for a slot
DEFAULT_RETRY_AFTER = 5.0  # seconds to hold back after a 429 that names none
JITTER = (0.05, 0.15)  # seconds before the second attempt
MIN_RETRY_TIME = 0.3  # seconds: with less left, a second attempt cannot end in time


class Slot:
    """One of the calls in flight, taken already. `with` gives it back, on whichever thread."""

    def __init__(self, slots: threading.BoundedSemaphore) -> None:
        self._slots = slots

    def __enter__(self) -> None:
        """It was taken when it was made."""

    def __exit__(self, *_: object) -> None:
        self._slots.release()


class CallPolicy:
    """Bulkhead: `in_flight` calls at once a process, those who wait for another's call included."""

    def __init__(
        self,
        circuit_breaker: CircuitBreaker,
        rate_limiter: RateLimiter,
        stats: GatewayStats,
        key_status: KeyStatus,
        *,
        in_flight: int,
        deadline_seconds: float,
    ) -> None:
        self._circuit_breaker, self._rate_limiter, self._stats = circuit_breaker, rate_limiter, stats
        self._key_status, self._lifetime = key_status, stats.lifetime
        self._slots = threading.BoundedSemaphore(in_flight)
        self._seconds = deadline_seconds

    def slot(self) -> Slot:
        """Takes a slot for one who makes or awaits a call. Raises Overloaded after a tenth of a second without one."""
        if not self._slots.acquire(timeout=SLOT_TIMEOUT):
            self._stats.increment("rejected")
            raise Overloaded
        return Slot(self._slots)

    def call(self, fetch: Callable[[Deadline], T], *, bulk: bool = False) -> T:
        """The answer of `fetch`. Raises CircuitOpen or LocalRateLimited without a call, else any SentError."""
        self._admit(bulk=bulk)
        deadline = Deadline(self._seconds)
        try:
            try:
                return self._attempt(fetch, deadline)
            except (ConnectionFailed, ServerError) as error:
                if not self._should_retry(error, deadline, bulk=bulk):
                    raise
            self._stats.increment("retried")
            return self._attempt(fetch, deadline)
        finally:
            deadline.close()

    def call_in_background(self, fetch: Callable[[Deadline], T], *, bulk: bool = False) -> T:
        """The answer of `fetch`, asked once, at background priority, or with `bulk` for a task that somebody waits for.

        Raises as `call` does; a refusal by the rate limiter is no event of the statistics, because nobody waited. Its
        failures do not open the circuit: people would be refused because of a page that only a task asks for.
        """
        if self._circuit_breaker.state().retry_in > 0:
            raise CircuitOpen
        wait = self._rate_limiter.acquire(bulk=bulk, background=not bulk)
        if wait > 0:
            self._lifetime.add("budget_refused")
            raise LocalRateLimited(retry_after=math.ceil(wait), exactly=wait)
        if self._circuit_breaker.acquire() > 0:
            self._lifetime.add("budget_unused")
            raise CircuitOpen
        deadline = Deadline(self._seconds)
        try:
            return self._attempt(fetch, deadline, background=True)
        finally:
            deadline.close()

    def probe(self, fetch: Callable[[Deadline], T], seconds: float) -> T:
        """The answer of `fetch`, asked once and at once, past circuit breaker and rate limiter, which count it."""
        self._rate_limiter.acquire()
        deadline = Deadline(seconds)
        try:
            return self._attempt(fetch, deadline)
        finally:
            deadline.close()

    def _admit(self, *, bulk: bool) -> None:
        """The breaker is looked at without its lock while it is closed: nearly always."""
        cells = self._circuit_breaker.cells
        if cells[COUNT] >= FAILURE_THRESHOLD and self._circuit_breaker.state().retry_in > 0:
            self._stats.increment("rejected")
            raise CircuitOpen
        wait = self._rate_limiter.acquire(bulk=bulk)
        if wait > 0:
            self._stats.increment("limited")
            self._lifetime.add("budget_refused")
            raise LocalRateLimited(retry_after=math.ceil(wait))
        # Another may have taken the half-open probe that was due.
        if cells[COUNT] >= FAILURE_THRESHOLD and self._circuit_breaker.acquire() > 0:
            self._stats.increment("rejected")
            self._lifetime.add("budget_unused")
            raise CircuitOpen

    def _should_retry(self, error: SentError, deadline: Deadline, *, bulk: bool) -> bool:
        """Whether a second attempt is worth a call, and allowed one."""
        if error.status == 500 or deadline.remaining < MIN_RETRY_TIME or self._circuit_breaker.state().is_open:
            return False
        if self._rate_limiter.acquire(bulk=bulk) > 0:
            self._lifetime.add("budget_refused")
            return False
        time.sleep(random.uniform(*JITTER))  # noqa: S311  # no secret hangs on it
        return True

    def _attempt(self, fetch: Callable[[Deadline], T], deadline: Deadline, *, background: bool = False) -> T:
        self._stats.increment("upstream_call")
        started = time.monotonic()
        try:
            answer = fetch(deadline)
        except SentError as error:
            foreign = isinstance(error, ProfileMismatch)
            self._lifetime.end_call(_outcome(error), time.monotonic() - started, foreign=foreign)
            self._record_error(error, background=background)
            raise
        except BaseException:
            self._lifetime.end_call("refused", time.monotonic() - started)
            raise
        self._lifetime.end_call("ok", time.monotonic() - started)
        if self._circuit_breaker.cells[COUNT]:
            self._circuit_breaker.record_success()
        if self._key_status.cells[REJECTED]:
            self._key_status.record_accepted()
        return answer

    def _record_error(self, error: SentError, *, background: bool) -> None:
        """What an error says about the API, for the calls that follow."""
        if isinstance(error, ConnectionFailed | ServerError | ApiTimeout):
            if not background or self._circuit_breaker.state().is_open:  # as a probe it counts
                self._circuit_breaker.record_failure()
            self._stats.increment("failed")
            return
        self._circuit_breaker.record_success()
        if isinstance(error, RateLimited):
            self._rate_limiter.pause(error.retry_after or DEFAULT_RETRY_AFTER)
            self._stats.increment("limited")
        elif isinstance(error, InvalidApiKey):
            self._key_status.record_rejected()


def _outcome(error: SentError) -> str:
    """How the metrics name it. A contact that is not there is an answer like others."""
    if isinstance(error, ApiTimeout):
        return "timeout"
    if isinstance(error, ConnectionFailed | ServerError):
        return "failed"
    if isinstance(error, RateLimited):
        return "limited"
    if isinstance(error, InvalidApiKey):
        return "key_rejected"
    return "ok" if isinstance(error, ContactNotFound) else "refused"
