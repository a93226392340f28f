"""Roles: four groups, of which a person has one. Without one they see nothing."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from django.contrib.auth.models import Group, User
from django.db import transaction
from django.dispatch import Signal

SUPPORT = "support"
EXPORTER = "exporter"
AUDITOR = "auditor"
ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Role:
    """A role: its group's name, its title, and what it may do in one sentence, also where there are no profiles.

    `guarded`: its people are admins or watch over them, so no admin may become one of them (decision 24).
    """

    name: str
    title: str
    text: str
    single_text: str
    guarded: bool = False


# In order of precedence for a person whom somebody put into several groups: nobody may both audit others and see
# contacts.
ROLES: tuple[Role, ...] = (
    Role(
        AUDITOR,
        "Auditor",
        "Can view and export the audit log, not contacts.",
        "Can view and export the audit log, not contacts.",
        guarded=True,
    ),
    Role(
        ADMIN,
        "Admin",
        "Can view and export all contacts and the audit log, and manage people.",
        "Can view and export all contacts and the audit log, and manage people.",
        guarded=True,
    ),
    Role(
        EXPORTER,
        "Exporter",
        "Can view and export contacts of assigned profiles, and look a number up across them.",
        "Can view and export all contacts.",
    ),
    Role(
        SUPPORT,
        "Support",
        "Can view contacts of assigned profiles, and look a number up across them.",
        "Can view all contacts.",
    ),
)
CACHED_ROLE = "_desk_role"  # of a user object
_CHANGING = "_desk_role_changing"
role_changed = Signal()  # with `user`, `before` and `after`: the role's name, or None
NAMES: tuple[str, ...] = tuple(role.name for role in ROLES)


def role_of(user: User) -> str | None:
    """The one role of `user`; None when they have none or are not active. Cost: one query a user object.

    A superuser is an admin. Of several groups the first in ROLES counts. A request has a user object of its own, so
    what is cached in it never outlives a request.
    """
    if not user.is_active:
        return None
    if user.is_superuser:
        return ADMIN
    cached: str | None = getattr(user, CACHED_ROLE, "")
    if cached == "":
        cached = first_role(frozenset(user.groups.values_list("name", flat=True)))
        setattr(user, CACHED_ROLE, cached)
    return cached


@lru_cache(maxsize=64)
def first_role(groups: frozenset[str]) -> str | None:
    """The role of somebody in these groups."""
    return next((name for name in NAMES if name in groups), None)


def set_role(user: User, name: str | None) -> None:
    """Gives `user` this role and no other; other groups stay. An error in a `role_changed` receiver rolls it back."""
    held = set(user.groups.filter(name__in=NAMES).values_list("name", flat=True))
    before = next((held_name for held_name in NAMES if held_name in held), None)
    if hasattr(user, CACHED_ROLE):
        delattr(user, CACHED_ROLE)
    if held == ({name} if name else set()):
        return
    user.__dict__[_CHANGING] = True
    try:
        with transaction.atomic():
            user.groups.remove(*Group.objects.filter(name__in=held - {name}))
            if name is not None:
                user.groups.add(Group.objects.get(name=name))
            role_changed.send(sender=User, user=user, before=before, after=name)
    finally:
        del user.__dict__[_CHANGING]


def role_change_in_progress(user: User) -> bool:
    """True inside set_role, which removes and adds groups for one change of role."""
    return _CHANGING in user.__dict__
