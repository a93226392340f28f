"""JSON logs: one line a record, redacted as the last step."""

from __future__ import annotations

import logging
import sys
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

from django.conf import settings
from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as BaseFormatter

from .redaction import redact

# Django hangs the request on its records, and a request's repr holds the query string: numbers.
_LEFT_OUT = [*RESERVED_ATTRS, "request", "status_code", "server_time"]
_OWN = ("time", "level")  # made here, from a clock and a list
_SECRETS = ("SENT_API_KEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "AUDIT_KEY", "AUDIT_KEY_FALLBACKS")
_MORE_SECRETS = ("EMAIL_HOST_PASSWORD",)
_URLS = ("CACHE_URL", "EMAIL_URL")  # which may hold a password


class JsonFormatter(BaseFormatter):
    """Time, level, logger and event, then the record's own fields. The very last step, so that nothing passes it by."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger", "message": "event"},
            reserved_attrs=_LEFT_OUT,
        )

    def process_log_record(self, log_data: dict[str, Any]) -> dict[str, Any]:
        """The line without what must never be written: message, fields of any depth, traceback."""
        own = {name: log_data.get(name) for name in _OWN}
        rest = {name: value for name, value in log_data.items() if name not in own}
        return own | redact(rest, secret_values())  # type: ignore[no-any-return]  # a dictionary stays one


class StdoutHandler(logging.StreamHandler[Any]):
    """Writes to stdout. A record that cannot be written is named, never shown: logging itself would print it whole."""

    def __init__(self) -> None:
        super().__init__(sys.stdout)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802  # logging's name
        """One line about the record, without its words."""
        kind = sys.exc_info()[0]
        try:
            failed = f'{{"level": "ERROR", "logger": "{__name__}", "event": "log.unwritable", "line": {record.lineno}'
            sys.stderr.write(f'{failed}, "error": "{kind.__name__ if kind else ""}"}}\n')
        except OSError:
            return


def secret_values() -> frozenset[str]:
    """The values of all settings that are secret, and the passwords within others."""
    named = [getattr(settings, name, None) for name in (*_SECRETS, *_MORE_SECRETS)]
    databases = [database.get("PASSWORD") for database in settings.DATABASES.values()]
    providers = settings.SOCIALACCOUNT_PROVIDERS.values()
    clients = [app.get("secret") for provider in providers for app in provider.get("APPS", ())]
    urls = [getattr(settings, name, None) for name in _URLS]
    return _passwords(_flatten([*named, *databases, *clients]), _flatten(urls))


@lru_cache(maxsize=8)
def _passwords(plain: tuple[str, ...], urls: tuple[str, ...]) -> frozenset[str]:
    passwords = (urlsplit(url).password or "" for url in urls)
    return frozenset(filter(None, (*plain, *(unquote(password) for password in passwords))))


def _flatten(values: list[Any]) -> tuple[str, ...]:
    """The texts among `values`, those in lists (fallbacks) included."""
    lists = (value if isinstance(value, list | tuple) else [value] for value in values)
    return tuple(str(value) for value in chain.from_iterable(lists) if value)
