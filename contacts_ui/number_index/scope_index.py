"""Scope index: which numbers one scope has, for a search to ask the API for them in the spelling they have there.

It guides a search and never replaces it: it tells in which pieces of national formats digits stand, the API has the
rows. A contact that was deleted stays until the next snapshot, which costs a call that finds nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from itertools import chain

from contacts_ui.sent_api.types import Contact

from .columns import Columns, Mask
from .number_text import Template, parse, starts_of
from .rows import NO_NUMBER, UNOWNED, Row, TableBuilder, e164_value, row_of

MAX_BEGINNINGS = 3  # of numbers, for digits that stand in no national format
MAX_NUMBERS = 5  # that are named: one is asked for, the others are links
EMPTY = Columns(TableBuilder().table())


@dataclass(frozen=True, slots=True)
class Piece:
    """A distinct piece of national formats in which the digits stand, "3 9658", and how many contacts have it."""

    text: str
    contacts: int


@dataclass(frozen=True, slots=True)
class RecentRow:
    """A row that the columns do not have yet, with its template and digits."""

    row: Row
    template: Template
    digits: str

    @classmethod
    def of(cls, row: Row) -> RecentRow:
        """With its national format parsed."""
        return cls(row, *parse(row.national or ""))

    def pieces(self, run: str, *, ending: bool) -> set[str]:
        """The distinct pieces in which the digits `run` stand."""
        if run not in self.digits:
            return set()
        return {self.template.piece(run, start) for start in starts_of(self.digits, run, ending=ending)}


@dataclass(frozen=True)
class ScopeIndex:
    """What is known of one scope's numbers. Immutable; safe for threads.

    `recent` are rows that came after the columns were built, by key; `replaced` the rows of the columns that they
    replace. `owner`: only the rows of this profile count, of an index of the whole account. `complete`: built from a
    whole snapshot, and not older than it may be. `built_at`: when that snapshot was finished, None without one.
    """

    columns: Columns = EMPTY
    recent: Mapping[int, RecentRow] = field(default_factory=dict)
    replaced: frozenset[int] = frozenset()
    owner: str | None = None
    complete: bool = False
    built_at: datetime | None = None

    @classmethod
    def of(cls, contacts: Iterable[Contact], *, complete: bool = False, built_at: datetime | None = None) -> ScopeIndex:
        """An index of these contacts."""
        builder = TableBuilder()
        builder.add(row_of(contact, (contact.customer_id or "").lower() or None) for contact in contacts)
        return cls(Columns(builder.table()), complete=complete, built_at=built_at)

    @cached_property
    def contacts(self) -> int:
        """How many contacts it knows."""
        if self.owner is None:
            return len(self.columns) - len(self.replaced) + len(self.recent)
        return self._by_owner[self.owner]

    def pieces(self, digits: str, *, ending: bool = False) -> tuple[Piece, ...]:
        """The distinct pieces in which `digits` (ASCII) stand, most contacts first; with `ending` only at the end.

        Cost: about a millisecond for a million contacts.
        """
        if not (digits.isascii() and digits.isdecimal()):
            return ()
        counts: Counter[str] = self.columns.count_pieces(digits, self._mask, ending=ending)
        for recent in self.recent.values():
            if self._counts(recent):
                counts.update(recent.pieces(digits, ending=ending))
        return tuple(Piece(text, count) for text, count in sorted(counts.items(), key=lambda item: (-item[1], item[0])))

    def has(self, e164: str) -> bool:
        """True if a contact of this scope has exactly this number."""
        owners = self.owners_of(e164)
        return bool(owners) if self.owner is None else self.owner in owners

    def begins(self, digits: str) -> bool:
        """True if a number of this scope begins with these digits, country code first. Cost: microseconds."""
        if not (digits.isascii() and digits.isdecimal()) or digits[0] == "0":
            return False
        return self.columns.begins(digits, self.owner) or next(self._recent_beginning(digits), None) is not None

    def numbers_beginning(self, digits: str, most: int) -> tuple[str, ...]:
        """Numbers of this scope that begin with these digits, country code first: all, or `most` of them.

        Cost: microseconds, and one each number.
        """
        if not self.begins(digits):
            return ()
        columns = (
            text
            for row, text in self.columns.rows_beginning(digits)
            if row not in self.replaced and self._is_owners(self.columns.owner(row))
        )
        return _first(chain(self._recent_beginning(digits), columns), most)

    def numbers_containing(self, beginning: str, digits: str, most: int) -> tuple[str, ...]:
        """Numbers of this scope that begin so and have these digits, country code first: all, or `most` of them."""
        if not self.begins(beginning):
            return ()
        columns = (
            text
            for row, text in self.columns.rows_containing_after(beginning, digits)
            if row not in self.replaced and self._is_owners(self.columns.owner(row))
        )
        recent = (text for text in self._recent_beginning(beginning) if digits in text)
        return _first(chain(recent, columns), most)

    def beginnings_with(self, digits: str) -> tuple[str, ...]:
        """How numbers of this scope begin up to these digits, country code first; most contacts first. For digits that
        stand in no national format. Cost: 50 ms for a million contacts.
        """
        if not (digits.isascii() and digits.isdecimal()):
            return ()
        found = Counter(text[: text.index(digits) + len(digits)] for text in set(self._numbers_with(digits)))
        return tuple(text for text, _ in found.most_common(MAX_BEGINNINGS))

    def numbers_with(self, digits: str) -> tuple[str, ...]:
        """The numbers of this scope in which the digits stand, country code first; none if there are more than
        MAX_NUMBERS. Cost: as `beginnings_with`.
        """
        if not (digits.isascii() and digits.isdecimal()):
            return ()
        found = dict[str, None]()
        for text in self._numbers_with(digits):
            found[text] = None
            if len(found) > MAX_NUMBERS:
                return ()
        return tuple(found)

    def numbers_written(self, digits: str) -> tuple[str, ...]:
        """The numbers (E.164) of this scope whose national format is these digits, or has one more before them.

        Cost: about a millisecond for a million contacts.
        """
        if not (digits.isascii() and digits.isdecimal()):
            return ()
        found = dict.fromkeys(self.columns.e164(row) for row in self.columns.rows_written(digits, self._mask))
        for each in self.recent.values():
            if self._counts(each) and each.digits.endswith(digits) and len(each.digits) - len(digits) <= 1:
                found[each.row.e164] = None
        return tuple(f"+{number}" for number in found if number != NO_NUMBER)

    def _recent_beginning(self, digits: str) -> Iterator[str]:
        """The numbers of recent rows that begin with these digits."""
        numbers = self._recent_numbers
        for at in range(bisect_left(numbers, digits), len(numbers)):
            if not numbers[at].startswith(digits):
                return
            yield numbers[at]

    @cached_property
    def _recent_numbers(self) -> list[str]:
        """The numbers of recent rows in order: a search asks for many beginnings. Cost: 2 ms of MOST_RECENT."""
        return sorted(str(each.row.e164) for each in self.recent.values() if self._counts(each))

    def _numbers_with(self, digits: str) -> Iterator[str]:
        beginning = () if digits[0] == "0" else self.columns.rows_beginning(digits)
        for row, text in chain(self.columns.rows_containing(digits), beginning):
            if row not in self.replaced and self._is_owners(self.columns.owner(row)):
                yield text
        recent = (str(each.row.e164) for each in self.recent.values() if self._counts(each))
        yield from (text for text in recent if digits in text)

    def owners_of(self, e164: str) -> frozenset[str | None]:
        """Whose contacts, as far as the API said, have exactly this number."""
        value = e164_value(e164)
        if value == NO_NUMBER:
            return frozenset()
        columns = {self.columns.owner(row) for row in self.columns.rows_with(value) if row not in self.replaced}
        recent = {recent.row.owner for recent in self.recent.values() if recent.row.e164 == value}
        return frozenset(columns | recent)

    def of_owner(self, profile_id: str, *, complete: bool = True) -> ScopeIndex:
        """Of an index of the whole account the rows of one profile. They are counted once for all profiles."""
        view = replace(self, owner=profile_id.lower(), complete=self.complete and complete)
        vars(view)["_by_owner"] = self._by_owner
        return view

    def with_rows(self, rows: Iterable[Row]) -> ScopeIndex:
        """With these rows too: those it has already with the same number change nothing, others replace theirs."""
        recent, replaced = dict(self.recent), set(self.replaced)
        for row in rows:
            if row.key not in recent:
                known = self.columns.row_with_key(row.key)
                if known is not None:
                    if self._is_same(known, row):
                        continue
                    replaced.add(known)
            recent[row.key] = RecentRow.of(row)
        if len(recent) == len(self.recent) and recent == self.recent:
            return self
        return replace(self, recent=recent, replaced=frozenset(replaced))

    def unknown(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Those of the rows that it does not have, or has with another number. Cost: 1.5 µs a row."""
        return tuple(row for row in rows if not self._knows(row))

    @cached_property
    def has_unowned(self) -> bool:
        """True for an index of the whole account in which some contact may be any profile's."""
        return UNOWNED in self.columns.owners or any(each.row.owner == UNOWNED for each in self.recent.values())

    def is_anothers(self, row: Row) -> bool:
        """True for a contact that it has as somebody else's; without an owner any other row of it says more."""
        known = self._known(row.key)
        if known is None or known.owner == row.owner:
            return False
        return known.owner != UNOWNED if row.owner != UNOWNED else known.e164 == row.e164

    def _known(self, key: int) -> Row | None:
        """What it has of a contact, without its national format."""
        if (recent := self.recent.get(key)) is not None:
            return recent.row
        row = self.columns.row_with_key(key)
        return None if row is None else Row(key, None, self.columns.e164(row), self.columns.owner(row))

    def _knows(self, row: Row) -> bool:
        recent = self.recent.get(row.key)
        if recent is not None:
            return recent.row == row
        known = self.columns.row_with_key(row.key)
        return known is not None and self._is_same(known, row)

    def _is_same(self, known: int, row: Row) -> bool:
        """Number and owner decide: a national format follows from the number."""
        return self.columns.e164(known) == row.e164 and self.columns.owner(known) == row.owner

    def _counts(self, recent: RecentRow) -> bool:
        return self._is_owners(recent.row.owner)

    def _is_owners(self, owner: str | None) -> bool:
        return self.owner is None or owner == self.owner

    @cached_property
    def _by_owner(self) -> Counter[str | None]:
        """How many contacts each owner has."""
        counts = Counter(self.columns.by_owner)
        counts.subtract(map(self.columns.owner, self.replaced))
        counts.update(recent.row.owner for recent in self.recent.values())
        return counts

    @cached_property
    def _mask(self) -> Mask | None:
        owned = None if self.owner is None else self.columns.mask_of_owner(self.owner)
        return self.columns.mask_without(owned, self.replaced)


def _first(texts: Iterator[str], most: int) -> tuple[str, ...]:
    """The first different ones."""
    found = dict[str, None]()
    while len(found) < most and (text := next(texts, None)):
        found[text] = None
    return tuple(found)
