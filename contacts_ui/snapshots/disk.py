"""Full disk: the one error of the database after which trying again makes it worse.

SQLite on a disk without room cannot even write that a task has failed, or that its rows are deleted: what fills it ends
while there is room for that.
"""

from __future__ import annotations

import shutil
from pathlib import Path

from django.db import DatabaseError, connection

LEAST_FREE = 16_000_000  # bytes: the write-ahead log of an ordinary day, and of the deletion of what a task has stored
_SQLITE, _POSTGRES_STATE = "database or disk is full", "53100"


class NoRoom(Exception):
    """There is so little room left that a task must not take more of it."""


def require_room() -> None:
    """Raises NoRoom before a task fills the disk. Cost: a call of the system's for SQLite, nothing for PostgreSQL."""
    if (free := free_bytes()) is not None and free < LEAST_FREE:
        raise NoRoom


def free_bytes() -> int | None:
    """The room where the database is; None for one in memory, or elsewhere."""
    file = Path(str(connection.settings_dict["NAME"]))
    return shutil.disk_usage(file).free if connection.vendor == "sqlite" and file.is_file() else None


def is_disk_full(error: BaseException | None) -> bool:
    """Whether there was no room for a write, whichever error was made of it."""
    while error is not None:
        if isinstance(error, NoRoom) or (isinstance(error, DatabaseError) and _SQLITE in str(error)):
            return True
        if getattr(error, "sqlstate", None) == _POSTGRES_STATE:
            return True
        error = error.__cause__
    return False
