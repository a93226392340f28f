"""Session engine: the cookie holds a random key, the database its hash, so that reading the database opens no session.

SESSION_ENGINE. Otherwise Django's own engine. The hash is a plain SHA-256: a key has 165 random bits, so nobody can try
them all. A hash in a cookie is hashed again, or it would be a key itself.
"""

from __future__ import annotations

import hashlib
from typing import Any, cast

from asgiref.sync import sync_to_async
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessionStore
from django.contrib.sessions.models import Session
from django.utils import timezone

KEY_LENGTH = 32  # characters, from Django's engine
STORED_LENGTH = 40  # characters, all that the columns of Django and django-allauth take: 160 bits


def stored_key(key: str) -> str:
    """What the database holds for the key of a cookie."""
    return hashlib.sha256(key.encode()).hexdigest()[:STORED_LENGTH]


class SessionStore(DatabaseSessionStore):
    """Session of one cookie, whose key is always hashed before it is looked up.

    `exists` and `delete` also take what is stored, as django-allauth lists it: neither opens a session.
    """

    def load(self) -> dict[str, Any]:
        """The data of a session that has not expired; else empty, and the next save makes another key."""
        key = self.session_key or ""
        # As stored_key, without one more call in every request.
        stored = hashlib.sha256(key.encode()).hexdigest()[:STORED_LENGTH]
        session = self.model.objects.filter(session_key=stored, expire_date__gt=timezone.now()).first()
        if session is None:
            self._session_key = None
            return {}
        return self.decode(session.session_data)

    def exists(self, session_key: str) -> bool:
        """True when there is such a session, expired or not."""
        return super().exists(_stored(session_key))

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """The row to save."""
        session = cast("Session", super().create_model_instance(data))
        session.session_key = stored_key(session.session_key)
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
