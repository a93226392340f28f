"""Sweep: what has been silent for a minute goes back into the queue; what is over is deleted. At any worker's start
and every 30 seconds, by any number of workers at once.

The queue leaves the row of a task whose worker was killed as RUNNING for ever, and keeps the rows of finished ones.
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Coalesce
from django_tasks_db.models import DBTaskResult

from contacts_ui.models import UNFINISHED, Snapshot, SnapshotState

from . import lease
from .lifecycle import expire_due, log_fields
from .tasks import enqueue, queued_ids

log = logging.getLogger(__name__)

LONGEST_TASK = timedelta(minutes=10)  # every task of the desk gives back long before; its worker has died
KEPT_SUCCESSES, KEPT_FAILURES = timedelta(hours=1), timedelta(days=7)


def sweep() -> None:
    """Enqueues silent snapshots again, expires those that are due, and cleans the queue. Cost: six queries."""
    _enqueue_silent()
    expire_due()
    _clean_queue()


def _enqueue_silent() -> None:
    now = datetime.now(UTC)
    lost = Q(state=SnapshotState.RUNNING, lease_until__lte=now)
    waiting = ~Q(state=SnapshotState.RUNNING) & Q(due_at__lte=now - lease.SILENT)
    unfinished = Snapshot.objects.filter(state__in=UNFINISHED).alias(due_at=Coalesce("lease_until", "created_at"))
    far = Q(due_at__gt=now + lease.LONGEST_WAIT)  # the clock was ahead
    silent = list(unfinished.filter(lost | waiting | far))
    queued = queued_ids(before=now + lease.LONGEST_WAIT) if silent else set()
    for snapshot in silent:
        if str(snapshot.pk) not in queued:
            log.warning("snapshot.requeued", extra=log_fields(snapshot))
            enqueue(snapshot)


def _clean_queue() -> None:
    now, rows = datetime.now(UTC), DBTaskResult.objects
    rows.filter(status="RUNNING", started_at__lte=now - LONGEST_TASK).update(status="FAILED", finished_at=now)
    rows.filter(status="SUCCESSFUL", finished_at__lte=now - KEPT_SUCCESSES).delete()
    rows.filter(status="FAILED", finished_at__lte=now - KEPT_FAILURES).delete()
