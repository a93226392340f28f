"""Tasks: an export taken further by a worker. A task's arguments are the export's id alone."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from uuid import UUID

from django.db import DatabaseError
from django_tasks import task

from contacts_ui.models import Export, ExportState
from contacts_ui.snapshots import is_disk_full

from . import lifecycle, reading

log = logging.getLogger(__name__)

PRIORITY = 10  # in the queue, as the snapshots of exports


@task
def take_further(export_id: str) -> None:
    """Takes the export further, and puts it into the queue again unless it has ended."""
    export = Export(pk=UUID(export_id))
    try:
        resume_at = reading.take_further(export.pk)
    except Exception as error:
        # Not into the queue's own record of failures: a traceback there is not redacted. The sweep tries again.
        log.exception("export.crashed", extra={"export": export_id})
        if is_disk_full(error):
            _fail(export)
        return
    if resume_at is not None:
        enqueue(export, resume_at)


def _fail(export: Export) -> None:
    """Ends an export for which there is no room: what it holds makes room again. Where even that fails, the sweep."""
    try:
        lifecycle.end(Export.objects.get(pk=export.pk), ExportState.FAILED, error="DiskFull")
    except (DatabaseError, Export.DoesNotExist):
        log.exception("export.end.failed", extra={"export": str(export.pk)})


def enqueue(export: Export, run_after: datetime | None = None) -> None:
    """Puts the export into the queue, for a worker to take it further at `run_after`, by default now. One row."""
    at = run_after or datetime.now(UTC)
    take_further.using(priority=PRIORITY, run_after=at).enqueue(str(export.pk))


def queued_ids() -> set[str]:
    """The ids of the exports that are in the queue. Cost: one query."""
    from django_tasks_db.models import DBTaskResult  # noqa: PLC0415  # a model: needs the app registry

    waiting = DBTaskResult.objects.filter(status="READY", task_path=take_further.module_path)
    return {arguments["args"][0] for arguments in waiting.values_list("args_kwargs", flat=True)}
