"""Counters of the hour: what a person was shown, and failed sign-ins."""

from __future__ import annotations

from django.conf import settings
from django.db import models


class QuotaWindow(models.Model):
    """What one person has been shown since `started_at`, within the hour that their budget is for."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="quota_window"
    )
    started_at = models.DateTimeField()
    contacts = models.PositiveIntegerField(default=0)
    numbers = models.PositiveIntegerField(default=0)
    lookups = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.user_id)


class SignInCounter(models.Model):
    """Times (seconds since 1970) of failed sign-ins of one subject: a typed name, an address. `key` is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    times = models.JSONField(default=list)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key
