"""Quota stops: who reached a limit of the hour in the last day, for admins to ask why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.db.models import Max

from contacts_ui.models import AuditEntry

from .actions import AuditAction

REMEMBERED = timedelta(days=1)
LIMITS = {"contacts": "contacts shown", "numbers": "numbers revealed", "lookups": "numbers looked up"}
MAX_PEOPLE = 5  # named; the log has the others


@dataclass(frozen=True, slots=True)
class QuotaStop:
    """A person who was refused more, of what, and when last."""

    person_id: int | None
    person: str
    at: datetime
    limit: str


def people_stopped_by_quota() -> tuple[QuotaStop, ...]:
    """Whoever was stopped within the last day, the latest first. Cost: one query over an index."""
    rows = AuditEntry.objects.filter(action=AuditAction.QUOTA_EXCEEDED, at__gt=datetime.now(UTC) - REMEMBERED)
    latest = rows.values("person_id", "person", "about").annotate(last=Max("at")).order_by("-last")[:MAX_PEOPLE]
    return tuple(
        QuotaStop(
            row["person_id"],
            row["person"] or "Someone",
            row["last"],
            LIMITS.get(row["about"] or "", LIMITS["contacts"]),
        )
        for row in latest
    )
