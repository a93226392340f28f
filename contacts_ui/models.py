"""The rows we own: who may see what, where someone last was, how they like the desk. Contacts are never stored."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from .sent.queries import DEFAULT_PAGE_SIZE, PAGE_SIZES

THEMES = (("system", "System"), ("light", "Light"), ("dark", "Dark"))
DENSITIES = (("comfortable", "Comfortable"), ("compact", "Compact"))
# In the order of the table. The number itself is always shown.
COLUMNS = (
    ("region", "Region"),
    ("channels", "Channels"),
    ("opt_out", "Opt-out"),
    ("created", "Created"),
    ("updated", "Updated"),
)


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


def every_column() -> list[str]:
    """The columns of someone who never chose: all of them."""
    return [name for name, _title in COLUMNS]


class Preferences(models.Model):
    """How one person likes the desk. Whoever never saved any has no row.

    `columns` are those shown. `region` is the ISO code of the region in which local numbers are read, null for none.
    `time_zone` is an IANA name. `mask_numbers` is the person's own wish; a group's policy stands above it.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    theme = models.CharField(max_length=6, choices=THEMES, default="system")
    page_size = models.PositiveSmallIntegerField(choices=[(n, str(n)) for n in PAGE_SIZES], default=DEFAULT_PAGE_SIZE)
    columns = models.JSONField(default=every_column, blank=True)
    density = models.CharField(max_length=11, choices=DENSITIES, default="comfortable")
    region = models.CharField(max_length=2, null=True, blank=True)  # null: none chosen
    time_zone = models.CharField(max_length=64, default="UTC")
    mask_numbers = models.BooleanField(default=False)
    shortcuts = models.BooleanField(default=True)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return str(self.user_id)


class GroupPolicy(models.Model):
    """What holds for every member of a group, whatever they prefer themselves."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, primary_key=True, related_name="policy")
    mask_numbers = models.BooleanField("numbers are masked for its members", default=False)

    class Meta:
        verbose_name = "group policy"
        verbose_name_plural = "group policies"

    def __str__(self) -> str:
        return str(self.group)
