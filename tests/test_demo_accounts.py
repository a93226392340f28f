"""Command demo_accounts: creates two users once, keeps later changes, and never touches a real desk's accounts."""

from __future__ import annotations

from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import role_of, set_role
from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer


@pytest.fixture
def made(desk_api: SandboxServer, db: None, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    """A demo that was started once: its sandbox."""
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    _start()
    return desk_api


def _start(*options: str) -> str:
    printed = StringIO()
    call_command("demo_accounts", *options, stdout=printed)
    return printed.getvalue()


@pytest.fixture
def real_admin(desk_api: SandboxServer, db: None, monkeypatch: pytest.MonkeyPatch) -> User:
    """A desk's own `admin`: with the role, a password of their own, and no superuser."""
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    admin = User.objects.create_user("admin", password="a password of their own")
    set_role(admin, "admin")
    return admin


def _assigned() -> set[UUID]:
    return set(ProfileAccess.objects.filter(user__username="support").values_list("profile_id", flat=True))


def test_missing_password_creates_no_accounts(
    desk_api: SandboxServer, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("DEMO_PASSWORD", raising=False)
    with pytest.raises(CommandError, match="Set DEMO_PASSWORD"):
        _start()
    assert not User.objects.exists()


def test_demo_accounts_have_their_roles_and_assignments(made: SandboxServer) -> None:
    assert _assigned() == {UUID(profile["id"]) for profile in made.profiles()[:3]}
    roles = {user.username: role_of(user) for user in User.objects.all()}
    assert roles == {"support": "support", "admin": "admin"}
    assert all(user.check_password(PASSWORD) for user in User.objects.all())


def test_later_assignments_are_kept_on_restart(made: SandboxServer) -> None:
    support, other = User.objects.get(username="support"), UUID(made.profiles()[7]["id"])
    ProfileAccess.objects.filter(user=support).delete()
    ProfileAccess.objects.create(user=support, profile_id=other)
    _start()
    assert _assigned() == {other}


def test_restart_signs_nobody_out(made: SandboxServer) -> None:
    browser = Client()
    browser.post("/sign-in/", {"login": "admin", "password": PASSWORD})
    _start()
    assert browser.get("/preferences/").status_code == 200


def test_new_demo_password_signs_out(made: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Client()
    browser.post("/sign-in/", {"login": "admin", "password": PASSWORD})
    monkeypatch.setenv("DEMO_PASSWORD", "another long demo password")
    _start()
    assert browser.get("/preferences/").status_code == 302


def test_assignment_of_missing_profile_is_removed_on_restart(made: SandboxServer) -> None:
    gone = ProfileAccess.objects.create(user=User.objects.get(username="support"), profile_id=uuid4()).profile_id
    before = _assigned()
    _start()
    assert _assigned() == before - {gone}


def test_real_admin_keeps_password_and_rights(real_admin: User) -> None:
    with pytest.raises(CommandError, match="accounts that are not the demo’s"):
        _start()
    real_admin.refresh_from_db()
    assert real_admin.check_password("a password of their own")
    assert (real_admin.is_superuser, real_admin.is_staff) == (False, False)
    assert User.objects.count() == 1


@pytest.mark.parametrize("username", ["ada", "support", "Admin"])
def test_database_with_any_account_is_refused(
    desk_api: SandboxServer, db: None, monkeypatch: pytest.MonkeyPatch, username: str
) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    User.objects.create_user(username, is_active=False)
    with pytest.raises(CommandError, match="accounts that are not the demo’s"):
        _start()
    assert User.objects.count() == 1


def test_account_renamed_to_demo_name_is_not_taken_over(made: SandboxServer) -> None:
    User.objects.filter(username="admin").update(username="former")
    real = User.objects.create_user("admin", password="a password of their own")
    with pytest.raises(CommandError, match="accounts that are not the demo’s"):
        _start()
    real.refresh_from_db()
    assert real.check_password("a password of their own")


def test_people_added_in_demo_do_not_stop_it(made: SandboxServer) -> None:
    User.objects.create_user("ada")
    assert "ready" in _start()


def test_check_refuses_database_of_real_desk(real_admin: User) -> None:
    with pytest.raises(CommandError, match="SENT_API_KEY is not set, and the desk’s database has accounts"):
        _start("--check")


def test_check_accepts_empty_database_and_demo(desk_api: SandboxServer, db: None, made: SandboxServer) -> None:
    _start("--check")
    User.objects.all().delete()
    _start("--check")


def test_deactivated_demo_accounts_cannot_sign_in_and_are_signed_out(made: SandboxServer) -> None:
    client = Client()
    assert client.login(username="admin", password=PASSWORD)
    assert _start("--deactivate") == "Deactivated: admin, support.\n"
    assert client.get("/people/").status_code == 302
    assert not Client().login(username="admin", password=PASSWORD)


def test_deactivation_leaves_real_admin(real_admin: User) -> None:
    assert _start("--deactivate") == "There are no demo accounts here.\n"
    real_admin.refresh_from_db()
    assert real_admin.is_active


def test_former_demo_with_deactivated_accounts_is_no_demo_again(made: SandboxServer) -> None:
    _start("--deactivate")
    with pytest.raises(CommandError, match="accounts that are not the demo’s"):
        _start()
    assert not User.objects.filter(is_active=True).exists()
