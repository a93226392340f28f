"""Start of a process of the desk: private files, and one sentence for a setting that cannot be right."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ImproperlyConfigured

# As in sysexits.h (EX_CONFIG): tells the launcher that the sentence has been printed.
BAD_SETTING = 78


def keep_files_private() -> None:
    """Files that this process makes, and SQLite beside the database, are readable by its user alone."""
    os.umask(0o077)


@contextmanager
def explained() -> Iterator[None]:
    """Prints a refused setting as one sentence in place of a traceback, and ends the process."""
    try:
        yield
    except ImproperlyConfigured as error:
        print(f"Contact Desk did not start: {error}", file=sys.stderr, flush=True)  # noqa: T201  # before any logging
        raise SystemExit(BAD_SETTING) from None
