"""Session keys at rest: a cookie's key is in no table, and what is in a table is no cookie."""

from __future__ import annotations

import asyncio
from importlib import import_module
from types import SimpleNamespace

import pytest
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.contrib.sessions.backends.db import SessionStore as PlainStore
from django.db import connection
from django.test import Client

from contacts_ui.models import Session
from contacts_ui.sign_in.hashed_sessions import KEY_LENGTH, STORED_LENGTH, SessionStore, stored_key
from testing.sandbox_server import SandboxServer

PAGE, COOKIE = "/preferences/", django_settings.SESSION_COOKIE_NAME
KEY = "k" * KEY_LENGTH
migration = import_module("contacts_ui.migrations.0007_hashed_session_keys")


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

    stored, found = asyncio.run(use())
    assert found
    assert len(stored) == STORED_LENGTH
    assert not Session.objects.exists()


# --- Migration: sessions of before stay, and their keys go ------------------------------------------


@pytest.fixture
def old_session(desk_api: SandboxServer, admin_user: User, signed_in: Client) -> Client:
    """A browser whose key both tables hold, as before the migration."""
    key = signed_in.cookies[COOKIE].value
    Session.objects.filter(session_key=stored_key(key)).update(session_key=key)
    UserSession.objects.filter(session_key=stored_key(key)).update(session_key=key)
    assert PlainStore(key).load()
    assert signed_in.get(PAGE).status_code == 302
    signed_in.cookies[COOKIE] = key
    return signed_in


def _migrate(direction: str) -> None:
    getattr(migration, direction)(apps, SimpleNamespace(connection=connection))


def test_migration_keeps_session_and_hashes_its_key(old_session: Client) -> None:
    key = old_session.cookies[COOKIE].value
    _migrate("hash_keys")
    _migrate("hash_keys")  # a second run changes nothing
    assert stored_keys() == [stored_key(key)] * 2
    assert old_session.get(PAGE).status_code == 200


def test_reversed_migration_ends_sessions(old_session: Client) -> None:
    _migrate("end_sessions")
    assert stored_keys() == []
