"""Link sessions: for a day after a password was chosen by an admin's link, every event of that person says so."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.core import mail
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from contacts_ui.audit import link_sessions
from contacts_ui.models import AuditEntry
from contacts_ui.sign_in.step_up import has_recent_proof
from tests.html import text
from tests.test_people_edit import path_of, save

PASSWORD = "a password that a thief chose"
MARK = "(session by a link from mara)"


@pytest.fixture(autouse=True)
def _no_limits(db: None) -> None:
    caches["default"].clear()


def _choose(path: str) -> None:
    """Chooses the password by the link at this path, in a browser of its own."""
    client = Client()
    form = client.get(path)["Location"]
    assert client.post(form, {"password1": PASSWORD, "password2": PASSWORD}).status_code == 302


def _sign_in(name: str, password: str = PASSWORD) -> Client:
    client = Client()
    client.post("/sign-in/", {"login": name, "password": password})
    assert "_auth_user_id" in client.session
    return client


def _link_for(client: Client, user: User) -> str:
    page = text(client.post(f"{path_of(user)}link/"))
    url: str = re.findall(r'<code id="password-link">([^<]+)</code>', page)[0]
    return urlsplit(url).path


def _abouts(person: User) -> list[str]:
    rows = AuditEntry.objects.filter(person_id=person.pk).order_by("pk")
    return [about or "" for about in rows.values_list("about", flat=True)]


def test_every_event_of_link_session_names_who_made_the_link(admin_client: Client, support_user: User) -> None:
    _choose(_link_for(admin_client, support_user))
    client = _sign_in("sam")
    client.get("/audit/")  # denied
    client.post("/sign-out/")
    abouts = _abouts(support_user)
    assert len(abouts) == 4  # signed in by choosing, and again; denied; signed out
    assert all(about.endswith(MARK) for about in abouts)


def test_choosing_a_password_signs_in_and_the_session_is_marked(admin_client: Client, support_user: User) -> None:
    client = Client()
    form = client.get(_link_for(admin_client, support_user))["Location"]
    assert client.post(form, {"password1": PASSWORD, "password2": PASSWORD})["Location"] == "/"
    client.get("/audit/")  # denied
    assert [MARK in about for about in _abouts(support_user)] == [True, True]


def test_link_opened_in_the_session_of_its_maker_is_marked_too(admin_client: Client, support_user: User) -> None:
    form = admin_client.get(_link_for(admin_client, support_user))["Location"]
    admin_client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    admin_client.get("/audit/")
    assert all(MARK in about for about in _abouts(support_user))


def test_second_factor_stands_between_choosing_and_the_session(admin_client: Client, support_user: User) -> None:
    TOTP.activate(support_user, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    client = Client()
    form = client.get(_link_for(admin_client, support_user))["Location"]
    answer = client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    assert answer["Location"].startswith("/sign-in/code/")
    assert "_auth_user_id" not in client.session
    assert _abouts(support_user) == []


@pytest.mark.slow
def test_session_by_choosing_a_password_is_no_proof_for_step_up(admin_client: Client, support_user: User) -> None:
    client = Client()
    form = client.get(_link_for(admin_client, support_user))["Location"]
    client.post(form, {"password1": PASSWORD, "password2": PASSWORD})
    assert not has_recent_proof(client.get("/preferences/").wsgi_request)


def test_session_before_the_link_is_not_marked(admin_client: Client, support_user: User) -> None:
    before = _sign_in("sam", "x")
    _link_for(admin_client, support_user)
    before.get("/audit/")
    assert all(MARK not in about for about in _abouts(support_user))


def test_session_after_own_change_of_password_is_not_marked(support_client: Client, support_user: User) -> None:
    new = {"oldpassword": "x", "password1": PASSWORD, "password2": PASSWORD}
    support_client.post("/you/password/", new)
    _sign_in("sam").get("/audit/")
    assert all("link" not in about for about in _abouts(support_user))


def test_thief_does_not_lose_the_mark_by_changing_the_password(admin_client: Client, support_user: User) -> None:
    _choose(_link_for(admin_client, support_user))
    another = "another password of the thief"
    _sign_in("sam").post("/you/password/", {"oldpassword": PASSWORD, "password1": another, "password2": another})
    _sign_in("sam", another)
    assert _abouts(support_user)[-1] == MARK


def test_link_that_the_person_asked_for_marks_nothing(support_user: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    User.objects.filter(pk=support_user.pk).update(email="sam@example.org")
    Client().post("/sign-in/password/", {"email": "sam@example.org"})
    path = urlsplit(re.findall(r"http\S+/sign-in/password/\S+", str(mail.outbox[0].body))[0]).path
    _choose(path)
    _sign_in("sam")
    assert set(_abouts(support_user)) == {""}


@pytest.mark.slow
def test_link_asked_for_at_an_address_that_admin_set_marks(
    admin_client: Client, support_user: User, settings: Settings
) -> None:
    settings.EMAIL_URL = "smtp://mail.example.org"
    save(admin_client, support_user, email="mara@evil.example")
    mail.outbox.clear()
    Client().post("/sign-in/password/", {"email": "mara@evil.example"})
    path = urlsplit(re.findall(r"http\S+/sign-in/password/\S+", str(mail.outbox[-1].body))[0]).path
    _choose(path)
    _sign_in("sam")
    assert set(_abouts(support_user)) == {MARK}


def test_mark_ends_after_a_day(admin_client: Client, support_user: User, monkeypatch: pytest.MonkeyPatch) -> None:
    _choose(_link_for(admin_client, support_user))
    client = _sign_in("sam")
    monkeypatch.setattr(link_sessions, "datetime", _Later)
    client.get("/audit/")
    _sign_in("sam")
    assert [MARK in about for about in _abouts(support_user)] == [True, True, False, False]


class _Later(datetime):
    """A clock that is a day and a minute ahead."""

    @classmethod
    def now(cls, _zone: object = None) -> datetime:  # type: ignore[override]
        """The time then."""
        return datetime.now(UTC) + timedelta(days=1, minutes=1)


def test_long_event_keeps_the_mark(admin_client: Client) -> None:
    request = admin_client.get("/preferences/").wsgi_request
    request.session["desk.link_session"] = ["root", (datetime.now(UTC) + timedelta(hours=1)).isoformat()]
    about = link_sessions.mark(request, "x" * 400) or ""
    assert len(about) == 300
    assert about.endswith("x (session by a link from root)")
