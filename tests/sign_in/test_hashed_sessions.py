"""Session keys at rest: a cookie's key is in no table, and what is in a table is no cookie."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.totp.internal.auth import TOTP
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.core import signing
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from contacts_ui.models import Session
from contacts_ui.people.sessions import end_sessions
from contacts_ui.sign_in.allauth_compat import LOGIN_SESSION_KEY
from contacts_ui.sign_in.hashed_sessions import KEY_LENGTH, STORED_LENGTH, SessionStore, stored_key
from testing.sandbox_server import SandboxServer
from testing.totp import SECRET

PAGE, COOKIE = "/preferences/", django_settings.SESSION_COOKIE_NAME
KEY = "k" * KEY_LENGTH
hashing = import_module("contacts_ui.migrations.0007_hashed_session_keys")
moving = import_module("contacts_ui.migrations.0015_sessions")


@pytest.fixture
def signed_in(desk_api: SandboxServer, admin_user: User) -> Client:
    """A browser that came by the sign-in form, so that both tables know its session."""
    client = Client()
    client.post("/sign-in/", {"login": "mara", "password": "x"})
    return client


def with_cookie(key: str) -> Client:
    """A browser whose session cookie is this."""
    client = Client()
    client.cookies[COOKIE] = key
    return client


def stored_keys() -> list[str]:
    """Whatever either table holds."""
    return [
        *Session.objects.values_list("session_key", flat=True),
        *UserSession.objects.values_list("session_key", flat=True),
    ]


def test_key_of_cookie_is_in_neither_table(signed_in: Client) -> None:
    key = signed_in.cookies[COOKIE].value
    assert signed_in.get(PAGE).status_code == 200
    assert stored_keys() == [stored_key(key)] * 2
    assert len(key) == KEY_LENGTH


def test_stored_key_is_not_a_cookie(signed_in: Client) -> None:
    for key in stored_keys():
        thief = with_cookie(key)
        assert thief.get(PAGE)["Location"].startswith("/sign-in/")
        assert COOKIE not in thief.cookies or thief.cookies[COOKIE].value != key
    assert signed_in.get(PAGE).status_code == 200


def test_stored_key_as_cookie_neither_ends_nor_changes_session(signed_in: Client) -> None:
    thief = with_cookie(stored_keys()[0])
    thief.get("/sign-in/")
    thief.post("/sign-out/")
    thief.post("/sign-in/", {"login": "mara", "password": "wrong"})
    assert signed_in.get(PAGE).status_code == 200


def test_new_password_keeps_session_and_lists_its_new_key(signed_in: Client) -> None:
    before = signed_in.cookies[COOKIE].value
    new = {"oldpassword": "x", "password1": "a long demo passphrase", "password2": "a long demo passphrase"}
    signed_in.post("/you/password/", new)
    key = signed_in.cookies[COOKIE].value
    assert key != before
    assert UserSession.objects.filter(session_key=stored_key(key)).exists()
    page = signed_in.get("/you/sessions/").content.decode()
    assert page.count("This browser") == 1
    assert "No other sessions." in page


def test_ended_session_leaves_list(signed_in: Client) -> None:
    UserSession.objects.create(user=User.objects.get(username="mara"), session_key=stored_key(KEY), ip="203.0.113.7")
    assert "203.0.113.7" not in signed_in.get("/you/sessions/").content.decode()
    assert not UserSession.objects.filter(session_key=stored_key(KEY)).exists()


def test_session_of_old_password_leaves_list(signed_in: Client, admin_user: User) -> None:
    admin_user.refresh_from_db()
    admin_user.set_password("changed on the server")
    admin_user.save()
    Client().post("/sign-in/", {"login": "mara", "password": "changed on the server"})
    key = signed_in.cookies[COOKIE].value
    assert not UserSession.objects.filter(session_key=stored_key(key)).exists()
    assert not Session.objects.filter(session_key=stored_key(key)).exists()


@pytest.mark.parametrize("key", ["", "short", KEY, "x" * STORED_LENGTH, "x" * 5000, "a\x00b" * 11])
def test_unknown_key_is_an_empty_session_under_another_key(db: None, key: str) -> None:
    store = SessionStore(key)
    assert store.get("anything") is None
    store["anything"] = 1
    store.save()
    assert store.session_key not in {None, key}
    assert Session.objects.get().session_key == stored_key(str(store.session_key))


def test_asynchronous_methods_hash_the_key_too(transactional_db: None) -> None:
    async def use() -> tuple[str, bool]:
        store = SessionStore()
        await store.aset("anything", 1)
        await store.asave()
        key = str(store.session_key)
        found = await store.aexists(key) and await SessionStore(key).aget("anything") == 1
        stored = await Session.objects.aget()
        await store.adelete()
        return stored.session_key, found and key not in stored.session_key

    with ThreadPoolExecutor(1) as pool:  # Playwright may run a loop in this thread
        stored, found = pool.submit(asyncio.run, use()).result()
    assert found
    assert len(stored) == STORED_LENGTH
    assert not Session.objects.exists()


# --- Migrations: sessions of before stay, and their keys go -----------------------------------------


def old_sessions() -> Any:
    """Rows of Django's own table, where sessions were."""
    return apps.get_model("sessions", "Session").objects


