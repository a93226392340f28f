"""Navigation: the links at the top of every page, for whoever may open more than contacts. No call.

A page without a profile leads back by `home`, which knows the profile that was open last and whether it is still
allowed; its name is not shown there, for that would cost a query and a call on pages that need neither.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass

from django.contrib.sessions.backends.base import SessionBase, UpdateError
from django.http import HttpRequest
from django.urls import reverse

from contacts_ui.access import CONTACT_ROLES
from contacts_ui.principal import principal_of
from contacts_ui.roles import ADMIN, AUDITOR, EXPORTER, role_of
from contacts_ui.scope import Scope

_SEVERAL = "desk.several_profiles"  # in the session


@dataclass(frozen=True, slots=True)
class NavigationItem:
    """One link. `current` is the value of aria-current: "page" for this very page, "true" for one of its section."""

    title: str
    icon: str
    url: str
    current: str | None


@dataclass(frozen=True, slots=True)
class _Section:
    """A section: who has it, and which views belong to it, by the start of their URL names."""

    title: str
    icon: str
    view: str
    roles: frozenset[str]
    views: tuple[str, ...]
    switchable: bool = False  # only for whoever may see more than one profile
    exports: bool = False  # only once there are exports


# In the order of the page.
_SECTIONS = (
    _Section("Contacts", "contacts", "home", CONTACT_ROLES, ("home", "contact-", "profile-", "saved-view-")),
    _Section("Find a number", "dial", "number-lookup", CONTACT_ROLES, ("number-",), switchable=True),
    _Section("Exports", "export", "export-list", frozenset({EXPORTER, ADMIN}), ("export-",), exports=True),
    _Section("People", "people", "people-list", frozenset({ADMIN}), ("people-", "person-")),
    _Section("Audit log", "eye", "audit-list", frozenset({ADMIN, AUDITOR}), ("audit-",)),
    _Section("Status", "pulse", "gateway-status", frozenset({ADMIN}), ("gateway-",)),
)


def navigation(
    role: str | None, scope: Scope | None, view_name: str, path: str, *, switchable: bool, exports: bool
) -> tuple[NavigationItem, ...]:
    """The links for somebody of this role on this page; none for whoever has contacts and nothing else.

    `switchable`: they may see more than one profile. `exports`: there are exports that they may see.
    """
    sections = _sections(role, switchable=switchable, exports=exports)
    if [section.title for section in sections] == ["Contacts"]:
        return ()
    return tuple(_item(section, scope, view_name, path) for section in sections)


def leads_back(role: str | None, scope: Scope | None, *, switchable: bool, exports: bool) -> bool:
    """True on a page without a profile of somebody who has contacts and no navigation, whose Contacts lead there: its
    header has a link to the last profile.
    """
    return scope is None and role in CONTACT_ROLES and len(_sections(role, switchable=switchable, exports=exports)) == 1


def _sections(role: str | None, *, switchable: bool, exports: bool) -> tuple[_Section, ...]:
    mine = (section for section in _SECTIONS if role in section.roles)
    return tuple(s for s in mine if (switchable or not s.switchable) and (exports or not s.exports))


def sees_several(request: HttpRequest, scope: Scope | None) -> bool:
    """True if the person may see more than one profile, as far as their session knows: a page with a scope tells it,
    so that one without needs no call. Profiles that were taken away meanwhile count at once: an error may be all that
    is left to see. The pages themselves ask anew. Cost: none, two queries when it changes.
    """
    session = request.session
    if scope is None:
        return bool(session.get(_SEVERAL)) and not _has_one(request)
    if scope.switchable != bool(session.get(_SEVERAL)):
        _remember(session, switchable=scope.switchable)
    return scope.switchable


def _has_one(request: HttpRequest) -> bool:
    """True for whoever sees assigned profiles alone, and has one or none of them. No query."""
    principal = principal_of(request.user)
    return principal is not None and role_of(principal.user) != ADMIN and "," not in principal.assigned


def _remember(session: SessionBase, *, switchable: bool) -> None:
    """Saves it in the session read anew: this request may have waited for the API, and must not undo what another one
    saved meanwhile, nor bring back a session that has ended (as contacts/opened).
    """
    if session.modified:  # it is saved as a whole after this
        session[_SEVERAL] = switchable
        return
    newest = type(session)(session.session_key)
    newest[_SEVERAL] = switchable
    if newest.session_key is not None:
        with suppress(UpdateError):
            newest.save()


def _item(section: _Section, scope: Scope | None, view_name: str, path: str) -> NavigationItem:
    url = f"{scope.path}contacts/" if scope and section.view == "home" else reverse(section.view)
    current = ("page" if path == url else "true") if view_name.startswith(section.views) else None
    return NavigationItem(section.title, section.icon, url, current)
