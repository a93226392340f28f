"""Command list: where one can go from here, as a page and as the list of Ctrl+K. Typed text is filtered in the browser.

A number typed into it goes to the search of the contacts list, and into no URL of this one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_safe

from contacts_ui import audit
from contacts_ui.access import (
    CONTACT_ROLES,
    has_profiles,
    last_scope,
    pinned_scopes,
    recent_scopes,
    scope_for,
    visible_profiles,
)
from contacts_ui.contacts.masking import mask_number
from contacts_ui.contacts.opened import OpenedContact, opened_contacts
from contacts_ui.contacts.saved_views import view_links
from contacts_ui.people.people_list import known_people
from contacts_ui.quota import has_room
from contacts_ui.roles import ADMIN, AUDITOR, EXPORTER, role_of
from contacts_ui.scope import Scope, path_of
from contacts_ui.web.formatting import format_time
from contacts_ui.web.htmx import wants_fragment
from contacts_ui.web.page import DeskPage
from contacts_ui.web.request import DeskRequest, preferences_of

MOST_PEOPLE = 500  # listed
MAX_PROFILES = 50  # sent at once; the switcher finds the others


@dataclass(frozen=True, slots=True)
class Command:
    """One line: a link, with a picture (an icon, or the first letter of a profile). `presses` is the CSS selector of a
    button of the page that does it at once, where scripts run.
    """

    url: str
    title: str
    note: str | None = None
    icon: str | None = None
    presses: str | None = None


@dataclass(frozen=True, slots=True)
class CommandGroup:
    """The lines under one heading. `kind` tells scripts what they are."""

    kind: str
    title: str
    commands: tuple[Command, ...]


@require_safe
def command_list(request: DeskRequest, profile_id: UUID | None = None) -> HttpResponse:
    """Profiles, saved views, pages, actions and the contacts opened last, from within a scope. Cost: no API call while
    the account is cached, one query each for views, pins, visits and, for admins, people.
    """
    scope = scope_for(request.user, profile_id)
    return _respond(request, scope, scope)


@require_safe
def command_list_anywhere(request: DeskRequest) -> HttpResponse:
    """The same from a page without a profile: numbers are searched in the last one. Cost: the same."""
    sees_contacts = role_of(request.user) in CONTACT_ROLES  # the others need nothing of the API
    scope = last_scope(request.user) if sees_contacts else None
    if scope is not None and not wants_fragment(request):
        return redirect(f"{scope.path}go/")
    return _respond(request, None, scope)


def _respond(request: DeskRequest, shown: Scope | None, scope: Scope | None) -> HttpResponse:
    """`shown` is the scope of the page, `scope` that of the commands, None for people without any."""
    desk = DeskPage(request, "command_list/list.html", "command_list/_commands.html", shown, target=scope)
    profiles = _profiles(request, scope)
    groups = (
        CommandGroup("contacts", "Opened recently", _opened(request, shown)),
        CommandGroup("views", "Views", _views(request, scope)),
        CommandGroup("pages", "Pages", _pages(request, scope)),
        CommandGroup("actions", "Actions", _actions(scope)),
        CommandGroup("profiles", "Profiles", profiles[:MAX_PROFILES]),
        CommandGroup("people", "People", _people(request)),
    )
    others = len(profiles) > MAX_PROFILES
    return desk.response(groups=tuple(group for group in groups if group.commands), other_profiles=others)


def _views(request: DeskRequest, scope: Scope | None) -> tuple[Command, ...]:
    if scope is None:
        return ()
    links = view_links(request.user, scope, preferences_of(request))
    views = (Command(link.url, link.view.name, icon="bookmark") for link in links)
    return (Command(f"{scope.path}contacts/?view=all", "All contacts", icon="people"), *views)


def _opened(request: DeskRequest, scope: Scope | None) -> tuple[Command, ...]:
    """The contacts opened last in this session. A number shown again is a look at it, and recorded. Without room for
    it in the hour's quota the lines are without numbers: the rest of the list must open.
    """
    if scope is None:
        return ()
    opened, masked = opened_contacts(request.session, scope), preferences_of(request).mask_numbers
    known = [entry.contact for entry in opened if entry.contact]
    if known and not has_room(request.user.pk, len(known)):
        opened, known = tuple(replace(entry, contact=None) for entry in opened), []
    if known:
        seen = {"scope": audit.scope_of(request), "rows": len(known), "number_hashes": audit.hashes_of_contacts(known)}
        audit.record(request, audit.AuditAction.CONTACTS_LISTED, about="opened recently", **seen)
    return tuple(_opened_command(entry, scope, masked=masked) for entry in opened)


def _opened_command(entry: OpenedContact, scope: Scope, *, masked: bool) -> Command:
    contact, url = entry.contact, f"{scope.path}contacts/{entry.contact_id}/"
    title = (mask_number(contact) if masked else contact.number) if contact else None
    return Command(url, title or "Contact", f"opened {format_time(entry.opened_at)}", icon="dial")


def _profiles(request: DeskRequest, scope: Scope | None) -> tuple[Command, ...]:
    """The first of the other profiles, and one more if there are: pinned ones, recent ones, and the rest by name."""
    if scope is None or not scope.switchable:
        return ()
    visible = visible_profiles(request.user)
    first = (*pinned_scopes(request.user, visible), *recent_scopes(request.user, visible, exclude=scope))
    account = [(None, visible.account.display_name)] if visible.sees_account else []
    titles = {entry.profile_id: entry.title for entry in first}
    first_by_name = visible.by_name[: MAX_PROFILES + len(first) + 2]
    titles |= dict(account) | {profile.id: profile.display_name for profile in first_by_name}
    titles.pop(scope.profile_id, None)
    return tuple(Command(f"{path_of(profile_id)}contacts/", title) for profile_id, title in titles.items())


def _people(request: DeskRequest) -> tuple[Command, ...]:
    """Everybody, for admins, by name; of many only the first MOST_PEOPLE, and their page finds the rest."""
    if role_of(request.user) != ADMIN:
        return ()
    return tuple(
        Command(reverse("person-edit", args=[known.person_id]), known.name, None if known.is_active else "deactivated")
        for known in known_people(MOST_PEOPLE)
    )


def _pages(request: DeskRequest, scope: Scope | None) -> tuple[Command, ...]:
    role, pages = role_of(request.user), list[Command]()
    if scope is not None:
        pages.append(Command(f"{scope.path}views/", "Saved views", icon="bookmark"))
        if scope.switchable:
            pages.append(Command(reverse("number-lookup"), "Find a number", "in all profiles", icon="dial"))
    if role in {ADMIN, EXPORTER}:
        pages.append(Command(reverse("export-list"), "Exports", icon="export"))
    if role == ADMIN:
        pages += _people_pages()
    if role in {ADMIN, AUDITOR}:
        pages.append(Command(reverse("audit-list"), "Audit log", icon="eye"))
    if role == ADMIN:
        pages.append(Command(reverse("gateway-status"), "Status", "API status and usage", icon="pulse"))
    pages.append(Command(reverse("preferences"), "Preferences", icon="sliders"))
    pages.append(Command(reverse("mfa_index"), "Sign-in and security", icon="key"))
    return tuple(pages)


def _people_pages() -> tuple[Command, ...]:
    pages = (
        Command(reverse("people-list"), "People", icon="people"),
        Command(reverse("person-new"), "Add a person", icon="people"),
        Command(reverse("people-profiles"), "Profiles", "who has which", icon="people"),
        Command(reverse("people-masking"), "Masking", "for whom numbers are masked", icon="people"),
    )
    return tuple(page for page in pages if page.title != "Profiles" or has_profiles())


def _actions(scope: Scope | None) -> tuple[Command, ...]:
    actions = [
        Command(reverse("preferences"), "Change theme", icon="sun", presses="[data-theme-toggle] button"),
        Command(reverse("preferences"), "Keyboard shortcuts", icon="keyboard", presses="[popovertarget=keys]"),
        Command(reverse("account_logout"), "Sign out", icon="out"),
    ]
    if scope is not None:
        actions[:0] = [Command(f"{scope.path}views/new/", "Save view", icon="bookmark", presses="[data-save-view]")]
        if scope.switchable:
            actions[1:1] = [Command(f"{scope.path}profiles/", "Switch profile", icon="updown", presses=".switcher")]
    return tuple(actions)
