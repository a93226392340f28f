"""Exports: files of contacts that a person asked for, sealed, for a day (docs/decisions, 44)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models

from .snapshots import Snapshot


class ExportState(models.TextChoices):
    """The life of an export: the first three are unfinished, and only a ready one has a file."""

    QUEUED = "queued"
    READING = "reading"
    WRITING = "writing"
    READY = "ready"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


UNFINISHED_EXPORTS = (ExportState.QUEUED, ExportState.READING, ExportState.WRITING)


class Export(models.Model):
    """A file of one scope's contacts: read by a snapshot, then written into sealed parts (decision 44).

    `profile_id` is in lower case, null for the account. `person_name` and `scope_title` are those of the moment it was
    asked for. `details` (filters, columns, rows that were looked up) are sealed under the export's own key, which is
    wrapped under DATA_KEY: `wrapped_key` is null once nobody can read the file any more. `progress` is the sealed state
    of the file while it is written, `position` the last part of the snapshot that is in it. `rows` are those of the
    file, `total` is what the list had; `calls` to `invalid_fields` are the snapshot's. `mended_cells` were cut, or held
    what a spreadsheet cannot. `sent_bytes` were sent of the file, or are being sent. `whole`: it is proven that no
    contact is missing. `lease_until` and `fence` are as those of a snapshot. `error` is the name of an exception,
    `request_id` the messaging service's.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="exports")
    person_name = models.CharField(max_length=150)
    profile_id = models.CharField(max_length=36, null=True)  # null: the account
    scope_title = models.CharField(max_length=200)
    key_fingerprint = models.CharField(max_length=16)  # of the API key
    snapshot = models.ForeignKey(Snapshot, on_delete=models.SET_NULL, null=True, related_name="exports")
    kind = models.CharField(max_length=6)  # "list" or "lookup"
    format = models.CharField(max_length=4)  # "xlsx" or "csv"
    state = models.CharField(max_length=9, choices=ExportState.choices, default=ExportState.QUEUED)
    details = models.BinaryField(null=True)
    wrapped_key = models.BinaryField(null=True)
    progress = models.BinaryField(null=True)
    position = models.PositiveIntegerField(default=0)
    masked = models.BooleanField(default=False)
    rows = models.PositiveIntegerField(default=0)
    total = models.PositiveIntegerField(null=True)
    pages = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    duplicates = models.PositiveIntegerField(default=0)
    dropped_rows = models.PositiveIntegerField(default=0)
    invalid_fields = models.PositiveIntegerField(default=0)
    mended_cells = models.PositiveIntegerField(default=0)
    whole = models.BooleanField(default=False)
    size = models.PositiveBigIntegerField(null=True)  # bytes
    sha256 = models.CharField(max_length=64, null=True)
    file_name = models.CharField(max_length=120, null=True)
    downloads = models.PositiveSmallIntegerField(default=0)
    sent_bytes = models.PositiveBigIntegerField(default=0)
    last_downloaded_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    lease_until = models.DateTimeField(null=True)
    fence = models.PositiveIntegerField(default=0)
    error = models.CharField(max_length=60, null=True)
    request_id = models.CharField(max_length=100, null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["person", "-created_at"], name="exports_of_person"),
            models.Index(fields=["-created_at"], name="exports_newest_first"),
            models.Index(fields=["state", "lease_until"], name="exports_by_lease"),
            models.Index(fields=["expires_at"], name="exports_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.format} {self.profile_id or 'account'} {self.state}"

    @property
    def is_unfinished(self) -> bool:
        """True while it is read or written."""
        return self.state in UNFINISHED_EXPORTS

    @property
    def has_expired(self) -> bool:
        """True when nobody can read its file any more, or should."""
        return self.wrapped_key is None or self.expires_at <= datetime.now(UTC)


class ExportPart(models.Model):
    """One block of an export's file, sealed under the export's key for its id and this number, which counts from 0.

    Every block but the last has the same size before it is sealed, so a byte is found without reading what is before.
    """

    export = models.ForeignKey(Export, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["export", "number"], name="one_block_per_number")]

    def __str__(self) -> str:
        return f"{self.export_id} {self.number}"
