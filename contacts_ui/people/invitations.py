"""Invitations: whether the link by which a person chooses their first password is still valid.

The audit log has the times: a link is stored nowhere. A person who has signed in, or chose a password, has none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from django.conf import settings
from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.contrib.auth.models import User
from django.db.models import Max, Q

from contacts_ui.audit import AuditAction
from contacts_ui.models import AuditEntry


@dataclass(frozen=True, slots=True)
class Invitation:
    """When the newest link was made that is still valid, None if there is none."""

    sent_at: datetime | None


def invitations(people: Iterable[User]) -> dict[int, Invitation]:
    """The invitation of each active person who has never signed in and has no password, by their id.

    Cost: one query over an index, none where nobody is waited for.
    """
    waited_for = [p for p in people if p.is_active and p.last_login is None and not p.has_usable_password()]
    if not waited_for:
        return {}
    newest = _newest_links()
    return {person.pk: Invitation(newest.get(person.username)) for person in waited_for}


def valid_since() -> datetime:
    """When a link that ends now was made: whoever was added later is not late yet."""
    return datetime.now(UTC) - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def never_came() -> Q:
    """Active people who have never signed in, added and invited longer ago than a link is valid. Cost: one query more,
    for the invitations.
    """
    waited_for = Q(password__startswith=UNUSABLE_PASSWORD_PREFIX, username__in=list(_newest_links()))
    return Q(is_active=True, last_login=None, date_joined__lte=valid_since()) & ~waited_for


def _newest_links() -> dict[str, datetime]:
    """When the newest link that is still valid was made, by user name. Cost: one query."""
    made = AuditEntry.objects.filter(action=AuditAction.PERSON_LINK_MADE, at__gt=valid_since())
    # A session that began by a link adds a mark behind the name, and no user name has a space.
    newest: dict[str, datetime] = {}
    for about, at in made.values_list("about").annotate(last=Max("at")):
        username = (about or "").partition(" ")[0]
        newest[username] = max(at, newest.get(username, at))
    return newest
