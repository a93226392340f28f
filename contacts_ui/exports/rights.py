"""Rights of an export: whether its person may still have it, read anew at every page, block of rows and download."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.contrib.auth.models import User

from contacts_ui.access import ScopeDenied, scope_for
from contacts_ui.gateway import get_gateway
from contacts_ui.models import Export
from contacts_ui.preferences import preferences_for
from contacts_ui.roles import ADMIN, EXPORTER, role_of
from contacts_ui.scope import Scope

EXPORT_ROLES = frozenset({ADMIN, EXPORTER})


@dataclass(frozen=True, slots=True)
class Rights:
    """The person and scope of an export as they are now. `mask_forced`: only a masked file may be theirs."""

    user: User
    scope: Scope
    mask_forced: bool


def may_export(user: User) -> bool:
    """Whether the person's role exports at all. Cost: the query of the role, cached in `user`."""
    return role_of(user) in EXPORT_ROLES


def rights_of(export: Export, *, in_background: bool = False) -> Rights | None:
    """What the person of an export may have now; None when it was taken away: they are gone or not active, have
    another role, do not see the scope any more, or the desk has another API key.

    Raises any SentError of `/v3/me`. Cost: four queries; a task needs `/v3/me` of the last five minutes.
    """
    if (user := person_of(export)) is None:
        return None
    if in_background:
        get_gateway().background_account()  # as `scope_for` then finds it: a worker that has just begun makes no call
    try:
        scope = scope_for(user, UUID(export.profile_id) if export.profile_id else None)
    except ScopeDenied:
        return None
    return Rights(user, scope, preferences_for(user).mask_forced)


def person_of(export: Export) -> User | None:
    """Its person, if they may have it as far as the desk alone knows. Cost: two queries, no call."""
    user = User.objects.filter(pk=export.person_id).first() if export.person_id else None
    if user is None or not may_export(user) or export.key_fingerprint != get_gateway().api_key_fingerprint:
        return None
    return user
