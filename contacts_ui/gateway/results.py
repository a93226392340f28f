"""Results of the gateway: a value, whether it is stale, and the error that kept a fresh one away."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.types import Account, Contact, MessageSummary

from .circuit_breaker import CircuitState
from .stats import MinuteStats

EMPTY_FRESH_SECONDS = 15.0  # an answer without contacts is fresh for no longer: somebody may be new

T_co = TypeVar("T_co", covariant=True)
U = TypeVar("U")


class ContactResult(msgspec.Struct, frozen=True):
    """A contact, when it was fetched, and the API's id of that request where it named one."""

    contact: Contact
    fetched_at: datetime
    request_id: str | None = None


class MessageSummaryResult(msgspec.Struct, frozen=True):
    """A message summary, when it was fetched, and the API's id of that request where it named one."""

    summary: MessageSummary
    fetched_at: datetime
    request_id: str | None = None


class AccountResult(msgspec.Struct, frozen=True):
    """The key's account, and when it was fetched."""

    account: Account
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class CachedResult(Generic[T_co]):
    """A value. `stale`: a page must say that it is old; `error` is what kept a fresh one away, or None while a fresh
    one is being fetched.
    """

    value: T_co
    stale: bool = False
    error: SentError | None = None

    def map(self, change: Callable[[T_co], U]) -> CachedResult[U]:
        """The same result with another value."""
        return CachedResult(change(self.value), self.stale, self.error)


@dataclass(frozen=True, slots=True)
class GatewayStatus:
    """Rate limiter, circuit breaker and counts. `blocked_seconds`: no call is granted for so long.

    `key_rejected`: the API answered the last call with 401.
    """

    per_minute: int
    burst: int
    calls_left: int
    blocked_seconds: float
    circuit_breaker: CircuitState
    last_hour: tuple[MinuteStats, ...]
    key_rejected: bool


def is_fresh(fetched_at: datetime, seconds: float) -> bool:
    """Whether `fetched_at` is less than so many seconds ago."""
    return (datetime.now(UTC) - fetched_at).total_seconds() < seconds
