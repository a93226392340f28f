"""Lease and fence: who may take a snapshot further, and the refusal of every write of whoever may no longer.

A runner claims a snapshot and gets the next fencing number. Each of its writes is one transaction that changes the row
only while its number is still the last one, part and progress together; a worker that was believed dead and wakes up
writes nothing. The lease is renewed with every page; one that is over may be claimed by another worker.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet, Value
from django.db.models.functions import Coalesce

from contacts_ui.models import UNFINISHED, Snapshot, SnapshotPart, SnapshotState
from contacts_ui.sent_api.errors import SentError

SILENT = timedelta(seconds=60)  # without a page: the runner counts as dead
LONGEST_WAIT = timedelta(hours=2)  # longer than any lease and any pause: a time beyond it was written by a wrong clock
DEADLINE_MARGIN = 45.0  # seconds a step may take beside its API call: waits, and a database that is busy


class FenceLost(Exception):
    """Another runner has the snapshot, or it was ended: this one has to leave it alone."""


def lease_time() -> timedelta:
    """How long a runner may be silent: a minute, or longer where a single call may take that long."""
    return max(SILENT, timedelta(seconds=settings.SENT_DEADLINE + DEADLINE_MARGIN))


def claim(snapshot_id: UUID) -> Snapshot | None:
    """The snapshot with a new fencing number, for the caller to take further; None when there is nothing to do.

    A running one may be claimed only when its lease is over. Two that claim at once wait for each other.
    """
    with transaction.atomic():
        snapshot = Snapshot.objects.select_for_update().filter(pk=snapshot_id, state__in=UNFINISHED).first()
        now = datetime.now(UTC)
        if snapshot is None:
            return None
        until = snapshot.lease_until
        if snapshot.state == SnapshotState.RUNNING and until and now < until <= now + LONGEST_WAIT:
            return None
        snapshot.state, snapshot.fence = SnapshotState.RUNNING, snapshot.fence + 1
        snapshot.lease_until, snapshot.started_at = now + lease_time(), snapshot.started_at or now
        snapshot.save(update_fields=["state", "fence", "lease_until", "started_at"])
    return snapshot


def write(snapshot: Snapshot, *, part: tuple[int, bytes] | None = None, **values: object) -> None:
    """Writes what a runner has learnt, and with it a part: both or neither. Renews the lease. Raises FenceLost."""
    values.setdefault("lease_until", datetime.now(UTC) + lease_time())
    with transaction.atomic():
        if not _mine(snapshot).update(**values):
            raise FenceLost
        if part is not None:
            SnapshotPart.objects.create(snapshot_id=snapshot.pk, number=part[0], sealed=part[1])
    for name, value in values.items():
        setattr(snapshot, name, value)


def pause(snapshot: Snapshot, until: datetime, *, calls: int, error: SentError | None) -> None:
    """Gives the snapshot back until then; what it holds stays. `error`: why the API gave no answer, for whoever waits.
    Raises FenceLost.
    """
    values: dict[str, object] = {"state": SnapshotState.PAUSED, "lease_until": until, "calls": calls}
    if error is not None:
        values["waiting_since"] = Coalesce(F("waiting_since"), Value(datetime.now(UTC)))
        values |= {"error": type(error).__name__, "request_id": error.request_id}
    if not _mine(snapshot).update(**values):
        raise FenceLost


def _mine(snapshot: Snapshot) -> QuerySet[Snapshot]:
    """The row while this runner may write it: in a transaction, the condition and the write are one."""
    return Snapshot.objects.filter(pk=snapshot.pk, fence=snapshot.fence, state=SnapshotState.RUNNING)
