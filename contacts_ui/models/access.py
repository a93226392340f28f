"""Who has which profile: assignments, visits, pins."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models


class ProfileAccess(models.Model):
    """One profile assigned to one person. Its name is not stored: the API has it."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="profile_accesses")
    profile_id = models.UUIDField("profile ID", help_text="The profile's ID at the messaging service.")

    class Meta:
        verbose_name = "assigned profile"
        constraints: ClassVar = [models.UniqueConstraint(fields=["user", "profile_id"], name="one_access_per_profile")]

    def __str__(self) -> str:
        return str(self.profile_id)


class ScopeVisit(models.Model):
    """When a person last opened a scope. `/` redirects to the newest; the switcher lists the recent ones."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="scope_visits")
    profile_id = models.UUIDField(null=True)
    visited_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "profile_id"], name="one_visit_per_profile"),
            # Nulls are distinct in a unique constraint, so the account needs one of its own.
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(profile_id=None), name="one_visit_to_the_account"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["user", "-visited_at"], name="visits_newest_first")]

    def __str__(self) -> str:
        return str(self.profile_id or "account")


class PinnedProfile(models.Model):
    """A scope that a person keeps at the top of the switcher; `profile_id` is null for the account. Gives no access."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="pinned_profiles")
    profile_id = models.UUIDField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["user", "profile_id"], name="one_pin_per_profile"),
            models.UniqueConstraint(
                fields=["user"], condition=models.Q(profile_id=None), name="one_pin_of_the_account"
            ),
        ]

    def __str__(self) -> str:
        return str(self.profile_id or "account")
