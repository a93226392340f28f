"""The app: makes sure that the roles exist wherever the database was migrated, and has the audit log listen."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class ContactsUiConfig(AppConfig):
    """The desk."""

    name = "contacts_ui"
    verbose_name = "Contact Desk"

    def ready(self) -> None:
        """Roles are groups, made after every migrate; the checks are registered by being imported."""
        post_migrate.connect(_make_roles, sender=self)
        import_module("contacts_ui.audit.signals")
        import_module("contacts_ui.sign_in.totp_reuse")


class DeskAdminConfig(AdminConfig):
    """Django's admin with the desk's own site (admin_site.py)."""

    default_site = "contacts_ui.admin_site.DeskAdminSite"


def _make_roles(using: str, **_: Any) -> None:
    from django.contrib.auth.models import Group  # noqa: PLC0415  # needs the app registry

    from .roles import NAMES  # noqa: PLC0415  # and so does this

    for name in NAMES:
        Group.objects.using(using).get_or_create(name=name)
