"""First steps of a new desk: shown to its admin at first sign-in, until done or dismissed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client

from contacts_ui.models import Preferences, ScopeVisit
from testing.sandbox_server import SandboxServer

from .html import fragment, text

PEOPLE = "/people/"


def _steps(page: str) -> list[tuple[str, bool]]:
    """Title of each step, and whether it is done."""
    found = re.search(r'<ol class="steps">.*?</ol>', page, re.DOTALL)
    items = re.findall(r"<li( class=\"is-done\")?><h3>(?:<a[^>]*>)?([^<]+)", found[0]) if found else []
    return [(title, bool(done)) for done, title in items]


@pytest.fixture(autouse=True)
def _no_limits(db: None) -> None:
    caches["default"].clear()


def _first_location(username: str) -> str:
    client = Client()
    return client.post("/sign-in/", {"login": username, "password": "x"})["Location"]


def test_first_sign_in_on_empty_desk_leads_to_the_steps(admin_client: Client, admin_user: User) -> None:
    assert _first_location("mara") == PEOPLE
    steps = [("Add people", False), ("Assign profiles", False), ("Add a second factor", False)]
    assert _steps(text(admin_client.get(PEOPLE))) == steps


@pytest.mark.parametrize("reason", ["others", "visited", "role"])
def test_sign_in_leads_to_contacts_otherwise(admin_user: User, desk_api: SandboxServer, reason: str) -> None:
    if reason == "others":
        User.objects.create(username="eve")
    elif reason == "visited":
        ScopeVisit.objects.create(user=admin_user, profile_id=None, visited_at="2026-01-01T00:00:00Z")
    else:
        admin_user.groups.clear()
    assert _first_location("mara") == "/"


def test_page_asked_for_comes_first(admin_user: User, desk_api: SandboxServer) -> None:
    sent = {"login": "mara", "password": "x", "next": "/gateway/"}
    assert Client().post("/sign-in/", sent)["Location"] == "/gateway/"


def test_done_steps_are_marked_and_all_done_are_gone(
    admin_client: Client, admin_user: User, support_user: User
) -> None:
    page = text(admin_client.get(PEOPLE))
    assert _steps(page) == [("Add people", True), ("Assign profiles", True), ("Add a second factor", False)]
    Authenticator.objects.create(user=admin_user, type="totp", data={})
    assert _steps(text(admin_client.get(PEOPLE))) == []


def test_profiles_are_assigned_where_people_without_them_are(admin_client: Client, user_without_role: User) -> None:
    assert '<a href="/people/?attention=no-profiles">Assign profiles</a>' in text(admin_client.get(PEOPLE))


def test_dismissed_steps_stay_away(admin_client: Client, admin_user: User) -> None:
    assert admin_client.post("/preferences/steps/")["Location"] == PEOPLE
    assert _steps(text(admin_client.get(PEOPLE))) == []
    assert Preferences.objects.get(user=admin_user).steps_dismissed


def test_saving_preferences_keeps_the_dismissal(admin_client: Client, admin_user: User) -> None:
    Preferences.objects.create(user=admin_user, steps_dismissed=True)
    admin_client.post("/preferences/theme/", {"theme": "dark"})
    assert Preferences.objects.get(user=admin_user).steps_dismissed


def test_single_account_has_two_steps(admin_client: Client, use_key: Callable[[str], None]) -> None:
    use_key("sandbox-user")
    assert [title for title, _ in _steps(text(admin_client.get(PEOPLE)))] == ["Add people", "Add a second factor"]


def test_fragment_has_no_steps(admin_client: Client) -> None:
    assert _steps(text(fragment(admin_client, PEOPLE))) == []
