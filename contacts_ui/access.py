"""Access control: what a user may see, by role and assignment. The only maker of a Scope; denies by default."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import wraps
from itertools import islice
from typing import Any, TypeVar, cast
from uuid import UUID

from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase

from contacts_ui.sent_api.types import Account, Profile

from .gateway import get_gateway
from .models import PinnedProfile, ProfileAccess, ScopeVisit
from .principal import ACCOUNT, principal_of
from .roles import ADMIN, EXPORTER, SUPPORT, role_of
from .scope import Scope

View = TypeVar("View", bound=Callable[..., HttpResponseBase])
CONTACT_ROLES = frozenset({ADMIN, EXPORTER, SUPPORT})
VISITS_READ = 20  # visits read, to find those that are still allowed
MAX_NAMED = 5  # admins
ACCOUNT_TIMEOUT = 0.8  # seconds a page waits to learn the kind of key
MAX_RECENT = 5  # of them, at the top of the switcher
MAX_PINNED = 20  # scopes above those


class RoleDenied(PermissionDenied):
    """The page is for another role."""


class ScopeDenied(Http404):
    """The profile is foreign, unknown or not assigned. One response for all three, so that none can be told."""


@dataclass(frozen=True, slots=True)
class VisibleProfiles:
    """Everything a user may see: the account itself or not, and these profiles by their ids in lower case.

    `stale`: the API does not answer just now, so profiles added or renamed within the hour may be missing.
    """

    account: Account
    sees_account: bool
    profiles: Mapping[str, Profile]
    stale: bool = False

    def __len__(self) -> int:
        return len(self.profiles) + self.sees_account

    @property
    def by_name(self) -> tuple[Profile, ...]:
        """The profiles in the order of their names."""
        by_name = self.account.profiles_by_name
        if self.profiles is self.account.profiles_by_id:
            return tuple(by_name.values())
        return tuple(profile for known, profile in by_name.items() if known in self.profiles)


@dataclass(frozen=True, slots=True)
class ScopesAcross:
    """The scopes that a question over several profiles is about, the account first, then by name.

    `account` is the account's own list, which holds rows of every profile: it may be asked for the sake of `scopes`,
    and nothing of it may be shown but rows of theirs. `profile_ids` are those of all profiles, in lower case.
    """

    scopes: tuple[Scope, ...]
    account: Scope
    profile_ids: frozenset[str]


def visible_profiles(user: User, *, revalidate: bool = False) -> VisibleProfiles:
    """Everything `user` may see, by role, assignment and kind of key. May raise any SentError (`/v3/me`).

    `revalidate`: a profile was requested that the cached account does not have.
    """
    cached = get_gateway().account(revalidate=revalidate)
    account, stale = cached.value, cached.stale
    role = role_of(user)
    if role == ADMIN:
        return VisibleProfiles(account, sees_account=True, profiles=account.profiles_by_id, stale=stale)
    if role not in CONTACT_ROLES:
        return VisibleProfiles(account, sees_account=False, profiles={}, stale=stale)
    if not account.is_organization:
        # There is nothing to assign: the key's one account is what everyone here works with.
        return VisibleProfiles(account, sees_account=True, profiles={}, stale=stale)
    known = ((assigned, account.profiles_by_id.get(assigned)) for assigned in assigned_profile_ids(user))
    visible = {assigned: profile for assigned, profile in known if profile}
    return VisibleProfiles(account, sees_account=False, profiles=visible, stale=stale)


def assigned_profile_ids(user: User) -> frozenset[str]:
    """The ids of the profiles assigned to `user`, in lower case. Cost: one query; none for who is asking."""
    if principal := principal_of(user):
        return principal.profile_ids
    rows = ProfileAccess.objects.filter(user=user).values_list("profile_id", flat=True)
    return frozenset(map(str, rows))


def has_profiles() -> bool:
    """False for the key of a single account, for which pages hide what only organizations have; True while unknown.

    Cost: one API call in five minutes.
    """
    account = get_gateway().account_if_known(ACCOUNT_TIMEOUT)
    return account is None or account.value.is_organization


def sees_owners(user: User) -> bool:
    """Whether `user` may see the list of an organization, whose rows have several owners. Cost: as `has_profiles`."""
    return role_of(user) == ADMIN and has_profiles()


def admin_names() -> list[str]:
    """Names of the first five active admins, to ask or to tell. Cost: one query."""
    admins = User.objects.filter(Q(is_superuser=True) | Q(groups__name=ADMIN), is_active=True).distinct()
    return [admin.get_full_name() or admin.username for admin in admins.order_by("username")[:MAX_NAMED]]


def require_role(*roles: str) -> Callable[[View], View]:
    """Decorator of a view for people of these roles. Raises RoleDenied for all others.

    The view has them as `allowed_roles`: middleware that asks for more than a session asks nobody else.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if role_of(cast("User", request.user)) not in roles:
                raise RoleDenied
            return view(request, *args, **kwargs)

        guarded.allowed_roles = frozenset(roles)  # type: ignore[attr-defined]
        return cast("View", guarded)

    return decorate


