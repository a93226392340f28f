"""Saved views: shortcuts to ordinary addresses."""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.db import models

from contacts_ui.sent_api.queries import PAGE_SIZES


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
