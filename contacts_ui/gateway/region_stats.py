"""Which regions the numbers of a scope are of: counted from its answers, no number kept."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from contacts_ui.scope import Scope
from contacts_ui.sent_api.types import Contact

from .cache import Shelf
from .cache_keys import Keys

KEPT_SECONDS = 86_400.0
MOST = 5  # regions named
ENOUGH = 2_000  # contacts counted; then older ones fade


class _Seen(msgspec.Struct, frozen=True):
    counts: dict[str, int]


class SeenRegions:
    """One count a scope, in the cache. What another thread counts at the same moment may be lost: it is a hint."""

    def __init__(self, shelf: Shelf, keys: Keys) -> None:
        self._shelf, self._keys = shelf, keys

    def note(self, scope: Scope, contacts: Iterable[Contact]) -> None:
        """Counts the regions of an answer."""
        fresh = Counter(contact.region_code.upper() for contact in contacts if contact.region_code)
        if not fresh:
            return
        counts = Counter(self._counts(scope)) + fresh
        if counts.total() > ENOUGH:
            counts = Counter({region: count // 2 for region, count in counts.items() if count > 1})
        self._shelf.put(self._keys.regions(scope), _Seen(dict(counts)), KEPT_SECONDS)

    def most(self, scope: Scope) -> tuple[str, ...]:
        """The regions seen most, most first. Empty for a scope of which nothing was seen."""
        counts = Counter(self._counts(scope))
        return tuple(region for region, _ in counts.most_common(MOST))

    def _counts(self, scope: Scope) -> dict[str, int]:
        seen = self._shelf.get(self._keys.regions(scope), _Seen)
        return seen.counts if seen else {}