def scope_for(user: User, profile_id: UUID | None) -> Scope:
    """The scope of one profile, or with None of the account's own contacts, if `user` may see it.

    Raises ScopeDenied, the same for every reason, and any SentError of `/v3/me` (cached for five minutes; for one
    when the profile is not among those cached).
    """
    if role_of(user) not in CONTACT_ROLES:
        raise ScopeDenied
    visible = visible_profiles(user)
    if profile_id is not None and visible.account.profile(profile_id) is None:
        visible = visible_profiles(user, revalidate=True)
    scope = _scope_in(visible, profile_id)
    if scope is None:
        raise ScopeDenied
    return scope


def scopes_across(user: User) -> ScopesAcross:
    """Every scope that `user` may see, for a question over several of them. Raises Http404 where there are no profiles
    to ask: the key of a single account, a role without contacts, nothing assigned. May raise any SentError.

    Cost: one query; `/v3/me` is cached.
    """
    visible = visible_profiles(user)
    if not visible.account.is_organization or not len(visible):
        raise Http404
    named = [None] * visible.sees_account + [profile.id for profile in visible.by_name]
    scopes = (_scope_in(visible, UUID(profile_id) if profile_id else None) for profile_id in named)
    profile_ids = frozenset(visible.account.profiles_by_id)
    whole = Scope(None, visible.account.display_name, switchable=False)
    return ScopesAcross(tuple(filter(None, scopes)), whole, profile_ids)


def background_scope(profile_id: str | None) -> Scope:
    """The scope of one profile, or with None of the account, for a task: whoever started it was allowed to.

    Verified against /v3/me, at most five minutes old. Raises ScopeDenied when the key may not name the profile (any
    more), and any SentError.
    """
    gateway = get_gateway()
    account = gateway.background_account()
    if profile_id is None:
        return Scope(None, account.display_name, switchable=False)
    wanted = UUID(profile_id)
    profile = account.profile(wanted) or gateway.background_account(revalidate=True).profile(wanted)
    if profile is None:
        raise ScopeDenied
    return Scope(profile.id, profile.display_name, switchable=False)


def last_scope(user: User) -> Scope | None:
    """The scope `user` last visited if that is still allowed, else the first they may see, else None."""
    visible = visible_profiles(user)
    allowed = next((scope for visited in [*_visited(user), None] if (scope := _scope_in(visible, visited))), None)
    if allowed is None and visible.profiles:
        return _scope_in(visible, UUID(visible.by_name[0].id))
    return allowed


def recent_scopes(
    user: User, visible: VisibleProfiles, *, exclude: Scope, limit: int = MAX_RECENT
) -> tuple[Scope, ...]:
    """The scopes `user` visited last and may still see, newest first, without `exclude`. Cost: one query."""
    allowed = (scope for visited in _visited(user) if (scope := _scope_in(visible, visited)))
    return tuple(islice((scope for scope in allowed if scope.profile_id != exclude.profile_id), limit))


def pinned_scopes(user: User, visible: VisibleProfiles) -> tuple[Scope, ...]:
    """The scopes `user` pinned and may still see, by name. Cost: one query."""
    pinned = PinnedProfile.objects.filter(user=user).values_list("profile_id", flat=True)[:MAX_PINNED]
    scopes = (scope for profile_id in pinned if (scope := _scope_in(visible, profile_id)))
    return tuple(sorted(scopes, key=lambda scope: scope.title.casefold()))


def pin_scope(user: User, scope: Scope, *, pinned: bool) -> None:
    """Pins `scope` for `user`, or takes the pin away. Beyond MAX_PINNED the oldest goes."""
    profile_id = UUID(scope.profile_id) if scope.profile_id else None
    pins = PinnedProfile.objects.filter(user=user)
    if not pinned:
        pins.filter(profile_id=profile_id).delete()
        return
    PinnedProfile.objects.get_or_create(user=user, profile_id=profile_id)
    kept = pins.order_by("-pk").values_list("pk", flat=True)[:MAX_PINNED]
    pins.exclude(pk__in=list(kept)).delete()


def visited_profile_ids(user: User) -> tuple[str | None, ...]:
    """The ids of the scopes that `user` visited last, None for the account, newest first. Cost: one query."""
    return tuple(str(profile_id) if profile_id else None for profile_id in _visited(user))


def _visited(user: User) -> list[UUID | None]:
    visits = ScopeVisit.objects.filter(user=user).order_by("-visited_at")
    return list(visits.values_list("profile_id", flat=True)[:VISITS_READ])


def _scope_in(visible: VisibleProfiles, profile_id: UUID | None) -> Scope | None:
    switchable = len(visible) > 1
    if profile_id is None:
        return Scope(None, visible.account.display_name, switchable) if visible.sees_account else None
    profile = visible.profiles.get(str(profile_id))
    return Scope(profile.id, profile.display_name, switchable, profile.status) if profile else None


def remember_visit(user: User, scope: Scope) -> bool:
    """Records that `user` opened `scope`; True when it differs from the last one. Only then it writes."""
    profile_id = UUID(scope.profile_id) if scope.profile_id else None
    if _last_visit(user) == str(profile_id or ACCOUNT):
        return False
    ScopeVisit.objects.update_or_create(user=user, profile_id=profile_id, defaults={"visited_at": datetime.now(UTC)})
    return True


def _last_visit(user: User) -> str | None:
    if principal := principal_of(user):
        return principal.last_visit
    return next((str(profile_id or ACCOUNT) for profile_id in _visited(user)), None)
