"""The rows we own: who may see what, and where someone last was. Contacts are never stored."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class ProfileAccess(models.Model):
    """One profile assigned to one member of support staff. Its name lives at the API."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile_accesses")
    profile_id = models.UUIDField("profile ID", help_text="The profile's ID at the messaging service.")

    class Meta:
        verbose_name = "assigned profile"
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "profile_id"], name="one_access_per_profile")]

    def __str__(self) -> str:
        return str(self.profile_id)


class ScopeVisit(models.Model):
    """When someone last opened a scope. `/` leads to the newest; the switcher lists the recent ones."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scope_visits")
    profile_id = models.UUIDField(null=True)
    visited_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "profile_id"], name="one_visit_per_profile"),
            # SQLite counts every null as different, so the account needs a rule of its own.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(profile_id=None), name="one_visit_to_the_account"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-visited_at"], name="visits_newest_first")]

    def __str__(self) -> str:
        return str(self.profile_id or "account")
