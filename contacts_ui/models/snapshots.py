"""Snapshots: sealed copies of a list, under keys that the database does not hold (docs/decisions, 29)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

from django.db import models


class SnapshotState(models.TextChoices):
    """The life of a snapshot: the first three are unfinished."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (SnapshotState.QUEUED, SnapshotState.RUNNING, SnapshotState.PAUSED)


class Snapshot(models.Model):
    """A copy of one scope's list, or of one question's rows, taken page by page in the background (decision 29).

    `profile_id` is in lower case, null for the account. `question` is sealed; null for the whole list. `unfinished_key`
    keeps two unfinished snapshots of the same apart: a keyed hash, null once finished. `fence` is the number of the
    runner that may write, `lease_until` how long it has at least. `passes` counts from 1; `next_page` is the page that
    this pass asks for next. `pages`, `rows` (distinct ids) and `calls` are of all passes; totals, `duplicates`,
    `dropped_rows` and `invalid_fields` are of the last pass. `shrank`: the total fell, so rows were deleted.
    `waiting_since`: the API has given no page since, for the reason in `error` and `request_id`. `wrapped_key` is null
    once the snapshot has expired.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    purpose = models.CharField(max_length=10)
    profile_id = models.CharField(max_length=36, null=True)  # null: the account
    key_fingerprint = models.CharField(max_length=16)  # of the API key
    question = models.BinaryField(null=True)
    unfinished_key = models.CharField(max_length=64, null=True, unique=True)  # null: finished
    state = models.CharField(max_length=9, choices=SnapshotState.choices, default=SnapshotState.QUEUED)
    passes = models.PositiveSmallIntegerField(default=1)
    next_page = models.PositiveIntegerField(default=1)
    pages = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    total_first = models.PositiveBigIntegerField(null=True)
    total_last = models.PositiveBigIntegerField(null=True)
    duplicates = models.PositiveIntegerField(default=0)
    dropped_rows = models.PositiveIntegerField(default=0)
    invalid_fields = models.PositiveIntegerField(default=0)
    shrank = models.BooleanField(default=False)
    shrank_in_pass = models.BooleanField(default=False)
    whole = models.BooleanField(default=False)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    wrapped_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    error = models.CharField(max_length=60, null=True)
    request_id = models.CharField(max_length=100, null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["purpose", "profile_id", "-finished_at"], name="snapshots_newest_first"),
            models.Index(fields=["state", "lease_until"], name="snapshots_by_lease"),
            models.Index(fields=["expires_at"], name="snapshots_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.profile_id or 'account'} {self.state}"

    @property
    def is_unfinished(self) -> bool:
        """True while rows may still be added."""
        return self.state in UNFINISHED

    @property
    def has_expired(self) -> bool:
        """True when nobody can read its parts any more, or should."""
        return self.wrapped_key is None or self.expires_at <= datetime.now(UTC)

    @property
    def coverage(self) -> str:
        """How much of the list it holds: "50,000", "49,997 of 50,000", "50,000, while the list changed"."""
        if self.whole:
            return f"{self.rows:,}"
        if self.total_last is not None and self.rows < self.total_last:
            return f"{self.rows:,} of {self.total_last:,}"
        return f"{self.rows:,}, while the list changed" if self.total_last is not None else f"{self.rows:,} or more"


class SnapshotPart(models.Model):
    """One page of a snapshot: msgpack, compressed, sealed under the snapshot's key for its id and this number."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["snapshot", "number"], name="one_part_per_number")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.number}"
