"""Connection limit: whether the database server takes as many connections as all hosts may open at once.

A system check of the database, so `migrate` asks it before every start, and `manage.py check --database default`.
Else the fourth host starts, and its pages fail on the first busy day. Cost: one query.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.core import checks

from .workers import WEB_WORKERS

TASK_CONNECTIONS = 2  # of a host's worker of background tasks: its own, and that of a thread it starts


def most_connections(hosts: int, pool_size: int) -> int:
    """Connections that all hosts may have open at once."""
    return hosts * (WEB_WORKERS * pool_size + TASK_CONNECTIONS)


@checks.register(checks.Tags.database)
def check_limit(databases: Iterable[str] | None = None, **_: Any) -> list[checks.CheckMessage]:
    """An error when PostgreSQL takes fewer. Nothing for SQLite, and while PostgreSQL does not answer."""
    from django.db import OperationalError, connections  # noqa: PLC0415  # settings.py imports this module

    connection = connections["default"]
    if "default" not in (databases or ()) or connection.vendor != "postgresql":
        return []
    try:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT current_setting('max_connections')::int"
                " - current_setting('superuser_reserved_connections')::int"
            )
            (limit,) = cursor.fetchone()
    except OperationalError:  # whoever asked is about to find out
        return []
    sentence = limit_sentence(limit, settings.DESK_HOSTS, settings.DATABASE_POOL_SIZE)
    return [checks.Error(sentence, id="desk.E002")] if sentence else []


def limit_sentence(limit: int, hosts: int, pool_size: int) -> str | None:
    """What is wrong, with the numbers and the largest pool that fits; None when all fit."""
    wanted = most_connections(hosts, pool_size)
    if wanted <= limit:
        return None
    fits = (limit // hosts - TASK_CONNECTIONS) // WEB_WORKERS
    advice = f"set DATABASE_POOL_SIZE={fits}, or " if fits >= 1 else ""
    each = f"{WEB_WORKERS} processes × {pool_size} (DATABASE_POOL_SIZE) + {TASK_CONNECTIONS} of the worker"
    return (
        f"The desk may open {wanted} connections, {hosts} (DESK_HOSTS) × ({each}), and PostgreSQL takes {limit}: "
        f"{advice}raise max_connections there"
    )
