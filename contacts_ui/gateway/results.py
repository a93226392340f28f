"""What the gateway hands out: an answer, how old it is, and why it is an old one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Generic, TypeVar

import msgspec

from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.types import Account, Contact, MessageSummary

from .circuit_breaker import BreakerState
from .stats import Minute

T_co = TypeVar("T_co", covariant=True)


class OneContact(msgspec.Struct, frozen=True):
    """A contact, when it was fetched, and the API's id of that request where it named one."""

    contact: Contact
    fetched_at: datetime
    request_id: str | None = None


class Messages(msgspec.Struct, frozen=True):
    """What was sent to one contact, when that was asked, and the API's id of that request where it named one."""

    summary: MessageSummary
    fetched_at: datetime
    request_id: str | None = None


class KeptAccount(msgspec.Struct, frozen=True):
    """Whose key it is, and when that was asked."""

    account: Account
    fetched_at: datetime


@dataclass(frozen=True, slots=True)
class Shown(Generic[T_co]):
    """An answer. `stale`: it is an old one, and a page must say so; `because` is the error that kept a new one
    away, or None when a new one is just being asked for.
    """

    value: T_co
    stale: bool = False
    because: SentError | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """The gateway as it stands, for admins."""

    per_minute: int
    burst: int
    calls_left: int
    blocked_seconds: float
    breaker: BreakerState
    hour: tuple[Minute, ...]


def is_fresh(fetched_at: datetime, seconds: float) -> bool:
    """Whether `fetched_at` is less than so many seconds ago."""
    return (datetime.now(UTC) - fetched_at).total_seconds() < seconds