@pytest.fixture
def old_session(signed_in: Client) -> Client:
    """A browser whose key both tables of former times hold in clear."""
    key = signed_in.cookies[COOKIE].value
    stored = Session.objects.get()
    old_sessions().create(session_key=key, session_data=stored.session_data, expire_date=stored.expire_date)
    stored.delete()
    UserSession.objects.filter(session_key=stored_key(key)).update(session_key=key)
    assert signed_in.get(PAGE).status_code == 302
    signed_in.cookies[COOKIE] = key
    return signed_in


def _run(step: Callable[..., None]) -> None:
    step(apps, SimpleNamespace(connection=connection))


def test_migrations_keep_session_and_hash_its_key(old_session: Client) -> None:
    key = old_session.cookies[COOKIE].value
    for step in (hashing.hash_keys, hashing.hash_keys, moving.carry_over, moving.carry_over):
        _run(step)  # a second run changes nothing
    assert stored_keys() == [stored_key(key)] * 2
    assert not old_sessions().exists()
    assert old_session.get(PAGE).status_code == 200


def test_reversed_migration_of_keys_ends_sessions(old_session: Client) -> None:
    _run(hashing.end_sessions)
    assert (old_sessions().count(), UserSession.objects.count()) == (0, 0)


def test_reversed_move_gives_session_back_to_former_version(old_session: Client) -> None:
    for step in (hashing.hash_keys, moving.carry_over, moving.carry_back):
        _run(step)
    assert old_sessions().get().session_data == Session.objects.get().session_data


def test_migration_finds_person_of_sign_in_that_waits(db: None, admin_user: User) -> None:
    waiting = SessionStore()
    waiting[LOGIN_SESSION_KEY] = {"user_pk": user_pk_to_url_str(admin_user)}
    content = waiting.encode(dict(waiting.items()))
    old_sessions().create(session_key="w" * 40, session_data=content, expire_date=timezone.now() + timedelta(hours=1))
    _run(moving.carry_over)
    assert (Session.objects.get().user_id, Session.objects.get().waiting_id) == (None, admin_user.pk)


FOREIGN = signing.dumps({"_auth_user_id": "1"}, salt=moving.SALT, key="x" * 50)


@pytest.mark.parametrize("content", ["", "forged", FOREIGN], ids=["empty", "forged", "another key"])
def test_migration_drops_session_that_opens_nothing(db: None, content: str) -> None:
    old_sessions().create(session_key="f" * 40, session_data=content, expire_date=timezone.now() + timedelta(hours=1))
    _run(moving.carry_over)
    assert not Session.objects.exists()
    assert not old_sessions().exists()


def test_migration_drops_session_of_person_who_is_gone(old_session: Client) -> None:
    User.objects.all().delete()
    _run(moving.carry_over)
    assert not Session.objects.exists()


# --- Whose a session is -----------------------------------------------------------------------------


def test_session_row_names_its_person(signed_in: Client, admin_user: User) -> None:
    assert (Session.objects.get().user_id, Session.objects.get().waiting_id) == (admin_user.pk, None)


def test_sign_in_that_waits_names_its_person_apart(desk_api: SandboxServer, admin_user: User) -> None:
    TOTP.activate(admin_user, SECRET)
    Client().post("/sign-in/", {"login": "mara", "password": "x"})
    assert (Session.objects.get().user_id, Session.objects.get().waiting_id) == (None, admin_user.pk)


@pytest.mark.parametrize("columns", [{"user_id": None}, {"user_id": 10_000}, {"waiting_id": 10_000}])
def test_session_whose_columns_contradict_its_data_opens_nothing(signed_in: Client, columns: dict[str, int]) -> None:
    Session.objects.update(**columns)
    assert signed_in.get(PAGE).status_code == 302


def test_session_ends_with_its_person(signed_in: Client, admin_user: User) -> None:
    admin_user.delete()
    assert not Session.objects.exists()


def test_saving_session_of_person_who_was_deleted_meanwhile_ends(db: None, admin_user: User) -> None:
    store = SessionStore()
    store["_auth_user_id"] = str(admin_user.pk)
    User.objects.all().delete()
    store.create()
    assert SessionStore(store.session_key).principal is None


def test_clearsessions_removes_expired_sessions(signed_in: Client) -> None:
    Session.objects.update(expire_date=timezone.now() - timedelta(seconds=1))
    call_command("clearsessions")
    assert not Session.objects.exists()


def test_ending_sessions_of_person_costs_three_statements_and_spares_others(
    admin_user: User, support_user: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for user, number in ((admin_user, 3), (support_user, 20)):
        for _ in range(number):
            Client().force_login(user)
    with django_assert_num_queries(3):
        assert end_sessions(admin_user) == 3
    assert set(Session.objects.values_list("user_id", flat=True)) == {support_user.pk}
