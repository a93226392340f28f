"""End of an export: failed, cancelled or expired, key first, then its parts; and what the audit log says of it."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from django.contrib.auth.models import User
from django.db import DatabaseError, transaction
from django.db.models import Q

from contacts_ui import snapshots
from contacts_ui.audit import AuditAction, AuditEvent, AuditWriteError, append_now
from contacts_ui.models import UNFINISHED_EXPORTS, Export, ExportPart, ExportState

from .signals import ended

log = logging.getLogger(__name__)

KEPT = timedelta(hours=24)  # a file, from when it is ready; and an export that is never finished, from its start
LONGEST_KEPT = KEPT + timedelta(hours=2)  # an end beyond it was written by a clock that was ahead
KEPT_ROWS = timedelta(days=30)  # the row of an export that has ended, which holds no contacts
DELETED_AT_ONCE = 40  # parts a transaction, 10 MB
ALIVE = (*UNFINISHED_EXPORTS, ExportState.READY)
WITHDRAWN = "RightsWithdrawn"
_ACTIONS = {
    ExportState.FAILED: AuditAction.EXPORT_FAILED,
    ExportState.CANCELLED: AuditAction.EXPORT_CANCELLED,
    ExportState.EXPIRED: AuditAction.EXPORT_EXPIRED,
}


def end(
    export: Export,
    state: ExportState,
    *,
    of: Sequence[ExportState] = UNFINISHED_EXPORTS,
    fence: int | None = None,
    error: str | None = None,
    request_id: str | None = None,
    by: User | None = None,
) -> bool:
    """Ends an export that is in one of these states; from the first statement on nobody can read its file.

    False when it had ended already. `by`: who cancelled it. `fence`: only while this writer may still write.
    """
    alive = Export.objects.filter(pk=export.pk, state__in=of)
    alive = alive if fence is None else alive.filter(fence=fence)
    values = {"state": state, "wrapped_key": None, "details": None, "progress": None, "lease_until": None}
    known = {"ended_at": datetime.now(UTC), "error": error, "request_id": request_id}
    whose = f"of {export.person_name}" if by is not None and by.pk != export.person_id else None
    try:
        with transaction.atomic():  # who dies in between ends nothing, so that no end is without its line
            if not alive.update(**values, **known):
                return False
            record(export, _ACTIONS[state], about=error or whose, request_id=request_id, by=by)
    except (AuditWriteError, DatabaseError):  # a full disk: a file that has to go is not kept for want of a line
        log.exception("export.end.unrecorded", extra=log_fields(export))
        if not alive.update(**values, **known):
            return False
    log.info("export.ended", extra=log_fields(export) | {"state": str(state), "error": error})
    delete_parts(export)
    drop_snapshot(export)
    export.refresh_from_db()
    ended.send(sender=Export, export=export)
    return True


def cancel(export: Export, by: User) -> bool:
    """Ends an export, or takes its file away: key first, then parts. False when it had ended already.

    Whoever asked for it and admins may: the view asks `export_for` first.
    """
    return end(export, ExportState.CANCELLED, of=ALIVE, by=by)


def withdraw(export: Export) -> bool:
    """Ends an export whose person may not have it any more."""
    return end(export, ExportState.CANCELLED, of=ALIVE, error=WITHDRAWN)


def expire_due() -> None:
    """Expires what is over, deletes what an interrupted end has left, and rows that are a month old."""
    now = datetime.now(UTC)
    over = Q(expires_at__lte=now) | Q(expires_at__gt=now + LONGEST_KEPT)
    for export in Export.objects.filter(over, state__in=ALIVE):
        if not end(export, ExportState.EXPIRED, of=(ExportState.READY,)):
            end(export, ExportState.FAILED, error="Expired")
    for export in Export.objects.filter(wrapped_key=None, parts__isnull=False).distinct():
        delete_parts(export)
    # Of a worker that died when the file was ready, or the export had ended, and its copy of the list was still there.
    for export in Export.objects.exclude(state__in=UNFINISHED_EXPORTS).exclude(snapshot__wrapped_key=None):
        drop_snapshot(export)
    Export.objects.filter(wrapped_key=None, expires_at__lte=now - KEPT_ROWS).exclude(state__in=ALIVE).delete()


def delete_parts(export: Export) -> None:
    """Deletes the blocks of its file, some at a time."""
    parts = ExportPart.objects.filter(export=export)
    while ids := list(parts.values_list("pk", flat=True)[:DELETED_AT_ONCE]):
        ExportPart.objects.filter(pk__in=ids).delete()


def drop_snapshot(export: Export) -> None:
    """Makes the copy unreadable of which the file was made, or was to be made."""
    if export.snapshot is not None:
        snapshots.cancel(export.snapshot)
        snapshots.expire(export.snapshot)


def record(
    export: Export,
    action: AuditAction,
    *,
    outcome: str = "ok",
    rows: int | None = None,
    about: str | None = None,
    request_id: str | None = None,
    number_hashes: tuple[str, ...] = (),
    by: User | None = None,
) -> None:
    """One row of the audit log, of the person who did it: by default who asked for the export. Raises AuditWriteError.

    `about` follows the start of the export's id, by which the rows of one export are found.
    """
    append_now(
        AuditEvent(
            action,
            outcome=outcome,  # type: ignore[arg-type]
            person_id=by.pk if by else export.person_id,
            person=by.get_username() if by else export.person_name,
            scope=export.profile_id or "account",
            rows=rows,
            request_id=request_id,
            number_hashes=number_hashes,
            about=f"{str(export.pk)[:8]} {export.format}" + (f": {about}" if about else ""),
        )
    )


def log_fields(export: Export) -> dict[str, object]:
    """What a log line says of an export: never what was asked for."""
    return {"export": str(export.pk), "profile_id": export.profile_id, "format": export.format}
