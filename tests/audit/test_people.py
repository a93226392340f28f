"""Audit events of sign-in, sign-out, roles and assignments: one row per change, none where nothing changes."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.test import Client

from contacts_ui.models import AuditEntry, GroupPolicy, ProfileAccess
from contacts_ui.roles import set_role
from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import clear_log


@pytest.fixture
def sue(db: None, desk_api: SandboxServer) -> User:
    """A support user with a password, and an empty log."""
    user = User.objects.create_user("sue", "sue@desk.example", PASSWORD)
    user.groups.add(Group.objects.get(name="support"))
    clear_log()
    return user


def events() -> list[tuple[str, str, str | None]]:
    """Action, outcome and `about` of every row, oldest first."""
    return list(AuditEntry.objects.order_by("id").values_list("action", "outcome", "about"))


def _sign_in(name: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/sign-in/", {"login": name, "password": password})
    return client


@pytest.mark.parametrize("name", ["sue", "sue@desk.example"])
def test_sign_in_is_recorded_once_with_its_person(sue: User, name: str) -> None:
    _sign_in(name)
    row = AuditEntry.objects.get()
    assert (row.action, row.outcome, row.person_id, row.address) == ("sign_in", "ok", sue.pk, "127.0.0.1")


def test_wrong_password_is_recorded_with_its_person(sue: User) -> None:
    _sign_in("SUE", "wrong")
    row = AuditEntry.objects.get()
    assert (row.outcome, row.about, row.person_id) == ("denied", "wrong password", sue.pk)


def test_unknown_name_is_recorded_without_the_name(sue: User) -> None:
    _sign_in("my secret password", "sue")
    row = AuditEntry.objects.get()
    assert (row.person, row.about, row.outcome) == (None, "unknown name", "denied")


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_sign_in_of_deactivated_person_is_recorded_once(sue: User, password: str) -> None:
    sue.is_active = False
    sue.save()
    clear_log()
    _sign_in("sue", password)
    assert events() == [("sign_in", "denied", "deactivated")]


def test_sign_out_is_recorded_once(sue: User) -> None:
    client = _sign_in("sue")
    clear_log()
    client.post("/sign-out/")
    assert events() == [("sign_out", "ok", None)]


def test_sign_out_of_anonymous_visitor_is_not_recorded(sue: User) -> None:
    Client().logout()
    assert events() == []


def test_role_change_is_recorded_once(sue: User) -> None:
    set_role(sue, "admin")
    assert events() == [("role.changed", "ok", "sue: admin, was support")]


def test_role_removal_is_recorded_once(sue: User) -> None:
    set_role(sue, None)
    assert events() == [("role.changed", "ok", "sue: no role, was support")]


def test_unchanged_role_is_not_recorded(sue: User) -> None:
    set_role(sue, "support")
    assert events() == []


def test_removal_of_unheld_group_is_not_recorded(sue: User) -> None:
    sue.groups.remove(Group.objects.get(name="admin"))
    assert events() == []


def test_groups_set_together_record_removals_and_additions(sue: User) -> None:
    sue.groups.set([Group.objects.get(name="auditor")])
    assert [about for _, _, about in events()] == ["sue: support taken away", "sue: auditor added"]


def test_emptied_group_records_its_members(sue: User) -> None:
    Group.objects.get(name="support").user_set.clear()
    assert events() == [("role.changed", "ok", "sue: support taken away")]


def test_assignment_and_its_removal_are_recorded(sue: User, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    given = ProfileAccess.objects.create(user=sue, profile_id=profile_id)
    given.delete()
    assert [about for _, _, about in events()] == ["sue: assigned", "sue: taken away"]
    assert set(AuditEntry.objects.values_list("scope", flat=True)) == {profile_id}


def test_deactivation_is_recorded_once(sue: User) -> None:
    sue.is_active = False
    sue.save()
    sue.save()
    assert events() == [("person.changed", "ok", "sue: deactivated")]


def test_new_superuser_is_recorded_as_role_change(sue: User) -> None:
    sue.is_superuser = True
    sue.save()
    assert events() == [("role.changed", "ok", "sue: made superuser")]


def test_deleted_person_is_recorded(sue: User) -> None:
    sue.delete()
    assert ("person.changed", "ok", "sue: deleted") in events()


def test_policy_change_of_masking_is_recorded_each_time(db: None) -> None:
    clear_log()
    policy = GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=True)
    policy.mask_numbers = False
    policy.save()
    policy.delete()
    not_masked = ("policy.changed", "ok", "support: numbers are not masked")
    assert events() == [("policy.changed", "ok", "support: numbers are masked"), not_masked, not_masked]


def test_password_change_in_django_admin_is_recorded(root_client: Client, sue: User) -> None:
    clear_log()
    new = {"password1": PASSWORD[::-1], "password2": PASSWORD[::-1], "usable_password": "true"}
    root_client.post(f"/admin/auth/user/{sue.pk}/password/", new)
    assert events() == [("admin.changed", "ok", "user: Changed “sue” — Changed password.")]
    assert AuditEntry.objects.get().person == "root"


def test_role_deletion_in_django_admin_is_recorded(root_client: Client, sue: User) -> None:
    clear_log()
    root_client.post(f"/admin/auth/group/{Group.objects.get(name='support').pk}/delete/", {"post": "yes"})
    assert events() == [("admin.changed", "ok", "group: Deleted “support.”")]


@pytest.mark.slow
def test_rate_limited_sign_in_is_recorded(sue: User) -> None:
    caches["default"].clear()
    for _ in range(6):
        _sign_in("sue", "wrong")
    assert events() == [("sign_in", "denied", "wrong password")] * 5 + [("sign_in", "denied", "too many tries")]
    caches["default"].clear()
