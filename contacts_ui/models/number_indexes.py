"""The stored number index: sealed parts and additions (docs/decisions, 30)."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class NumberIndex(models.Model):
    """The number index of one scope of one API key. Its numbers are in sealed parts, and in additions since.

    `scope` is a profile's id in lower case or "account". `version` grows with every change, `table_version` with every
    new table. `contacts`, `bytes` (sealed) and `calls` are of the table; `snapshot` is the snapshot it was built from,
    which began at `began_at` and was finished at `built_at`; `whole`: nothing was missing in it. `seen_total` is how
    many contacts the API last said the scope has, `moved`: that of one of its profiles grew. `names_profiles`: the
    account's list held rows that name a profile as their owner. `refused_at`: the API refused the scope, so nothing of
    it is used until it answers again.
    """

    key_fingerprint = models.CharField(max_length=64)
    scope = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=0)
    table_version = models.PositiveIntegerField(default=0)
    parts_count = models.PositiveIntegerField(default=0)
    contacts = models.PositiveIntegerField(default=0)
    bytes = models.PositiveBigIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    snapshot = models.UUIDField(null=True)
    began_at = models.DateTimeField(null=True)
    built_at = models.DateTimeField(null=True)
    whole = models.BooleanField(default=False)
    seen_total = models.PositiveIntegerField(null=True)
    moved = models.BooleanField(default=False)
    names_profiles = models.BooleanField(default=False)
    refused_at = models.DateTimeField(null=True)
    attempted_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key_fingerprint", "scope"], name="one_number_index_per_scope")
        ]

    def __str__(self) -> str:
        return self.scope


class NumberIndexPart(models.Model):
    """One part of an index's table: msgpack, compressed, sealed for its index, version and number."""

    index = models.ForeignKey(NumberIndex, on_delete=models.CASCADE, related_name="parts")
    version = models.PositiveIntegerField()
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["index", "version", "number"], name="one_index_part_per_number")
        ]

    def __str__(self) -> str:
        return f"{self.index_id} {self.number}"


class NumberIndexAddition(models.Model):
    """Rows that traffic brought since an index's table was built, sealed for the index and `mark`."""

    index = models.ForeignKey(NumberIndex, on_delete=models.CASCADE, related_name="additions")
    mark = models.UUIDField()
    created_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.index_id} {self.mark}"
