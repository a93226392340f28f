"""App configuration: creates the role groups after each migrate, and connects the signal receivers."""

from __future__ import annotations

from importlib import import_module
from typing import Any

from allauth.usersessions.apps import UserSessionsConfig
from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.db.models.signals import post_migrate


class ContactsUiConfig(AppConfig):
    """App config of the desk."""

    name = "contacts_ui"
    verbose_name = "Contact Desk"

    def ready(self) -> None:
        """Roles are groups, created after every migrate; importing the modules registers their receivers and checks."""
        post_migrate.connect(_create_roles, sender=self)
        import_module("contacts_ui.audit.signals")
        import_module("contacts_ui.sign_in.totp_reuse")
        import_module("contacts_ui.sign_in.step_up")
        import_module("contacts_ui.sign_in.sso_reauthentication")
        import_module("contacts_ui.people.notices")
        import_module("contacts_ui.number_index.traffic")
        import_module("contacts_ui.exports.mail")
        import_module("contacts_ui.exports.reading").register()


class SessionListConfig(UserSessionsConfig):  # type: ignore[misc]  # django-allauth has no types
    """django-allauth's list of sessions, kept by our receivers: its own list the keys of cookies."""

    def ready(self) -> None:
        """Importing the module registers its receivers."""
        import_module("contacts_ui.sign_in.session_list")


class DeskAdminConfig(AdminConfig):
    """Django's admin with the desk's own site (admin_site.py)."""

    default_site = "contacts_ui.admin_site.DeskAdminSite"


def _create_roles(using: str, **_: Any) -> None:
    from django.contrib.auth.models import Group  # noqa: PLC0415  # needs the app registry

    from .roles import NAMES  # noqa: PLC0415  # needs the app registry

    for name in NAMES:
        Group.objects.using(using).get_or_create(name=name)
