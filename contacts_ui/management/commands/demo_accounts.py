"""`manage.py demo_accounts`: the two people of the demo. Only for the sandbox; make run calls it."""

from __future__ import annotations

import os
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from contacts_ui.gateway import get_gateway
from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ADMIN, SUPPORT

ASSIGNED = 3  # profiles, of those that have a status to work with


class Command(BaseCommand):
    """Creates `support` (three profiles) and `admin` (everything), with the password in DEMO_PASSWORD."""

    help = "Make or refresh the demo accounts `support` and `admin`. The password is read from DEMO_PASSWORD."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Idempotent: passwords are set anew, existing assignments stay."""
        password = os.environ.get("DEMO_PASSWORD")
        if not password:
            raise CommandError("Set DEMO_PASSWORD to the password the demo accounts are to have.")
        profiles = get_gateway().account().value.profiles
        with transaction.atomic():
            support = self._person("support", password, SUPPORT)
            self._person("admin", password, ADMIN, is_staff=True, is_superuser=True)
            known = {UUID(profile.id) for profile in profiles}
            stale = ProfileAccess.objects.filter(user=support).exclude(profile_id__in=known)
            stale.delete()
            if not ProfileAccess.objects.filter(user=support).exists():
                ProfileAccess.objects.bulk_create(
                    ProfileAccess(user=support, profile_id=UUID(profile.id)) for profile in profiles[:ASSIGNED]
                )
        self.stdout.write("Demo accounts are ready.")

    def _person(self, username: str, password: str, role: str, **flags: bool) -> User:
        person, _created = User.objects.get_or_create(username=username)
        person.set_password(password)
        for name, value in (flags | {"is_active": True}).items():
            setattr(person, name, value)
        person.save()
        person.groups.set([Group.objects.get(name=role)])
        return person
