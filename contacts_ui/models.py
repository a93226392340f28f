"""Database models: profile assignments, scope visits, pins, saved views, preferences, policies, counters, audit log,
sealed snapshots.

Contacts are in the sealed parts of snapshots alone, under keys that the database does not hold (docs/decisions, 29).
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from uuid import uuid4

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


class SavedView(models.Model):
    """Filters of a contact list under a name: a shortcut to an ordinary URL. There is no column for a search or number.

    `scope` is where it is offered: a profile's id, "account", or null for every one. `audience` is who else sees it;
    `role` is that of "role". A null `page_size` or `columns` leaves each person their own.
    """

    AUDIENCES = (("me", "Only me"), ("role", "My role"), ("everyone", "Everyone"))

    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="saved_views")
    name = models.CharField(max_length=60)
    scope = models.CharField(max_length=36, null=True)
    channel = models.CharField(max_length=20, null=True)
    page_size = models.PositiveSmallIntegerField(null=True, choices=[(n, str(n)) for n in PAGE_SIZES])
    columns = models.JSONField(null=True)
    audience = models.CharField(max_length=8, choices=AUDIENCES, default="me")
    role = models.CharField(max_length=20, null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["owner", "scope", "name"], name="one_view_per_name"),
            models.UniqueConstraint(
                fields=["owner", "name"], condition=models.Q(scope=None), name="one_view_per_name_everywhere"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["scope", "audience"], name="views_by_scope")]

    def __str__(self) -> str:
        return str(self.pk)


class Preferences(models.Model):
    """The preferences of one person. Without any saved there is no row.

    `columns` are those shown. `region` is the ISO code of the region of local numbers, null for none. `time_zone` is an
    IANA name. `mask_numbers` is the person's own preference; the policy of a group overrides it. `default_view` is what
    the bare address of a list opens, null for all contacts. `steps_dismissed`: an
    admin does not want to see the first steps of a new desk.
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
    default_view = models.ForeignKey(SavedView, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

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
    lookups = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.user_id)


class NumberLookup(models.Model):
    """A number that one person has asked for in many profiles, one after the other, by the worker (lookup_sweep.py).

    `sealed` is the number and the order of the profiles. `due_at`: when a worker is to go on; while one does, when it
    is taken for dead. `fence`: a worker with an older one writes nothing more. `waiting`: the error it waits out.
    """

    STATES = (("running", "Running"), ("stopped", "Stopped"), ("done", "Done"))

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


class SignInCounter(models.Model):
    """Times (seconds since 1970) of failed sign-ins of one subject: a typed name, an address. `key` is a keyed hash."""

    key = models.CharField(max_length=64, primary_key=True)
    times = models.JSONField(default=list)
    expires_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return self.key


class SnapshotState(models.TextChoices):
    """The life of a snapshot: the first three are unfinished."""

    QUEUED = "queued"
    RUNNING = "running"
    PAUSED = "paused"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"


UNFINISHED = (SnapshotState.QUEUED, SnapshotState.RUNNING, SnapshotState.PAUSED)


class Snapshot(models.Model):
    """A copy of one scope's list, or of one question's rows, taken page by page in the background (decision 29).

    `profile_id` is in lower case, null for the account. `question` is sealed; null for the whole list. `unfinished_key`
    keeps two unfinished snapshots of the same apart: a keyed hash, null once finished. `fence` is the number of the
    runner that may write, `lease_until` how long it has at least. `passes` counts from 1; `next_page` is the page that
    this pass asks for next. `pages`, `rows` (distinct ids) and `calls` are of all passes; totals, `duplicates`,
    `dropped_rows` and `invalid_fields` are of the last pass. `shrank`: the total fell, so rows were deleted.
    `waiting_since`: the API has given no page since. `wrapped_key` is null once the snapshot has expired.
    """

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    purpose = models.CharField(max_length=10)
    profile_id = models.CharField(max_length=36, null=True)  # null: the account
    key_fingerprint = models.CharField(max_length=16)  # of the API key
    question = models.BinaryField(null=True)
    unfinished_key = models.CharField(max_length=64, null=True, unique=True)  # null: finished
    state = models.CharField(max_length=9, choices=SnapshotState.choices, default=SnapshotState.QUEUED)
    passes = models.PositiveSmallIntegerField(default=1)
    next_page = models.PositiveIntegerField(default=1)
    pages = models.PositiveIntegerField(default=0)
    rows = models.PositiveIntegerField(default=0)
    calls = models.PositiveIntegerField(default=0)
    total_first = models.PositiveBigIntegerField(null=True)
    total_last = models.PositiveBigIntegerField(null=True)
    duplicates = models.PositiveIntegerField(default=0)
    dropped_rows = models.PositiveIntegerField(default=0)
    invalid_fields = models.PositiveIntegerField(default=0)
    shrank = models.BooleanField(default=False)
    shrank_in_pass = models.BooleanField(default=False)
    whole = models.BooleanField(default=False)
    fence = models.PositiveIntegerField(default=0)
    lease_until = models.DateTimeField(null=True)
    wrapped_key = models.BinaryField(null=True)
    created_at = models.DateTimeField()
    started_at = models.DateTimeField(null=True)
    waiting_since = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    expires_at = models.DateTimeField()
    error = models.CharField(max_length=60, null=True)
    request_id = models.CharField(max_length=100, null=True)

    class Meta:
        indexes: ClassVar = [
            models.Index(fields=["purpose", "profile_id", "-finished_at"], name="snapshots_newest_first"),
            models.Index(fields=["state", "lease_until"], name="snapshots_by_lease"),
            models.Index(fields=["expires_at"], name="snapshots_by_end"),
        ]

    def __str__(self) -> str:
        return f"{self.purpose} {self.profile_id or 'account'} {self.state}"

    @property
    def is_unfinished(self) -> bool:
        """True while rows may still be added."""
        return self.state in UNFINISHED

    @property
    def has_expired(self) -> bool:
        """True when nobody can read its parts any more, or should."""
        return self.wrapped_key is None or self.expires_at <= datetime.now(UTC)

    @property
    def coverage(self) -> str:
        """How much of the list it holds: "50,000", "49,997 of 50,000", "50,000, while the list changed"."""
        if self.whole:
            return f"{self.rows:,}"
        if self.total_last is not None and self.rows < self.total_last:
            return f"{self.rows:,} of {self.total_last:,}"
        return f"{self.rows:,}, while the list changed" if self.total_last is not None else f"{self.rows:,} or more"


class SnapshotPart(models.Model):
    """One page of a snapshot: msgpack, compressed, sealed under the snapshot's key for its id and this number."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.CASCADE, related_name="parts")
    number = models.PositiveIntegerField()
    sealed = models.BinaryField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["snapshot", "number"], name="one_part_per_number")]

    def __str__(self) -> str:
        return f"{self.snapshot_id} {self.number}"


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
