"""Permissions: who may change whom, and the lock under which it is decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, User
from django.db import transaction

from contacts_ui.access import RoleDenied
from contacts_ui.roles import ADMIN, role_of

from .person import Person


class NotAllowed(Exception):
    """A change that is not allowed. Its text is the message for the actor."""


@contextmanager
def people_lock(actor: User) -> Iterator[None]:
    """A transaction in which nobody else changes people: all or nothing, the rows of the audit log included.

    The actor is an active admin in it, and may neither demote nor deactivate themselves. So one active admin is left
    whatever happens, also when two try to demote each other. Raises RoleDenied.
    """
    with transaction.atomic():
        Group.objects.select_for_update(no_key=True).get(name=ADMIN)  # SQLite's transactions lock by themselves
        if role_of(User.objects.get(pk=actor.pk)) != ADMIN:
            raise RoleDenied
        yield


def may_change(actor: User, person: Person) -> bool:
    """False for a superuser unless the actor is one: an admin must not make themselves a superuser."""
    return actor.is_superuser or not person.user.is_superuser


def check_may_change(actor: User, person: Person) -> None:
    """Raises NotAllowed unless may_change."""
    if not may_change(actor, person):
        raise NotAllowed("Only a superuser can change a superuser.")


def is_self(actor: User, person: Person) -> bool:
    """True when the person is the actor."""
    return actor.pk == person.user.pk
