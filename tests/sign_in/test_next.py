"""`next` leads to paths of this site alone, wherever django-allauth takes it (the sign-in page: tests/test_site.py)."""

from __future__ import annotations

from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from testing.sandbox_server import SandboxServer
from testing.totp import code_now

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
GOOD = "/account/contacts/?channel=sms"
TRICKS = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example/",
    "/\n/evil.example/",
    "http:evil.example",
    "javascript:alert(1)",
    "http://localhost:8000@evil.example/",
)


@pytest.fixture(autouse=True)
def _quick(db: None, settings: Settings) -> None:
    """No memory of tries, and a hash that is quick: what is tried here is where one is led."""
    caches["default"].clear()
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def app_client(desk_api: SandboxServer, admin_user: User) -> Client:
    """A browser that gave the right password of someone with an authenticator app."""
    TOTP.activate(admin_user, SECRET)
    return Client()


def leads_to(answer: Any) -> str:
    """Where an answer sends the browser."""
    assert answer.status_code == 302
    return str(answer["Location"])


@pytest.mark.parametrize(("wish", "led"), [(GOOD, GOOD), *((trick, "/") for trick in TRICKS)])
@pytest.mark.parametrize("where", ["query", "form", "later"])
def test_after_the_second_factor(app_client: Client, wish: str, led: str, where: str) -> None:
    query, form = ({"next": wish} if where == name else {} for name in ("query", "form"))
    app_client.post("/sign-in/", {"login": "mara", "password": "x"} | form, query_params=query)
    last = {"next": wish} if where == "later" else {}
    answer = app_client.post("/sign-in/code/", {"code": code_now(SECRET)} | last, query_params=last)
    assert leads_to(answer) == led


@pytest.mark.parametrize(("wish", "led"), [(GOOD, GOOD), *((trick, None) for trick in TRICKS)])
@pytest.mark.parametrize("where", ["query", "form"])
def test_after_proving_it_by_password(admin_client: Client, wish: str, led: str | None, where: str) -> None:
    query, form = ({"next": wish} if where == name else {} for name in ("query", "form"))
    answer = admin_client.post("/sign-in/again/", {"password": "x"} | form, query_params=query)
    assert leads_to(answer) == (led or "/")


@pytest.mark.parametrize(("wish", "led"), [(GOOD, GOOD), *((trick, "/") for trick in TRICKS)])
def test_after_proving_it_by_code(admin_client: Client, admin_user: User, wish: str, led: str) -> None:
    TOTP.activate(admin_user, SECRET)
    answer = admin_client.post("/sign-in/again/code/", {"code": code_now(SECRET), "next": wish})
    assert leads_to(answer) == led


@pytest.mark.parametrize(("wish", "led"), [(GOOD, GOOD), *((trick, "/sign-in/") for trick in TRICKS)])
@pytest.mark.parametrize("where", ["query", "form"])
def test_after_signing_out(admin_client: Client, wish: str, led: str, where: str) -> None:
    query, form = ({"next": wish} if where == name else {} for name in ("query", "form"))
    assert leads_to(admin_client.post("/sign-out/", form, query_params=query)) == led


@pytest.mark.parametrize(("wish", "led"), [(GOOD, GOOD), *((trick, "/sign-in/") for trick in TRICKS)])
def test_on_the_way_out_of_whom_is_out_already(db: None, wish: str, led: str) -> None:
    assert leads_to(Client().get("/sign-out/", {"next": wish})) == led


@pytest.mark.parametrize(("wish", "led"), [(GOOD, GOOD), *((trick, "/") for trick in TRICKS)])
@pytest.mark.parametrize("page", ["/sign-in/", "/you/second-factor/passkeys/login/"])
def test_where_one_is_signed_in_already(admin_client: Client, page: str, wish: str, led: str) -> None:
    assert leads_to(admin_client.get(page, {"next": wish})) == led


@pytest.mark.parametrize("wish", TRICKS)
def test_after_renaming_and_removing_a_passkey(admin_client: Client, admin_user: User, wish: str) -> None:
    admin_client.post("/sign-in/again/", {"password": "x"})
    key = Authenticator.objects.create(user=admin_user, type="webauthn", data={"name": "a key", "credential": {}})
    base = f"/you/second-factor/passkeys/keys/{key.pk}"
    for path, fields in ((f"{base}/edit/", {"name": "my key"}), (f"{base}/remove/", {})):
        answer = admin_client.post(path, fields | {"next": wish}, query_params={"next": wish})
        assert leads_to(answer) == "/you/second-factor/passkeys/"


@pytest.mark.parametrize("gate", ["/sign-in/", "/sign-out/", "/sign-in/code/"])
def test_signing_in_does_not_lead_back_to_the_gate(desk_api: SandboxServer, admin_user: User, gate: str) -> None:
    answer = Client().post("/sign-in/", {"login": "mara", "password": "x", "next": gate})
    assert leads_to(answer) == "/"
