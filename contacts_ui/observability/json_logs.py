"""JSON logs: one line for each record, redacted as the last step."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from functools import lru_cache
from itertools import chain
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from django.conf import settings
from django.core.signals import setting_changed

from .redaction import Redactor

# A record's own attributes; and of Django's the request, whose repr contains the query string, and so phone numbers.
_LEFT_OUT = frozenset(
    {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName", "request", "status_code", "server_time"}
)
_SECRETS = ("SENT_API_KEY", "SECRET_KEY", "SECRET_KEY_FALLBACKS", "AUDIT_KEY", "AUDIT_KEY_FALLBACKS")
_MORE_SECRETS = ("DATA_KEY", "DATA_KEY_FALLBACKS", "EMAIL_HOST_PASSWORD", "METRICS_TOKEN")
_URLS = ("CACHE_URL", "EMAIL_URL")  # may contain a password


class JsonFormatter(logging.Formatter):
    """Time, level, logger and event, then the record's own fields. Redaction is the last step: nothing bypasses it."""

    def format(self, record: logging.LogRecord) -> str:
        """The record as one line, with its message, fields of any depth and traceback redacted."""
        fields = {"logger": record.name, "event": record.getMessage()}
        fields |= {name: value for name, value in vars(record).items() if name not in _LEFT_OUT}
        if traceback := self.formatException(record.exc_info) if record.exc_info else record.exc_text:
            fields["exc_info"] = traceback
        if record.stack_info:
            fields["stack_info"] = self.formatStack(record.stack_info)
        # Set here, so they need no redaction.
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")  # RFC 3339
        own = {"time": time, "level": record.levelname}
        return _json(own | redactor().fields(fields))


def _json(fields: Mapping[str, Any]) -> str:
    """JSON in ASCII alone: no terminal acts on it. msgspec is many times faster, but writes UTF-8, and no surrogate."""
    with suppress(TypeError, UnicodeEncodeError):
        line = msgspec.json.encode(fields)
        if line.isascii():
            return line.decode()
    return json.dumps(fields, separators=(",", ":"))


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


@lru_cache(maxsize=1)
def redactor() -> Redactor:
    """The redactor that knows the secrets of the settings."""
    return Redactor(secret_values())


setting_changed.connect(lambda **_: redactor.cache_clear(), weak=False)  # by tests alone


def secret_values() -> frozenset[str]:
    """The values of all secret settings, those in lists (fallbacks) included, and the passwords within URLs."""
    named = [getattr(settings, name, None) for name in (*_SECRETS, *_MORE_SECRETS)]
    databases = [database.get("PASSWORD") for database in settings.DATABASES.values()]
    providers = settings.SOCIALACCOUNT_PROVIDERS.values()
    clients = [app.get("secret") for provider in providers for app in provider.get("APPS", ())]
    lists = (value if isinstance(value, list | tuple) else (value,) for value in (*named, *databases, *clients))
    urls = (getattr(settings, name, None) for name in _URLS)
    passwords = (unquote(urlsplit(url).password or "") for url in urls if url)
    return frozenset(filter(None, (*map(str, filter(None, chain.from_iterable(lists))), *passwords)))
