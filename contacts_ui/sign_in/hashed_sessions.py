"""Session engine: the cookie holds a random key, the database its hash, so that reading the database opens no session.

SESSION_ENGINE. Otherwise Django's own engine, extended as its documentation has it: a row says whose it is. The hash is
a plain SHA-256: a key has 165 random bits, so nobody can try them all. A hash in a cookie is hashed again, or it would
be a key itself.
"""

from __future__ import annotations

import hashlib
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.utils import timezone
from django.utils.http import base36_to_int

from contacts_ui.models import Session
from contacts_ui.principal import Principal, read_session

from .allauth_compat import LOGIN_SESSION_KEY

KEY_LENGTH = 32  # characters, from Django's engine
STORED_LENGTH = 40  # characters, all that the columns of Django and django-allauth take: 160 bits


def stored_key(key: str) -> str:
    """What the database holds for the key of a cookie."""
    return hashlib.sha256(key.encode()).hexdigest()[:STORED_LENGTH]


def owner_ids(data: dict[str, Any]) -> tuple[int | None, int | None]:
    """Who is signed in by this session data, and whose sign-in waits in it for its second step."""
    user, waiting = data.get(SESSION_KEY), (data.get(LOGIN_SESSION_KEY) or {}).get("user_pk")
    return int(user) if user else None, base36_to_int(waiting) if waiting else None


class SessionStore(DatabaseSessionStore):
    """Session of one cookie, whose key is always hashed before it is looked up.

    `exists` and `delete` also take what is stored, as django-allauth lists it: neither opens a session. `principal` is
    who was signed in when it was loaded.
    """

    principal: Principal | None = None

    @classmethod
    def get_model_class(cls) -> type[AbstractBaseSession]:
        """The desk's own table."""
        return Session

    def load(self) -> dict[str, Any]:
        """The data of a session that has not expired; else empty, and the next save makes another key.

        Empty too when its columns name other people than its data: their sessions are ended by those columns.
        Cost: one query, which brings the principal as well.
        """
        key = self.session_key or ""
        # As stored_key, without one more call in every request.
        stored = hashlib.sha256(key.encode()).hexdigest()[:STORED_LENGTH]
        session = read_session(stored, timezone.now())
        data = self.decode(session.data) if session else {}
        if session is None or owner_ids(data) != (session.user_id, session.waiting_id):
            self._session_key = None
            return {}
        self.principal = session.principal
        return data

    def exists(self, session_key: str) -> bool:
        """True when there is such a session, expired or not."""
        return super().exists(_stored(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to save."""
        session = cast("Session", super().create_model_instance(data))
        session.session_key = stored_key(session.session_key)
        session.user_id, session.waiting_id = owner_ids(data)
        return session

    def delete(self, session_key: str | None = None) -> None:
        """Deletes a session, this one by default."""
        if session_key is not None:
            super().delete(_stored(session_key))
        elif self.session_key is not None:
            super().delete(stored_key(self.session_key))

    # Django's asynchronous methods look for the key itself.
    async def aload(self) -> dict[str, Any]:
        return await sync_to_async(self.load)()

    async def aexists(self, session_key: str) -> bool:
        return await sync_to_async(self.exists)(session_key)

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        return await sync_to_async(self.create_model_instance)(data)

    async def adelete(self, session_key: str | None = None) -> None:
        await sync_to_async(self.delete)(session_key)


def _stored(key: str) -> str:
    """The hash of a key; a hash as it is."""
    return key if len(key) == STORED_LENGTH else stored_key(key)
