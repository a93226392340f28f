"""Navigation: the links at the top of every page, for whoever may open more than contacts. Pure: no query, no call.

A page without a profile leads back by `home`, which knows the profile that was open last and whether it is still
allowed; its name is not shown there, for that would cost a query and a call on pages that need neither.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse

from contacts_ui.access import CONTACT_ROLES
from contacts_ui.roles import ADMIN, AUDITOR
from contacts_ui.scope import Scope


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


# In the order of the page. A section that only some of a role have needs a condition in `navigation`.
_SECTIONS = (
    _Section("Contacts", "contacts", "home", CONTACT_ROLES, ("home", "contact-", "profile-", "saved-view-")),
    _Section("People", "people", "people-list", frozenset({ADMIN}), ("people-", "person-")),
    _Section("Audit log", "eye", "audit-list", frozenset({ADMIN, AUDITOR}), ("audit-",)),
    _Section("Status", "pulse", "gateway-status", frozenset({ADMIN}), ("gateway-",)),
)


def navigation(role: str | None, scope: Scope | None, view_name: str, path: str) -> tuple[NavigationItem, ...]:
    """The links for somebody of this role on this page; none for whoever has contacts and nothing else."""
    sections = _sections(role)
    if [section.title for section in sections] == ["Contacts"]:
        return ()
    return tuple(_item(section, scope, view_name, path) for section in sections)


def leads_back(role: str | None, scope: Scope | None) -> bool:
    """True on a page without a profile of somebody who has contacts and no navigation, whose Contacts lead there: its
    header has a link to the last profile.
    """
    return scope is None and role in CONTACT_ROLES and len(_sections(role)) == 1


def _sections(role: str | None) -> tuple[_Section, ...]:
    return tuple(section for section in _SECTIONS if role in section.roles)


def _item(section: _Section, scope: Scope | None, view_name: str, path: str) -> NavigationItem:
    url = f"{scope.path}contacts/" if scope and section.view == "home" else reverse(section.view)
    current = ("page" if path == url else "true") if view_name.startswith(section.views) else None
    return NavigationItem(section.title, section.icon, url, current)
