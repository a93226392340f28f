"""Contact model with the columns of the desk's list."""

from __future__ import annotations

from typing import ClassVar

from django.db import models


class Contact(models.Model):
    """Contact copied from the sandbox."""

    id = models.UUIDField(primary_key=True)
    number = models.CharField(max_length=40)
    national = models.CharField(max_length=40)
    region = models.CharField(max_length=60)
    channels = models.CharField(max_length=40)
    opt_out = models.BooleanField(null=True)
    created = models.DateTimeField(null=True)
    updated = models.DateTimeField(null=True)

    objects: ClassVar[models.Manager[Contact]] = models.Manager()  # mypy's Django plugin only knows the desk's apps

    def __str__(self) -> str:
        return self.number
