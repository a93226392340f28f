"""Slots: the index of one scope as this process has it, and how it follows what is stored."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from contacts_ui.models import NumberIndex

from . import store
from .columns import Columns
from .rows import Row
from .scope_index import EMPTY, ScopeIndex

LONGEST_COMPLETE = timedelta(hours=26)  # after a snapshot: it is renewed after 24 hours, which may take a while
MOST_SEEN_PAGES = 200
MOST_RECENT = 5_000  # rows of traffic kept beside the columns; a search goes through them one by one: 0.3 ms


@dataclass(slots=True)
class Slot:
    """One scope's index in this process. Changed under the registry's lock, its ScopeIndex is immutable.

    `pending` are rows that traffic brought and that are not stored yet; `checked_at` and `used_at` monotonic seconds.
    `seen_pages` are hashes of the last pages that brought nothing new, with the total they told.
    `refused`, `answered` (since), `saw_profiles` and `moved` are what traffic told, perhaps not stored yet.
    """

    scope: str
    state: NumberIndex | None = None
    index: ScopeIndex = field(default_factory=ScopeIndex)
    version: int = -1
    table_version: int = 0
    last_addition: int = 0
    seen_total: int | None = None
    refused: bool = False
    answered: bool = False
    saw_profiles: bool = False
    moved: bool = False
    loading: bool = False
    checked_at: float = float("-inf")
    used_at: float = 0.0
    pending: list[Row] = field(default_factory=list)
    seen_pages: dict[int, int | None] = field(default_factory=dict)
    _view: tuple[ScopeIndex, ScopeIndex, ScopeIndex] | None = None

    @property
    def nbytes(self) -> int:
        """Bytes of memory of its columns, and of the mask of its rows in the account's."""
        own = 0 if self.index.columns is EMPTY else self.index.columns.nbytes
        return own + (len(self._view[0].columns) // 8 if self._view else 0)

    @property
    def is_refused(self) -> bool:
        """True after the API refused the scope, until it answers."""
        stored = self.state is not None and self.state.refused_at is not None
        return self.refused or (stored and not self.answered)

    @property
    def names_profiles(self) -> bool:
        """True for the account's index once its list was seen to name profiles as owners."""
        return self.saw_profiles or (self.state is not None and self.state.names_profiles)

    @property
    def total(self) -> int | None:
        """How many contacts the scope has, as the API last said."""
        return self.seen_total if self.seen_total is not None else (self.state.seen_total if self.state else None)

    def current(self) -> ScopeIndex:
        """Its index, which says whether it is complete as of now."""
        state, index = self.state, self.index
        complete = (
            state is not None
            and state.whole
            and state.table_version == self.table_version > 0
            and state.built_at is not None
            and abs(datetime.now(UTC) - state.built_at) < LONGEST_COMPLETE
            and (self.total or 0) <= index.contacts
        )
        if index.complete != complete:
            self.index = index = replace(index, complete=complete)
        return index

    def view_of(self, account: ScopeIndex) -> ScopeIndex:
        """The account's index as far as the rows are this profile's."""
        if self._view is None or self._view[0] is not account:
            views = account.of_owner(self.scope), account.of_owner(self.scope, complete=False)
            self._view = (account, *views)
        _, view, incomplete = self._view
        return view if self._is_all_of(view) else incomplete

    def _is_all_of(self, view: ScopeIndex) -> bool:
        """False when the profile may have contacts that the account's index does not give to it."""
        if self.total is None:
            return not view.has_unowned
        return self.total <= view.contacts

    def unknown(self, rows: Iterable[Row]) -> tuple[Row, ...]:
        """Those of the rows that are new here, as many as there is room for."""
        room = MOST_RECENT - len(self.index.recent)
        return self.index.unknown(rows)[:room] if room > 0 else ()

    def told(self) -> dict[str, object]:
        """The columns of what traffic told, as far as the store does not know it yet."""
        state, values = self.state, dict[str, object]()
        if self.seen_total is not None and (state is None or state.seen_total != self.seen_total):
            values["seen_total"] = self.seen_total
        if self.saw_profiles and not (state and state.names_profiles):
            values["names_profiles"] = True
        if self.moved and state is not None and not state.moved:
            values["moved"] = True
        if self.refused:
            values["refused_at"] = datetime.now(UTC)
        elif self.answered and state is not None and state.refused_at is not None:
            values["refused_at"] = None
        return values

    def forget_told(self, stored: Mapping[str, object]) -> None:
        """What was stored is in `state` now, where another process may change it; what came meanwhile stays."""
        if stored.get("seen_total", self.state and self.state.seen_total) == self.seen_total:
            self.seen_total = None
        self.refused = self.refused and not stored.get("refused_at")  # or an answer to another process would not count
        self.answered = self.moved = self.saw_profiles = False

    def has_seen(self, page: int, total: int | None) -> bool:
        """True for a page that brought nothing new a while ago, so that a list that many look at costs little."""
        return self.seen_pages.get(page, -1) == total and not self.is_refused

    def saw(self, page: int, total: int | None) -> None:
        """Remembers a page, and forgets the oldest of many."""
        self.seen_pages[page] = total
        if len(self.seen_pages) > MOST_SEEN_PAGES:
            del self.seen_pages[next(iter(self.seen_pages))]

    def learn(self, rows: tuple[Row, ...]) -> None:
        """Takes rows that traffic brought."""
        self.index = self.index.with_rows(rows)
        self.pending.extend(rows)

    def forget(self) -> None:
        """Nothing is known, because nothing is stored."""
        self.state, self.index, self._view = None, ScopeIndex(), None
        self.version, self.table_version, self.last_addition = -1, 0, 0
        self.seen_pages.clear()


@dataclass(frozen=True, slots=True)
class Loaded:
    """What was read from the store for a slot."""

    state: NumberIndex
    index: ScopeIndex
    last_addition: int

    def put_into(self, slot: Slot) -> None:
        """Replaces what the slot had; rows that are not stored yet stay."""
        slot.state, slot.index = self.state, self.index.with_rows(slot.pending)
        slot.version, slot.table_version = self.state.version, self.state.table_version
        slot.last_addition = self.last_addition
        slot.seen_pages.clear()


def load(state: NumberIndex, slot: Slot) -> Loaded | None:
    """Reads what changed: the additions since, or a new table and all additions.

    None when the table is being replaced just now. Raises SealError when it does not open.
    """
    index, last = slot.index, slot.last_addition
    if state.table_version != slot.table_version or slot.version < 0:
        table = store.load_table(state)
        if table is None and state.parts_count:
            return None  # replaced just now: the next look finds the new one
        index, last = ScopeIndex(Columns(table) if table else EMPTY, built_at=state.built_at), 0
    for addition, rows in store.load_additions(state, last):
        index, last = index.with_rows(rows[: max(0, MOST_RECENT - len(index.recent))]), addition.pk
    return Loaded(state, index, last)
