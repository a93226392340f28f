"""Open redirects: `next` leads to a page of this site, whatever it says. What a browser makes of it: tests/browser."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from contacts_ui.sign_in.adapters import DeskAccountAdapter
from contacts_ui.sign_in.redirects import safe_redirect_path
from testing.sandbox_server import SandboxServer
from testing.totp import code_now
from tests.open_redirects import OF_EACH_FAMILY, tricks

TRICKS = tricks()
HARMLESS = {
    "/evil.example",
    "/evil.example/",
    "/evil.example?@localhost:8000/",
}  # of the tricks, these are paths of ours
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
GOOD = "/account/contacts/?channel=sms"
SIGN_IN, CODE, THEME = "/sign-in/", "/sign-in/code/", "/preferences/theme/"
NAME = {"login": "mara", "password": "x"}


# --- The judges ------------------------------------------------------------------------------------


def _is_here(location: str) -> bool:
    whole = urlsplit(urljoin("http://localhost:8000/sign-in/", location))
    return (whole.scheme, whole.netloc) == ("http", "localhost:8000") and location.startswith("/")


def test_tricks_exceed_500_and_include_each_family() -> None:
    assert len(TRICKS) > 500
    assert set(OF_EACH_FAMILY) <= set(TRICKS)


@pytest.mark.parametrize(
    "judge", [safe_redirect_path, DeskAccountAdapter(None).is_safe_url], ids=["local_path", "is_safe_url"]
)
def test_url_check_accepts_no_offsite_trick(judge: Callable[[str], object]) -> None:
    passed = {trick for trick in TRICKS if judge(trick)}
    assert {trick for trick in passed if not _is_here(trick)} == set()
    assert passed == HARMLESS


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
def test_url_check_accepts_own_pages(path: str) -> None:
    assert safe_redirect_path(path) == path
    assert DeskAccountAdapter(None).is_safe_url(path)


@pytest.mark.parametrize("path", ["", "contacts", "?x", "#x", "/a//b", "/./a", "/../a", "/a\n", "/a b", "/ä", "/a%2fb"])
def test_invalid_path_is_rejected(path: str) -> None:
    assert safe_redirect_path(path) is None


def test_long_path_is_rejected() -> None:
    assert safe_redirect_path("/" + "a/" * 50_000 + "\\") is None


# --- The ways that lead on: each asks a judge ------------------------------------------------------


def _in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _post(client: Client, path: str, fields: dict[str, str], wish: str, where: str) -> Any:
    """Posts a form with the wish in it, or in the address."""
    form = fields | ({"next": wish} if where == "form" else {})
    return client.post(path, form, query_params={"next": wish} if where == "query" else {})


def _sign_in(where: str) -> Callable[[User, str], Any]:
    return lambda _person, wish: _post(Client(), SIGN_IN, NAME, wish, where)


def _code(where: str) -> Callable[[User, str], Any]:
    def led(person: User, wish: str) -> Any:
        _with_app(person)
        client = Client()
        _post(client, SIGN_IN, NAME, wish, where)
        last = {"next": wish} if where == "later" else {}
        return client.post(CODE, {"code": code_now(SECRET)} | last, query_params=last)

    return led


def _again(where: str) -> Callable[[User, str], Any]:
    return lambda person, wish: _post(_in(person), "/sign-in/again/", {"password": "x"}, wish, where)


def _again_by_code(person: User, wish: str) -> Any:
    _with_app(person)
    return _in(person).post("/sign-in/again/code/", {"code": code_now(SECRET), "next": wish})


def _sign_out(where: str) -> Callable[[User, str], Any]:
    return lambda person, wish: _post(_in(person), "/sign-out/", {}, wish, where)


def _in_already(page: str) -> Callable[[User, str], Any]:
    return lambda person, wish: _in(person).get(page, {"next": wish})


def _with_app(person: User) -> None:
    """Gives them an authenticator app of which no code was used yet."""
    Authenticator.objects.filter(user=person).delete()
    TOTP.activate(person, SECRET)


# A way -> what takes it, and where a wish leads that is none. Single sign-on: tests/sign_in/test_single_sign_on.py.
WAYS: dict[str, tuple[Callable[[User, str], Any], str]] = {
    "sign-in by the form": (_sign_in("form"), "/"),
    "sign-in by the address": (_sign_in("query"), "/"),
    "the code, asked for in the form": (_code("form"), "/"),
    "the code, asked for in the address": (_code("query"), "/"),
    "the code, asked for with it": (_code("later"), "/"),
    "the password again by the form": (_again("form"), "/"),
    "the password again by the address": (_again("query"), "/"),
    "the code again": (_again_by_code, "/"),
    "sign-in of whom is in already": (_in_already(SIGN_IN), "/"),
    "a passkey of whom is in already": (_in_already("/you/second-factor/passkeys/login/"), "/"),
    "sign-out by the form": (_sign_out("form"), SIGN_IN),
    "sign-out by the address": (_sign_out("query"), SIGN_IN),
    "sign-out of whom is out already": (lambda _, wish: Client().get("/sign-out/", {"next": wish}), SIGN_IN),
    "the theme": (lambda person, wish: _in(person).post(THEME, {"theme": "dark", "next": wish}), "/"),
}


@pytest.fixture
def person(desk_api: SandboxServer, admin_user: User, settings: Settings) -> User:
    """Someone who may try as often as they like."""
    settings.ACCOUNT_RATE_LIMITS = False
    return admin_user


def _led(person: User, way: str, wishes: Iterable[str]) -> dict[str, str]:
    """Where each wish leads on this way."""
    take, _otherwise = WAYS[way]
    led = {}
    for wish in wishes:
        caches["default"].clear()  # nor is one remembered
        answer = take(person, wish)
        assert answer.status_code == 302, wish
        led[wish] = answer["Location"]
        UserSession.objects.all().delete()  # every sign-in looks through all of one's sessions
    return led


@pytest.mark.parametrize("way", WAYS)
def test_redirect_follows_own_path_and_no_trick(person: User, way: str) -> None:
    otherwise = WAYS[way][1]
    assert _led(person, way, (GOOD, *OF_EACH_FAMILY)) == {GOOD: GOOD} | dict.fromkeys(OF_EACH_FAMILY, otherwise)


@pytest.mark.exhaustive
@pytest.mark.parametrize("way", WAYS)
def test_redirect_stays_on_site_for_every_trick(person: User, way: str) -> None:
    led = _led(person, way, TRICKS)
    assert {trick: where for trick, where in led.items() if not _is_here(where)} == {}
    assert led == {trick: trick if trick in HARMLESS else WAYS[way][1] for trick in TRICKS}
    print(f"{way}: {len(led)} of {len(TRICKS)} tricks stay on the site")  # noqa: T201  # "N of N" for whoever runs -s


@pytest.mark.parametrize("wishes", [OF_EACH_FAMILY, pytest.param(TRICKS, marks=pytest.mark.exhaustive)], ids=len)
def test_sign_in_page_redirects_no_anonymous_visitor(db: None, wishes: tuple[str, ...]) -> None:
    for wish in wishes:
        page = Client().get(SIGN_IN, {"next": wish})
        assert page.status_code == 200
        assert "Location" not in page


def test_passkey_edit_and_removal_ignore_next(person: User) -> None:
    client = _in(person)
    client.post("/sign-in/again/", {"password": "x"})
    for wish in OF_EACH_FAMILY:
        key = Authenticator.objects.create(user=person, type="webauthn", data={"name": "a key", "credential": {}})
        base = f"/you/second-factor/passkeys/keys/{key.pk}"
        for path, fields in ((f"{base}/edit/", {"name": "my key"}), (f"{base}/remove/", {})):
            answer = client.post(path, fields | {"next": wish}, query_params={"next": wish})
            assert (answer.status_code, answer["Location"]) == (302, "/you/second-factor/passkeys/"), wish


@pytest.mark.parametrize("gate", ["/sign-in/", "/sign-out/", "/sign-in/code/"])
def test_sign_in_does_not_redirect_to_sign_in_pages(person: User, gate: str) -> None:
    assert Client().post(SIGN_IN, NAME | {"next": gate})["Location"] == "/"
