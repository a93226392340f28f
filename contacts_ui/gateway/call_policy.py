"""One call to the API: admitted by breaker, budget and bulkhead, under a deadline, tried twice at most."""

from __future__ import annotations

import math
import random
import threading
import time
from collections.abc import Callable
from typing import TypeVar

from contacts_ui.sent_api.errors import (
    BudgetSpent,
    Crowded,
    NotAnswering,
    RateLimited,
    SentError,
    TimedOut,
    Unavailable,
    Unreachable,
)
from contacts_ui.sent_api.total_timeout import Deadline

from .circuit_breaker import Breaker
from .rate_limiter import Budget
from .stats import Tally

T = TypeVar("T")

ADMISSION_SECONDS = 0.1  # for a place among the calls in flight
UNNAMED_WAIT = 5.0  # seconds to hold back after a 429 that names none
JITTER = (0.05, 0.15)  # seconds before the second try
LEAST_LEFT = 0.3  # seconds: with less, a second try is a promise nobody keeps


class Caller:
    """`in_flight` calls at once a process, callers who wait for another's call included."""

    def __init__(
        self, breaker: Breaker, budget: Budget, tally: Tally, *, in_flight: int, deadline_seconds: float
    ) -> None:
        self._breaker, self._budget, self._tally = breaker, budget, tally
        self._places = threading.BoundedSemaphore(in_flight)
        self._seconds = deadline_seconds

    def enter(self) -> None:
        """Takes a place among those who use or await a call. Raises Crowded after a tenth of a second without one."""
        if not self._places.acquire(timeout=ADMISSION_SECONDS):
            self._tally.count("refused")
            raise Crowded

    def leave(self) -> None:
        """Gives the place back."""
        self._places.release()

    def call(self, ask: Callable[[Deadline], T], *, bulk: bool = False) -> T:
        """The answer of `ask`. Raises NotAnswering or BudgetSpent without asking, else what the API means."""
        self._admit(bulk=bulk)
        deadline = Deadline(self._seconds)
        try:
            try:
                return self._try(ask, deadline)
            except (Unreachable, Unavailable) as error:
                if not self._again(error, deadline, bulk=bulk):
                    raise
            self._tally.count("retried")
            return self._try(ask, deadline)
        finally:
            deadline.finish()

    def _admit(self, *, bulk: bool) -> None:
        if self._breaker.state().opens_in > 0:
            self._tally.count("refused")
            raise NotAnswering
        wait = self._budget.take(bulk=bulk)
        if wait > 0:
            self._tally.count("limited")
            raise BudgetSpent(retry_after=math.ceil(wait))
        if self._breaker.wait() > 0:  # another took the probe that was due
            self._tally.count("refused")
            raise NotAnswering

    def _again(self, error: SentError, deadline: Deadline, *, bulk: bool) -> bool:
        """Whether a second try is worth a call, and allowed one."""
        if error.status == 500 or deadline.left < LEAST_LEFT or self._breaker.state().is_open:
            return False
        if self._budget.take(bulk=bulk) > 0:
            return False
        time.sleep(random.uniform(*JITTER))  # noqa: S311  # no secret hangs on it
        return True

    def _try(self, ask: Callable[[Deadline], T], deadline: Deadline) -> T:
        self._tally.count("called")
        try:
            answer = ask(deadline)
        except (Unreachable, Unavailable, TimedOut):
            self._breaker.failed()
            self._tally.count("failed")
            raise
        except RateLimited as error:
            self._breaker.succeeded()
            self._budget.block(error.retry_after or UNNAMED_WAIT)
            self._tally.count("limited")
            raise
        except SentError:
            self._breaker.succeeded()
            raise
        self._breaker.succeeded()
        return answer
