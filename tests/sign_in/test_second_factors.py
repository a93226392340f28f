"""TOTP and recovery codes: clock drift, replayed codes, lockout, and encrypted secrets."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import SECRET_SESSION_KEY, TOTP
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry
from contacts_ui.people.sessions import end_sessions
from testing.accounts import prove
from testing.clock import Clock
from testing.sandbox_server import SandboxServer
from testing.totp import PERIOD, SECRET, code_at
from tests.html import text

pytestmark = pytest.mark.slow  # each signs in by forms


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock in the middle of a TOTP period."""
    standing = Clock(now=time.time() // PERIOD * PERIOD + 15)
    monkeypatch.setattr("allauth.mfa.totp.internal.auth.time", standing)
    return standing


@pytest.fixture
def app_user(desk_api: SandboxServer, admin_user: User) -> User:
    """A user with TOTP and recovery codes."""
    caches["default"].clear()
    TOTP.activate(admin_user, SECRET)
    RecoveryCodes.activate(admin_user)
    return admin_user


def try_code(code: str) -> Any:
    """Signs in with the right password and this code; returns the last response."""
    client = Client()
    assert client.post("/sign-in/", {"login": "mara", "password": "x"})["Location"] == "/sign-in/code/"
    return client.post("/sign-in/code/", {"code": code})


def signs_in(code: str) -> bool:
    """Whether the code signs in."""
    answer = try_code(code)
    return answer.status_code == 302 and "_auth_user_id" in answer.client.session


def foreign_passkey() -> dict[str, Any]:
    """A well-formed credential of a passkey unknown to the desk."""
    asked = json.dumps({"type": "webauthn.get", "challenge": "AA", "origin": "http://testserver"}).encode()
    parts = {"clientDataJSON": asked, "authenticatorData": bytes(37), "signature": b"x"}
    response = {name: base64.urlsafe_b64encode(part).decode().rstrip("=") for name, part in parts.items()}
    return {"id": "AA", "rawId": "AA", "type": "public-key", "response": response}


@pytest.mark.parametrize(("periods", "good"), [(-2, False), (-1, True), (0, True), (1, True), (2, False)])
def test_totp_tolerates_one_period_of_clock_drift(app_user: User, clock: Clock, periods: int, good: bool) -> None:
    assert signs_in(code_at(SECRET, clock.now, periods)) is good


@pytest.mark.parametrize("later", [0, PERIOD, 2 * PERIOD])
@pytest.mark.parametrize("cache_cleared", [False, True])
def test_totp_code_is_accepted_once(app_user: User, clock: Clock, later: int, cache_cleared: bool) -> None:
    code = code_at(SECRET, clock.now, 1)  # valid for as long as possible
    assert signs_in(code)
    clock.now += later
    if cache_cleared:
        caches["default"].clear()
    assert not signs_in(code)


def test_earlier_totp_code_is_rejected_after_later_one(app_user: User, clock: Clock) -> None:
    assert signs_in(code_at(SECRET, clock.now))
    assert not signs_in(code_at(SECRET, clock.now, -1))
    assert signs_in(code_at(SECRET, clock.now, 1))


def test_concurrent_use_of_same_code_is_accepted_once(
    app_user: User, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Simulates the race: both requests looked before either code was consumed.
    monkeypatch.setattr("contacts_ui.sign_in.totp_reuse._was_used", lambda *_: False)
    code = code_at(SECRET, clock.now)
    assert signs_in(code)
    caches["default"].clear()
    assert not signs_in(code)
    assert AuditEntry.objects.filter(action="sign_in", outcome="denied", about="wrong second factor").count() == 1


def test_reused_code_is_recorded_as_wrong_second_factor(app_user: User, clock: Clock) -> None:
    for _ in range(2):
        signs_in(code_at(SECRET, clock.now))
    caches["default"].clear()
    assert not signs_in(code_at(SECRET, clock.now))
    assert AuditEntry.objects.filter(action="sign_in", outcome="denied", about="wrong second factor").count() == 2


def test_code_that_activated_totp_does_not_sign_in(
    desk_api: SandboxServer, admin_client: Client, clock: Clock, django_capture_on_commit_callbacks: Any
) -> None:
    caches["default"].clear()
    admin_client.post("/sign-in/again/", {"password": "x"})
    admin_client.get("/you/second-factor/totp/activate/")
    secret = admin_client.session[SECRET_SESSION_KEY]
    code = code_at(secret, clock.now)
    with django_capture_on_commit_callbacks(execute=True):
        answer = admin_client.post("/you/second-factor/totp/activate/", {"code": code})
    assert answer.status_code == 302
    assert not signs_in(code)
    assert signs_in(code_at(secret, clock.now, 1))


def test_sign_in_code_does_not_reauthenticate(app_user: User, clock: Clock) -> None:
    code = code_at(SECRET, clock.now)
    client = try_code(code).client
    clock.now += PERIOD
    caches["default"].clear()
    assert client.post("/sign-in/again/code/", {"code": code}).status_code == 200
    assert client.post("/sign-in/again/code/", {"code": code_at(SECRET, clock.now)}).status_code == 302


def test_correct_code_is_locked_out_after_five_wrong_ones(app_user: User, clock: Clock) -> None:
    assert not any(signs_in("000000") for _ in range(5))
    assert not signs_in(code_at(SECRET, clock.now))


def test_recovery_code_is_accepted_once(app_user: User) -> None:
    codes = Authenticator.objects.get(user=app_user, type="recovery_codes").wrap().get_unused_codes()
    assert signs_in(codes[0])
    assert not signs_in(codes[0])
    assert signs_in(codes[1])


def test_secrets_are_encrypted_in_database(app_user: User) -> None:
    kept = Authenticator.objects.get(user=app_user, type="totp").data["secret"]
    seed = Authenticator.objects.get(user=app_user, type="recovery_codes").data["seed"]
    assert SECRET not in kept
    assert kept.startswith("gAAAA")  # prefix of Fernet tokens
    assert seed.startswith("gAAAA")


def test_second_factors_survive_secret_key_rotation(app_user: User, clock: Clock, settings: Settings) -> None:
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another " * 8
    assert signs_in(code_at(SECRET, clock.now))


def test_undecryptable_secret_is_reported_to_user(app_user: User, clock: Clock, settings: Settings) -> None:
    settings.SECRET_KEY = "another " * 8
    answer = try_code(code_at(SECRET, clock.now))
    assert answer.status_code == 200
    assert "Ask an admin to reset your sign-in." in text(answer)


def test_user_deactivated_between_steps_is_not_signed_in(app_user: User, clock: Clock) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    User.objects.filter(pk=app_user.pk).update(is_active=False)
    assert client.post("/sign-in/code/", {"code": code_at(SECRET, clock.now)})["Location"] == "/sign-in/inactive/"
    assert "_auth_user_id" not in client.session
    assert list(AuditEntry.objects.filter(action="sign_in").values_list("outcome", "about")) == [
        ("denied", "deactivated")
    ]


def test_password_changed_between_steps_is_not_enough(app_user: User, clock: Clock) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    app_user.set_password("another long password")
    app_user.save()
    answer = client.post("/sign-in/code/", {"code": code_at(SECRET, clock.now)}, follow=True)
    assert "Your password was changed meanwhile." in text(answer)
    assert "_auth_user_id" not in client.session
    assert AuditEntry.objects.get(action="sign_in").about == "password changed meanwhile"


def test_sign_in_begun_before_sign_out_everywhere_ends_too(app_user: User, clock: Clock) -> None:
    """Also after switching off and on again, and after factors were removed: both end sessions by this function."""
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    assert end_sessions(app_user) == 0
    assert client.post("/sign-in/code/", {"code": code_at(SECRET, clock.now)})["Location"].startswith("/sign-in/")
    assert "_auth_user_id" not in client.session


def test_app_sent_twice_at_once_is_added_once(desk_api: SandboxServer, admin_user: User, clock: Clock) -> None:
    caches["default"].clear()
    client = Client()
    client.force_login(admin_user)
    prove(client, admin_user).get("/you/second-factor/totp/activate/")
    TOTP.activate(admin_user, client.session[SECRET_SESSION_KEY])  # the first of two clicks
    second = client.post("/you/second-factor/totp/activate/", {"code": "000000"})
    assert (second.status_code, second["Location"]) == (302, "/you/second-factor/")
    assert Authenticator.objects.filter(user=admin_user, type="totp").count() == 1


def test_sixth_foreign_passkey_is_not_checked(app_user: User) -> None:
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    for _ in range(6):
        client.post("/sign-in/code/", {"credential": json.dumps(foreign_passkey())})
    wrong = AuditEntry.objects.filter(action="sign_in", outcome="denied", about="wrong second factor")
    assert wrong.count() == 5


def test_rejected_passkey_is_recorded_as_denied(app_user: User) -> None:
    assert try_code("")  # there is a second step
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    client.post("/sign-in/code/", {"credential": '{"id": "AA"}'})
    Client().post("/you/second-factor/passkeys/login/", {"credential": '{"id": "AA"}'})
    rows = AuditEntry.objects.filter(action="sign_in", outcome="denied").order_by("id")
    assert list(rows.values_list("person", "about")) == [("mara", "wrong second factor"), (None, "unknown passkey")]
