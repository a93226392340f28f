"""What the limits of sign-in give away: the cookie of a known browser, the lock, the second step, rows in the log."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as django_settings
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import User
from django.core import signing
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, SignInCounter
from contacts_ui.sign_in.attempts import HOUR
from testing.clock import Clock
from testing.totp import SECRET, code_now
from tests.sign_in.attacks import ATTACKER, COOKIE, OWNER, answer, clock, known_browser, lock_network, mara, signs_in

__all__ = ["clock", "mara"]  # fixtures


# --- The cookie of a known browser -------------------------------------------------------------------


def test_cookie_is_out_of_reach_for_scripts_and_lasts(mara: User) -> None:
    cookie = known_browser().cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"], cookie["domain"]) == (True, "Lax", "/", "")
    assert cookie["max-age"] == 180 * 24 * 3600


def test_cookie_is_secure_where_session_is(mara: User, settings: Settings) -> None:
    settings.SESSION_COOKIE_SECURE = True
    assert known_browser().cookies[COOKIE]["secure"]


def test_cookie_of_one_account_does_not_help_at_another(mara: User) -> None:
    User.objects.create_user("eve", password="x")
    browser = Client()
    assert signs_in("eve", client=browser, address=ATTACKER)
    browser.post("/sign-out/")
    lock_network()
    assert not signs_in(client=browser, address=ATTACKER)


def test_cookie_signs_nobody_in(mara: User) -> None:
    browser, stranger = known_browser(), Client()
    for name in (COOKIE, django_settings.SESSION_COOKIE_NAME):
        stranger.cookies[name] = browser.cookies[COOKIE].value
    assert stranger.get("/preferences/").status_code == 302


@pytest.mark.parametrize("salt", ["django.contrib.sessions.SessionStore", "django.core.signing", "another"])
def test_signature_made_for_something_else_is_no_cookie(mara: User, salt: str) -> None:
    forged = Client()
    forged.cookies[COOKIE] = signing.dumps(["a-name", [mara.pk]], salt=salt)
    lock_network()
    assert not signs_in(client=forged, address=ATTACKER)


@pytest.mark.slow
def test_browser_is_known_for_two_people_who_share_it(mara: User) -> None:
    User.objects.create_user("sue", password="x")
    browser = known_browser()
    assert signs_in("sue", client=browser)
    browser.post("/sign-out/")
    lock_network()
    lock_network("sue")
    assert signs_in("mara", client=browser, address=ATTACKER)


# --- Telling accounts apart --------------------------------------------------------------------------


@pytest.mark.slow
def test_unknown_name_locks_like_known_one(mara: User) -> None:
    known = [answer("mara") for _ in range(7)]
    unknown = [answer("nobody-has-this-name", "192.0.2.1") for _ in range(7)]
    assert known == unknown
    assert "Too many attempts" in known[-1][1]


def test_lock_of_user_name_does_not_lock_email(mara: User) -> None:
    lock_network("mara")
    locked = answer("mara@example.org")
    assert locked == answer("somebody-else@example.org", "192.0.2.1")
    assert "Too many attempts" not in locked[1]


@pytest.mark.parametrize("login", ["mara", "mara@example.org", "nobody", "nobody@example.org", "unusable"])
def test_every_name_costs_one_password_hash(
    mara: User, monkeypatch: pytest.MonkeyPatch, settings: Settings, login: str
) -> None:
    User.objects.create_user("unusable")
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    hashes, encode = [], MD5PasswordHasher.encode

    def counted(self: MD5PasswordHasher, password: str, salt: str) -> str:
        hashes.append(password)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    signs_in(login, "wrong")
    assert len(hashes) == 1


# --- The second step, and rows without bound -----------------------------------------------------------


def second_step(client: Client, address: str, **fields: str) -> Any:
    """The second step of signing in as mara, after the right password."""
    client.post("/sign-in/", {"login": "mara", "password": "x"}, REMOTE_ADDR=address)
    return client.post("/sign-in/code/", fields, REMOTE_ADDR=address)


@pytest.mark.slow
def test_thief_of_password_does_not_lock_second_step_of_known_browser(mara: User) -> None:
    browser = known_browser()
    TOTP.activate(mara, SECRET)
    for number in range(6):
        second_step(Client(), f"100.64.{number}.1", code="000000")
    second_step(browser, OWNER, code=code_now(SECRET))
    assert "_auth_user_id" in browser.session


@pytest.mark.slow
def test_second_step_is_strict_from_everywhere(mara: User) -> None:
    TOTP.activate(mara, SECRET)
    for number in range(6):
        second_step(Client(), f"100.64.{number}.1", code="000000")
    last = Client()
    second_step(last, OWNER, code=code_now(SECRET))
    assert "_auth_user_id" not in last.session


@pytest.mark.slow
def test_malformed_passkeys_in_second_step_add_few_rows(mara: User) -> None:
    TOTP.activate(mara, SECRET)
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    for credential in 10 * ('{"id": "AA"}', "[]", '{"response": {}}', "null"):
        client.post("/sign-in/code/", {"credential": credential})
    assert AuditEntry.objects.filter(outcome="denied").count() <= 5


@pytest.mark.slow
def test_malformed_passkeys_instead_of_password_add_few_rows(mara: User) -> None:
    for _ in range(40):
        Client().post("/you/second-factor/passkeys/login/", {"credential": json.dumps({"id": "AA"})})
    assert AuditEntry.objects.filter(outcome="denied").count() <= 10


@pytest.mark.slow
@pytest.mark.parametrize("address", ["203.0.113.9", "2001:db8:7:1::{:x}"], ids=["IPv4", "IPv6 /64"])
def test_refused_forms_add_few_rows(mara: User, address: str) -> None:
    for number in range(60):
        signs_in(typed="wrong", address=address.format(number))
    assert AuditEntry.objects.filter(outcome="denied").count() <= 30


def test_counters_hold_no_name_and_expire(mara: User, clock: Clock) -> None:
    lock_network("a password in the wrong box")
    assert "password" not in str(list(SignInCounter.objects.values_list("key", "times")))
    clock.now += HOUR + 1
    signs_in()
    moment = datetime.fromtimestamp(clock.now, UTC)
    assert not SignInCounter.objects.filter(expires_at__lt=moment).exists()
