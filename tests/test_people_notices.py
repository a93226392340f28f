"""Notices by mail: changes of e-mail, password, factor and role are mailed to the person, wherever they are made."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.auth.models import Group, User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from tests.test_people_edit import path_of, save

Committed = Callable[..., AbstractContextManager[Any]]


@pytest.fixture
def sam(support_user: User, settings: Settings) -> User:
    """User `sam` with an address, on a desk that sends mail."""
    settings.EMAIL_URL = "smtp://mail.example.org"
    User.objects.filter(pk=support_user.pk).update(email="sam@example.org")
    support_user.refresh_from_db()
    return support_user


@pytest.fixture
def committed(django_capture_on_commit_callbacks: Committed) -> Callable[[Callable[[], Any]], list[tuple[str, str]]]:
    """Does something, and returns the mails about it as (address, subject), sorted."""

    def done(change: Callable[[], Any]) -> list[tuple[str, str]]:
        mail.outbox.clear()
        with django_capture_on_commit_callbacks(execute=True):
            change()
        return sorted((str(sent.to[0]), str(sent.subject).removeprefix("Contact Desk: ")) for sent in mail.outbox)

    return done


Done = Callable[[Callable[[], Any]], list[tuple[str, str]]]


def test_new_address_is_told_to_old_and_new_one(admin_client: Client, sam: User, committed: Done) -> None:
    told = committed(lambda: save(admin_client, sam, email="mara@example.org"))
    subject = "your e-mail address was changed"
    assert told == [("mara@example.org", subject), ("sam@example.org", subject)]
    assert all("It was done by mara." in str(sent.body) for sent in mail.outbox)
    assert all("sam@example.org" not in str(sent.body) for sent in mail.outbox)


def test_removed_address_is_told(admin_client: Client, sam: User, committed: Done) -> None:
    told = committed(lambda: save(admin_client, sam, email=""))
    assert told == [("sam@example.org", "your e-mail address was changed")]


def test_new_address_in_django_admin_is_told(root_client: Client, sam: User, committed: Done) -> None:
    sent = {"username": "sam", "is_active": "on", "email": "root@example.org"}
    sent |= {"date_joined_0": "2026-01-01", "date_joined_1": "12:00:00"}
    sent |= {"groups": str(Group.objects.get(name="support").pk)}
    sent |= {f"profile_accesses-{name}_FORMS": "0" for name in ("TOTAL", "INITIAL")}
    told = committed(lambda: root_client.post(f"/admin/auth/user/{sam.pk}/change/", sent))
    assert {address for address, _ in told} == {"root@example.org", "sam@example.org"}


def test_role_change_is_told_once(admin_client: Client, sam: User, committed: Done) -> None:
    told = committed(lambda: save(admin_client, sam, role="exporter"))
    assert told == [("sam@example.org", "your role was changed")]
    assert "It is now: exporter (it was support)." in str(mail.outbox[0].body)


def test_role_change_in_django_admin_is_told(sam: User, committed: Done) -> None:
    told = committed(lambda: sam.groups.add(Group.objects.get(name="auditor")))
    assert told == [("sam@example.org", "your role was changed")]


def test_group_emptied_from_its_side_is_told(sam: User, committed: Done) -> None:
    told = committed(Group.objects.get(name="support").user_set.clear)
    assert told == [("sam@example.org", "your role was changed")]


def test_superuser_status_is_told(sam: User, committed: Done) -> None:
    def promote() -> None:
        sam.is_superuser = True
        sam.save()

    assert committed(promote) == [("sam@example.org", "your role was changed")]


def test_own_password_change_is_told(sam: User, committed: Done) -> None:
    client = Client()
    client.force_login(sam)
    new = {"oldpassword": "x", "password1": "a long new password", "password2": "a long new password"}
    assert committed(lambda: client.post("/you/password/", new)) == [("sam@example.org", "your password was changed")]
    assert "It was done by you." in str(mail.outbox[0].body)


def test_password_set_by_link_is_told(admin_client: Client, sam: User, committed: Done) -> None:
    mail.outbox.clear()
    admin_client.post(f"{path_of(sam)}link/")
    path = str(mail.outbox[0].body).split("http://localhost:8000", 1)[1].split("\n", 1)[0]
    client = Client()
    form = client.get(path)["Location"]
    new = {"password1": "a long new password", "password2": "a long new password"}
    assert committed(lambda: client.post(form, new)) == [("sam@example.org", "your password was changed")]


def test_password_set_in_django_admin_is_told(root_client: Client, sam: User, committed: Done) -> None:
    new = {"password1": "a long new password", "password2": "a long new password", "usable_password": "true"}
    told = committed(lambda: root_client.post(f"/admin/auth/user/{sam.pk}/password/", new))
    assert told == [("sam@example.org", "your password was changed")]


@pytest.mark.slow
def test_upgraded_password_hash_is_not_told(sam: User, settings: Settings, committed: Done) -> None:
    settings.PASSWORD_HASHERS = [
        "django.contrib.auth.hashers.PBKDF2PasswordHasher",
        "django.contrib.auth.hashers.MD5PasswordHasher",
    ]
    sam.password = "md5$salt$" + "0" * 32
    before = sam.password
    assert committed(lambda: sam.check_password("x")) == []
    assert sam.password == before  # a wrong password upgrades nothing
    from django.contrib.auth.hashers import make_password

    sam.password = make_password("x", hasher="md5")
    assert committed(lambda: sam.check_password("x")) == []
    assert sam.password.startswith("pbkdf2")


def test_removed_factors_are_told(admin_client: Client, sam: User, committed: Done) -> None:
    Authenticator.objects.create(user=sam, type="totp", data={})
    told = committed(lambda: admin_client.post(f"{path_of(sam)}do/", {"do": "remove-factors"}))
    assert told == [("sam@example.org", "a second factor was removed")]


def test_sign_in_is_not_told(sam: User, committed: Done) -> None:
    assert committed(lambda: Client().post("/sign-in/", {"login": "sam", "password": "x"})) == []


def test_added_person_gets_the_link_and_nothing_else(admin_client: Client, sam: User, committed: Done) -> None:
    asked = {"username": "ada", "name": "Ada", "email": "ada@example.org", "role": "support"}
    assert committed(lambda: admin_client.post("/people/new/", asked)) == [("ada@example.org", "choose your password")]


def test_change_that_is_rolled_back_is_not_told(
    admin_client: Client, sam: User, committed: Done, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.people.editing.audit.append_now", _unwritable)
    assert committed(lambda: save(admin_client, sam, email="mara@example.org")) == []


def _unwritable(_event: object) -> None:
    from contacts_ui.audit import AuditWriteError

    raise AuditWriteError


def test_nothing_is_told_without_mail_settings(
    admin_client: Client, sam: User, settings: Settings, committed: Done
) -> None:
    settings.EMAIL_URL = None
    assert committed(lambda: save(admin_client, sam, email="mara@example.org", role="exporter")) == []


def test_failed_notice_stops_nothing(
    admin_client: Client, sam: User, settings: Settings, committed: Done, caplog: pytest.LogCaptureFixture
) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 9
    committed(lambda: save(admin_client, sam, role="exporter"))
    assert list(sam.groups.values_list("name", flat=True)) == ["exporter"]
    assert "desk.people.notice_failed" in caplog.text
