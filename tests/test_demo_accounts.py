"""Command demo_accounts: creates two users once and keeps later changes on restart."""

from __future__ import annotations

from io import StringIO
from uuid import UUID, uuid4

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command

from contacts_ui.models import ProfileAccess
from contacts_ui.roles import role_of
from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer


@pytest.fixture
def made(desk_api: SandboxServer, db: None, monkeypatch: pytest.MonkeyPatch) -> SandboxServer:
    """A demo that was started once: its sandbox."""
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    _start()
    return desk_api


def _start() -> None:
    call_command("demo_accounts", stdout=StringIO())


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


def test_assignment_of_missing_profile_is_removed_on_restart(made: SandboxServer) -> None:
    gone = ProfileAccess.objects.create(user=User.objects.get(username="support"), profile_id=uuid4()).profile_id
    before = _assigned()
    _start()
    assert _assigned() == before - {gone}
