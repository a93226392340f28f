"""Brute-force limits: who attacks an account from elsewhere neither locks it nor learns whether it exists."""

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
from contacts_ui.sign_in.attempts import FIRST_PAUSE, FREE_FAILURES, HOUR, MINUTE, Limit, growing_pause, network_of
from testing.clock import Clock
from testing.sandbox_server import SandboxServer
from testing.totp import code_now
from tests.html import text

SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
OWNER, ATTACKER = "198.51.100.7", "203.0.113.9"  # addresses in different networks
COOKIE = django_settings.KNOWN_BROWSER_COOKIE_NAME


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still."""
    standing = Clock(now=1_800_000_000.0)
    monkeypatch.setattr("contacts_ui.sign_in.attempts.time", standing)
    return standing


@pytest.fixture
def mara(desk_api: SandboxServer, admin_user: User, clock: Clock) -> User:
    """An admin who has an e-mail address."""
    admin_user.email = "mara@example.org"
    admin_user.save()
    return admin_user


def signs_in(login: str = "mara", typed: str = "x", *, address: str = OWNER, client: Client | None = None) -> bool:
    """Whether this name and password sign in from this address."""
    client = client or Client()
    client.post("/sign-in/", {"login": login, "password": typed}, REMOTE_ADDR=address)
    return "_auth_user_id" in client.session


def lock_network(login: str = "mara", address: str = ATTACKER) -> None:
    """Types five wrong passwords."""
    for _ in range(5):
        signs_in(login, "wrong", address=address)


def answer(login: str, address: str = ATTACKER) -> tuple[int, str]:
    """Status and page of one more wrong password; the page without what was typed and without its CSRF token."""
    response = Client().post("/sign-in/", {"login": login, "password": "wrong"}, REMOTE_ADDR=address)
    lines = text(response).replace(login, "").splitlines()
    return response.status_code, "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def known_browser() -> Client:
    """A browser in which mara has signed in and out."""
    client = Client()
    assert signs_in(client=client)
    client.post("/sign-out/")
    return client


def checked() -> int:
    """How many passwords were compared with a hash and found wrong."""
    return AuditEntry.objects.filter(outcome="denied", about="wrong password").count()


# --- Locking others out ------------------------------------------------------------------------------


def test_attack_from_one_network_leaves_owner_elsewhere_alone(mara: User) -> None:
    lock_network()
    assert not signs_in(address=ATTACKER)
    assert signs_in(address=OWNER)


def test_one_wrong_try_a_minute_for_hours_locks_nobody_out(mara: User, clock: Clock) -> None:
    for _ in range(6 * 60):
        signs_in(typed="wrong", address=ATTACKER)
        clock.now += MINUTE
    assert signs_in(address=OWNER)


def test_known_browser_gets_in_from_network_of_attacker(mara: User) -> None:
    browser = known_browser()
    lock_network()
    assert signs_in(address=ATTACKER, client=browser)


def test_known_browser_gets_in_while_many_networks_attack(mara: User, clock: Clock) -> None:
    browser = known_browser()
    for number in range(160):
        signs_in(typed="wrong", address=f"100.64.{number}.1")
    assert not signs_in(address=OWNER), "more networks than anyone can tell from the owner's"
    assert signs_in(client=browser)


def test_wrong_tries_of_known_browser_are_limited_too(mara: User) -> None:
    browser = known_browser()
    for _ in range(5):
        signs_in(typed="wrong", client=browser)
    assert not signs_in(client=browser)


def test_flood_of_forms_from_one_address_leaves_known_browser_alone(mara: User) -> None:
    browser = known_browser()
    for number in range(40):
        signs_in(f"nobody-{number}", "wrong", address=OWNER)
    assert Client().post("/sign-in/", {"login": "mara", "password": "x"}, REMOTE_ADDR=OWNER).status_code == 429
    assert signs_in(client=browser, address=OWNER)


def test_refused_tries_do_not_prolong_lock(mara: User, clock: Clock) -> None:
    for _ in range(20):
        signs_in(typed="wrong", address=ATTACKER)
        clock.now += 10
    clock.now += 5 * MINUTE - 200 + 1
    assert signs_in(address=ATTACKER)


def reset(address: str) -> str:
    """The page after asking for a reset mail for mara."""
    form = {"email": "mara@example.org"}
    return text(Client().post("/sign-in/password/", form, REMOTE_ADDR=address, follow=True))


def test_stranger_who_asks_for_resets_leaves_owner_hers(mara: User, settings: Settings) -> None:
    settings.EMAIL_URL = "smtp://mail.example"
    pages = [reset(ATTACKER) for _ in range(4)]
    assert "Too many attempts" in pages[-1]
    assert reset(OWNER) == pages[0]


def test_strangers_at_many_networks_fill_no_mailbox(
    mara: User, settings: Settings, mailoutbox: list[Any], clock: Clock
) -> None:
    settings.EMAIL_URL = "smtp://mail.example"
    assert len({reset(f"100.64.{number}.1") for number in range(20)}) == 1
    assert len(mailoutbox) == 5
    clock.now += HOUR + 1
    reset(OWNER)
    assert len(mailoutbox) == 6


# --- Still slowing attackers -------------------------------------------------------------------------


def test_account_is_slowed_for_attackers_at_many_networks(mara: User) -> None:
    for _ in range(5):
        for network in range(40):
            signs_in(typed="wrong", address=f"100.64.{network}.1")
    assert checked() <= 40


def test_addresses_of_one_network_share_tries(mara: User) -> None:
    for number in range(20):
        signs_in(typed="wrong", address=f"203.0.113.{number}")
    assert checked() == 5


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:7:8:9::1", "2001:db8:7::/48"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("fe80::1%eth0", "fe80::/48"),
    ],
)
def test_network_is_ipv4_24_or_ipv6_48(address: str, network: str) -> None:
    assert network_of(address) == network


def test_pause_doubles_with_failures_up_to_hour() -> None:
    now = 10_000.0
    pauses = [growing_pause([now], [now] * failures, now) for failures in (29, 30, 40, 50, 150)]
    assert pauses == [0, FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE, HOUR]


def test_network_without_failure_never_pauses() -> None:
    assert growing_pause([], [10_000.0] * FREE_FAILURES * 3, 10_000.0) == 0


def test_failures_older_than_hour_cause_no_pause() -> None:
    assert growing_pause([10_000.0], [10_000.0] * FREE_FAILURES, 10_000.0 + HOUR + 1) == 0


def test_limit_waits_until_oldest_counted_failure_expires() -> None:
    assert Limit("name", "x", 2, 60.0).wait([0.0, 10.0, 30.0], 40.0) == 30.0


@pytest.mark.parametrize("spelled", ["MARA", " mara ", "Mara", "\uff2dara"])
def test_spellings_of_name_share_tries(mara: User, spelled: str) -> None:
    lock_network(spelled)
    assert not signs_in(address=ATTACKER)


def test_correct_password_is_not_counted(mara: User) -> None:
    assert all(signs_in() for _ in range(7))


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


def test_browser_is_known_for_two_people_who_share_it(mara: User) -> None:
    User.objects.create_user("sue", password="x")
    browser = known_browser()
    assert signs_in("sue", client=browser)
    browser.post("/sign-out/")
    lock_network()
    lock_network("sue")
    assert signs_in("mara", client=browser, address=ATTACKER)


# --- Telling accounts apart --------------------------------------------------------------------------


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


def test_thief_of_password_does_not_lock_second_step_of_known_browser(mara: User) -> None:
    browser = known_browser()
    TOTP.activate(mara, SECRET)
    for number in range(6):
        second_step(Client(), f"100.64.{number}.1", code="000000")
    second_step(browser, OWNER, code=code_now(SECRET))
    assert "_auth_user_id" in browser.session


def test_second_step_is_strict_from_everywhere(mara: User) -> None:
    TOTP.activate(mara, SECRET)
    for number in range(6):
        second_step(Client(), f"100.64.{number}.1", code="000000")
    last = Client()
    second_step(last, OWNER, code=code_now(SECRET))
    assert "_auth_user_id" not in last.session


@pytest.mark.parametrize("credential", ['{"id": "AA"}', "[]", '{"response": {}}', "null"])
def test_malformed_passkeys_in_second_step_add_few_rows(mara: User, credential: str) -> None:
    TOTP.activate(mara, SECRET)
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    for _ in range(40):
        client.post("/sign-in/code/", {"credential": credential})
    assert AuditEntry.objects.filter(outcome="denied").count() <= 5


def test_malformed_passkeys_instead_of_password_add_few_rows(mara: User) -> None:
    for _ in range(40):
        Client().post("/you/second-factor/passkeys/login/", {"credential": json.dumps({"id": "AA"})})
    assert AuditEntry.objects.filter(outcome="denied").count() <= 10


def test_refused_forms_add_few_rows(mara: User) -> None:
    for _ in range(60):
        signs_in(typed="wrong", address=ATTACKER)
    assert AuditEntry.objects.filter(outcome="denied").count() <= 30


def test_counters_hold_no_name_and_expire(mara: User, clock: Clock) -> None:
    lock_network("a password in the wrong box")
    assert "password" not in str(list(SignInCounter.objects.values_list("key", "times")))
    clock.now += HOUR + 1
    signs_in()
    moment = datetime.fromtimestamp(clock.now, UTC)
    assert not SignInCounter.objects.filter(expires_at__lt=moment).exists()
