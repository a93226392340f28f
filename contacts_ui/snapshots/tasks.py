"""Tasks: a snapshot taken further by a worker. A task's arguments are the snapshot's id alone."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from django_tasks import task

from contacts_ui.models import Snapshot, SnapshotState

from . import hooks
from .disk import is_disk_full
from .lifecycle import end
from .runner import run

log = logging.getLogger(__name__)

ALWAYS = datetime.max.replace(tzinfo=UTC)
PRIORITY = {"lookup": 20, "export": 10, "index": 0}  # who waits for it


@task
def take_further(snapshot_id: str) -> None:
    """Takes the snapshot further, and puts it into the queue again unless it has ended."""
    try:
        resume_at = run(UUID(snapshot_id))
    except Exception as error:
        # Not into the queue's own record of failures: a traceback there is not redacted. The sweep tries again.
        log.exception("snapshot.crashed", extra={"snapshot": snapshot_id})
        snapshot = Snapshot.objects.filter(pk=snapshot_id).first()
        if snapshot is None or not is_disk_full(error):
            return
        end(snapshot, SnapshotState.FAILED, error="DiskFull")  # and what it holds makes room again
        resume_at = None
    snapshot = Snapshot.objects.filter(pk=snapshot_id).first()
    if resume_at is not None and snapshot is not None:
        enqueue(snapshot, resume_at)
    elif snapshot is not None and not snapshot.is_unfinished:
        hooks.tell_ended(snapshot)


def enqueue(snapshot: Snapshot, run_after: datetime | None = None) -> None:
    """Puts the snapshot into the queue, for a worker to take it further at `run_after`, by default now. One row.

    Always with a time: the queue puts tasks without one behind all others, so one that goes on would starve them.
    """
    at = run_after or datetime.now(UTC)
    take_further.using(priority=PRIORITY[snapshot.purpose], run_after=at).enqueue(str(snapshot.pk))


def queued_ids(before: datetime = ALWAYS) -> set[str]:
    """The ids of the snapshots that are in the queue for a time before this one. Cost: one query."""
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415  # a model: needs the app registry

    waiting = DBTaskResult.objects.filter(status="READY", task_path=take_further.module_path, run_after__lt=before)
    return {arguments["args"][0] for arguments in waiting.values_list("args_kwargs", flat=True)}
