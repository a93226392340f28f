"""The log itself: one row for one deed, written before anybody sees what it is about."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

from django.conf import settings
from django.db import Error

from contacts_ui.models import AuditEntry

from .marks import MOST_MARKS

log = logging.getLogger(__name__)

Outcome = Literal["ok", "denied", "failed"]
ACCOUNT = "account"


class AuditUnwritable(Exception):
    """A row could not be written, so what it is about is not done."""


@dataclass(frozen=True, slots=True)
class Deed:
    """What was done. `scope` is a profile's id or "account"; `marks` are of audit.marks; `about` names no number."""

    action: str
    outcome: Outcome = "ok"
    person_id: int | None = None
    person: str | None = None
    scope: str | None = None
    rows: int | None = None
    request_id: str | None = None
    reference: str | None = None
    marks: tuple[str, ...] = ()
    about: str | None = None
    address: str | None = None


def write(deed: Deed) -> None:
    """Writes one row. Raises AuditUnwritable when it cannot and AUDIT_REQUIRED is on; else the log says so."""
    marks = dict.fromkeys(deed.marks[:MOST_MARKS])
    try:
        AuditEntry.objects.create(
            at=datetime.now(UTC),
            person_id=deed.person_id,
            person=deed.person[:150] if deed.person else None,
            scope=deed.scope,
            action=deed.action,
            outcome=deed.outcome,
            rows=deed.rows,
            request_id=deed.request_id[:100] if deed.request_id else None,
            reference=deed.reference,
            marks=f" {' '.join(marks)} " if marks else None,
            about=deed.about[:300] if deed.about else None,
            address=deed.address,
        )
    except Error as error:
        log.exception("audit.unwritable", extra={"action": deed.action, "reference": deed.reference})
        if settings.AUDIT_REQUIRED:
            raise AuditUnwritable from error
