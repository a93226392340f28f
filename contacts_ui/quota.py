"""Quota: what one person may be shown in an hour: contacts, masked numbers, lookups over all profiles.

Exact over all processes and hosts.
Whoever reads far more contacts than anybody's work needs is copying them, with their own session or a stolen one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from django.conf import settings
from django.db import connection

from .models import QuotaWindow

WINDOW = timedelta(hours=1)

Kind = Literal["contacts", "numbers", "lookups"]


class QuotaExceeded(Exception):
    """The person has had what an hour allows. `kind` says of what; `retry_after` is in seconds."""

    def __init__(self, kind: Kind, retry_after: int) -> None:
        super().__init__(f"{kind} of this hour are used up")
        self.kind, self.retry_after = kind, retry_after


# Of `w`, the window that there is: a new one begins with what is taken, a running one gets it added where it fits.
SPEND = """
    INSERT INTO contacts_ui_quotawindow AS w (user_id, started_at, contacts, numbers, lookups)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (user_id) DO UPDATE SET
        started_at = CASE WHEN w.started_at > %s THEN w.started_at ELSE excluded.started_at END,
        contacts = CASE WHEN w.started_at > %s THEN w.contacts ELSE 0 END + excluded.contacts,
        numbers = CASE WHEN w.started_at > %s THEN w.numbers ELSE 0 END + excluded.numbers,
        lookups = CASE WHEN w.started_at > %s THEN w.lookups ELSE 0 END + excluded.lookups
    WHERE w.started_at <= %s
        OR ((excluded.contacts = 0 OR w.contacts + excluded.contacts <= %s)
            AND (excluded.numbers = 0 OR w.numbers + excluded.numbers <= %s)
            AND (excluded.lookups = 0 OR w.lookups + excluded.lookups <= %s))"""


def spend(user_id: int, *, contacts: int = 0, numbers: int = 0, lookups: int = 0) -> None:
    """Takes contacts shown, numbers revealed and lookups from the person's hour: all of it, or none and QuotaExceeded.

    The window begins with the first contact and lasts an hour. One upsert decides, so that of requests at the same time
    no two can have the same rest: by plain SQL, for it is part of every list. Cost: one query, two when it is refused.
    """
    if (values := spend_values(user_id, contacts, numbers, lookups)) is not None:
        with connection.cursor() as cursor:
            cursor.execute(SPEND, values)
            if cursor.rowcount > 0:
                return
    raise _exceeded(user_id, {"contacts": contacts, "numbers": numbers, "lookups": lookups})


def spend_values(user_id: int, contacts: int, numbers: int, lookups: int = 0) -> list[Any] | None:
    """The values of SPEND; None for more than an hour allows at all."""
    spent = (contacts, numbers, lookups)
    limits = (settings.DESK_CONTACTS_PER_HOUR, settings.DESK_REVEALS_PER_HOUR, settings.DESK_LOOKUPS_PER_HOUR)
    if any(count > limit for count, limit in zip(spent, limits, strict=True)):
        return None
    now, adapt = datetime.now(UTC), connection.ops.adapt_datetimefield_value
    return [user_id, adapt(now), *spent, *[adapt(now - WINDOW)] * 5, *limits]


def _limits() -> dict[str, int]:
    return {
        "contacts": settings.DESK_CONTACTS_PER_HOUR,
        "numbers": settings.DESK_REVEALS_PER_HOUR,
        "lookups": settings.DESK_LOOKUPS_PER_HOUR,
    }


def has_room(user_id: int, contacts: int) -> bool:
    """Whether so many contacts may still be shown; takes nothing. For what a page can leave out. Cost: one query."""
    current = QuotaWindow.objects.filter(user_id=user_id, started_at__gt=datetime.now(UTC) - WINDOW)
    shown = current.values_list("contacts", flat=True).first() or 0
    return shown + contacts <= settings.DESK_CONTACTS_PER_HOUR


@dataclass(frozen=True, slots=True)
class Remaining:
    """What the person may still have in this hour. `limits` are those of an hour, by kind."""

    left: dict[str, int]
    limits: dict[str, int]


def remaining(user_id: int) -> Remaining:
    """What is left of the person's hour; takes nothing. Cost: one query."""
    limits = _limits()
    current = QuotaWindow.objects.filter(user_id=user_id, started_at__gt=datetime.now(UTC) - WINDOW).first()
    return Remaining({kind: max(0, most - getattr(current, kind, 0)) for kind, most in limits.items()}, limits)


class LookupQuotaExceeded(QuotaExceeded):
    """The person has looked up as many numbers over all profiles as an hour allows."""


def _exceeded(user_id: int, spent: dict[str, int]) -> QuotaExceeded:
    now = datetime.now(UTC)
    window = QuotaWindow.objects.filter(user_id=user_id, started_at__gt=now - WINDOW).first()
    left = window.started_at + WINDOW - now if window else WINDOW
    seconds = max(1, round(left.total_seconds()))
    limits = _limits()
    over = [kind for kind, count in spent.items() if count and getattr(window, kind, 0) + count > limits[kind]]
    if "lookups" in over:
        return LookupQuotaExceeded("lookups", seconds)
    return QuotaExceeded("numbers" if "numbers" in over else "contacts", seconds)
