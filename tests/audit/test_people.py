"""Sign-in, sign-out, roles and assignments: one row for each change, and none for what changes nothing."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group, User
from django.core.cache import caches
from django.test import Client

from contacts_ui.models import AuditEntry, GroupPolicy, ProfileAccess
from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import forget

PASSWORD = "a long demo password"


@pytest.fixture
def sue(db: None, desk_api: SandboxServer) -> User:
    """Someone in support with a password, of whom nothing is written down yet."""
    user = User.objects.create_user("sue", "sue@desk.example", PASSWORD)
    user.groups.add(Group.objects.get(name="support"))
    forget()
    return user


def said() -> list[tuple[str, str, str | None]]:
    """Action, outcome and what it was about, oldest first."""
    return list(AuditEntry.objects.order_by("id").values_list("action", "outcome", "about"))


def _sign_in(name: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/sign-in/", {"login": name, "password": password})
    return client


@pytest.mark.parametrize("name", ["sue", "sue@desk.example"])
def test_signing_in_is_one_row_of_that_person(sue: User, name: str) -> None:
    _sign_in(name)
    row = AuditEntry.objects.get()
    assert (row.action, row.outcome, row.person_id, row.address) == ("sign_in", "ok", sue.pk, "127.0.0.1")


def test_a_wrong_password_is_one_row_of_that_person(sue: User) -> None:
    _sign_in("SUE", "wrong")
    row = AuditEntry.objects.get()
    assert (row.outcome, row.about, row.person_id) == ("denied", "wrong password", sue.pk)


def test_an_unknown_name_is_a_row_that_does_not_say_it(sue: User) -> None:
    _sign_in("my secret password", "sue")
    row = AuditEntry.objects.get()
    assert (row.person, row.about, row.outcome) == (None, "unknown name", "denied")


@pytest.mark.parametrize("password", [PASSWORD, "wrong"])
def test_someone_switched_off_is_one_row(sue: User, password: str) -> None:
    sue.is_active = False
    sue.save()
    forget()
    _sign_in("sue", password)
    assert said() == [("sign_in", "denied", "switched off")]


def test_signing_out_is_one_row(sue: User) -> None:
    client = _sign_in("sue")
    forget()
    client.post("/sign-out/")
    assert said() == [("sign_out", "ok", None)]


def test_a_stranger_who_signs_out_is_no_row(sue: User) -> None:
    Client().logout()
    assert said() == []


def test_another_role_is_one_row(sue: User) -> None:
    set_role(sue, "admin")
    assert said() == [("role.changed", "ok", "sue: admin, was support")]


def test_no_role_is_one_row(sue: User) -> None:
    set_role(sue, None)
    assert said() == [("role.changed", "ok", "sue: no role, was support")]


def test_the_role_one_has_is_no_row(sue: User) -> None:
    set_role(sue, "support")
    assert said() == []


def test_a_group_nobody_had_is_not_taken_away(sue: User) -> None:
    sue.groups.remove(Group.objects.get(name="admin"))
    assert said() == []


def test_groups_set_by_djangos_admin_say_what_was_added_and_taken(sue: User) -> None:
    sue.groups.set([Group.objects.get(name="auditor")])
    assert [about for _, _, about in said()] == ["sue: support taken away", "sue: auditor added"]


def test_a_group_that_is_emptied_names_everyone(sue: User) -> None:
    Group.objects.get(name="support").user_set.clear()
    assert said() == [("role.changed", "ok", "sue: support taken away")]


def test_an_assignment_is_one_row_each_way(sue: User, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    given = ProfileAccess.objects.create(user=sue, profile_id=profile_id)
    given.delete()
    assert [about for _, _, about in said()] == ["sue: assigned", "sue: taken away"]
    assert set(AuditEntry.objects.values_list("scope", flat=True)) == {profile_id}


def test_switching_someone_off_is_one_row(sue: User) -> None:
    sue.is_active = False
    sue.save()
    sue.save()
    assert said() == [("person.changed", "ok", "sue: switched off")]


def test_a_new_superuser_is_a_change_of_role(sue: User) -> None:
    sue.is_superuser = True
    sue.save()
    assert said() == [("role.changed", "ok", "sue: made superuser")]


def test_a_deleted_person_is_a_row(sue: User) -> None:
    sue.delete()
    assert ("person.changed", "ok", "sue: deleted") in said()


def test_what_a_policy_says_of_numbers_is_a_row_each_time(db: None) -> None:
    forget()
    policy = GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=True)
    policy.mask_numbers = False
    policy.save()
    policy.delete()
    not_masked = ("policy.changed", "ok", "support: numbers are not masked")
    assert said() == [("policy.changed", "ok", "support: numbers are masked"), not_masked, not_masked]


def test_a_password_changed_in_djangos_admin_is_a_row(client: Client, sue: User) -> None:
    client.force_login(User.objects.create_superuser("root", password="x"))
    forget()
    new = {"password1": PASSWORD[::-1], "password2": PASSWORD[::-1], "usable_password": "true"}
    client.post(f"/admin/auth/user/{sue.pk}/password/", new)
    assert said() == [("admin.changed", "ok", "user: Changed “sue” — Changed password.")]
    assert AuditEntry.objects.get().person == "root"


def test_a_role_deleted_in_djangos_admin_is_a_row(client: Client, sue: User) -> None:
    client.force_login(User.objects.create_superuser("root", password="x"))
    forget()
    client.post(f"/admin/auth/group/{Group.objects.get(name='support').pk}/delete/", {"post": "yes"})
    assert said() == [("admin.changed", "ok", "group: Deleted “support.”")]


def test_a_try_too_many_is_a_row_as_well(sue: User) -> None:
    caches["default"].clear()
    for _ in range(6):
        _sign_in("sue", "wrong")
    assert said() == [("sign_in", "denied", "wrong password")] * 5 + [("sign_in", "denied", "too many tries")]
    caches["default"].clear()
