"""Changes of a person that count from their next request on, each with how one sees that it does.

For the tests in this process (SQLite), and for a program on PostgreSQL (audit/test_statements.py).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.models import Group, User
from django.test import Client
from django.utils import timezone

from contacts_ui.gateway import get_gateway
from contacts_ui.models import GroupPolicy, Preferences, ProfileAccess, Session
from contacts_ui.people.sessions import end_sessions
from contacts_ui.preferences import save_theme
from contacts_ui.roles import set_role
from contacts_ui.web.request import preferences_of

PAGE = "/preferences/"


@dataclass(frozen=True, slots=True)
class Change:
    """`seen` is what the person's browser finds: before `make` something else than after it."""

    make: Callable[[User], Any]
    seen: Callable[[Client], Any]
    before: Any
    after: Any


def _status(url: str) -> Callable[[Client], int]:
    return lambda client: client.get(url).status_code


def _preference(name: str) -> Callable[[Client], Any]:
    return lambda client: getattr(preferences_of(client.get(PAGE).wsgi_request), name)  # type: ignore[arg-type]


def _assigned(client: Client) -> int:
    return client.get(f"/p/{_profile_id()}/contacts/").status_code


def _profile_id() -> str:
    return get_gateway().account().value.profiles[0].id


def _set(user: User, **fields: Any) -> None:
    User.objects.filter(pk=user.pk).update(**fields)


def _password(user: User) -> None:
    stored = User.objects.get(pk=user.pk)
    stored.set_password("another")
    stored.save()


def _mask(_user: User) -> None:
    GroupPolicy.objects.update_or_create(group=Group.objects.get(name="support"), defaults={"mask_numbers": True})


# Of somebody with the role "support" and the first profile.
CHANGES = {
    "switched off": Change(lambda user: _set(user, is_active=False), _status(PAGE), 200, 302),
    "password": Change(_password, _status(PAGE), 200, 302),
    "deleted": Change(lambda user: user.delete(), _status(PAGE), 200, 302),
    "signed out everywhere": Change(end_sessions, _status(PAGE), 200, 302),
    "session expired": Change(lambda _: Session.objects.update(expire_date=timezone.now()), _status(PAGE), 200, 302),
    "role gained": Change(lambda user: set_role(user, "admin"), _status("/people/"), 403, 200),
    "role lost": Change(lambda user: set_role(user, None), _assigned, 200, 404),
    "superuser": Change(lambda user: _set(user, is_superuser=True), _status("/people/"), 403, 200),
    "profile taken": Change(lambda user: ProfileAccess.objects.filter(user=user).delete(), _assigned, 200, 404),
    "policy": Change(_mask, _preference("mask_forced"), False, True),
    "theme": Change(lambda user: save_theme(user, "dark"), _preference("theme"), "system", "dark"),
    "columns": Change(
        lambda user: Preferences.objects.update_or_create(user=user, defaults={"columns": ["region"]}),
        _preference("columns"),
        ("owner", "region", "channels", "opt_out", "created", "updated"),
        ("region",),
    ),
}


def signed_in(username: str) -> tuple[User, Client]:
    """A support agent with the first profile, and their browser."""
    user = User.objects.create_user(username, password="x")
    set_role(user, "support")
    ProfileAccess.objects.create(user=user, profile_id=UUID(_profile_id()))
    client = Client(HTTP_HOST=urlsplit(settings.SITE_URL).netloc)
    client.force_login(user)
    return user, client


def do(change: Change, username: str) -> tuple[Any, Any]:
    """What the browser of a new person finds before the change and after it."""
    user, client = signed_in(username)
    before = change.seen(client)
    change.make(user)
    return before, change.seen(client)


def uncounted() -> list[str]:
    """The changes that do not count from the next request on."""
    found = []
    for number, (name, change) in enumerate(CHANGES.items()):
        GroupPolicy.objects.all().delete()
        if do(change, f"agent-{number}") != (change.before, change.after):
            found.append(name)
    return found
