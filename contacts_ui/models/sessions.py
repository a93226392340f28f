"""Sessions, with the person whose they are."""

from __future__ import annotations

from importlib import import_module
from typing import cast

from django.conf import settings
from django.contrib.sessions.backends.db import SessionStore
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models


class Session(AbstractBaseSession):
    """The session of one browser. `session_key` is the hash of its cookie's.

    `user` is who is signed in, `waiting` who has shown a password and not yet the second factor: the columns repeat
    what `session_data` holds sealed, so that a person's sessions are found without reading everybody's. A session whose
    columns say something else opens nothing. No constraint in the database: saving the session of a person who was
    deleted a moment ago is no error.
    """

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, db_constraint=False, related_name="+"
    )
    waiting = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, null=True, db_constraint=False, related_name="+"
    )

    @classmethod
    def get_session_store_class(cls) -> type[SessionStore]:
        """The engine of the settings."""
        return cast("type[SessionStore]", import_module(settings.SESSION_ENGINE).SessionStore)
