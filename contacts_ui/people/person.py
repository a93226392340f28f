"""Person: one account as stored now, with a version hash for optimistic locking of its form."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import Http404

from contacts_ui.models import ProfileAccess

from .filters import NO_ROLE
from .people_list import with_role


@dataclass(frozen=True, slots=True)
class Person:
    """One account. `role` is a role's name or NO_ROLE, active or not; `assigned` are profile ids."""

    user: User
    role: str
    assigned: frozenset[str]

    @property
    def name(self) -> str:
        """The full name, else the user name."""
        return self.user.get_full_name() or self.user.username

    @property
    def version(self) -> str:
        """A hash that any change by an admin alters, and no change by the person themselves."""
        user = self.user
        state = [user.username, user.first_name, user.last_name, user.email, user.is_active, user.is_superuser]
        return hashlib.sha256(json.dumps([*state, self.role, sorted(self.assigned)]).encode()).hexdigest()[:20]


def get_person(person_id: int) -> Person:
    """The person with this id. Raises Http404. Cost: two queries."""
    user = with_role(User.objects.filter(pk=person_id)).first()
    if user is None:
        raise Http404
    rows = ProfileAccess.objects.filter(user=user).values_list("profile_id", flat=True)
    role = str(user.__dict__["desk_role"]) or NO_ROLE
    return Person(user, role, frozenset(str(profile_id) for profile_id in rows))
