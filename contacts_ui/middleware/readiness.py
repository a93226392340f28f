"""Readiness: what a host needs to serve, and what it does without for a while, each with a reason, within two seconds.

Without its database, or with one that takes no writes or is not migrated, a host is not ready. Redis, the worker and
the key are told, and change nothing: all hosts miss them at once, and a load balancer would be left with none
(docs/decisions, 49). Cost: four queries a second at most, no API call.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass

import redis
from django.conf import settings
from django.core.cache import caches
from django.db import DatabaseError, InterfaceError, connection, transaction
from django.db.migrations.executor import MigrationExecutor

from contacts_ui.gateway import get_gateway
from contacts_ui.observability.worker_seen import SILENT_SECONDS, seconds_since_worker

WAIT_SECONDS = 1.5  # for an answer of the database
REUSE_SECONDS = 1.0  # everybody may ask, so nobody makes the database work more often than this
OK, UNKNOWN = "ok", "not looked at"
_SQLITE_WAIT_MS, _SQLITE_USUAL_MS = 1_000, 20_000  # for a lock; the latter as in the settings


@dataclass(frozen=True, slots=True)
class Readiness:
    """What was found, each as OK or a reason. The first three decide."""

    database: str = UNKNOWN
    writes: str = UNKNOWN
    migrations: str = UNKNOWN
    cache: str = UNKNOWN
    worker: str = UNKNOWN
    key: str = UNKNOWN

    @property
    def ready(self) -> bool:
        """Whether this host can serve."""
        return self.database == self.writes == self.migrations == OK


class ReadinessCheck:
    """Looks once for all who ask at the same time, on a thread of its own, for a hanging database never comes back."""

    def __init__(self) -> None:
        self._lock, self._thread = threading.Lock(), ThreadPoolExecutor(1, thread_name_prefix="readiness")
        self._last: Future[Readiness] | None = None
        self._asked_at = 0.0

    def __call__(self) -> Readiness:
        """What is found now, or was within the last second."""
        if connection.vendor == "sqlite":  # a file does not hang
            return look()
        with self._lock:
            now = time.monotonic()
            if self._last is None or (self._last.done() and now > self._asked_at + REUSE_SECONDS):
                self._last, self._asked_at = self._thread.submit(_look_and_return_connection), now
            last = self._last
        try:
            return last.result(WAIT_SECONDS)
        except TimeoutError:
            return Readiness(database=f"no answer within {WAIT_SECONDS} seconds")


def _look_and_return_connection() -> Readiness:
    try:
        return look()
    finally:
        connection.close()


def look() -> Readiness:
    """Looks at everything; at nothing more where the database does not answer."""
    with _short_wait():
        database = _reason(_read)
        if database != OK:
            return Readiness(database=database)
        writes, migrations = _reason(_write), _reason(_require_migrations)
        worker = _reason(_require_worker) if migrations == OK else UNKNOWN
    return Readiness(database, writes, migrations, _reason(_require_cache), worker, _reason(_require_key))


class _NotOk(Exception):
    """A reason in words."""


def _reason(check: Callable[[], None]) -> str:
    try:
        check()
    except _NotOk as reason:
        return str(reason)
    except (DatabaseError, InterfaceError, redis.RedisError) as error:
        return f"no answer ({type(error).__name__})"
    return OK


@contextmanager
def _short_wait() -> Iterator[None]:
    """SQLite waits for a lock no longer than somebody waits for this."""
    if connection.vendor != "sqlite":
        yield
        return
    connection.ensure_connection()
    connection.connection.execute(f"PRAGMA busy_timeout={_SQLITE_WAIT_MS}")
    try:
        yield
    finally:
        connection.connection.execute(f"PRAGMA busy_timeout={_SQLITE_USUAL_MS}")


def _read() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _write() -> None:
    """Writes a row of the shared cache: a full disk and a replica that only reads refuse it."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO desk_cache (cache_key, value, expires) VALUES ('readiness', '', CURRENT_TIMESTAMP) "
            "ON CONFLICT (cache_key) DO UPDATE SET expires = excluded.expires"
        )


_migrated = threading.Event()


def _require_migrations() -> None:
    """Looked at until it holds once: a process runs one version all its life, and nobody migrates back under it."""
    if _migrated.is_set():
        return
    executor = MigrationExecutor(connection)
    if plan := executor.migration_plan(executor.loader.graph.leaf_nodes()):
        raise _NotOk(f"{len(plan)} not applied; run manage.py migrate")
    _migrated.set()


def _require_cache() -> None:
    caches["contacts"].get_many(["readiness"])


def _require_worker() -> None:
    seconds = seconds_since_worker()
    if seconds is None or seconds > SILENT_SECONDS:
        raise _NotOk("no background worker" if seconds is None else f"no background worker for {seconds:.0f} seconds")


def _require_key() -> None:
    if not settings.SENT_API_KEY or get_gateway().status().key_rejected:
        raise _NotOk("the messaging service rejected the API key")
