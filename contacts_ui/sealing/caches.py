"""Cache backends of Django that never unpickle. What leaves the process is sealed, with its cache key and its end.

Whoever can write to the database or to Redis can make values disappear, but not make the desk run code, read a number,
believe a value of theirs or one of another key, or see one after its end. A value that does not open counts as absent
and is logged. The memory of the process holds plain values: the key is in the same memory.
Values may be None, booleans, numbers, texts, bytes, times, lists and dicts; a tuple comes back as a list. The memory
takes frozen structs too, whose fields must be immutable: all readers have the same object.
"""

from __future__ import annotations

import base64
import logging
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from django.core.cache.backends.base import DEFAULT_TIMEOUT, BaseCache
from django.core.cache.backends.db import DatabaseCache
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache, RedisCacheClient
from django.db import DatabaseError, connections, router, transaction
from msgspec import MsgspecError, Struct
from msgspec.msgpack import decode, encode

from .redis_circuit import GuardedRedis
from .sealer import SealError, sealer_for

log = logging.getLogger(__name__)

_ABSENT: Any = object()
_LAST = datetime.max.replace(microsecond=0, tzinfo=UTC)


class _OwnFormat(BaseCache):
    """The methods that Django's backends write for pickles, on top of `get_many` and `set`."""

    def get(self, key: str, default: Any = None, version: int | None = None) -> Any:
        """The value, or `default`."""
        return self.get_many([key], version=version).get(key, default)

    def set_many(
        self, data: Mapping[str, Any], timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None
    ) -> list[str]:
        """Stores these values, one by one."""
        for key, value in data.items():
            self.set(key, value, timeout, version=version)
        return []

    def touch(self, key: str, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Stores the value again with a new end; False when there is none."""
        value = self.get(key, _ABSENT, version=version)
        if value is _ABSENT:
            return False
        self.set(key, value, timeout, version=version)
        return True

    def incr(self, key: str, delta: int = 1, version: int | None = None) -> int:
        """Not atomic: reads and stores again, until the default timeout. Raises ValueError when there is no value."""
        return BaseCache.incr(self, key, delta, version=version)


class MemoryCache(_OwnFormat, LocMemCache):
    """Cache in the memory of this process: frozen structs as they are, anything else as msgpack."""

    _cache: Any
    _lock: Any
    _set: Any
    _has_expired: Any
    _delete: Any

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """The values there are, by key."""
        stored: dict[str, Any] = {}
        with self._lock:
            for key in keys:
                cache_key = self.make_and_validate_key(key, version=version)
                if self._has_expired(cache_key):
                    self._delete(cache_key)
                else:
                    stored[key] = self._cache[cache_key]
                    self._cache.move_to_end(cache_key, last=False)
        return {key: decode(value) if isinstance(value, bytes) else value for key, value in stored.items()}

    def add(self, key: str, value: object, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Stores the value unless there is one."""
        cache_key = self.make_and_validate_key(key, version=version)
        with self._lock:
            if not self._has_expired(cache_key):
                return False
            self._set(cache_key, encode(value), timeout)
            return True

    def set(self, key: str, value: object, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Stores the value: a frozen struct as it is, for no reader can change it; each decodes its own of all else."""
        cache_key = self.make_and_validate_key(key, version=version)
        stored = value if isinstance(value, Struct) and value.__struct_config__.frozen else encode(value)
        with self._lock:
            self._set(cache_key, stored, timeout)


class _Sealed(_OwnFormat):
    """Values are sealed for their cache key, together with their end."""

    store: str  # as the log names it

    def _pack(self, cache_key: str, value: object, timeout: float | None) -> bytes:
        """`timeout` in seconds, as Django has it; None for no end."""
        seconds = self.default_timeout if timeout is DEFAULT_TIMEOUT else timeout
        ends_at = None if seconds is None else time.time() + seconds
        return sealer_for("cache").seal(encode((ends_at, value)), cache_key.encode())

    def _unpack(self, cache_key: str, stored: bytes) -> Any:
        """The value; _ABSENT after its end, and when it was not sealed here for this key."""
        try:
            ends_at, value = decode(sealer_for("cache").open(stored, cache_key.encode()))
        except (SealError, MsgspecError):
            log.warning("cache.value.rejected", extra={"cache": self.store})
            return _ABSENT
        return value if ends_at is None or ends_at > time.time() else _ABSENT


class BytesSerializer:
    """Serializer of Django's Redis client that leaves bytes as they are."""

    def dumps(self, value: bytes) -> bytes:
        """`value` itself."""
        return value

    def loads(self, stored: bytes) -> bytes:
        """`stored` itself."""
        return stored


class _GuardedClient(RedisCacheClient):
    """Django's client, whose commands go through the circuit of Redis."""

    def __init__(self, servers: list[str], **options: Any) -> None:
        super().__init__(servers, **options)
        self._client = GuardedRedis


class SealedRedisCache(_Sealed, RedisCache):
    """Cache in Redis, which all processes of all hosts share. Raises RedisResting while Redis is left alone."""

    store = "redis"

    def __init__(self, server: str, params: dict[str, Any]) -> None:
        options = params.get("OPTIONS", {}) | {"serializer": BytesSerializer}
        super().__init__(server, params | {"OPTIONS": options})
        self._class = _GuardedClient

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """The values there are, by key."""
        stored = RedisCache.get_many(self, keys, version=version).items()
        values = {key: self._unpack(self.make_key(key, version=version), sealed) for key, sealed in stored}
        return {key: value for key, value in values.items() if value is not _ABSENT}

    def add(self, key: str, value: object, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> bool:
        """Stores the value unless there is one."""
        sealed = self._pack(self.make_key(key, version=version), value, timeout)
        return bool(RedisCache.add(self, key, sealed, timeout, version=version))

    def set(self, key: str, value: object, timeout: float | None = DEFAULT_TIMEOUT, version: int | None = None) -> None:
        """Stores the value."""
        sealed = self._pack(self.make_key(key, version=version), value, timeout)
        RedisCache.set(self, key, sealed, timeout, version=version)


class SealedDatabaseCache(_Sealed, DatabaseCache):
    """Cache in a table of the database (SQLite or PostgreSQL), which all processes share."""

    store = "database"
    _table: str
    _cull: Any
    _base_delete_many: Any

    def get_many(self, keys: Iterable[str], version: int | None = None) -> dict[str, Any]:
        """The values there are, by key. Those after their end, and those that do not open, are deleted."""
        wanted = {self.make_and_validate_key(key, version=version): key for key in keys}
        if not wanted:
            return {}
        connection = connections[router.db_for_read(self.cache_model_class)]
        table, marks = connection.ops.quote_name(self._table), ", ".join(["%s"] * len(wanted))
        with connection.cursor() as cursor:
            # Only the name of the table and marks are put into the statement.
            cursor.execute(f"SELECT cache_key, value FROM {table} WHERE cache_key IN ({marks})", list(wanted))  # noqa: S608
            rows = cursor.fetchall()
        values = {cache_key: self._unpack(cache_key, _from_text(text)) for cache_key, text in rows}
        self._base_delete_many([cache_key for cache_key, value in values.items() if value is _ABSENT])
        return {wanted[cache_key]: value for cache_key, value in values.items() if value is not _ABSENT}

    def _base_set(self, mode: str, key: str, value: object, timeout: float | None = DEFAULT_TIMEOUT) -> bool:
        """Stores a value in one statement; with `mode` "add" only where there is none. False when it did not."""
        db = router.db_for_write(self.cache_model_class)
        connection = connections[db]
        table, adapt = connection.ops.quote_name(self._table), connection.ops.adapt_datetimefield_value
        ends_at, now = self.get_backend_timeout(timeout), datetime.now(UTC).replace(microsecond=0)
        ends = _LAST if ends_at is None else datetime.fromtimestamp(int(ends_at), UTC)
        values = [key, base64.b64encode(self._pack(key, value, timeout)).decode(), adapt(ends)]
        statement = (
            f"INSERT INTO {table} (cache_key, value, expires) VALUES (%s, %s, %s) "  # noqa: S608  # as above
            "ON CONFLICT (cache_key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
        )
        if mode == "add":
            statement += f" WHERE {table}.expires < %s"
            values.append(adapt(now))
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT COUNT(*) FROM {table}")  # noqa: S608  # as above
            count = cursor.fetchone()[0]
            if count > self._max_entries:
                self._cull(db, cursor, now, count)
            try:
                with transaction.atomic(using=db):
                    cursor.execute(statement, values)
                    return bool(cursor.rowcount > 0)
            except DatabaseError:  # as in Django's own backend: a cache may forget
                return False


def _from_text(text: str) -> bytes:
    """The bytes of a column; none when it is no base64."""
    try:
        return base64.b64decode(text, validate=True)
    except ValueError:
        return b""
