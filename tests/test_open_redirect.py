"""Open redirects: `next` redirects only to paths of this site. What a browser makes of it: tests/browser."""

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
from testing.accounts import prove
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET, code_now
from tests.open_redirects import OF_EACH_FAMILY, tricks

TRICKS = tricks()
HARMLESS = {
    "/evil.example",
    "/evil.example/",
    "/evil.example?@localhost:8000/",
}  # tricks that are paths of this site
GOOD = "/account/contacts/?channel=sms"
SIGN_IN, CODE, THEME = "/sign-in/", "/sign-in/code/", "/preferences/theme/"
NAME = {"login": "mara", "password": "x"}


# --- URL checks ------------------------------------------------------------------------------------


def _is_here(location: str) -> bool:
    whole = urlsplit(urljoin("http://localhost:8000/sign-in/", location))
    return (whole.scheme, whole.netloc) == ("http", "localhost:8000") and location.startswith("/")


def test_tricks_exceed_500_and_include_each_family() -> None:
    assert len(TRICKS) > 500
    assert set(OF_EACH_FAMILY) <= set(TRICKS)


@pytest.mark.parametrize(
    "check", [safe_redirect_path, DeskAccountAdapter(None).is_safe_url], ids=["safe_redirect_path", "is_safe_url"]
)
def test_url_check_accepts_no_offsite_trick(check: Callable[[str], object]) -> None:
    passed = {trick for trick in TRICKS if check(trick)}
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


# --- Views that redirect to `next` -----------------------------------------------------------------


def _signed_in(person: User) -> Client:
    client = Client()
    client.force_login(person)
    return client


def _post(client: Client, path: str, fields: dict[str, str], target: str, where: str) -> Any:
    """Posts a form with `next` in the form or in the query string."""
    form = fields | ({"next": target} if where == "form" else {})
    return client.post(path, form, query_params={"next": target} if where == "query" else {})


def _sign_in(where: str) -> Callable[[User, str], Any]:
    return lambda _person, target: _post(Client(), SIGN_IN, NAME, target, where)


def _code(where: str) -> Callable[[User, str], Any]:
    def redirects(person: User, target: str) -> Any:
        _with_totp(person)
        client = Client()
        _post(client, SIGN_IN, NAME, target, where)
        last = {"next": target} if where == "later" else {}
        return client.post(CODE, {"code": code_now(SECRET)} | last, query_params=last)

    return redirects


def _reauthenticate(where: str) -> Callable[[User, str], Any]:
    return lambda person, target: _post(_signed_in(person), "/sign-in/again/", {"password": "x"}, target, where)


def _reauthenticate_by_code(person: User, target: str) -> Any:
    _with_totp(person)
    return _signed_in(person).post("/sign-in/again/code/", {"code": code_now(SECRET), "next": target})


def _sign_out(where: str) -> Callable[[User, str], Any]:
    return lambda person, target: _post(_signed_in(person), "/sign-out/", {}, target, where)


def _signed_in_already(page: str) -> Callable[[User, str], Any]:
    return lambda person, target: _signed_in(person).get(page, {"next": target})


def _with_totp(person: User) -> None:
    """Gives the user a new TOTP of which no code was used yet."""
    Authenticator.objects.filter(user=person).delete()
    TOTP.activate(person, SECRET)


