"""Who may see what. The only maker of a Scope, and deny by default."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from itertools import islice
from typing import Any, TypeVar, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from contacts_ui.sent_api.types import Account, Profile, sorted_by_name

from .gateway import get_gateway
from .models import ProfileAccess, ScopeVisit
from .roles import ADMIN, EXPORTER, SUPPORT, role_of
from .scope import Scope

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
CONTACT_ROLES = frozenset({ADMIN, EXPORTER, SUPPORT})
VISITS_READ = 20  # visits looked at for those that are still allowed
MAX_RECENT = 5  # of them, at the head of the switcher


class RoleDenied(PermissionDenied):
    """The page is for another role."""


class ScopeDenied(Http404):
    """The profile is foreign, unknown or not assigned. One answer for all three, so that none can be told."""


@dataclass(frozen=True, slots=True)
class VisibleProfiles:
    """Everything a user may see: the account itself or not, and these profiles, in the API's order.

    `stale`: the API does not answer just now, so profiles added or renamed within the hour may be missing.
    """

    account: Account
    sees_account: bool
    profiles: tuple[Profile, ...]
    stale: bool = False

    def __len__(self) -> int:
        return len(self.profiles) + self.sees_account

    @property
    def by_name(self) -> tuple[Profile, ...]:
        """The profiles in the order of their names. Cost: 4.6 ms for a thousand, so only where they are listed."""
        return sorted_by_name(self.profiles)


def visible_profiles(user: User, *, revalidate: bool = False) -> VisibleProfiles:
    """What `user` may see, by role, assignment and kind of key. May raise any SentError (`/v3/me`).

    `revalidate`: a profile is asked for that the account is not known to have.
    """
    known = get_gateway().account(revalidate=revalidate)
    account, stale = known.value, known.stale
    role = role_of(user)
    if role == ADMIN:
        return VisibleProfiles(account, sees_account=True, profiles=account.profiles, stale=stale)
    if role not in CONTACT_ROLES:
        return VisibleProfiles(account, sees_account=False, profiles=(), stale=stale)
    if not account.is_organization:
        # There is nothing to assign: the key's one account is what everyone here works with.
        return VisibleProfiles(account, sees_account=True, profiles=(), stale=stale)
    rows = ProfileAccess.objects.filter(user=user).values_list("profile_id", flat=True)
    assigned = {str(profile_id) for profile_id in rows}
    mine = tuple(profile for profile in account.profiles if profile.id.lower() in assigned)
    return VisibleProfiles(account, sees_account=False, profiles=mine, stale=stale)


def require_role(*roles: str) -> Callable[[View], View]:
    """Lets only people of these roles in. Raises RoleDenied for all others."""

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if role_of(cast("User", request.user)) not in roles:
                raise RoleDenied
            return view(request, *args, **kwargs)

        return cast("View", guarded)

    return decorate


def scope_for(user: User, profile_id: UUID | None) -> Scope:
    """Leave for `user` to ask for one profile's contacts, or with None for the account's own.

    Raises ScopeDenied, the same for every reason, and any SentError of `/v3/me` (kept for five minutes; for one
    when the profile is not among those known).
    """
    if role_of(user) not in CONTACT_ROLES:
        raise ScopeDenied
    choices = visible_profiles(user)
    if profile_id is not None and choices.account.profile(profile_id) is None:
        choices = visible_profiles(user, revalidate=True)
    scope = _scope_in(choices, profile_id)
    if scope is None:
        raise ScopeDenied
    return scope


def last_scope(user: User) -> Scope | None:
    """Where `user` last was if that is still allowed, else the first they may see, else None."""
    choices = visible_profiles(user)
    first = [UUID(profile.id) for profile in choices.by_name[:1]]
    return next((scope for wish in [*_visited(user), None, *first] if (scope := _scope_in(choices, wish))), None)


def recent_scopes(
    user: User, visible: VisibleProfiles, *, exclude: Scope, limit: int = MAX_RECENT
) -> tuple[Scope, ...]:
    """Where `user` last was and still may go, newest first, without `besides`. Cost: one query."""
    allowed = (scope for wish in _visited(user) if (scope := _scope_in(visible, wish)))
    return tuple(islice((scope for scope in allowed if scope.profile_id != exclude.profile_id), limit))


def _visited(user: User) -> list[UUID | None]:
    visits = ScopeVisit.objects.filter(user=user).order_by("-visited_at")
    return list(visits.values_list("profile_id", flat=True)[:VISITS_READ])


def _scope_in(choices: VisibleProfiles, profile_id: UUID | None) -> Scope | None:
    switchable = len(choices) > 1
    if profile_id is None:
        return Scope(None, choices.account.display_name, switchable) if choices.sees_account else None
    wanted = str(profile_id)
    profile = next((p for p in choices.profiles if p.id.lower() == wanted), None)
    return Scope(profile.id, profile.display_name, switchable) if profile else None


def remember_visit(user: User, scope: Scope) -> bool:
    """Notes that `user` opened `scope`, and says whether it is another than last time. Only then it writes."""
    profile_id = UUID(scope.profile_id) if scope.profile_id else None
    visits = ScopeVisit.objects.filter(user=user)
    newest = visits.order_by("-visited_at").values_list("profile_id", flat=True)[:1]
    if list(newest) == [profile_id]:
        return False
    ScopeVisit.objects.update_or_create(user=user, profile_id=profile_id, defaults={"visited_at": datetime.now(UTC)})
    return True
