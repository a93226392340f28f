"""All contacts of the sandbox, and the questions the API answers about them."""

from __future__ import annotations

import threading
from array import array
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from . import contact_json as records
from .accounts import Owner, owners
from .contact_columns import CHANNEL_BITS, MIXES, RAGGED, Columns
from .number_blocks import BLOCKS
from .options import Options
from .seeded_ids import SeededHash

Json = dict[str, Any]

INHERITED = 20  # of the organization's contacts, seen by one profile
INHERITED_AFTER = 10  # of the profile's own
KEPT_SELECTIONS = 32
KEPT_CONTACTS = 4096  # some 8 MB; working a hundred out anew takes 5 ms, which the API spends on nothing of the kind
_MIX_NAMES = {sum(CHANNEL_BITS[channel] for channel in mix.split(",")): mix for mix, _weight in MIXES}


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose contacts a call is about, as runs of ordinals in the order the API lists them."""

    owner: Owner
    runs: tuple[range, ...]
    inherited: range = range(0)

    def __len__(self) -> int:
        return sum(map(len, self.runs))

    def __contains__(self, ordinal: int) -> bool:
        return any(ordinal in run for run in self.runs)

    def ordinals(self, start: int, stop: int) -> Iterator[int]:
        """The contacts at positions `start` up to `stop`."""
        for run in self.runs:
            yield from run[max(0, start) : max(0, stop)]
            start, stop = start - len(run), stop - len(run)


class Store:
    """Read-only once made; safe to share between threads."""

    def __init__(self, options: Options) -> None:
        self.chance = SeededHash(options.seed)
        self.owners = owners(self.chance, options.contacts, options.profiles)
        self.columns = Columns(self.chance, self.owners, options.seed)
        self._firsts = [owner.contacts.start for owner in self.owners]
        own = Scope(self.organization, (self.organization.contacts,))
        self.user_scope = own
        """What a standalone user's key sees: the organization's own contacts."""
        self.account_scope = Scope(self.organization, (range(options.contacts),)) if options.all_in_account else own
        """What an organization's key sees when it names no profile."""
        self.profile_scopes = {profile.id: self._profile_scope(profile) for profile in self.profiles}
        """What a profile sees, by id."""
        self._selections: OrderedDict[tuple[str, int, str, str], array[int]] = OrderedDict()
        self._lock = threading.Lock()
        self._worked_out = lru_cache(KEPT_CONTACTS)(self._work_out)

    @property
    def organization(self) -> Owner:
        """The account everything belongs to."""
        return self.owners[0]

    @property
    def profiles(self) -> list[Owner]:
        """Its child profiles."""
        return self.owners[1:]

    def warm(self) -> None:
        """Loads what phonenumbers loads by region at the first use, so that no page pays for it."""
        for index in {block: ordinal for ordinal, block in enumerate(self.columns.blocks[:20_000])}.values():
            self.contact(index, self.account_scope)

    def contact(self, ordinal: int, scope: Scope) -> Json:
        """One contact as a reader of `scope` sees it (sent-api-v3, contacts)."""
        return self._worked_out(ordinal, ordinal in scope.inherited).copy()

    def _work_out(self, ordinal: int, inherited: bool) -> Json:
        flags = self.columns.flags[ordinal]
        return records.contact_json(
            self.chance,
            ordinal,
            number=self.columns.numbers[ordinal],
            block=BLOCKS[self.columns.blocks[ordinal]],
            channels=_MIX_NAMES[flags & ~RAGGED],
            ragged=bool(flags & RAGGED),
            owner=self._owner(ordinal),
            inherited=inherited,
        )

    def e164(self, ordinal: int) -> str | None:
        """`format_e164` of a contact, without the cost of the rest."""
        if self._lacks(ordinal, "format_e164"):
            return None
        return f"+{self.columns.numbers[ordinal]}"

    def summary(self, ordinal: int) -> Json:
        """What was sent to a contact (sent-api-v3, message-summary)."""
        return records.summary_json(self.chance, ordinal, _MIX_NAMES[self.columns.flags[ordinal] & ~RAGGED])

    def by_id(self, contact_id: str, scope: Scope) -> int | None:
        """The contact with this well-formed id, if `scope` sees it."""
        ordinal = self.chance.ordinal(contact_id)
        return ordinal if ordinal is not None and ordinal in scope else None

    def by_phone(self, number: int, scope: Scope) -> int | None:
        """The first contact of `scope` with this E.164 number, given without its plus."""
        for run in scope.runs:
            start = run.start
            while start < run.stop:
                try:
                    start = self.columns.numbers.index(number, start, run.stop)
                except ValueError:
                    break
                if not self._lacks(start, "format_e164"):
                    return start
                start += 1
        return None

    def page(self, scope: Scope, search: str, channel: str, start: int, stop: int) -> tuple[list[int], int]:
        """The contacts at positions `start` up to `stop` of those that match, and how many match in all.

        `search` is looked for in the national format, punctuation included; empty filters match all.
        """
        if not search and not channel:
            return list(scope.ordinals(start, stop)), len(scope)
        selection = self._selection(scope, search, channel)
        return list(selection[start:stop]), len(selection)

    def _selection(self, scope: Scope, search: str, channel: str) -> Sequence[int]:
        key = (scope.owner.id, len(scope), search, channel)
        with self._lock:
            if (kept := self._selections.get(key)) is not None:
                self._selections.move_to_end(key)
                return kept
        found = array("I", self._matching(scope, search, channel))
        with self._lock:
            self._selections[key] = found
            while len(self._selections) > KEPT_SELECTIONS:
                self._selections.popitem(last=False)
        return found

    def _matching(self, scope: Scope, search: str, channel: str) -> Iterator[int]:
        for run in scope.runs:
            found = self._searched(run, search.lower().encode()) if search else iter(run)
            if channel:
                bit, flags = CHANNEL_BITS[channel], self.columns.flags
                found = (
                    ordinal
                    for ordinal in found
                    if flags[ordinal] & bit and not self._lacks(ordinal, "available_channels")
                )
            yield from found

    def _searched(self, run: range, needle: bytes) -> Iterator[int]:
        # Rows are padded with newlines; a needle with one would match from row to row.
        if b"\n" in needle:
            return
        rows, width = self.columns.nationals, self.columns.width
        position, end = run.start * width, run.stop * width
        while (position := rows.find(needle, position, end)) >= 0:
            ordinal = position // width
            yield ordinal
            position = (ordinal + 1) * width

    def _lacks(self, ordinal: int, name: str) -> bool:
        return bool(self.columns.flags[ordinal] & RAGGED) and name in records.missing_fields(self.chance, ordinal)

    def _owner(self, ordinal: int) -> Owner:
        return self.owners[bisect_right(self._firsts, ordinal) - 1]

    def _profile_scope(self, profile: Owner) -> Scope:
        if profile.number != min(3, max(1, len(self.profiles) - 1)):
            return Scope(profile, (profile.contacts,))
        # The first ones of the organization, but in the middle of a page, where mixing them up would show.
        inherited = self.organization.contacts[:INHERITED]
        own = profile.contacts
        return Scope(profile, (own[:INHERITED_AFTER], inherited, own[INHERITED_AFTER:]), inherited)