# Flow -> how to run it, and where an invalid `next` leads. Single sign-on: tests/sign_in/test_oidc.py.
FLOWS: dict[str, tuple[Callable[[User, str], Any], str]] = {
    "sign-in by the form": (_sign_in("form"), "/"),
    "sign-in by the address": (_sign_in("query"), "/"),
    "the code, asked for in the form": (_code("form"), "/"),
    "the code, asked for in the address": (_code("query"), "/"),
    "the code, asked for with it": (_code("later"), "/"),
    "the password again by the form": (_reauthenticate("form"), "/"),
    "the password again by the address": (_reauthenticate("query"), "/"),
    "the code again": (_reauthenticate_by_code, "/"),
    "sign-in of whom is in already": (_signed_in_already(SIGN_IN), "/"),
    "a passkey of whom is in already": (_signed_in_already("/you/second-factor/passkeys/login/"), "/"),
    "sign-out by the form": (_sign_out("form"), SIGN_IN),
    "sign-out by the address": (_sign_out("query"), SIGN_IN),
    "sign-out of whom is out already": (lambda _, target: Client().get("/sign-out/", {"next": target}), SIGN_IN),
    "the theme": (lambda person, target: _signed_in(person).post(THEME, {"theme": "dark", "next": target}), "/"),
}


@pytest.fixture
def person(desk_api: SandboxServer, admin_user: User, settings: Settings) -> User:
    """A user without rate limits at sign-in."""
    settings.ACCOUNT_RATE_LIMITS = False
    User.objects.create(username="eve")  # an admin who is alone is led to the first steps
    return admin_user


def _redirects(person: User, flow: str, targets: Iterable[str]) -> dict[str, str]:
    """Where this flow redirects for each `next`."""
    take, _otherwise = FLOWS[flow]
    redirects = {}
    for target in targets:
        caches["default"].clear()  # forgets used codes
        answer = take(person, target)
        assert answer.status_code == 302, target
        redirects[target] = answer["Location"]
        UserSession.objects.all().delete()  # keeps sign-in fast: it loads all sessions of the user
    return redirects


@pytest.mark.slow
@pytest.mark.parametrize("flow", FLOWS)
def test_redirect_follows_own_path_and_no_trick(person: User, flow: str) -> None:
    otherwise = FLOWS[flow][1]
    assert _redirects(person, flow, (GOOD, *OF_EACH_FAMILY)) == {GOOD: GOOD} | dict.fromkeys(OF_EACH_FAMILY, otherwise)


@pytest.mark.exhaustive
@pytest.mark.parametrize("flow", FLOWS)
def test_redirect_stays_on_site_for_every_trick(person: User, flow: str) -> None:
    redirects = _redirects(person, flow, TRICKS)
    assert {trick: where for trick, where in redirects.items() if not _is_here(where)} == {}
    assert redirects == {trick: trick if trick in HARMLESS else FLOWS[flow][1] for trick in TRICKS}
    print(f"{flow}: {len(redirects)} of {len(TRICKS)} tricks stay on the site")  # noqa: T201  # "N of N" for whoever runs -s


@pytest.mark.parametrize("targets", [OF_EACH_FAMILY, pytest.param(TRICKS, marks=pytest.mark.exhaustive)], ids=len)
def test_sign_in_page_redirects_no_anonymous_visitor(db: None, targets: tuple[str, ...]) -> None:
    for target in targets:
        page = Client().get(SIGN_IN, {"next": target})
        assert page.status_code == 200
        assert "Location" not in page


@pytest.mark.slow
def test_passkey_edit_and_removal_ignore_next(person: User) -> None:
    client = prove(_signed_in(person), person)
    for target in OF_EACH_FAMILY:
        key = Authenticator.objects.create(user=person, type="webauthn", data={"name": "a key", "credential": {}})
        base = f"/you/second-factor/passkeys/keys/{key.pk}"
        for path, fields in ((f"{base}/edit/", {"name": "my key"}), (f"{base}/remove/", {})):
            answer = client.post(path, fields | {"next": target}, query_params={"next": target})
            assert (answer.status_code, answer["Location"]) == (302, "/you/second-factor/passkeys/"), target


@pytest.mark.parametrize("gate", ["/sign-in/", "/sign-out/", "/sign-in/code/"])
def test_sign_in_does_not_redirect_to_sign_in_pages(person: User, gate: str) -> None:
    assert Client().post(SIGN_IN, NAME | {"next": gate})["Location"] == "/"
