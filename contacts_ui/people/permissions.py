"""Who may change whom, and the lock under which it is decided."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.contrib.auth.models import Group, User
from django.db import transaction

from contacts_ui.access import RoleDenied
from contacts_ui.roles import ADMIN, role_of
from contacts_ui.web.request import DeskRequest

from .person import Person


class Refused(Exception):
    """A change that is not allowed. Its text is a sentence for whoever tried."""


@contextmanager
def one_at_a_time(request: DeskRequest) -> Iterator[None]:
    """A transaction in which nobody else changes people: all or nothing, the rows of the audit log included.

    Whoever asks is an active admin in it, and no guard lets them lessen themselves. So one active admin is left
    whatever happens, also when two try to demote each other. Raises RoleDenied.
    """
    with transaction.atomic():
        Group.objects.select_for_update(no_key=True).get(name=ADMIN)  # SQLite's transactions lock by themselves
        if role_of(User.objects.get(pk=request.user.pk)) != ADMIN:
            raise RoleDenied
        yield


def may_change(request: DeskRequest, person: Person) -> bool:
    """Whether the person may be changed at all by who asks: an admin must not make themselves a superuser."""
    return request.user.is_superuser or not person.user.is_superuser


def refuse_foreign(request: DeskRequest, person: Person) -> None:
    """Raises Refused where may_change says no."""
    if not may_change(request, person):
        raise Refused("Only a superuser can change a superuser.")


def is_self(request: DeskRequest, person: Person) -> bool:
    """Whether it is the one who asks."""
    return request.user.pk == person.user.pk
