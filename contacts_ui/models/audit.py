"""The audit log, which is append-only."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q


class AuditQuerySet(models.QuerySet["AuditEntry"]):
    """Append-only queryset. Retention is a command that deletes by SQL of its own (audit_prune)."""

    def bulk_create(self, objs: Any, *args: Any, **kwargs: Any) -> list[AuditEntry]:
        """Inserts new rows; raises AppendOnlyError for options that would change others."""
        if kwargs.get("update_conflicts") or kwargs.get("ignore_conflicts"):
            raise AppendOnlyError
        return super().bulk_create(objs, *args, **kwargs)

    def update(self, **_values: Any) -> int:
        """Raises AppendOnlyError."""
        raise AppendOnlyError

    def bulk_update(self, *_args: Any, **_kwargs: Any) -> int:
        """Raises AppendOnlyError."""
        raise AppendOnlyError

    def delete(self) -> tuple[int, dict[str, int]]:
        """Raises AppendOnlyError."""
        raise AppendOnlyError


class AppendOnlyError(TypeError):
    """An attempt to change or delete a row of the audit log."""


class AuditEntry(models.Model):
    """One audit event, of something done or attempted. Names are as they were then; no column holds a phone number.

    `person_id` is the user's, null for a stranger or a command. `scope` is a profile's id, "account", or null.
    `rows` is how many contacts, or rows of this log, were shown. `request_id` is the API's, `reference` our own.
    `marks` are the number hashes of what was searched and shown, with spaces around each. `about` names the change.
    """

    at = models.DateTimeField(db_index=True)
    person_id = models.BigIntegerField(null=True)
    person = models.CharField(max_length=150, null=True)
    scope = models.CharField(max_length=64, null=True)
    action = models.CharField(max_length=40)
    outcome = models.CharField(max_length=10)
    rows = models.PositiveIntegerField(null=True)
    request_id = models.CharField(max_length=100, null=True)
    reference = models.CharField(max_length=40, null=True)
    marks = models.TextField(null=True)
    about = models.CharField(max_length=300, null=True)
    address = models.GenericIPAddressField(null=True)

    objects = AuditQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "audit entries"
        base_manager_name = "objects"  # or related managers would bypass it
        # One for each filter of its page, newest first; what went well is nearly every row, and found by time alone.
        indexes: ClassVar = [
            models.Index(fields=["person_id", "-at"], name="audit_by_person"),
            models.Index(fields=["scope", "-at"], name="audit_by_scope"),
            models.Index(fields=["action", "-at"], name="audit_by_action"),
            models.Index(fields=["outcome", "-at"], name="audit_not_ok", condition=~Q(outcome="ok")),
        ]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M:%S} {self.action} {self.outcome}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Inserts a new row; raises AppendOnlyError for a stored one."""
        if not self._state.adding:
            raise AppendOnlyError
        # Or a new row with the key of a stored one would replace it.
        super().save(*args, **kwargs | {"force_insert": True})

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        """Raises AppendOnlyError."""
        raise AppendOnlyError


class AuditNumber(models.Model):
    """Which rows of the log have a number hash: `mark` is the beginning of one, `entry` the row's id.

    Triggers keep it (migration 0016): it is complete whoever writes a row, and ends with the row. The whole hashes are
    in `AuditEntry.marks`, by which a row that is found here is checked.
    """

    MARK_LENGTH: ClassVar = 10  # hexadecimal digits: two of a million numbers share a beginning once in two logs

    pk = models.CompositePrimaryKey("mark", "entry")
    mark = models.CharField(max_length=MARK_LENGTH)
    entry = models.BigIntegerField()

    def __str__(self) -> str:
        return f"row {self.entry}"
