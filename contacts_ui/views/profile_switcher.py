"""Profile switcher views: the profiles to switch to, pinned ones first, and the redirect after sign-in."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import islice
from urllib.parse import parse_qsl
from uuid import UUID

from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_POST, require_safe

from contacts_ui.access import (
    VisibleProfiles,
    admin_names,
    has_profiles,
    last_scope,
    pin_scope,
    pinned_scopes,
    recent_scopes,
    scope_for,
    visible_profiles,
)
from contacts_ui.contacts.filters import parse_filters
from contacts_ui.contacts.saved_views import elsewhere_url
from contacts_ui.roles import AUDITOR, role_of
from contacts_ui.scope import Scope, path_of
from contacts_ui.sent_api.types import Profile
from contacts_ui.text import name_matcher
from contacts_ui.web.htmx import current_list_url, wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of


@dataclass(frozen=True, slots=True)
class SwitcherOption:
    """One option of the switcher: a link to the list with the same filters in another scope."""

    url: str
    title: str
    note: str | None
    current: bool


MAX_OPTIONS = 50  # sent at once; the others are found by name


@dataclass(frozen=True, slots=True)
class OptionGroup:
    """Options under one heading. Groups do not overlap."""

    title: str
    options: tuple[SwitcherOption, ...]


@require_safe
def home(request: DeskRequest) -> HttpResponse:
    """Redirects to the last used scope, auditors to the audit log; without a scope, a page that says who assigns one.
    Cost: one API call (`/v3/me`), none for five minutes after.
    """
    if role_of(request.user) == AUDITOR:
        return redirect("audit-list")
    scope = last_scope(request.user)
    if scope is not None:
        return redirect(f"{scope.path}contacts/")
    desk = DeskPage(request, "profiles/no_profiles.html", "profiles/_no_profiles.html", None)
    return desk.response(admins=admin_names(), has_profiles=has_profiles())


@require_safe
def profile_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """The first profiles to switch to, by name with `find`, with the filters of the current list. Cost: two queries, a
    third where the list's URL names columns; no API call while the account is cached.
    """
    scope = _switchable_scope(request, profile_id)
    return _options_page(request, scope, request.GET.get("find", "").strip()[:100])


@require_POST
def profile_pin(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """Pins this profile for the person, or takes the pin away with `off`. Cost: as `profile_list`."""
    scope = _switchable_scope(request, profile_id)
    pin_scope(request.user, scope, pinned="off" not in request.POST)
    if wants_fragment(request):
        return _options_page(request, scope, "")
    return redirect(f"{scope.path}profiles/{_filters(request, scope)}")


def _switchable_scope(request: DeskRequest, profile_id: UUID | None) -> Scope:
    scope = scope_for(request.user, profile_id)
    if not scope.switchable:
        raise Http404
    return scope


def _options_page(request: DeskRequest, scope: Scope, find: str) -> HttpResponse:
    choices, filters = visible_profiles(request.user), _filters(request, scope)
    pinned = pinned_scopes(request.user, choices)
    recent = recent_scopes(request.user, choices, exclude=scope)
    matching = _matching(choices, find)
    groups = _groups(matching, choices.account.display_name, pinned, recent, scope=scope, filters=filters)
    searched = str(request.htmx.target or "").endswith("#profile-found")
    desk = DeskPage(request, "profiles/list.html", f"profiles/_{'found' if searched else 'options'}.html", scope)
    return desk.response(
        groups=groups,
        shown=sum(len(group.options) for group in groups),
        matching=len(matching),
        most=MAX_OPTIONS,
        total=len(choices),
        with_account=choices.sees_account,
        find=find,
        stale=choices.stale,
        parameters=parse_qsl(filters.removeprefix("?")),
        pinned=scope.profile_id in {pin.profile_id for pin in pinned},
    )


def _filters(request: DeskRequest, scope: Scope) -> str:
    """The query string to keep, page reset. For htmx from the browser's URL: the page's own link may be out of date."""
    preferences = preferences_of(request)
    kept_elsewhere = wants_fragment(request) or request.method == "POST"
    parameters = current_list_url(request)[1] if kept_elsewhere else request.GET
    opens_default = preferences.default_view_id is not None
    query = parse_filters("", parameters, page_size=preferences.page_size, opens_default=opens_default)
    return elsewhere_url(request.user, scope, query)


def _matching(choices: VisibleProfiles, find: str) -> dict[str | None, Profile | None]:
    """The profiles that match `find` by id, sorted by name; None for the account."""
    matches, account = name_matcher(find), choices.account.display_name
    found: dict[str | None, Profile | None] = {None: None} if choices.sees_account and matches(account) else {}
    profiles = choices.by_name if not find else (each for each in choices.by_name if matches(each.display_name))
    return found | {profile.id: profile for profile in profiles}


def _groups(
    matching: dict[str | None, Profile | None],
    account: str,
    pinned: tuple[Scope, ...],
    recent: tuple[Scope, ...],
    *,
    scope: Scope,
    filters: str,
) -> tuple[OptionGroup, ...]:
    """MAX_OPTIONS of them, pinned ones first, then recent ones, each once: duplicates would be confusing."""

    def option(profile_id: str | None) -> SwitcherOption:
        profile = matching[profile_id]
        title, note = (profile.display_name, _status(profile.status)) if profile else (account, "account")
        url, current = f"{path_of(profile_id)}contacts/{filters}", profile_id == scope.profile_id
        return SwitcherOption(url, title, note, current)

    used, groups = set[str | None](), []
    for title, scopes in (("Pinned", pinned), ("Recent", recent)):
        ids = [found.profile_id for found in scopes if found.profile_id in matching and found.profile_id not in used]
        used |= set(ids)
        groups.append(OptionGroup(title, tuple(map(option, ids))))
    rest = islice((profile_id for profile_id in matching if profile_id not in used), MAX_OPTIONS - len(used))
    groups.append(OptionGroup("All profiles", tuple(map(option, rest))))
    return tuple(group for group in groups if group.options)


def _status(status: str | None) -> str | None:
    """The note on a profile that is not approved; None for an approved one."""
    return None if status in {None, "approved"} else str(status).replace("_", " ")
