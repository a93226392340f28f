"""Permissions: who may change whom, and the lock under which it is decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, User
from django.db import transaction

from contacts_ui.access import RoleDenied
from contacts_ui.roles import ADMIN, ROLES, role_of

from .person import Person

GUARDED = frozenset(role.name for role in ROLES if role.guarded)
OWN_ROLE = "You can’t change your own role. A superuser can."
EMAIL_GUARDED = "Only a superuser can change the e-mail of an admin or auditor, because password links are sent there."


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


def roles_guarded(actor: User) -> str | None:
    """Why `actor` may not give every role, None for a superuser, who may."""
    return None if actor.is_superuser else "Only a superuser can change the roles admin and auditor."


def role_fixed(actor: User, person: Person) -> str | None:
    """Why `actor` may not change this person's role, None when they may: not their own, nor a guarded one."""
    return OWN_ROLE if is_self(actor, person) else roles_guarded(actor) if person.role in GUARDED else None


def may_grant(actor: User, before: str, after: str) -> bool:
    """True when `actor` may change a role from `before` to `after`.

    Otherwise an admin could take an auditor's role away, make a link for somebody without one, and give it back.
    """
    return actor.is_superuser or before == after or not {before, after} & GUARDED


def may_change_email(actor: User, person: Person) -> bool:
    """True when `actor` may say where new passwords of this person are sent."""
    return actor.is_superuser or is_self(actor, person) or person.role not in GUARDED


def is_promotion(before: str | None, after: str | None) -> bool:
    """True when somebody who had neither role becomes an admin or auditor."""
    return after in GUARDED and before not in GUARDED
