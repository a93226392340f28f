"""Test accounts: users, roles, sessions and preferences, written directly into the SQLite file of a running desk.

No password is sent and no process started: a session cookie costs a millisecond, a sign-in through the form half a
second.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.auth.hashers import MD5PasswordHasher
from django.contrib.auth.models import Group, User
from django.core import signing
from django.db import connection
from django.db.models import Model
from django.test import Client
from django.utils import timezone
from django.utils.crypto import get_random_string, salted_hmac

from contacts_ui.models import Preferences, ProfileAccess, Session
from contacts_ui.sign_in.hashed_sessions import KEY_LENGTH, stored_key
from testing.desk_template import PASSWORD

if TYPE_CHECKING:
    from testing.running_desk import Desk

BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
_SESSION_SALT = "django.contrib.sessions.SessionStore"
_HASH_SALT = "django.contrib.auth.models.AbstractBaseUser.get_session_auth_hash"


def insert(desk: Desk, *rows: Model) -> None:
    """Inserts rows through `desk.sql`: Django's connection here is the test process's own database."""
    for row in rows:
        fields = [field for field in row._meta.local_concrete_fields if not (field.primary_key and row.pk is None)]
        values = [field.get_db_prep_save(field.pre_save(row, add=True), connection) for field in fields]
        names, places = ", ".join(str(field.column) for field in fields), ", ".join("?" * len(fields))
        desk.sql(f"INSERT INTO {row._meta.db_table} ({names}) VALUES ({places})", *values)  # noqa: S608  # names from Django's models


def user_id(desk: Desk, username: str) -> int:
    """Id of an existing user."""
    return int(desk.sql("SELECT id FROM auth_user WHERE username = ?", username)[0][0])


def proof_records(number: int) -> dict[str, Any]:
    """Session data of a user with this id who proved a moment ago who they are, with a second factor if they have one.

    A running desk is used for longer than a proof lasts, so its time lies ahead.
    """
    at = time.time() + 12 * 3600
    records = [{"method": method, "at": at, "reauthenticated": True} for method in ("password", "mfa")]
    return {"account_authentication_methods": records, "account_authentication_methods_user": str(number)}


def create_session(desk: Desk, username: str, *, proven: bool = True, **data: Any) -> str:
    """Creates a session; returns the value of its cookie. `data` is stored in the session too.

    `proven`: it may do what needs a proof of a few minutes ago (contacts_ui/sign_in/step_up.py).
    """
    ((number, password),) = desk.sql("SELECT id, password FROM auth_user WHERE username = ?", username)
    key, session = _session(number, password, desk.secret_key, (proof_records(number) if proven else {}) | data)
    insert(desk, session)
    return key


def sign_in(client: Client, user: User, *, proven: bool = True) -> Client:
    """Signs a test client in, as `create_session` does on a running desk. Neither signals nor a row of the audit log.

    `force_login` and `prove` cost 4 ms in each of thousands of tests, this one. Cost: two queries.
    """
    User.objects.filter(pk=user.pk).update(last_login=timezone.now())
    key, session = _session(user.pk, user.password, settings.SECRET_KEY, proof_records(user.pk) if proven else {})
    session.save(force_insert=True)
    client.cookies[settings.SESSION_COOKIE_NAME] = key
    return client


def give_role(user: User, role: str) -> None:
    """Adds a new user to a group. Without signals: their row in the audit log costs a millisecond."""
    User.groups.through(user=user, group=Group.objects.get(name=role)).save(force_insert=True)


def _session(number: int, password: str, secret: str, more: dict[str, Any]) -> tuple[str, Session]:
    """Key and row of a session of the user with this id and password hash; `more` is stored in it too."""
    digest = salted_hmac(_HASH_SALT, password, secret=secret, algorithm="sha256").hexdigest()
    data = {SESSION_KEY: str(number), BACKEND_SESSION_KEY: BACKEND, HASH_SESSION_KEY: digest} | more
    content = signing.dumps(data, key=secret, salt=_SESSION_SALT, compress=True)
    key = get_random_string(KEY_LENGTH, "abcdefghijklmnopqrstuvwxyz0123456789")
    end = timezone.now() + timedelta(hours=12)
    return key, Session(session_key=stored_key(key), session_data=content, expire_date=end, user_id=number)


def create_account(desk: Desk, username: str, role: str | None = None, **fields: Any) -> None:
    """Creates a user with PASSWORD and a role; `fields` are fields of the user."""
    password = MD5PasswordHasher().encode(PASSWORD, get_random_string(22))
    insert(desk, User(username=username, password=password, **fields))
    if role is not None:
        ((group,),) = desk.sql("SELECT id FROM auth_group WHERE name = ?", role)
        insert(desk, User.groups.through(user_id=user_id(desk, username), group_id=group))


def assign_profiles(desk: Desk, username: str, profile_ids: Iterable[str]) -> None:
    """Replaces the profile assignments of a user."""
    number = user_id(desk, username)
    desk.sql("DELETE FROM contacts_ui_profileaccess WHERE user_id = ?", number)
    insert(desk, *(ProfileAccess(user_id=number, profile_id=UUID(profile)) for profile in profile_ids))


def prove(client: Client, user: User) -> Client:
    """Gives a test client's session the proof that the user is still the same person, as if given a moment ago."""
    session = client.session
    session.update(proof_records(user.pk))
    session.save()
    return client


@contextmanager
def preferences(desk: Desk, username: str, **values: Any) -> Iterator[None]:
    """Sets the preferences of a user until the block ends, then deletes them."""
    number = user_id(desk, username)
    delete = "DELETE FROM contacts_ui_preferences WHERE user_id = ?"
    desk.sql(delete, number)
    insert(desk, Preferences(user_id=number, **values))
    try:
        yield
    finally:
        desk.sql(delete, number)
