"""The app: makes sure that the two roles exist wherever the database was migrated."""

from __future__ import annotations

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class ContactsUiConfig(AppConfig):
    """The desk."""

    name = "contacts_ui"
    verbose_name = "Contact Desk"

    def ready(self) -> None:
        """Roles are groups, made after every migrate; the checks are registered by being imported."""
        post_migrate.connect(_make_roles, sender=self)


def _make_roles(using: str, **_: Any) -> None:
    # The app stands last in INSTALLED_APPS: every permission named here has been made by now.
    from django.contrib.auth.models import Group, Permission  # noqa: PLC0415  # needs the app registry

    Group.objects.using(using).get_or_create(name="support")
    admin, _created = Group.objects.using(using).get_or_create(name="admin")
    models = ("user", "profileaccess", "grouppolicy")
    may = [f"{verb}_{model}" for verb in ("add", "change", "delete", "view") for model in models]
    admin.permissions.add(*Permission.objects.using(using).filter(codename__in=may))
