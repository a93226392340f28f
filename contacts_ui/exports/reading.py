"""Reading of an export: the snapshot's questions before each page, and the way from a finished snapshot to a file."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

from django.conf import settings

from contacts_ui import snapshots
from contacts_ui.models import Export, ExportState, Snapshot, SnapshotState
from contacts_ui.snapshots.hooks import Hooks

from . import lifecycle, writing
from .rights import rights_of

PURPOSE = "export"  # of its snapshots
TOO_MANY = "TooManyRows"


def reason_to_end(snapshot: Snapshot) -> str | None:
    """Why no further page may be read: cancelled, rights taken away, or a list that has grown beyond what one may hold.

    Raises any SentError of `/v3/me`. Cost: five queries a page.
    """
    export = Export.objects.filter(snapshot=snapshot, state__in=(ExportState.QUEUED, ExportState.READING)).first()
    if export is None:
        return "Cancelled"
    if rights_of(export, in_background=True) is None:
        return lifecycle.WITHDRAWN
    if max(snapshot.rows, snapshot.total_last or 0) > settings.EXPORT_MOST_ROWS:
        return TOO_MANY
    if export.state == ExportState.QUEUED:
        started = {"state": ExportState.READING, "started_at": datetime.now(UTC)}
        Export.objects.filter(pk=export.pk, state=ExportState.QUEUED).update(**started)
    return None


def snapshot_ended(snapshot: Snapshot) -> None:
    """The snapshot of an export has finished or failed: its file is written, or it has failed too."""
    from .tasks import enqueue  # noqa: PLC0415  # it needs this module

    for export in Export.objects.filter(snapshot=snapshot, state__in=(ExportState.QUEUED, ExportState.READING)):
        enqueue(export)


def take_further(export_id: UUID) -> datetime | None:
    """What is next for an export: writing, once its snapshot has finished. When it is to be called again, if ever."""
    export = Export.objects.select_related("snapshot").filter(pk=export_id).first()
    if export is None or not export.is_unfinished:
        return None
    snapshot = export.snapshot
    if export.state == ExportState.WRITING or snapshot is None:  # without one, its rows were there from the start
        return writing.run(export_id)
    if snapshot.is_unfinished:
        return None  # which tells when it has ended
    if snapshot.state == SnapshotState.FINISHED:
        _take_counts(export, snapshot)
        return writing.run(export_id)
    error = snapshot.error or "Expired"
    state = ExportState.CANCELLED if error == lifecycle.WITHDRAWN else ExportState.FAILED
    lifecycle.end(export, state, error=error, request_id=snapshot.request_id)
    return None


def _take_counts(export: Export, snapshot: Snapshot) -> None:
    """What the file says of the list, before its first byte."""
    names = ("rows", "pages", "calls", "duplicates", "dropped_rows", "invalid_fields", "whole")
    counts = {name: getattr(snapshot, name) for name in names} | {"total": snapshot.total_last}
    unfinished = Export.objects.filter(pk=export.pk, state__in=(ExportState.QUEUED, ExportState.READING))
    unfinished.update(**counts)


def register() -> None:
    """Makes the snapshots of exports ask and tell."""
    snapshots.register(PURPOSE, Hooks(reason_to_end, snapshot_ended))
