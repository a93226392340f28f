"""Django admin: assigning profiles by name, also while the API fails, and the audit events of saving."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.models import AuditEntry, GroupPolicy, Preferences, ProfileAccess, ScopeVisit
from testing.sandbox_server import SandboxServer

from .html import text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

SELECT = re.compile(r'<select name="profile_accesses-\d+-profile_id".*?</select>', re.DOTALL)


@pytest.fixture
def root(desk_api: SandboxServer, db: None) -> Client:
    """A browser with a superuser signed in."""
    client = Client()
    client.force_login(User.objects.create_superuser("root", password="x"))
    return client


def _change(user: User) -> str:
    return f"/admin/auth/user/{user.pk}/change/"


def _lines(root: Client, user: User) -> list[tuple[str, set[str]]]:
    """For each assigned profile: the name shown, and the ids offered."""
    selects = SELECT.findall(unescape(text(root.get(_change(user)))))
    found = [(re.findall("selected>([^<]+)<", select), re.findall('value="([^"]+)"', select)) for select in selects]
    return [(chosen[0], set(offered)) for chosen, offered in found if chosen != ["Choose a profile"]]


def _save(root: Client, user: User, *profile_ids: str) -> Answer:
    """Posts the change form with these profiles; assigned ones come first."""
    assigned = list(ProfileAccess.objects.filter(user=user).order_by("pk"))
    sent = {"username": user.username, "is_active": "on", "date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    sent["groups"] = str(user.groups.get().pk)
    sent["profile_accesses-TOTAL_FORMS"] = str(len(profile_ids))
    sent["profile_accesses-INITIAL_FORMS"] = str(len(assigned))
    for place, profile_id in enumerate(profile_ids):
        sent |= {f"profile_accesses-{place}-user": str(user.pk), f"profile_accesses-{place}-profile_id": profile_id}
        sent |= {f"profile_accesses-{place}-id": str(assigned[place].pk)} if place < len(assigned) else {}
    return root.post(_change(user), sent)


def _assigned(user: User) -> list[str]:
    held = ProfileAccess.objects.filter(user=user).order_by("pk").values_list("profile_id", flat=True)
    return [str(profile_id) for profile_id in held]


def test_assigned_profiles_are_listed_by_name(root: Client, sandbox: SandboxServer, support_user: User) -> None:
    profiles = sandbox.profiles()
    lines = _lines(root, support_user)
    assert [title for title, _ in lines] == [profile["name"] for profile in profiles[1:4]]
    assert all(offered == {profile["id"] for profile in profiles} for _, offered in lines)


def test_assignment_unknown_to_api_survives_saving(root: Client, support_user: User) -> None:
    ProfileAccess.objects.filter(user=support_user).delete()
    lost = str(ProfileAccess.objects.create(user=support_user, profile_id=uuid4()).profile_id)
    assert _lines(root, support_user)[0][0] == f"{lost} (not known now)"
    assert _save(root, support_user, lost).status_code == 302
    assert _assigned(support_user) == [lost]


def test_assignments_survive_saving_while_api_fails(root: Client, sandbox: SandboxServer, support_user: User) -> None:
    before = _assigned(support_user)
    sandbox.fault(route="me", kind="status", status=500, times=9)
    page = text(root.get(_change(support_user)))
    assert "The messaging service names no profiles" in page
    assert _save(root, support_user, *before).status_code == 302
    assert _assigned(support_user) == before


def test_unknown_profile_cannot_be_assigned(root: Client, support_user: User) -> None:
    before = _assigned(support_user)
    page = text(_save(root, support_user, *before, str(uuid4())))
    assert "not one of the available choices" in page
    assert _assigned(support_user) == before


def test_saving_active_person_keeps_their_session(root: Client, support_client: Client, support_user: User) -> None:
    assert _save(root, support_user, *_assigned(support_user)).status_code == 302
    assert support_client.get("/preferences/").status_code == 200


def test_replaced_profile_is_recorded_as_removal_and_assignment(
    root: Client, sandbox: SandboxServer, support_user: User
) -> None:
    first, *others = _assigned(support_user)
    new = sandbox.profiles()[7]["id"]
    _save(root, support_user, new, *others)
    rows = AuditEntry.objects.filter(action="profile.assignment", person="root").order_by("id")
    assert list(rows.values_list("scope", "about")) == [(first, "sam: taken away"), (new, "sam: assigned")]


def test_unchanged_assignments_are_not_recorded(root: Client, support_user: User) -> None:
    assert _save(root, support_user, *_assigned(support_user)).status_code == 302
    assert not AuditEntry.objects.filter(action="profile.assignment", person="root").exists()


def test_deletion_page_names_everything_deleted_with_person(
    root: Client, sandbox: SandboxServer, support_user: User
) -> None:
    visited = sandbox.profiles()[2]["id"]
    for profile_id in (visited, None):
        ScopeVisit.objects.create(user=support_user, profile_id=profile_id, visited_at=datetime.now(UTC))
    Preferences.objects.create(user=support_user)
    page = re.sub("<[^>]*>", "", text(root.get(f"/admin/auth/user/{support_user.pk}/delete/")))
    named = [f"Assigned profile: {profile_id}" for profile_id in _assigned(support_user)]
    named += [f"Scope visit: {visited}", "Scope visit: account", f"Preferences: {support_user.pk}"]
    assert [name for name in named if name not in page] == []


def test_group_policy_is_titled_by_its_group(root: Client) -> None:
    policy = GroupPolicy.objects.create(group=Group.objects.get(name="support"))
    assert "<h2>support</h2>" in text(root.get(f"/admin/contacts_ui/grouppolicy/{policy.pk}/change/"))
