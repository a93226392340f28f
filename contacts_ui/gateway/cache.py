"""Answers kept for a while, through Django's cache, under keys in which nothing can be read."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
import redis
from django.core.cache.backends.base import BaseCache
from django.db import DatabaseError

log = logging.getLogger(__name__)

UNREACHABLE = (redis.RedisError, DatabaseError)

T = TypeVar("T")


class Shelf:
    """Structs in the cache, as msgpack. A cache that does not answer is an empty one, and is said in the log."""

    def __init__(self, cache: BaseCache, seconds: float) -> None:
        self._cache, self._seconds = cache, seconds

    def get(self, key: str, kind: type[T], closed: str | None = None) -> T | None:
        """What is kept under `key`, unless everything of its scope was closed since."""
        wanted = [key] if closed is None else [key, closed]
        try:
            found: dict[str, Any] = self._cache.get_many(wanted)
        except UNREACHABLE:
            log.warning("gateway.cache.unreachable")
            return None
        if key not in found:
            return None
        kept_at, body = found[key]
        if closed is not None and found.get(closed, 0.0) >= kept_at:
            return None
        try:
            return msgspec.msgpack.decode(body, type=kind)
        except msgspec.MsgspecError:  # kept by another version of the desk
            return None

    def put(self, key: str, value: object, seconds: float | None = None) -> None:
        """Keeps `value` for the shelf's own time or for `seconds`."""
        try:
            body = msgspec.msgpack.encode(value)
        except (OverflowError, ValueError):  # a time at the end of time: it can be shown, but not kept
            return
        self._set(key, (datetime.now(UTC).timestamp(), body), seconds or self._seconds)

    def close(self, key: str) -> None:
        """Nothing kept before now under the scope of this `closed` key is shown any more."""
        self._set(key, datetime.now(UTC).timestamp(), self._seconds)

    def first(self, key: str, seconds: float) -> bool:
        """Whether nobody came first with this key within `seconds`. Without a cache everyone is first."""
        try:
            return bool(self._cache.add(key, 1, seconds))
        except UNREACHABLE:
            return True

    def drop(self, keys: Iterable[str]) -> None:
        """Forgets these."""
        try:
            self._cache.delete_many(keys)
        except UNREACHABLE:
            log.warning("gateway.cache.unreachable")

    def _set(self, key: str, value: object, seconds: float) -> None:
        try:
            self._cache.set(key, value, seconds)
        except UNREACHABLE:
            log.warning("gateway.cache.unreachable")
