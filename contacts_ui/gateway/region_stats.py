"""Region statistics: the regions of a scope's numbers, counted from its answers. No number is stored."""

from __future__ import annotations

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
    """How many contacts each region has, and which have most, most frequent first."""

    counts: tuple[tuple[str, int], ...]
    top: tuple[str, ...]


class RegionStats:
    """One count a scope, in the cache. What another thread counts at the same moment may be lost: it is a hint."""

    def __init__(self, cache: ResponseCache, keys: CacheKeys) -> None:
        self._cache, self._keys = cache, keys

    def record(self, scope: Scope, contacts: Iterable[Contact]) -> None:
        """Counts the regions of an answer."""
        regions = [contact.region_code.upper() for contact in contacts if contact.region_code]
        if not regions:
            return
        key = self._keys.regions(scope)
        stored = self._cache.get(key, _RegionCounts)
        counts = dict(stored.counts if stored else ())
        for region in regions:
            counts[region] = counts.get(region, 0) + 1
        if sum(counts.values()) > DECAY_ABOVE:
            counts = {region: count // 2 for region, count in counts.items() if count > 1}
        top = tuple(sorted(counts, key=counts.__getitem__, reverse=True)[:TOP_REGIONS])
        self._cache.set(key, _RegionCounts(tuple(counts.items()), top), TTL)

    def top(self, scope: Scope) -> tuple[str, ...]:
        """The most frequent regions, most frequent first. Empty for a scope without any answer yet."""
        stored = self._cache.get(self._keys.regions(scope), _RegionCounts)
        return stored.top if stored else ()
