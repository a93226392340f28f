"""Lookups of a number over profiles, sealed, for an hour."""

from __future__ import annotations

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models


class NumberLookup(models.Model):
    """A number that one person has asked for in many profiles, one after the other, by the worker (lookup_sweep.py).

    `sealed` is the number and the order of the profiles. `due_at`: when a worker is to go on; while one does, when it
    is taken for dead. `fence`: a worker with an older one writes nothing more. `waiting`: the error it waits out.
    """

    STATES = (("running", "Running"), ("stopped", "Stopped"), ("done", "Done"), ("shown", "Shown"))

    id = models.UUIDField(primary_key=True, default=uuid4)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="number_lookups")
    sealed = models.BinaryField()
    state = models.CharField(max_length=7, choices=STATES, default="running")
    fence = models.PositiveIntegerField(default=0)
    due_at = models.DateTimeField()
    waiting = models.CharField(max_length=40, null=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["state", "due_at"], name="lookups_due")]

    def __str__(self) -> str:
        return str(self.id)


class NumberLookupAnswer(models.Model):
    """What one profile ("account": the account itself) answered, sealed. `recorded`: the audit log says who saw it."""

    lookup = models.ForeignKey(NumberLookup, on_delete=models.CASCADE, related_name="answers")
    profile_id = models.CharField(max_length=64)
    sealed = models.BinaryField()
    recorded = models.BooleanField(default=False)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["lookup", "profile_id"], name="one_answer_per_profile_and_lookup")
        ]

    def __str__(self) -> str:
        return self.profile_id
