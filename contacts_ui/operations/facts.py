"""Facts of this host and of the database that all hosts share, read at one moment. Nothing in them names anybody."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from django.core.cache import caches
from django.db import DatabaseError, InterfaceError
from django.db.models import Count, Min, Q
from django_tasks_db.models import DBTaskResult

from contacts_ui.audit import AuditAction
from contacts_ui.gateway import GatewayStatus, LifetimeCounts, get_gateway
from contacts_ui.gateway.cache import CACHE_ERRORS
from contacts_ui.gateway.lifetime import mark
from contacts_ui.models import UNFINISHED_EXPORTS, AuditEntry, Export, ExportState, Session, Snapshot, SnapshotState
from contacts_ui.observability.worker_seen import WORKER_SEEN
from contacts_ui.snapshots.lease import lease_time

log = logging.getLogger(__name__)

WORKER_SILENT = 120.0  # seconds: a worker says so every 30
LATE = timedelta(seconds=120)  # that a task has waited
MANY_REFUSED = 30  # sign-ins an hour
RECENT = timedelta(days=1)  # for which a failed snapshot or export is told


@dataclass(frozen=True, slots=True)
class DatabaseFacts:
    """Over all hosts. `heartbeat` is the oldest sign of life of a snapshot or an export that is being worked on.

    `worker_seen`: None when no worker has been for a week. `waiting` tasks are due, `waiting_since` the first of them.
    """

    sessions: int
    snapshots: Mapping[str, int]
    exports: Mapping[str, int]
    heartbeat: datetime | None
    worker_seen: datetime | None
    waiting: int
    waiting_since: datetime | None
    sign_ins_refused: int

    @property
    def worker_is_silent(self) -> bool:
        """No worker has said for two minutes that it runs."""
        return self.worker_seen is None or (datetime.now(UTC) - self.worker_seen).total_seconds() > WORKER_SILENT

    @property
    def queue_is_late(self) -> bool:
        """A task waits longer than it should."""
        return self.waiting_since is not None and datetime.now(UTC) - self.waiting_since > LATE

    @property
    def is_silent(self) -> bool:
        """Somebody who works on a snapshot or an export has been silent for longer than the lease."""
        return self.heartbeat is not None and datetime.now(UTC) - self.heartbeat > lease_time()

    @property
    def has_failed(self) -> bool:
        """A snapshot or an export has failed within a day."""
        return bool(self.snapshots["failed"] or self.exports["failed"])


@dataclass(frozen=True, slots=True)
class Facts:
    """`database` is None while it does not answer: what is not known is not 0."""

    counts: LifetimeCounts
    status: GatewayStatus
    cache_answers: bool
    database: DatabaseFacts | None


def read_facts() -> Facts:
    """All of it, and marks since when something is wrong. Raises CountersUnreadable.

    Cost: no call of the API, one look into the cache, six queries.
    """
    gateway = get_gateway()
    gateway.counts()  # before anything is written: that would empty a file that is not this version's
    cache_answers, database = _cache_answers(), _database()
    mark("cache", failing=not cache_answers)
    if database is not None:
        mark("queue", failing=database.worker_is_silent or database.queue_is_late)
        mark("sign_in", failing=database.sign_ins_refused >= MANY_REFUSED)
        mark("exports", failing=database.is_silent or database.has_failed)
    return Facts(gateway.counts(), gateway.status(), cache_answers, database)


def _cache_answers() -> bool:
    try:
        caches["contacts"].get_many(["answers"])
    except CACHE_ERRORS:
        return False
    return True


def _database() -> DatabaseFacts | None:
    try:
        return _read_database(datetime.now(UTC))
    except (DatabaseError, InterfaceError):
        log.warning("operations.database.refused")
        return None


def _read_database(now: datetime) -> DatabaseFacts:
    seen = cast("float | None", caches["default"].get(WORKER_SEEN))
    tasks = DBTaskResult.objects.ready().aggregate(
        waiting=Count("*"),
        first=Min("enqueued_at", filter=Q(run_after__gt=now)),  # a task without a time has the last there is
        due=Min("run_after", filter=Q(run_after__lte=now)),
    )
    snapshots, snapshot_lease = _snapshots(now)
    exports, export_lease = _exports(now)
    lease = min((until for until in (snapshot_lease, export_lease) if until), default=None)
    refused = AuditEntry.objects.filter(action=AuditAction.SIGN_IN, outcome="denied", at__gt=now - timedelta(hours=1))
    return DatabaseFacts(
        Session.objects.filter(expire_date__gt=now, user__isnull=False).count(),
        snapshots,
        exports,
        lease - lease_time() if lease else None,
        datetime.fromtimestamp(seen, UTC) if seen else None,
        tasks["waiting"],
        min((at for at in (tasks["first"], tasks["due"]) if at), default=None),
        refused.count(),
    )


def _snapshots(now: datetime) -> tuple[dict[str, int], datetime | None]:
    """The snapshots by state, and the first end of a lease of those that are being taken."""
    running = Q(state=SnapshotState.RUNNING)
    counts = Snapshot.objects.aggregate(
        queued=Count("pk", filter=Q(state=SnapshotState.QUEUED)),
        running=Count("pk", filter=running | Q(state=SnapshotState.PAUSED)),
        failed=Count("pk", filter=Q(state=SnapshotState.FAILED, finished_at__gt=now - RECENT)),
        lease=Min("lease_until", filter=running),
    )
    return counts, counts.pop("lease")


def _exports(now: datetime) -> tuple[dict[str, int], datetime | None]:
    """The same of exports. One that is read has the lease of its snapshot."""
    counts = Export.objects.aggregate(
        queued=Count("pk", filter=Q(state=ExportState.QUEUED)),
        running=Count("pk", filter=Q(state__in=set(UNFINISHED_EXPORTS) - {ExportState.QUEUED})),
        ready=Count("pk", filter=Q(state=ExportState.READY, expires_at__gt=now)),
        failed=Count("pk", filter=Q(state=ExportState.FAILED, ended_at__gt=now - RECENT)),
        lease=Min("lease_until", filter=Q(state=ExportState.WRITING)),
    )
    return counts, counts.pop("lease")
