"""Command preflight: one call says whose the key is; it names what is missing, and refuses active demo accounts."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from io import StringIO

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.roles import set_role
from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db


def _preflight() -> str:
    printed = StringIO()
    call_command("preflight", stdout=printed)
    return " ".join(printed.getvalue().split())


@pytest.fixture
def legacy_pair(desk_api: SandboxServer) -> tuple[User, User]:
    """The demo accounts as versions before the mark made them."""
    admin = User.objects.create_superuser("admin", password=PASSWORD)
    support = User.objects.create_user("support", password=PASSWORD)
    set_role(support, "support")
    return admin, support


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("sandbox-organization", "Account Meridian Group API key organization key, 12 profiles"),
        ("sandbox-user", "Account Robin Ellery API key single-account key"),
        ("sandbox-profile", "API key key of one profile"),
    ],
)
def test_account_and_kind_of_key_are_named(
    desk_api: SandboxServer, use_key: Callable[[str], None], key: str, said: str
) -> None:
    use_key(key)
    assert said in _preflight()


def test_start_asks_api_once(desk_api: SandboxServer) -> None:
    _preflight()
    assert [request["path"] for request in desk_api.requests()] == ["/v3/me"]


@pytest.mark.parametrize("key", ["sandbox-revoked", "no such key"])
def test_rejected_key_is_reported_with_place_to_change_it(
    desk_api: SandboxServer, use_key: Callable[[str], None], key: str
) -> None:
    use_key(key)
    printed = _preflight()
    assert "REJECTED" in printed
    assert "change SENT_API_KEY in the environment, then start again" in printed
    assert key not in printed
    assert get_gateway().status().key_rejected


def test_silent_api_is_reported_and_does_not_fail(desk_api: SandboxServer) -> None:
    desk_api.fault(route="me", kind="status", status=500)
    assert "The messaging service returned an error" in _preflight()


def test_missing_admin_is_named_with_command(desk_api: SandboxServer) -> None:
    assert "There is no admin yet." in (printed := _preflight())
    assert "manage.py desk_admin NAME" in printed


@pytest.mark.parametrize("role", ["support", "auditor"])
def test_person_of_other_role_is_no_admin(desk_api: SandboxServer, role: str) -> None:
    set_role(User.objects.create_user("sam"), role)
    assert "There is no admin yet." in _preflight()


def test_deactivated_admin_is_no_admin(desk_api: SandboxServer, admin_user: User) -> None:
    assert "There is no admin yet." not in _preflight()
    User.objects.update(is_active=False)
    assert "There is no admin yet." in _preflight()


def test_admin_without_password_is_named_with_command_for_new_link(desk_api: SandboxServer) -> None:
    call_command("desk_admin", "ann", stdout=StringIO())
    assert "ann has not chosen a password yet." in (printed := _preflight())
    assert "manage.py desk_admin ann" in printed


def test_single_sign_on_group_is_another_way_to_first_admin(desk_api: SandboxServer, settings: Settings) -> None:
    settings.OIDC_ROLES, settings.OIDC_NAME = {"desk-admins": "admin", "desk": "support"}, "Okta"
    assert "Or sign in with Okta as a member of desk-admins." in _preflight()


def test_active_demo_accounts_stop_start(desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEMO_PASSWORD", PASSWORD)
    call_command("demo_accounts", stdout=StringIO())
    desk_api.reset_requests()
    with pytest.raises(CommandError, match=r"demo accounts that can sign in \(admin, support\).*--deactivate"):
        _preflight()
    assert desk_api.requests() == []
    call_command("demo_accounts", "--deactivate", stdout=StringIO())
    assert "Meridian Group" in _preflight()


def test_demo_accounts_of_older_version_stop_start(legacy_pair: tuple[User, User]) -> None:
    with pytest.raises(CommandError, match="demo accounts that can sign in"):
        _preflight()


def test_accounts_of_same_names_made_apart_do_not_stop_start(legacy_pair: tuple[User, User]) -> None:
    _admin, support = legacy_pair
    support.date_joined += timedelta(minutes=1)
    support.save()
    assert "Meridian Group" in _preflight()


def test_accounts_of_same_names_with_address_do_not_stop_start(legacy_pair: tuple[User, User]) -> None:
    admin, _support = legacy_pair
    admin.email = "admin@example.org"
    admin.save()
    assert "Meridian Group" in _preflight()
