"""Command desk_admin: makes the first admin or lets one in again, by a link that works once. Nobody else is let in."""

from __future__ import annotations

import re
from io import StringIO

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.socialaccount.models import SocialAccount
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry
from contacts_ui.roles import role_of, set_role
from testing.totp import SECRET

NEW_PASSWORD = "a password of their own"

pytestmark = pytest.mark.django_db


def _desk_admin(*arguments: str) -> str:
    printed = StringIO()
    call_command("desk_admin", *arguments, stdout=printed)
    return printed.getvalue()


def _choose(printed: str, password: str = NEW_PASSWORD) -> None:
    """Opens the link that was printed, and chooses a password there."""
    found = re.search(r"http://localhost:8000(/sign-in/password/\S+)", printed)
    assert found
    client = Client()
    answer = client.get(found[1])
    if answer.status_code == 302:
        client.post(answer["Location"], {"password1": password, "password2": password})


def test_first_admin_chooses_password_by_link() -> None:
    _choose(_desk_admin("ann"))
    ann = User.objects.get(username="ann")
    assert ann.check_password(NEW_PASSWORD)
    assert (role_of(ann), ann.is_superuser, ann.is_staff) == ("admin", True, True)


def test_new_admin_cannot_sign_in_before_choosing_password() -> None:
    _desk_admin("ann")
    assert not User.objects.get(username="ann").has_usable_password()


def test_link_works_once() -> None:
    printed = _desk_admin("ann")
    _choose(printed)
    _choose(printed, "the password of a thief")
    assert User.objects.get(username="ann").check_password(NEW_PASSWORD)


def test_deactivated_admin_is_let_in_again(admin_user: User) -> None:
    admin_user.is_active = False
    admin_user.save()
    _choose(_desk_admin("mara"))
    admin_user.refresh_from_db()
    assert admin_user.is_active
    assert admin_user.check_password(NEW_PASSWORD)
    assert not admin_user.is_superuser


def test_second_factor_stays_unless_removal_is_asked(admin_user: User) -> None:
    TOTP.activate(admin_user, SECRET)
    assert "add --remove-factors" in _desk_admin("mara")
    assert Authenticator.objects.filter(user=admin_user).exists()
    _desk_admin("mara", "--remove-factors")
    assert not Authenticator.objects.filter(user=admin_user).exists()


@pytest.mark.parametrize("role", ["support", "auditor", None])
def test_person_with_other_role_gets_no_link_and_no_rights(role: str | None) -> None:
    person = User.objects.create_user("sam", is_active=False)
    set_role(person, role)
    with pytest.raises(CommandError, match=r"Nothing was changed\. sam is no admin"):
        _desk_admin("SAM")
    person.refresh_from_db()
    assert (person.is_active, person.is_superuser, person.groups.filter(name="admin").exists()) == (False,) * 3


def test_admin_of_identity_provider_gets_no_password(admin_user: User, settings: Settings) -> None:
    settings.OIDC_PROVIDER_ID = "oidc-test"
    SocialAccount.objects.create(user=admin_user, provider="oidc-test", uid="1")
    with pytest.raises(CommandError, match="has no password here"):
        _desk_admin("mara")


@pytest.mark.parametrize("name", ["a b", "", "x" * 151])
def test_impossible_name_makes_nobody(name: str) -> None:
    with pytest.raises(CommandError, match="Nothing was changed"):
        _desk_admin(name)
    assert not User.objects.exists()


def test_letting_in_is_in_audit_log_with_operator(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SUDO_USER", "olga")
    _desk_admin("ann")
    rows = set(AuditEntry.objects.values_list("action", "about"))
    assert ("person.link_made", "ann") in rows
    assert ("person.changed", "ann: let in on the server, by olga") in rows


def test_link_is_in_no_audit_row() -> None:
    key = _desk_admin("ann").rsplit("/sign-in/password/", 1)[1].split("/")[0]
    assert all(key not in str(row) for row in AuditEntry.objects.values_list())
