"""Full disk: the one error of the database after which trying again makes it worse."""

from __future__ import annotations

from django.db import DatabaseError

_SQLITE, _POSTGRES_STATE = "database or disk is full", "53100"


def is_disk_full(error: BaseException | None) -> bool:
    """Whether the database refused a write because it had no room, whichever error was made of it."""
    while error is not None:
        if isinstance(error, DatabaseError) and _SQLITE in str(error):
            return True
        if getattr(error, "sqlstate", None) == _POSTGRES_STATE:
            return True
        error = error.__cause__
    return False
