"""Contact store: lookup, search and paging over all generated contacts."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import contact_json
from .accounts import Owner, create_owners
from .churn import Churn, ChurnPlan
from .contact_columns import CHANNEL_BITS, CHANNEL_SETS, INCOMPLETE, Columns
from .number_blocks import BLOCKS
from .options import Options
from .seeded_ids import SeededHash

Json = dict[str, Any]

SELECTION_CACHE_SIZE = 32
CONTACT_CACHE_SIZE = 4096  # some 8 MB; a page of a hundred takes 5 ms to compute, a cost the real API does not have
_CHANNELS_BY_BITS = {sum(CHANNEL_BITS[one] for one in channels.split(",")): channels for channels, _ in CHANNEL_SETS}


@dataclass(frozen=True, slots=True)
class Scope:
    """The contacts visible to a request, as ranges of ordinals in list order."""

    owner: Owner
    ranges: tuple[range, ...]

    def __len__(self) -> int:
        return sum(map(len, self.ranges))

    def __contains__(self, ordinal: int) -> bool:
        return any(ordinal in ordinals for ordinals in self.ranges)

    def ordinals(self, start: int, stop: int) -> Iterator[int]:
        """The contacts at positions `start` up to `stop`."""
        for ordinals in self.ranges:
            yield from ordinals[max(0, start) : max(0, stop)]
            start, stop = start - len(ordinals), stop - len(ordinals)


class Store:
    """Generated contacts of all owners. Read-only after construction, but for `churns`; thread-safe."""

    def __init__(self, options: Options) -> None:
        self.seeded = SeededHash(options.seed)
        self.owners = create_owners(self.seeded, options.contacts, options.profiles)
        self.columns = Columns(self.seeded, self.owners, options.seed)
        self._owner_starts = [owner.contacts.start for owner in self.owners]
        own = Scope(self.organization, (self.organization.contacts,))
        self.user_scope = own
        """Visible to a standalone user's key: the organization's own contacts."""
        self.account_scope = Scope(self.organization, (range(options.contacts),)) if options.all_in_account else own
        """Visible to an organization's key without `x-profile-id`."""
        self.profile_scopes = {profile.id: Scope(profile, (profile.contacts,)) for profile in self.profiles}
        """Visible to each profile, by its id."""
        self._selections: OrderedDict[tuple[str, int, str, str], array[int]] = OrderedDict()
        self._lock = threading.Lock()
        self.churns: dict[str, Churn] = {}
        """The lists that change while they are read, by the id of their owner."""
        self._cached_contact = lru_cache(CONTACT_CACHE_SIZE)(self._compute_contact)

    @property
    def organization(self) -> Owner:
        """The parent account."""
        return self.owners[0]

    @property
    def profiles(self) -> list[Owner]:
        """Its child profiles."""
        return self.owners[1:]

    def warm(self) -> None:
        """Loads the metadata that phonenumbers loads per region at first use, so that no request waits for it."""
        for index in {block: ordinal for ordinal, block in enumerate(self.columns.blocks[:20_000])}.values():
            self.contact(index)

    def contact(self, ordinal: int) -> Json:
        """One contact (sent-api-v3, contacts), the same in every scope that has it."""
        return self._cached_contact(ordinal).copy()

    def _compute_contact(self, ordinal: int) -> Json:
        flags = self.columns.flags[ordinal]
        return contact_json.contact_json(
            self.seeded,
            ordinal,
            number=self.columns.numbers[ordinal],
            block=BLOCKS[self.columns.blocks[ordinal]],
            channels=_CHANNELS_BY_BITS[flags & ~INCOMPLETE],
            incomplete=bool(flags & INCOMPLETE),
            owner=self._owner(ordinal),
        )

    def e164(self, ordinal: int) -> str | None:
        """`format_e164` of a contact, without computing the other fields."""
        if self._is_missing(ordinal, "format_e164"):
            return None
        return f"+{self.columns.numbers[ordinal]}"

    def summary(self, ordinal: int) -> Json:
        """Message summary of a contact (sent-api-v3, message-summary)."""
        return contact_json.summary_json(
            self.seeded, ordinal, _CHANNELS_BY_BITS[self.columns.flags[ordinal] & ~INCOMPLETE]
        )

    def by_id(self, contact_id: str, scope: Scope) -> int | None:
        """The contact with this well-formed id, if it is in `scope`."""
        ordinal = self.seeded.ordinal(contact_id)
        return ordinal if ordinal is not None and ordinal in scope else None

    def by_phone(self, number: int, scope: Scope) -> Iterator[int]:
        """The contacts of `scope` with this E.164 number, given without its plus: at most one of each owner."""
        for ordinals in scope.ranges:
            start = ordinals.start
            while start < ordinals.stop:
                try:
                    start = self.columns.numbers.index(number, start, ordinals.stop)
                except ValueError:
                    break
                if not self._is_missing(start, "format_e164"):
                    yield start
                start += 1

    def page(self, scope: Scope, search: str, channel: str, start: int, stop: int) -> tuple[list[int], int]:
        """The matching contacts at positions `start` up to `stop`, and the number of all matches.

        `search` is a substring of the national format, punctuation included; empty filters match all.
        """
        if (churn := self.churns.get(scope.owner.id)) is not None:
            chosen = set(self._matching(scope, search, channel)) if search or channel else None
            return churn.read(chosen, start, stop)
        if not search and not channel:
            return list(scope.ordinals(start, stop)), len(scope)
        selection = self._selection(scope, search, channel)
        return list(selection[start:stop]), len(selection)

    def begin_churn(self, scope: Scope, plan: ChurnPlan) -> None:
        """From now on the list of this scope changes with each request for it."""
        self.churns[scope.owner.id] = Churn.of(plan, list(scope.ordinals(0, len(scope))))

    def current(self, scope: Scope) -> list[int]:
        """The contacts of the scope as they are now, in list order."""
        churn = self.churns.get(scope.owner.id)
        return list(churn.visible) if churn is not None else list(scope.ordinals(0, len(scope)))

    def _selection(self, scope: Scope, search: str, channel: str) -> Sequence[int]:
        key = (scope.owner.id, len(scope), search, channel)
        with self._lock:
            if (cached := self._selections.get(key)) is not None:
                self._selections.move_to_end(key)
                return cached
        selection = array("I", self._matching(scope, search, channel))
        with self._lock:
            self._selections[key] = selection
            while len(self._selections) > SELECTION_CACHE_SIZE:
                self._selections.popitem(last=False)
        return selection

    def _matching(self, scope: Scope, search: str, channel: str) -> Iterator[int]:
        for ordinals in scope.ranges:
            matches = self._search(ordinals, search.lower().encode()) if search else iter(ordinals)
            if channel:
                bit, flags = CHANNEL_BITS[channel], self.columns.flags
                matches = (
                    ordinal
                    for ordinal in matches
                    if flags[ordinal] & bit and not self._is_missing(ordinal, "available_channels")
                )
            yield from matches

    def _search(self, ordinals: range, needle: bytes) -> Iterator[int]:
        # Rows are padded with newlines; a needle with one would match across rows.
        if b"\n" in needle:
            return
        rows, width = self.columns.nationals, self.columns.width
        position, end = ordinals.start * width, ordinals.stop * width
        while (position := rows.find(needle, position, end)) >= 0:
            ordinal = position // width
            yield ordinal
            position = (ordinal + 1) * width

    def _is_missing(self, ordinal: int, name: str) -> bool:
        return bool(self.columns.flags[ordinal] & INCOMPLETE) and name in contact_json.missing_fields(
            self.seeded, ordinal
        )

    def _owner(self, ordinal: int) -> Owner:
        return self.owners[bisect_right(self._owner_starts, ordinal) - 1]
