"""Django admin: assigning profiles by name, also while the API fails, and the audit events of saving."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from html import unescape
from typing import TYPE_CHECKING
from uuid import uuid4

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import Group, User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from contacts_ui.admin import MAX_ASSIGNED
from contacts_ui.gateway import get_gateway
from contacts_ui.models import AuditEntry, GroupPolicy, Preferences, ProfileAccess, ScopeVisit
from testing.accounts import sign_in
from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET

from .html import text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

INPUT = re.compile(r'<input type="text" name="profile_accesses-\d+-profile_id" value="([^"]*)"')
SUGGESTION = re.compile(r'<option value="([^"]*)"></option>')


@pytest.fixture
def root(desk_api: SandboxServer, db: None) -> Client:
    """A browser with a superuser signed in."""
    return sign_in(Client(), User.objects.create_superuser("root", password="x"))


def _change(user: User) -> str:
    return f"/admin/auth/user/{user.pk}/change/"


def _lines(root: Client, user: User) -> list[str]:
    """The text of each assigned profile."""
    return INPUT.findall(unescape(text(root.get(_change(user)))))


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
    profiles = [f"{profile['name']} · {profile['id']}" for profile in sandbox.profiles()]
    page = unescape(text(root.get(_change(support_user))))
    assert INPUT.findall(page) == profiles[1:4]
    assert sorted(SUGGESTION.findall(page)) == sorted(profiles)


def test_assignment_unknown_to_api_survives_saving(root: Client, support_user: User) -> None:
    ProfileAccess.objects.filter(user=support_user).delete()
    lost = str(ProfileAccess.objects.create(user=support_user, profile_id=uuid4()).profile_id)
    assert _lines(root, support_user) == [lost]
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


@pytest.mark.parametrize("typed", ["{name} · {id}", "{name}", "{id}", "{ID}", " {name}  ·{id} ", "Another name · {id}"])
def test_profile_is_assigned_by_its_id_or_unique_name(
    root: Client, sandbox: SandboxServer, support_user: User, typed: str
) -> None:
    before, profile = _assigned(support_user), sandbox.profiles()[7]
    said = typed.format(name=profile["name"], id=profile["id"], ID=profile["id"].upper())
    assert _save(root, support_user, *before, said).status_code == 302
    assert _assigned(support_user) == [*before, profile["id"]]


@pytest.mark.slow
def test_profile_is_not_assigned_by_name_of_two(
    root: Client, support_user: User, settings: Settings, big_account: SandboxServer
) -> None:
    names = Counter(profile["name"] for profile in big_account.profiles())
    shared = next(name for name, count in names.items() if count > 1)
    assert "not one of the available choices" in text(_save(root, support_user, *_assigned(support_user), shared))


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


# --- Ten thousand profiles -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def running_big_account() -> Iterator[SandboxServer]:
    """A sandbox with ten thousand profiles."""
    with SandboxServer(contacts=10, profiles=10_000) as server:
        yield server


@pytest.fixture
def big_account(running_big_account: SandboxServer, desk_api: SandboxServer, settings: Settings) -> SandboxServer:
    """The sandbox with ten thousand profiles as the API of the desk."""
    get_gateway.cache_clear()
    settings.SENT_API_URL = running_big_account.url
    return running_big_account


def _assign(user: User, profiles: list[dict[str, str]]) -> None:
    accesses = [ProfileAccess(user=user, profile_id=profile["id"]) for profile in profiles]
    ProfileAccess.objects.bulk_create(accesses)


@pytest.mark.slow
def test_person_page_names_each_of_ten_thousand_profiles_once(root: Client, big_account: SandboxServer) -> None:
    profiles = big_account.profiles()
    sue = User.objects.create_user("sue")
    _assign(sue, profiles[:20])
    page = text(root.get(_change(sue)))
    named = Counter(re.findall(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", page))
    assert [named[profile["id"]] for profile in profiles[:20]] == [3] * 20  # suggested, assigned, and titled
    assert {named[profile["id"]] for profile in profiles[20:]} == {1}
    assert len(page) < 1_500_000


@pytest.mark.slow
def test_page_of_new_person_names_each_of_ten_thousand_profiles_once(root: Client, big_account: SandboxServer) -> None:
    page = text(root.get("/admin/auth/user/add/"))
    assert len(SUGGESTION.findall(page)) == 10_000
    assert len(page) < 1_500_000


@pytest.mark.slow
def test_new_person_is_added_with_profile(root: Client, big_account: SandboxServer) -> None:
    profile_id = big_account.profiles()[9_999]["id"]
    sent = {"username": "ann", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    sent |= {"profile_accesses-TOTAL_FORMS": "1", "profile_accesses-INITIAL_FORMS": "0"}
    assert root.post("/admin/auth/user/add/", sent | {"profile_accesses-0-profile_id": profile_id}).status_code == 302
    assert _assigned(User.objects.get(username="ann")) == [profile_id]


@pytest.mark.slow
def test_person_with_very_many_profiles_is_saved_without_loss(root: Client, big_account: SandboxServer) -> None:
    sue = User.objects.create_user("sue")
    sue.groups.add(Group.objects.get(name="support"))
    _assign(sue, big_account.profiles()[:2_000])
    page = text(root.get(_change(sue)))
    assert INPUT.findall(page) == []
    assert f'2000 · <a href="/people/{sue.pk}/">Edit on the People page</a>' in page
    assert _save(root, sue).status_code == 302
    assert ProfileAccess.objects.filter(user=sue).count() == 2_000


@pytest.mark.slow
def test_most_profiles_that_are_edited_here_are_saved(root: Client, big_account: SandboxServer) -> None:
    sue = User.objects.create_user("sue")
    sue.groups.add(Group.objects.get(name="support"))
    _assign(sue, big_account.profiles()[:MAX_ASSIGNED])
    lines = _lines(root, sue)
    assert len(lines) == MAX_ASSIGNED
    assert _save(root, sue, *lines).status_code == 302
    assert ProfileAccess.objects.filter(user=sue).count() == MAX_ASSIGNED


# --- Second factors and sessions -----------------------------------------------------------------


@pytest.fixture
def factor(support_user: User) -> Authenticator:
    """The authenticator app of the support agent."""
    TOTP.activate(support_user, SECRET)
    return Authenticator.objects.get(user=support_user)


def _rows(*actions: str) -> list[tuple[str, str | None, str | None]]:
    rows = AuditEntry.objects.filter(action__in=actions).order_by("id")
    return list(rows.values_list("action", "person", "about"))


def test_factor_deleted_in_admin_is_recorded_and_ends_sessions(
    root: Client, support_client: Client, factor: Authenticator
) -> None:
    response = root.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"})
    assert response.status_code == 302
    assert _rows("second_factor.removed", "person.sessions_ended") == [
        ("second_factor.removed", "root", "sam: TOTP Authenticator"),
        ("person.sessions_ended", "root", "sam: 1 session"),
    ]
    assert support_client.get("/preferences/").status_code == 302


def test_factor_is_kept_when_its_deletion_cannot_be_recorded(
    root: Client, support_client: Client, factor: Authenticator
) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TRIGGER full BEFORE INSERT ON contacts_ui_auditentry BEGIN SELECT RAISE(ABORT, 'full'); END"
        )
    assert root.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"}).status_code == 503
    assert Authenticator.objects.filter(pk=factor.pk).exists()


def test_own_factor_is_not_deleted_in_admin(root: Client, factor: Authenticator) -> None:
    factor.user = User.objects.get(username="root")
    factor.save()
    assert root.post(f"/admin/mfa/authenticator/{factor.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Authenticator.objects.filter(pk=factor.pk).exists()


def test_factor_is_neither_changed_nor_added_nor_shown_in_admin(root: Client, factor: Authenticator) -> None:
    change = f"/admin/mfa/authenticator/{factor.pk}/change/"
    page = text(root.get(change))
    assert factor.data["secret"] not in page
    assert "TOTP" in page
    stolen = {"user": str(User.objects.get(username="root").pk), "type": "totp", "data": "{}"}
    assert root.post(change, stolen).status_code == 403
    assert root.post("/admin/mfa/authenticator/add/", stolen).status_code == 403
    factor.refresh_from_db()
    assert factor.user.username == "sam"


def test_session_deleted_in_admin_ends(root: Client, desk_api: SandboxServer, support_user: User) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "sam", "password": "x"})
    assert client.get("/preferences/").status_code == 200
    session = UserSession.objects.get(user=support_user)
    assert session.session_key not in text(root.get(f"/admin/usersessions/usersession/{session.pk}/change/"))
    assert root.post(f"/admin/usersessions/usersession/{session.pk}/delete/", {"post": "yes"}).status_code == 302
    assert client.get("/preferences/").status_code == 302
    assert _rows("person.sessions_ended") == [("person.sessions_ended", "root", "sam: 1 session")]


def test_person_with_factor_and_session_is_deleted_in_admin(
    root: Client, support_client: Client, support_user: User, factor: Authenticator
) -> None:
    support_client.get("/preferences/")
    assert root.post(f"/admin/auth/user/{support_user.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not User.objects.filter(pk=support_user.pk).exists()


def test_deactivation_in_admin_records_ended_sessions(root: Client, support_client: Client, support_user: User) -> None:
    sent = {"username": "sam", "date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    sent |= {f"profile_accesses-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    assert root.post(_change(support_user), sent).status_code == 302
    assert _rows("person.sessions_ended") == [("person.sessions_ended", "root", "sam: 1 session")]


def test_queue_of_background_tasks_is_not_in_admin(root: Client) -> None:
    assert root.get("/admin/django_tasks_database/dbtaskresult/").status_code == 404
