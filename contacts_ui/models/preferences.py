"""What a person chose, and what the policy of a group forces."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import models

from contacts_ui.columns import default_columns
from contacts_ui.sent_api.queries import DEFAULT_PAGE_SIZE, PAGE_SIZES

from .saved_views import SavedView

THEMES = (("system", "System"), ("light", "Light"), ("dark", "Dark"))
DENSITIES = (("comfortable", "Comfortable"), ("compact", "Compact"))


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
