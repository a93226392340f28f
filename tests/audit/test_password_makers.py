"""Audit rows of passwords set by a link: each names who made the link, and nobody can make it name another."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.http import QueryDict
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry
from contacts_ui.people.creation import create as create_person
from contacts_ui.people.password_links import PasswordLink, issue_for_user
from contacts_ui.people.password_links import create as create_link
from contacts_ui.people.person import get_person
from contacts_ui.roles import set_role
from testing.sandbox_server import SandboxServer
from tests.html import text

LINK = re.compile(r"/sign-in/password/[^\s]+")


def _path(link: PasswordLink) -> str:
    assert link.url
    return urlsplit(link.url).path


def _choose(client: Client, path: str, password: str) -> None:
    """Opens the link and sets a password."""
    client.post(client.get(path)["Location"], {"password1": password, "password2": password})


def _changed_by() -> list[str | None]:
    return list(AuditEntry.objects.filter(action="password.changed").values_list("about", flat=True))


def test_password_set_by_link_is_recorded_with_maker_of_link(
    desk_api: SandboxServer, admin_user: User, support_user: User
) -> None:
    _choose(Client(), _path(issue_for_user(admin_user, support_user.pk)), "another long password")
    assert _changed_by() == [f"sam: by a link that mara (user ID {admin_user.pk}) made"]


def test_first_password_of_new_person_is_recorded_with_maker_of_link(desk_api: SandboxServer, admin_user: User) -> None:
    asked = QueryDict("username=ada&name=Ada&email=&role=support")
    link = create_person(admin_user, asked).link
    assert link
    _choose(Client(), _path(link), "a password of Ada’s own")
    assert _changed_by() == [f"ada: by a link that mara (user ID {admin_user.pk}) made"]


@pytest.mark.parametrize("after", ["switched off", "demoted", "deleted"])
def test_link_ends_when_its_maker_is_no_admin_any_more(
    desk_api: SandboxServer, admin_user: User, support_user: User, after: str
) -> None:
    """The attack: make a link, lose the account, and come back as the person whom the link is for."""
    path = _path(issue_for_user(admin_user, support_user.pk))
    if after == "deleted":
        admin_user.delete()
    elif after == "demoted":
        set_role(admin_user, "support")
    else:
        User.objects.filter(pk=admin_user.pk).update(is_active=False)
    assert "This link no longer works" in text(Client().get(path))
    support_user.refresh_from_db()
    assert support_user.check_password("x")


def test_link_made_on_server_is_recorded_as_such(desk_api: SandboxServer, support_user: User) -> None:
    _choose(Client(), _path(create_link(get_person(support_user.pk))), "another long password")
    assert _changed_by() == ["sam: by a link made on the server"]


def test_link_asked_for_by_mail_is_recorded_as_such(
    desk_api: SandboxServer, support_user: User, settings: Settings
) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    User.objects.filter(pk=support_user.pk).update(email="sam@example.org")
    Client().post("/sign-in/password/", {"email": "sam@example.org"})
    _choose(Client(), LINK.findall(str(mail.outbox[0].body))[0], "another long password")
    assert _changed_by() == ["sam: by a link mailed to them"]


@pytest.mark.parametrize("forged", ["", ".0", ".7z", ".zz", ".-1", ".", ".{maker}.{maker}", ".0{maker}"])
def test_maker_of_link_cannot_be_changed(
    desk_api: SandboxServer, admin_user: User, support_user: User, forged: str
) -> None:
    path = _path(issue_for_user(admin_user, support_user.pk))
    maker = path.rstrip("/").rpartition(".")[2]
    changed = f"{path.rpartition('.')[0]}{forged.format(maker=maker)}/"
    assert changed != path
    assert "no longer works" in text(Client().get(changed))


def test_older_link_in_session_does_not_hide_maker(
    desk_api: SandboxServer, admin_user: User, support_user: User
) -> None:
    client = Client()
    client.get(_path(create_link(get_person(support_user.pk))))  # its key is in the session now
    path = _path(issue_for_user(admin_user, support_user.pk))
    new = {"password1": "another long password", "password2": "another long password"}
    client.post(path, new, headers={"X-Requested-With": "XMLHttpRequest"})
    assert _changed_by() == [f"sam: by a link that mara (user ID {admin_user.pk}) made"]
