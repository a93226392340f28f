"""Log lines as JSON, one a line, without what a request object would give away."""

from __future__ import annotations

from pythonjsonlogger.core import RESERVED_ATTRS
from pythonjsonlogger.json import JsonFormatter as BaseFormatter

# Django hangs the request on its records, and a request's repr holds the query string: numbers.
_LEFT_OUT = [*RESERVED_ATTRS, "request", "status_code", "server_time"]


class JsonFormatter(BaseFormatter):
    """Time, level, logger and event, then the record's own fields."""

    def __init__(self) -> None:
        super().__init__(
            "{asctime}{levelname}{name}{message}",
            style="{",
            rename_fields={"asctime": "time", "levelname": "level", "name": "logger", "message": "event"},
            reserved_attrs=_LEFT_OUT,
        )
