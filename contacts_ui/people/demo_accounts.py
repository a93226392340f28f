"""Demo accounts: `support` and `admin` of the demo, marked by a group, never beside the accounts of a real desk.

An account is a demo account because `demo_accounts` made it, not because of its name: a real `admin` stays as it is.
"""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from django.contrib.auth.models import Group, User
from django.db import connection, transaction
from django.db.models import QuerySet

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import ADMIN, SUPPORT, set_role
from contacts_ui.sent_api.types import Profile

from .permissions import NotAllowed
from .sessions import end_sessions

MARK = "demo accounts of make run"  # a group: Django keeps it with the accounts, and everyone can see it
NAMES = ("admin", "support")
ASSIGNED = 3  # profiles of `support`
# Before there was a mark, demo_accounts made both in one transaction. Nobody makes two accounts by hand that fast.
UNMARKED_APART = timedelta(seconds=10)


def demo_accounts() -> QuerySet[User]:
    """The demo accounts in this database, active or not, those of versions without the mark included."""
    marked = User.objects.filter(groups__name=MARK)
    return marked if marked.exists() else User.objects.filter(pk__in=_unmarked_pair())


def is_real_desk() -> bool:
    """True when this database has accounts, and none of them is the demo's. An empty or unmigrated one has none."""
    if User._meta.db_table not in connection.introspection.table_names():
        return False
    return User.objects.exists() and not demo_accounts().exists()


def refresh(password: str, profiles: tuple[Profile, ...]) -> None:
    """Makes the demo accounts or gives them this password; assignments made since stay. Raises NotAllowed."""
    with transaction.atomic():
        marked = User.objects.filter(groups__name=MARK)
        unmarked = User.objects.exclude(pk__in=marked)
        if unmarked.filter(username__in=NAMES).exists() or (unmarked.exists() and not marked.exists()):
            raise NotAllowed(
                "This database has accounts that are not the demo’s, so none was made or changed. "
                "The demo has a database of its own: start it with make run, without SENT_API_KEY."
            )
        support = _person("support", password, SUPPORT)
        _person("admin", password, ADMIN, is_staff=True, is_superuser=True)
        ProfileAccess.objects.filter(user=support).exclude(profile_id__in=[UUID(p.id) for p in profiles]).delete()
        if not ProfileAccess.objects.filter(user=support).exists():
            ProfileAccess.objects.bulk_create(
                ProfileAccess(user=support, profile_id=UUID(profile.id)) for profile in profiles[:ASSIGNED]
            )


def deactivate() -> list[str]:
    """Deactivates the demo accounts, ends their sessions and takes the mark away; their user names."""
    with transaction.atomic():
        people = list(demo_accounts())
        for person in people:
            person.is_active = False
            person.save(update_fields=["is_active"])
            end_sessions(person)
        Group.objects.filter(name=MARK).delete()
    return sorted(person.username for person in people)


def _person(username: str, password: str, role: str, **flags: bool) -> User:
    person, _created = User.objects.get_or_create(username=username)
    if not person.check_password(password):  # a new hash of the same one would sign everybody out at every start
        person.set_password(password)
    for name, value in (flags | {"is_active": True}).items():
        setattr(person, name, value)
    person.save()
    set_role(person, role)
    person.groups.add(Group.objects.get_or_create(name=MARK)[0])
    return person


def _unmarked_pair() -> list[int]:
    """The ids of both accounts as older versions made them, else none."""
    pair = {user.username: user for user in User.objects.filter(username__in=NAMES, email="")}
    if len(pair) < len(NAMES) or not pair["admin"].is_superuser:
        return []
    apart = abs(pair["admin"].date_joined - pair["support"].date_joined)
    return [user.pk for user in pair.values()] if apart < UNMARKED_APART else []
