"""JSON logs: one line for each record, redacted as the last step."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as BaseFormatter

from .redaction import redact

# Django attaches the request to its records; its repr contains the query string, and so phone numbers.
_LEFT_OUT = [*RESERVED_ATTRS, "request", "status_code", "server_time"]
_OWN = ("time", "level")  # set by this module, so they need no redaction
_SECRETS = ("SENT_API_KEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "AUDIT_KEY", "AUDIT_KEY_FALLBACKS")
_MORE_SECRETS = ("DATA_KEY", "DATA_KEY_FALLBACKS", "EMAIL_HOST_PASSWORD")
_URLS = ("CACHE_URL", "EMAIL_URL")  # may contain a password


class JsonFormatter(BaseFormatter):
    """Time, level, logger and event, then the record's own fields. Redaction is the last step: nothing bypasses it."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger", "message": "event"},
            reserved_attrs=_LEFT_OUT,
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The record with its message, fields of any depth and traceback redacted."""
        own = {name: log_data.get(name) for name in _OWN}
        rest = {name: value for name, value in log_data.items() if name not in own}
        return own | redact(rest, secret_values())  # type: ignore[no-any-return]  # a dictionary stays one

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:  # noqa: ARG002, N802  # logging's
        """When it was, as RFC 3339 has it: in UTC, and saying so."""
        return datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")


class StdoutHandler(logging.StreamHandler[Any]):
    """Writes to stdout. A record that cannot be written is reported by line only: logging would print its content."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """Writes one line about the record to stderr, without its content."""
        kind = sys.exc_info()[0]
        try:
            failed = f'{{"level": "ERROR", "logger": "{__name__}", "event": "log.unwritable", "line": {record.lineno}'
            sys.stderr.write(f'{failed}, "error": "{kind.__name__ if kind else ""}"}}\n')
        except OSError:
            return


def secret_values() -> frozenset[str]:
    """The values of all secret settings, those in lists (fallbacks) included, and the passwords within URLs."""
    named = [getattr(settings, name, None) for name in (*_SECRETS, *_MORE_SECRETS)]
    databases = [database.get("PASSWORD") for database in settings.DATABASES.values()]
    providers = settings.SOCIALACCOUNT_PROVIDERS.values()
    clients = [app.get("secret") for provider in providers for app in provider.get("APPS", ())]
    lists = (value if isinstance(value, list | tuple) else (value,) for value in (*named, *databases, *clients))
    urls = (getattr(settings, name, None) for name in _URLS)
    return _passwords(tuple(str(value) for value in chain.from_iterable(lists) if value), tuple(filter(None, urls)))


@lru_cache(maxsize=8)
def _passwords(plain: tuple[str, ...], urls: tuple[str, ...]) -> frozenset[str]:
    passwords = (urlsplit(url).password or "" for url in urls)
    return frozenset(filter(None, (*plain, *(unquote(password) for password in passwords))))
