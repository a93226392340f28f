"""Wherever a person may be led on to, it is a page of this site. The browser's own judgement is in tests/browser."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

import pytest
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.local_path import local_path
from testing.sandbox_server import SandboxServer
from tests.open_redirects import tricks

TRICKS = tricks()


@pytest.fixture
def _quick(settings: Settings) -> None:
    """Sign-in without limits and without the cost of a good password hash: hundreds in a row."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.ACCOUNT_RATE_LIMITS = False


def _is_here(location: str) -> bool:
    whole = urlsplit(urljoin("http://localhost:8000/sign-in/", location))
    return (whole.scheme, whole.netloc) == ("http", "localhost:8000") and location.startswith("/")


def test_there_are_hundreds_of_tricks() -> None:
    assert len(TRICKS) > 500


@pytest.mark.usefixtures("_quick")
def test_no_trick_leads_off_the_site_at_sign_in(desk_api: SandboxServer, admin_user: User) -> None:
    admin_user.set_password("x")
    admin_user.save()
    led = {}
    for trick in TRICKS:
        response = Client().post("/sign-in/", {"login": "mara", "password": "x", "next": trick})
        assert response.status_code == 302, trick
        led[trick] = response["Location"]
        UserSession.objects.all().delete()  # every sign-in looks through all of one's sessions
    assert {trick: where for trick, where in led.items() if not _is_here(where)} == {}
    print(f"{len(led)} of {len(TRICKS)} tricks stay on the site")  # noqa: T201  # "N of N" for whoever runs -s


@pytest.mark.parametrize("how", ["sign-in", "theme"])
def test_no_trick_leads_whom_is_in_already_off_the_site(admin_client: Client, how: str) -> None:
    led = {}
    for trick in TRICKS:
        if how == "sign-in":
            response = admin_client.get("/sign-in/", {"next": trick})
        else:
            response = admin_client.post("/preferences/theme/", {"theme": "dark", "next": trick})
        assert response.status_code == 302, trick
        led[trick] = response["Location"]
    assert {trick: where for trick, where in led.items() if not _is_here(where)} == {}


def test_no_trick_leads_off_the_site_at_sign_out(admin_client: Client, admin_user: User) -> None:
    for trick in TRICKS[::10]:
        assert _is_here(admin_client.post("/sign-out/", {"next": trick})["Location"]), trick
        admin_client.force_login(admin_user)


def test_no_trick_is_led_on_by_the_gate(db: None) -> None:
    for trick in TRICKS:
        page = Client().get("/sign-in/", {"next": trick})
        assert page.status_code == 200
        assert "Location" not in page


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/account/contacts/",
        "/account/contacts/?search=%2B44%2020&channel=sms&page=2",
        "/p/6ba7b810-9dad-11d1-80b4-00c04fd430c8/contacts/?search=a+b%E2%80%91c",
        "/p/6ba7b810-9dad-11d1-80b4-00c04fd430c8/contacts/?search=//evil.example",
        "/admin/auth/user/1/change/?_changelist_filters=q%3Dx",
        "/you/second-factor/totp/activate/",
    ],
)
def test_the_pages_of_the_site_are_where_one_may_be_led(path: str) -> None:
    assert local_path(path) == path


@pytest.mark.parametrize("path", ["", "contacts", "?x", "#x", "/a//b", "/./a", "/../a", "/a\n", "/a b", "/ä", "/a%2fb"])
def test_a_path_that_is_not_ours_is_none(path: str) -> None:
    assert local_path(path) is None


def test_a_long_path_is_judged_at_once() -> None:
    assert local_path("/" + "a/" * 50_000 + "\\") is None
