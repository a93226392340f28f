"""Private files: what others on this host may read of `.env`, secrets and database stops the start.

A system check for every command that runs checks, and asked again by wsgi.py, which runs none. It looks at modes, not
at the folders above: a folder is opened to others more easily than one remembers what it holds.
"""

from __future__ import annotations

import os
import shlex
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import ImproperlyConfigured

_OTHERS = 0o077  # group and everyone, in any way
_OF_SQLITE = ("", "-wal", "-shm", "-journal")


def require_private_files() -> None:
    """Raises ImproperlyConfigured for the first file that others may read or write."""
    for sentence in _sentences():
        raise ImproperlyConfigured(sentence)


@checks.register(checks.Tags.security)
def _check(**_: Any) -> list[checks.CheckMessage]:
    return [checks.Error(sentence, id="desk.E001") for sentence in _sentences()]


def _sentences() -> Iterator[str]:
    for path in _paths():
        mode = _mode(path)
        if mode & _OTHERS:
            yield f"Others on this host can open {path} (mode {mode:04o}); run: chmod 600 {shlex.quote(str(path))}"


def _paths() -> Iterator[Path]:
    yield Path(settings.ENV_FILE)
    yield from settings.SECRET_FILES
    for database in settings.DATABASES.values():
        if database["ENGINE"].endswith("sqlite3"):
            yield from (Path(f"{database['NAME']}{end}") for end in _OF_SQLITE)


def _mode(path: Path) -> int:
    """Permission bits of a file; 0 for what is no file (a pipe, /dev/null, a database in memory) or not there."""
    try:
        found = os.stat(path)  # noqa: PTH116  # one call, and links are followed: the file behind one counts
    except OSError:
        return 0
    return stat.S_IMODE(found.st_mode) if stat.S_ISREG(found.st_mode) else 0
