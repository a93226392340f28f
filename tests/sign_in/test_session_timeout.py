"""Session timeout (idle and absolute), and rotation of the session key at sign-in (session fixation)."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from allauth.mfa.totp.internal.auth import TOTP
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from contacts_ui.models import Session
from contacts_ui.people.sessions import end_sessions
from contacts_ui.sign_in.hashed_sessions import SessionStore, stored_key
from contacts_ui.sign_in.session_timeout import LAST_SEEN_AT
from testing.clock import Clock
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET, code_now
from tests.html import FRAGMENT, text

PAGE = "/preferences/"
MINUTE, HOUR = 60.0, 3600.0


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still."""
    standing = Clock(now=1_800_000_000.0)
    monkeypatch.setattr("contacts_ui.sign_in.session_timeout.time", standing)
    return standing


def is_signed_in(client: Client) -> bool:
    """Whether this browser is still signed in."""
    return client.get(PAGE).status_code == 200


def test_session_ends_after_half_hour_of_inactivity(clock: Clock, admin_client: Client) -> None:
    assert is_signed_in(admin_client)
    clock.now += 30 * MINUTE + 1
    assert not is_signed_in(admin_client)


def test_request_restarts_inactivity_timeout(clock: Clock, admin_client: Client) -> None:
    assert is_signed_in(admin_client)
    for _ in range(5):
        clock.now += 29 * MINUTE
        assert is_signed_in(admin_client)


@pytest.mark.slow
def test_session_ends_after_twelve_hours_regardless_of_activity(clock: Clock, admin_client: Client) -> None:
    assert is_signed_in(admin_client)
    for _ in range(48):
        clock.now += 15 * MINUTE
        assert is_signed_in(admin_client)
    clock.now += 1
    assert not is_signed_in(admin_client)


def test_expired_session_is_deleted_from_database(clock: Clock, admin_client: Client) -> None:
    assert is_signed_in(admin_client)
    key = key_of(admin_client)
    clock.now += 31 * MINUTE
    assert not is_signed_in(admin_client)
    assert not Session.objects.filter(session_key=stored_key(key)).exists()


def test_clock_set_back_does_not_end_session(clock: Clock, admin_client: Client) -> None:
    assert is_signed_in(admin_client)
    clock.now -= 2 * HOUR
    assert is_signed_in(admin_client)


def test_last_seen_time_is_written_once_a_minute(clock: Clock, admin_client: Client) -> None:
    assert is_signed_in(admin_client)
    first = admin_client.session[LAST_SEEN_AT]
    clock.now += 59
    assert is_signed_in(admin_client)
    assert admin_client.session[LAST_SEEN_AT] == first
    clock.now += 2
    assert is_signed_in(admin_client)
    assert admin_client.session[LAST_SEEN_AT] == first + 61


def test_anonymous_request_makes_no_query(db: None, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(0):
        Client().get(PAGE)


def test_expired_page_returns_to_itself_after_sign_in(clock: Clock, admin_client: Client) -> None:
    address = "/account/contacts/?channel=sms&page=2"
    assert is_signed_in(admin_client)
    clock.now += 31 * MINUTE
    gate = admin_client.get(address)["Location"]
    assert gate == f"/sign-in/?next={quote(address)}&ended=1"
    assert admin_client.post(gate, {"login": "mara", "password": "x"})["Location"] == address


SAID = "Your session has ended. Sign in again, or ask an admin if you can’t."


def test_sign_in_page_says_that_an_admin_ended_the_session(admin_client: Client, admin_user: User) -> None:
    assert is_signed_in(admin_client)
    end_sessions(admin_user)
    gate = admin_client.get(PAGE)
    assert gate["Location"].endswith("&ended=1")
    assert gate.cookies[django_settings.SESSION_COOKIE_NAME].value == ""
    assert SAID in text(admin_client.get(gate["Location"]))
    assert "ended" not in admin_client.get(PAGE)["Location"]  # said once


def test_form_of_who_was_signed_out_leads_to_the_same_sentence(admin_client: Client, admin_user: User) -> None:
    end_sessions(admin_user)
    assert admin_client.post("/preferences/theme/", {"theme": "dark"})["Location"].endswith("&ended=1")


def test_cookie_that_never_was_a_session_is_told_the_same(db: None, admin_client: Client, admin_user: User) -> None:
    end_sessions(admin_user)
    stranger = Client()
    stranger.cookies[django_settings.SESSION_COOKIE_NAME] = "x" * 32
    answers = [client.get(PAGE) for client in (admin_client, stranger)]
    assert answers[0]["Location"] == answers[1]["Location"]
    assert text(answers[0]) == text(answers[1])


def test_sign_in_page_of_a_new_visitor_says_nothing_of_a_session(db: None) -> None:
    gate = Client().get(PAGE)["Location"]
    assert "ended" not in gate
    assert "session" not in text(Client().get(gate))


def test_expired_fragment_redirects_and_shows_nothing(clock: Clock, admin_client: Client) -> None:
    assert is_signed_in(admin_client)
    clock.now += 31 * MINUTE
    response = admin_client.get("/account/contacts/", headers=FRAGMENT)
    assert response.status_code == 302
    assert not response.has_header("X-Fragment")


# --- Session key ---------------------------------------------------------------------------------


@pytest.fixture
def fixated_client() -> Client:
    """A browser with a session key chosen by an attacker."""
    caches["default"].clear()
    store = SessionStore()
    store["anything"] = 1
    store.create()
    client = Client()
    client.cookies[django_settings.SESSION_COOKIE_NAME] = str(store.session_key)
    return client


def key_of(client: Client) -> str:
    """The value of the session cookie."""
    return client.cookies[django_settings.SESSION_COOKIE_NAME].value


def test_sign_in_changes_session_key_and_deletes_old_session(
    desk_api: SandboxServer, admin_user: User, fixated_client: Client
) -> None:
    before = key_of(fixated_client)
    fixated_client.post("/sign-in/", {"login": "mara", "password": "x"})
    assert is_signed_in(fixated_client)
    assert key_of(fixated_client) != before
    assert not Session.objects.filter(session_key=stored_key(before)).exists()


@pytest.mark.slow
def test_second_step_changes_session_key_again(
    desk_api: SandboxServer, admin_user: User, fixated_client: Client
) -> None:
    TOTP.activate(admin_user, SECRET)
    fixated_client.post("/sign-in/", {"login": "mara", "password": "x"})
    halfway = key_of(fixated_client)
    fixated_client.post("/sign-in/code/", {"code": code_now(SECRET)})
    assert is_signed_in(fixated_client)
    assert key_of(fixated_client) != halfway
    assert not Session.objects.filter(session_key=stored_key(halfway)).exists()


def test_sign_out_deletes_session(desk_api: SandboxServer, admin_user: User, fixated_client: Client) -> None:
    fixated_client.post("/sign-in/", {"login": "mara", "password": "x"})
    key = key_of(fixated_client)
    fixated_client.post("/sign-out/")
    assert not Session.objects.filter(session_key=stored_key(key)).exists()
