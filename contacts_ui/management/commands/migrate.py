"""`manage.py migrate`, one at a time: several hosts of a deploy may all start with it, and the first one does the work.

An advisory lock of PostgreSQL, on the connection that migrates, or a lock on a file beside an SQLite database. Both end
with the process, however it ends. Cost: one statement.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.core.management.commands import migrate
from django.db import connections

LOCK_NUMBER = 6_237_481_905_113  # of the advisory lock: any that no other program uses in this database
LOOK_SECONDS = 0.5  # between two tries


class Command(migrate.Command):
    """Django's command, under a lock."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Waits for a migration that another process is at, then migrates what is left."""
        with self._alone(options["database"]):
            super().handle(*args, **options)

    @contextmanager
    def _alone(self, database: str) -> Iterator[None]:
        connection: Any = connections[database]
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                self._wait_until(lambda: _taken(cursor))
            try:
                yield
            finally:
                with connection.cursor() as cursor:
                    cursor.execute("SELECT pg_advisory_unlock(%s)", [LOCK_NUMBER])
        elif connection.is_in_memory_db():
            yield
        else:
            with Path(f"{connection.settings_dict['NAME']}.migrate-lock").open("a") as file:
                self._wait_until(lambda: _locked(file.fileno()))
                yield

    def _wait_until(self, taken: Callable[[], bool]) -> None:
        if taken():
            return
        self.stderr.write("Another process is migrating this database. Waiting for it.")
        while not taken():
            time.sleep(LOOK_SECONDS)


def _taken(cursor: Any) -> bool:
    cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK_NUMBER])
    return bool(cursor.fetchone()[0])


def _locked(file: int) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
