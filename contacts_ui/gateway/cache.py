"""Answers kept for a while, through Django's cache, under keys in which nothing can be read."""

from __future__ import annotations

import hashlib
import hmac
import logging
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import UUID

import msgspec
import redis
from django.core.cache.backends.base import BaseCache
from django.db import DatabaseError

from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery

log = logging.getLogger(__name__)

UNREACHABLE = (redis.RedisError, DatabaseError)

T = TypeVar("T")


class Keys:
    """Cache keys: an HMAC over the API key's fingerprint, the scope and the question.

    So no number is readable in them, no two scopes share one, and another key or secret finds nothing.
    """

    def __init__(self, secret: str, api_key: str) -> None:
        self._secret = hashlib.sha256(f"contacts cache|{secret}".encode()).digest()
        self.fingerprint = self._digest("fingerprint", api_key)[:16]

    def page(self, scope: Scope, query: ContactQuery) -> str:
        """For one page of contacts."""
        return self._key("page", scope, *(part for pair in query.params() for part in pair))

    def contact(self, scope: Scope, contact_id: UUID) -> str:
        """For one contact."""
        return self._key("contact", scope, str(contact_id))

    def messages(self, scope: Scope, contact_id: UUID) -> str:
        """For what was sent to one contact."""
        return self._key("messages", scope, str(contact_id))

    def regions(self, scope: Scope) -> str:
        """For the regions seen in a scope."""
        return self._key("regions", scope)

    def reading(self, user_id: int, text: str) -> str:
        """For how a text that a user searched was read."""
        return f"reading:{self._digest('reading', str(user_id), text)}"

    def mark(self, text: str) -> str:
        """To know a text again by, without keeping it."""
        return self._digest("mark", text)

    def closed(self, scope: Scope) -> str:
        """For the moment since which nothing older of this scope may be shown."""
        return self._key("closed", scope)

    def refresh(self, user_id: int) -> str:
        """For a user's last refresh."""
        return f"refresh:{self._digest(str(user_id))[:32]}"

    def account(self) -> str:
        """For the answer of /v3/me."""
        return f"account:{self._digest('account')[:32]}"

    def _key(self, kind: str, scope: Scope, *parts: str) -> str:
        return f"{kind}:{self._digest(kind, self.fingerprint, scope.profile_id or 'account', *parts)}"

    def _digest(self, *parts: str) -> str:
        return hmac.new(self._secret, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()


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
