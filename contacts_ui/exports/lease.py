"""Lease and fence of the writing of a file: as those of a snapshot (snapshots/lease.py).

A writer claims the export and gets the next fencing number. Blocks and progress are one transaction that changes the
row only while that number is the last: a worker that was believed dead writes nothing when it wakes up.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from uuid import UUID

from django.db import transaction
from django.db.models import QuerySet

from contacts_ui.models import UNFINISHED_EXPORTS, Export, ExportPart, ExportState
from contacts_ui.snapshots.lease import LONGEST_WAIT, FenceLost, lease_time

from .blocks import Block

__all__ = ["FenceLost", "begin_anew", "claim", "release", "write", "write_last"]


def claim(export_id: UUID) -> Export | None:
    """The export with a new fencing number, to be written further; None when another writes it, or it has ended."""
    with transaction.atomic():
        export = Export.objects.select_for_update().filter(pk=export_id, state__in=UNFINISHED_EXPORTS).first()
        now = datetime.now(UTC)
        if export is None:
            return None
        until = export.lease_until
        if export.state == ExportState.WRITING and until and now < until <= now + LONGEST_WAIT:
            return None
        export.state, export.fence, export.lease_until = ExportState.WRITING, export.fence + 1, now + lease_time()
        export.started_at = export.started_at or now
        export.save(update_fields=["state", "fence", "lease_until", "started_at"])
    return export


def write(export: Export, blocks: Sequence[Block] = (), **values: object) -> None:
    """Stores blocks and what is known by now: all or nothing. Renews the lease. Raises FenceLost."""
    values.setdefault("lease_until", datetime.now(UTC) + lease_time())
    with transaction.atomic():
        if not mine(export).update(**values):
            raise FenceLost
        ExportPart.objects.bulk_create(ExportPart(export=export, number=n, sealed=sealed) for n, sealed in blocks)
    for name, value in values.items():
        setattr(export, name, value)


def begin_anew(export: Export, **values: object) -> None:
    """Deletes the blocks that are stored, of a file that begins (again): only while they are ours. Raises FenceLost."""
    with transaction.atomic():
        write(export, (), **values)
        ExportPart.objects.filter(export=export).delete()


def write_last(export: Export, blocks: Sequence[Block], record: Callable[[], None], **values: object) -> None:
    """The last write, and with it what `record` writes: all or nothing. Raises FenceLost, and what `record` raises."""
    with transaction.atomic():
        write(export, blocks, **values)
        record()


def release(export: Export) -> datetime:
    """Gives the export back, for whoever is free. When it is to go on: now. Raises FenceLost."""
    now = datetime.now(UTC)
    write(export, lease_until=now)
    return now


def mine(export: Export) -> QuerySet[Export]:
    """The row while this writer may write it."""
    return Export.objects.filter(pk=export.pk, fence=export.fence, state=ExportState.WRITING)
