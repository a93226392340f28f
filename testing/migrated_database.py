"""Migrated database: the tables of the desk in an SQLite file, made once in a run of tests and copied from then on.

Every worker and the template of the desks need the same tables, and migrating costs as much as fifty tests.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from filelock import FileLock

MEMORY = "file:tests?mode=memory&cache=shared"  # one database for all threads of a process


def migrated_database(folder: Path) -> Path:
    """The SQLite file in `folder`; who comes first migrates, in its own memory, while others wait."""
    file = folder / "migrated.sqlite3"
    with FileLock(folder / "migrated.lock"):
        if not file.exists():
            names = setup_databases(verbosity=0, interactive=False)
            with closing(sqlite3.connect(file)) as copy:
                connection.connection.backup(copy)
            teardown_databases(names, verbosity=0)
    return file


def use_copy_in_memory(file: Path) -> None:
    """Makes a copy of the file, in memory, the database of this process."""
    for database in (settings.DATABASES["default"], connection.settings_dict):
        database["NAME"] = MEMORY
    connection.connect()
    with closing(sqlite3.connect(file)) as migrated:
        migrated.backup(connection.connection)
