"""Response cache: structs in Django's cache, as msgpack where it is not in memory, invalidated a scope at a time."""

from __future__ import annotations

import logging
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import redis
from django.core.cache.backends.base import BaseCache
from django.db import DatabaseError

from contacts_ui.sealing.caches import MemoryCache
from contacts_ui.sealing.redis_circuit import RedisResting

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
    """A cache of structs. `ttl` is in seconds. One that does not answer is logged, and `substitute` does meanwhile: the
    memory of this process, emptied when the cache answers again, because others may have changed that since. What was
    deleted or invalidated meanwhile is made up for first.

    In memory every reader has the struct itself, so all its fields must be immutable.
    """

    def __init__(self, cache: BaseCache, ttl: float, substitute: MemoryCache | None = None) -> None:
        self._cache, self._ttl, self._in_memory = cache, ttl, isinstance(cache, MemoryCache)
        self._substitute = ResponseCache(substitute, ttl) if substitute is not None else None
        self._substituted = False  # since the cache last answered
        self._invalidated: dict[str, float | None] = {}  # meanwhile, and when; None for what was deleted

    def get(self, key: str, result_type: type[T], invalidated_at_key: str | None = None) -> T | None:
        """The value under `key`, unless its scope was invalidated after it was stored."""
        wanted = [key] if invalidated_at_key is None else [key, invalidated_at_key]
        try:
            if self._substituted:
                self._make_up()
            found: dict[str, Any] = self._cache.get_many(wanted)
        except CACHE_ERRORS as error:
            away = self._away(error)
            return away.get(key, result_type, invalidated_at_key) if away else None
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
            self._cache.set(key, _Held(now, value), ttl or self._ttl)
            return
        try:
            body = msgspec.msgpack.encode(value)
        except (OverflowError, ValueError):  # a time at the end of time: it can be shown, but not stored
            return
        try:
            self._cache.set(key, (now, body), ttl or self._ttl)
        except CACHE_ERRORS as error:
            if away := self._away(error):
                away.set(key, value, ttl)

    def invalidate_scope(self, key: str) -> None:
        """Nothing stored before now under the scope of this `scope_invalidated_at` key is served any more."""
        now = datetime.now(UTC).timestamp()
        try:
            self._cache.set(key, now, self._ttl)
        except CACHE_ERRORS as error:
            if away := self._away(error):
                away.invalidate_scope(key)
                self._invalidated[key] = now

    def try_lock(self, key: str, ttl: float) -> bool:
        """Takes a lock that expires by itself: False when somebody holds it. Without a cache everyone gets it."""
        try:
            return bool(self._cache.add(key, 1, ttl))
        except CACHE_ERRORS:
            return True

    def unlock(self, key: str) -> None:
        """Gives a lock back. Where that fails it expires."""
        with suppress(*CACHE_ERRORS):
            self._cache.delete(key)

    def delete(self, key: str) -> None:
        """Removes it."""
        try:
            self._cache.delete(key)
        except CACHE_ERRORS as error:
            if away := self._away(error):
                away.delete(key)
                self._invalidated[key] = None

    def _away(self, error: Exception) -> ResponseCache | None:
        """What does while the cache does not answer, if there is something."""
        if not isinstance(error, RedisResting):
            log.warning("gateway.cache.unreachable")
        self._substituted = self._substitute is not None
        return self._substitute

    def _make_up(self) -> None:
        """Does what the cache has missed, and forgets what was kept instead. Raises CACHE_ERRORS while it is away."""
        for key, at in list(self._invalidated.items()):
            if at is None:
                self._cache.delete(key)
            else:
                self._cache.set(key, at, self._ttl)
            self._invalidated.pop(key, None)
        self._cache.get_many(["answers"])
        self._substituted = False
        if self._substitute is not None:
            self._substitute._cache.clear()
