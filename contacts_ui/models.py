"""Database models: profile assignments, scope visits, preferences, policies, counters, audit log. Never contacts."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from contacts_ui.columns import default_columns
from contacts_ui.sent_api.queries import DEFAULT_PAGE_SIZE, PAGE_SIZES

THEMES = (("system", "System"), ("light", "Light"), ("dark", "Dark"))
DENSITIES = (("comfortable", "Comfortable"), ("compact", "Compact"))


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


class Preferences(models.Model):
    """The preferences of one person. Without any saved there is no row.

    `columns` are those shown. `region` is the ISO code of the region of local numbers, null for none. `time_zone` is an
    IANA name. `mask_numbers` is the person's own preference; the policy of a group overrides it.
    `steps_dismissed`: an admin does not want to see the first steps of a new desk.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="preferences"
    )
    theme = models.CharField(max_length=6, choices=THEMES, default="system")
    page_size = models.PositiveSmallIntegerField(choices=[(n, str(n)) for n in PAGE_SIZES], default=DEFAULT_PAGE_SIZE)
    columns = models.JSONField(default=default_columns, blank=True)
    density = models.CharField(max_length=11, choices=DENSITIES, default="comfortable")
    region = models.CharField(max_length=2, null=True, blank=True)  # null: none chosen
    time_zone = models.CharField(max_length=64, default="UTC")
    mask_numbers = models.BooleanField(default=False)
    shortcuts = models.BooleanField(default=True)
    steps_dismissed = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "preferences"

    def __str__(self) -> str:
        return str(self.user_id)


class GroupPolicy(models.Model):
    """The policy of a group, which overrides the preferences of its members."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, primary_key=True, related_name="policy")
    mask_numbers = models.BooleanField("numbers are masked for its members", default=False)

    class Meta:
        verbose_name = "group policy"
        verbose_name_plural = "group policies"

    def __str__(self) -> str:
        return str(self.group)


class QuotaWindow(models.Model):
    """What one person has been shown since `started_at`, within the hour that their budget is for."""

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, primary_key=True, related_name="quota_window"
    )
    started_at = models.DateTimeField()
    contacts = models.PositiveIntegerField(default=0)
    numbers = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.user_id)


class SignInCounter(models.Model):
    """Times (seconds since 1970) of failed sign-ins of one subject: a typed name, an address. `key` is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    times = models.JSONField(default=list)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


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
        # One for each filter of its page, newest first. A search for a number scans all rows (decision 14).
        indexes: ClassVar = [
            models.Index(fields=["person_id", "-at"], name="audit_by_person"),
            models.Index(fields=["scope", "-at"], name="audit_by_scope"),
            models.Index(fields=["action", "-at"], name="audit_by_action"),
            models.Index(fields=["outcome", "-at"], name="audit_by_outcome"),
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
