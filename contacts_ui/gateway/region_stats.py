"""Region statistics: the regions of a scope's numbers, counted from its answers. No number is stored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from contacts_ui.scope import Scope
from contacts_ui.sent_api.types import Contact

from .cache import ResponseCache
from .cache_keys import CacheKeys

TTL = 86_400.0  # seconds
TOP_REGIONS = 5
DECAY_ABOVE = 2_000  # contacts counted: above it all counts are halved, so that older ones fade


class _RegionCounts(msgspec.Struct, frozen=True):
    counts: tuple[tuple[str, int], ...]


class RegionStats:
    """One count a scope, in the cache. What another thread counts at the same moment may be lost: it is a hint."""

    def __init__(self, cache: ResponseCache, keys: CacheKeys) -> None:
        self._cache, self._keys = cache, keys

    def record(self, scope: Scope, contacts: Iterable[Contact]) -> None:
        """Counts the regions of an answer."""
        fresh = Counter(contact.region_code.upper() for contact in contacts if contact.region_code)
        if not fresh:
            return
        key = self._keys.regions(scope)
        counts = self._counts(key) + fresh
        if counts.total() > DECAY_ABOVE:
            counts = Counter({region: count // 2 for region, count in counts.items() if count > 1})
        self._cache.set(key, _RegionCounts(tuple(counts.items())), TTL)

    def top(self, scope: Scope) -> tuple[str, ...]:
        """The most frequent regions, most frequent first. Empty for a scope without any answer yet."""
        return tuple(region for region, _ in self._counts(self._keys.regions(scope)).most_common(TOP_REGIONS))

    def _counts(self, key: str) -> Counter[str]:
        stored = self._cache.get(key, _RegionCounts)
        return Counter(dict(stored.counts if stored else ()))
