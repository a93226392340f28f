"""Profile switcher views: the profiles to switch to, pinned ones first, and the redirect after sign-in."""

from __future__ import annotations

from dataclasses import dataclass
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
from contacts_ui.roles import AUDITOR, role_of
from contacts_ui.scope import Scope, path_of
from contacts_ui.text import matches_name
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
    """The profiles to switch to, with the filters of the current list. Cost: none while the account is cached."""
    scope = _switchable_scope(request, profile_id)
    return _options_page(request, scope, request.GET.get("find", "").strip()[:100])


@require_POST
def profile_pin(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """Pins this profile for the person, or takes the pin away with `off`. Cost: as `profile_list`."""
    scope = _switchable_scope(request, profile_id)
    pin_scope(request.user, scope, pinned="off" not in request.POST)
    if wants_fragment(request):
        return _options_page(request, scope, "")
    return redirect(f"{scope.path}profiles/{_filters(request)}")


def _switchable_scope(request: DeskRequest, profile_id: UUID | None) -> Scope:
    scope = scope_for(request.user, profile_id)
    if not scope.switchable:
        raise Http404
    return scope


def _options_page(request: DeskRequest, scope: Scope, find: str) -> HttpResponse:
    choices, filters = visible_profiles(request.user), _filters(request)
    pinned = pinned_scopes(request.user, choices)
    recent = recent_scopes(request.user, choices, exclude=scope)
    groups = _groups(_options(choices, scope, filters, find), pinned, recent)
    desk = DeskPage(request, "profiles/list.html", "profiles/_options.html", scope)
    return desk.response(
        groups=groups,
        shown=sum(len(group.options) for group in groups),
        total=len(choices),
        with_account=choices.sees_account,
        find=find,
        stale=choices.stale,
        parameters=parse_qsl(filters.removeprefix("?")),
        pinned=scope.profile_id in {pin.profile_id for pin in pinned},
    )


def _filters(request: DeskRequest) -> str:
    """The query string to keep, page reset. For htmx from the browser's URL: the page's own link may be out of date."""
    preferences = preferences_of(request)
    kept_elsewhere = wants_fragment(request) or request.method == "POST"
    parameters = current_list_url(request)[1] if kept_elsewhere else request.GET
    opens_default = preferences.default_view_id is not None
    return parse_filters("", parameters, page_size=preferences.page_size, opens_default=opens_default).url()


def _options(choices: VisibleProfiles, scope: Scope, filters: str, find: str) -> dict[str | None, SwitcherOption]:
    """The options that match `find`, by profile id (None for the account), sorted by name."""
    rows: list[tuple[str | None, str, str | None]] = []
    if choices.sees_account:
        rows.append((None, choices.account.display_name, "account"))
    choices_in_order = rows + [(p.id, p.display_name, _status(p.status)) for p in choices.by_name]
    return {
        profile_id: SwitcherOption(
            url=f"{path_of(profile_id)}contacts/{filters}",
            title=title,
            note=note,
            current=profile_id == scope.profile_id,
        )
        for profile_id, title, note in choices_in_order
        if matches_name(find, title)
    }


def _groups(
    options: dict[str | None, SwitcherOption], pinned: tuple[Scope, ...], recent: tuple[Scope, ...]
) -> tuple[OptionGroup, ...]:
    """Pinned options first, then recent ones, each option once: duplicates of a name would be confusing."""
    rest, groups = dict(options), []
    for title, scopes in (("Pinned", pinned), ("Recent", recent)):
        ids = [scope.profile_id for scope in scopes]
        groups.append(OptionGroup(title, tuple(rest.pop(profile_id) for profile_id in ids if profile_id in rest)))
    groups.append(OptionGroup("All profiles", tuple(rest.values())))
    return tuple(group for group in groups if group.options)


def _status(status: str | None) -> str | None:
    """The note on a profile that is not approved; None for an approved one."""
    return None if status in {None, "approved"} else str(status).replace("_", " ")
