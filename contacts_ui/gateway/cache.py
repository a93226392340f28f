"""Response cache: structs in Django's cache, as msgpack where it is not in memory, invalidated a scope at a time."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import redis
from django.core.cache.backends.base import BaseCache
from django.db import DatabaseError

from contacts_ui.sealing.caches import MemoryCache

log = logging.getLogger(__name__)

CACHE_ERRORS = (redis.RedisError, DatabaseError)

# Lifetimes in seconds. Those of contacts and their pages are settings: SENT_FRESH_SECONDS and SENT_STALE_SECONDS.
ACCOUNT_TTL = 300.0  # /v3/me is fresh
ACCOUNT_REVALIDATE_TTL = 60.0  # the same, once something speaks against it (docs/decisions, 8)
ACCOUNT_STALE_TTL = 3600.0  # /v3/me may still be used when the API fails
ACCOUNT_RETRY_INTERVAL = 10.0  # until a failed /v3/me is tried again
MESSAGE_SUMMARY_TTL = 60.0  # a contact's message summary is fresh

T = TypeVar("T")


class _Held(msgspec.Struct, frozen=True):
    """A value in the memory of this process, and when it was stored."""

    stored_at: float
    value: Any


class ResponseCache:
    """A cache of structs. One that does not answer counts as empty, and is logged. `ttl` is in seconds.

    In memory every reader has the struct itself, so all its fields must be immutable.
    """

    def __init__(self, cache: BaseCache, ttl: float) -> None:
        self._cache, self._ttl, self._in_memory = cache, ttl, isinstance(cache, MemoryCache)

    def get(self, key: str, result_type: type[T], invalidated_at_key: str | None = None) -> T | None:
        """The value under `key`, unless its scope was invalidated after it was stored."""
        wanted = [key] if invalidated_at_key is None else [key, invalidated_at_key]
        try:
            found: dict[str, Any] = self._cache.get_many(wanted)
        except CACHE_ERRORS:
            log.warning("gateway.cache.unreachable")
            return None
        if key not in found:
            return None
        held = found[key]
        stored_at, body = (held.stored_at, held.value) if isinstance(held, _Held) else held
        if invalidated_at_key is not None and found.get(invalidated_at_key, 0.0) >= stored_at:
            return None
        try:
            return body if isinstance(body, result_type) else msgspec.msgpack.decode(body, type=result_type)
        except msgspec.MsgspecError:  # stored by another version of the desk
            return None

    def set(self, key: str, value: object, ttl: float | None = None) -> None:
        """Stores `value` for `ttl` seconds, by default the cache's own."""
        now = datetime.now(UTC).timestamp()
        if self._in_memory:
            self._write(key, _Held(now, value), ttl or self._ttl)
            return
        try:
            body = msgspec.msgpack.encode(value)
        except (OverflowError, ValueError):  # a time at the end of time: it can be shown, but not stored
            return
        self._write(key, (now, body), ttl or self._ttl)

    def invalidate_scope(self, key: str) -> None:
        """Nothing stored before now under the scope of this `scope_invalidated_at` key is served any more."""
        self._write(key, datetime.now(UTC).timestamp(), self._ttl)

    def try_lock(self, key: str, ttl: float) -> bool:
        """Takes a lock that expires by itself: False when somebody holds it. Without a cache everyone gets it."""
        try:
            return bool(self._cache.add(key, 1, ttl))
        except CACHE_ERRORS:
            return True

    def delete(self, keys: Iterable[str]) -> None:
        """Removes these."""
        try:
            self._cache.delete_many(keys)
        except CACHE_ERRORS:
            log.warning("gateway.cache.unreachable")

    def _write(self, key: str, value: object, ttl: float) -> None:
        try:
            self._cache.set(key, value, ttl)
        except CACHE_ERRORS:
            log.warning("gateway.cache.unreachable")
