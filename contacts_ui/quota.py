"""Quota: what one person may be shown in an hour: contacts, masked numbers, lookups over all profiles.

Exact over all processes and hosts.
Whoever reads far more contacts than anybody's work needs is copying them, with their own session or a stolen one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from django.conf import settings
from django.db.models import F

from .models import QuotaWindow

WINDOW = timedelta(hours=1)

Kind = Literal["contacts", "numbers", "lookups"]


class QuotaExceeded(Exception):
    """The person has had what an hour allows. `kind` says of what; `retry_after` is in seconds."""

    def __init__(self, kind: Kind, retry_after: int) -> None:
        super().__init__(f"{kind} of this hour are used up")
        self.kind, self.retry_after = kind, retry_after


def spend(user_id: int, *, contacts: int = 0, numbers: int = 0, lookups: int = 0) -> None:
    """Takes contacts shown, numbers revealed and lookups from the person's hour: all of it, or none and QuotaExceeded.

    The window begins with the first contact and lasts an hour. One UPDATE decides, so that of requests at the same time
    no two can have the same rest. Cost: one query; up to three at the start of a window.
    """
    now, spent = datetime.now(UTC), {"contacts": contacts, "numbers": numbers, "lookups": lookups}
    limits = _limits()
    room = {f"{kind}__lte": limits[kind] - count for kind, count in spent.items() if count}
    mine = QuotaWindow.objects.filter(user_id=user_id)
    current, added = mine.filter(started_at__gt=now - WINDOW), {kind: F(kind) + count for kind, count in spent.items()}
    if current.filter(**room).update(**added):
        return
    if all(count <= limits[kind] for kind, count in spent.items()):
        first = {"started_at": now, **spent}
        if mine.filter(started_at__lte=now - WINDOW).update(**first):
            return
        # Of two requests that begin a window at the same time one makes it, and the other adds to it.
        if mine.get_or_create(user_id=user_id, defaults=first)[1] or current.filter(**room).update(**added):
            return
    raise _exceeded(current.first(), spent, limits, now)


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


def _exceeded(
    window: QuotaWindow | None, spent: dict[str, int], limits: dict[str, int], now: datetime
) -> QuotaExceeded:
    left = window.started_at + WINDOW - now if window else WINDOW
    seconds = max(1, round(left.total_seconds()))
    used = {kind: (getattr(window, kind) if window else 0) + count for kind, count in spent.items() if count}
    over = [kind for kind, count in used.items() if count > limits[kind]]
    if "lookups" in over:
        return LookupQuotaExceeded("lookups", seconds)
    return QuotaExceeded("numbers" if "numbers" in over else "contacts", seconds)
