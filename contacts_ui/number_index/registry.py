"""Registry: the indexes that this process has in memory, following the store, bounded in bytes.

A look at the store is one query, at most each five seconds a scope and only when a search asks. What has changed is
read at once when it is small, else on a thread while the old index goes on answering.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from threading import RLock

from django.conf import settings
from django.db import DatabaseError, IntegrityError, connections

from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberIndex
from contacts_ui.scope import Scope
from contacts_ui.sealing.sealer import SealError
from contacts_ui.sent_api.types import Account, Contact

from . import store
from .numbers_across import NumbersAcross
from .ownership import names_a_profile, rows_of_page
from .rows import UNOWNED, Row
from .scope_index import ScopeIndex
from .slots import Loaded, Slot, load
from .store import ACCOUNT, scope_id

log = logging.getLogger(__name__)

CHECK_INTERVAL = 5.0  # seconds between two looks at the store for one scope
LOADED_AT_ONCE = 20_000  # contacts: 25 ms; a larger one is read on a thread
MOST_BYTES = 256_000_000  # of all columns of a process: seven million contacts


@dataclass(frozen=True, slots=True)
class OwnersAnswer:
    """Whose contacts have a number, and for whom that is known for sure. None is the account itself."""

    profile_ids: frozenset[str | None]
    complete_for: frozenset[str | None]


class IndexRegistry:
    """The indexes of one API key. Safe for threads."""

    def __init__(self, fingerprint: str) -> None:
        self._fingerprint = fingerprint
        self._slots: dict[str, Slot] = {}
        self._lock = RLock()
        self._loader = ThreadPoolExecutor(1, thread_name_prefix="number-index")

    def for_scope(self, scope: Scope) -> ScopeIndex:
        """The best index there is for a scope; an empty one after the API refused it. Cost: at most one query."""
        own = self._slot(scope_id(scope.profile_id))
        account = self._slot(ACCOUNT)
        self._follow([own] if own is account else [own, account])
        with self._lock:
            return self._best(own, account)

    def owners(self, e164: str, account: Account | None) -> OwnersAnswer:
        """Whose contacts have this number, over all scopes. Cost: one query, and reading what is not in memory."""
        slots = self._all_slots()
        spelling = {profile.id.lower(): profile.id for profile in account.profiles} if account else {}
        names = set(spelling) if account else {slot.scope for slot in slots} - {ACCOUNT}
        found, complete = set[str | None](), set[str | None]()
        with self._lock:
            base = self._slot(ACCOUNT)
            holders = self._best(base, base).owners_of(e164)
            # A contact of which the API did not say whose it is may be any profile's, so that nobody else is sure.
            anyones = UNOWNED in holders and bool(names)
            if None in holders or (UNOWNED in holders and not names):
                found.add(None)
            if base.current().complete and not base.is_refused and not anyones:
                complete.add(None)
            for name in names:
                slot, profile = self._slot(name), spelling.get(name, name)
                index = self._best(slot, base)
                if index.has(e164):
                    found.add(profile)
                served = index.complete or (index.owner is not None and slot.total is None and base.index.complete)
                if not slot.is_refused and (slot.current().complete or (served and not anyones)):
                    complete.add(profile)
        return OwnersAnswer(frozenset(found), frozenset(complete))

    def across(self, profile_ids: Iterable[str | None]) -> NumbersAcross:
        """What is known of several scopes together; None is the account, and everything in its list. Cost: one query.

        As always by the API's last refusals: nothing is known of a scope that it refused.
        """
        self._all_slots()
        with self._lock:
            base = self._slot(ACCOUNT)
            indexes = [self._best(self._slot(scope_id(profile_id)), base) for profile_id in profile_ids]
            return NumbersAcross(self._best(base, base), tuple(indexes))

    def lacks_rows(self, profile_id: str) -> bool:
        """True where the account's index is whole and has fewer contacts of this profile than there are, for the API
        did not say of some whose they are: reading the account's list again mends nothing. Cost: at most one query.
        """
        own, base = self._slot(scope_id(profile_id)), self._slot(ACCOUNT)
        self._follow([own, base])
        with self._lock:
            index = base.current()
            whole = base.names_profiles and index.complete and index.has_unowned
            return whole and not own.is_refused and (own.total or 0) > own.view_of(index).contacts

    def account_names_profiles(self) -> bool:
        """True once an answer of the account's own list held a row that names a profile as its owner."""
        base = self._slot(ACCOUNT)
        self._follow([base])
        return base.names_profiles

    def learn(self, profile_id: str | None, contacts: Sequence[Contact], total: int | None, account: Account) -> None:
        """Takes a page that passed through the gateway. Rows of other owners do not enter.

        Cost: 0.3 ms for 100 rows, a tenth of it for a page seen before; at most one query in five seconds.
        """
        page = hash(tuple((each.id.int, each.format_e164, each.format_national, each.customer_id) for each in contacts))
        own = self._slot(scope_id(profile_id))
        if own.has_seen(page, total):
            return
        base = self._slot(ACCOUNT)
        self._follow([own] if own is base else [own, base])
        rows = tuple(rows_of_page(profile_id, contacts, account))
        with self._lock:
            if total is not None:
                own.seen_total = total
            own.refused, own.answered = False, own.answered or own.is_refused
            own.saw_profiles = own.saw_profiles or (own is base and names_a_profile(rows))
            slot = base if base.names_profiles and not base.is_refused else own
            if slot is base:
                # What a profile sees stays its owner's, and so does what the account's list has as nobody's.
                weak = own is not base
                rows = tuple(r for r in rows if not ((weak or r.owner == UNOWNED) and base.index.is_anothers(r)))
            known = slot.index.contacts
            if known < settings.NUMBER_INDEX_MOST_CONTACTS and (new := slot.unknown(rows)):
                slot.learn(new)
            else:
                own.saw(page, total)
            if total is not None and slot is not own and (index := base.current()).complete:
                # A profile has more contacts than the account's index knows of: it is due.
                base.moved = base.moved or not own.view_of(index).complete

    def refuse(self, profile_id: str | None) -> None:
        """The API refused the scope: from now on its index is not used, nor the rows of it in the account's."""
        with self._lock:
            slot = self._slot(scope_id(profile_id))
            slot.refused, slot.answered = True, False

    def flush(self) -> None:
        """Stores what traffic brought and what it told, for the other processes. Cost: some queries a changed scope.

        Raises DatabaseError; then it is stored the next time.
        """
        for slot in list(self._slots.values()):
            with self._lock:
                rows, slot.pending, values = tuple(slot.pending), [], slot.told()
            if not rows and not values:
                continue
            try:
                state = self._flush_slot(slot.state, slot.scope, rows, values)
            except DatabaseError as error:
                with self._lock:
                    slot.pending = [*rows, *slot.pending]
                    if isinstance(error, IntegrityError):  # it was deleted meanwhile
                        slot.forget()
                raise
            with self._lock:
                slot.state = state
                slot.forget_told(values)

    def _flush_slot(
        self, state: NumberIndex | None, scope: str, rows: Sequence[Row], values: Mapping[str, object]
    ) -> NumberIndex:
        state = state or store.get_or_create(self._fingerprint, scope)
        if values:
            store.update(state, **values, changed_at=datetime.now(UTC))
        if rows:
            store.add_rows(state, rows)
        return NumberIndex.objects.get(pk=state.pk)

    def close(self) -> None:
        """Waits for what is being read."""
        self._loader.shutdown(wait=True)

    def _slot(self, name: str) -> Slot:
        with self._lock:
            return self._slots.setdefault(name, Slot(name))

    def _all_slots(self) -> list[Slot]:
        try:
            states = list(store.stored(self._fingerprint))
        except DatabaseError:
            log.warning("number_index.store.unreachable")
            return list(self._slots.values())
        by_scope = {state.scope: state for state in states}
        slots = [self._slot(scope) for scope in {*by_scope, *self._slots}]
        for slot in slots:
            slot.checked_at = time.monotonic()
            self._take(slot, by_scope.get(slot.scope))
        return slots

    def _follow(self, slots: Iterable[Slot]) -> None:
        """Looks at the store for those of the slots for which the last look is too long ago."""
        now, due = time.monotonic(), list[Slot]()
        with self._lock:
            for slot in slots:
                slot.used_at = now
                if now - slot.checked_at >= CHECK_INTERVAL:
                    slot.checked_at = now
                    due.append(slot)
        if not due:
            return
        try:
            stored = store.stored(self._fingerprint).filter(scope__in=[slot.scope for slot in due])
            states = {state.scope: state for state in stored}
        except DatabaseError:
            log.warning("number_index.store.unreachable")
            return
        for slot in due:
            self._take(slot, states.get(slot.scope))

    def _take(self, slot: Slot, state: NumberIndex | None) -> None:
        with self._lock:
            if state is None:
                if slot.state is not None:
                    slot.forget()
                return
            if state.version == slot.version or slot.loading:
                return
            slot.loading = True
        if state.contacts <= LOADED_AT_ONCE or state.table_version == slot.table_version:
            self._load(slot, state)
        else:
            self._loader.submit(self._load_on_thread, slot, state)

    def _load_on_thread(self, slot: Slot, state: NumberIndex) -> None:
        try:
            self._load(slot, state)
        finally:
            connections.close_all()  # this thread's own

    def _load(self, slot: Slot, state: NumberIndex) -> None:
        loaded: Loaded | None = None
        opens = True
        try:
            loaded = load(state, slot)
        except DatabaseError:
            log.warning("number_index.store.unreachable")
        except SealError:
            opens = False
            log.warning("number_index.part.rejected", extra={"profile_id": state.scope})
        finally:
            with self._lock:
                slot.loading = False
                if not opens:
                    slot.forget()
                elif loaded is not None:
                    loaded.put_into(slot)
        self._evict(keep=slot)

    def _evict(self, keep: Slot) -> None:
        """Least recently used first, until the columns of all slots fit."""
        with self._lock:
            slots = sorted(self._slots.values(), key=lambda slot: slot.used_at)
            size = sum(slot.nbytes for slot in slots)
            for slot in slots:
                if size <= MOST_BYTES:
                    return
                if slot is not keep and slot.scope != ACCOUNT and not slot.pending and not slot.told():
                    size -= slot.nbytes
                    del self._slots[slot.scope]

    def _best(self, own: Slot, account: Slot) -> ScopeIndex:
        """A scope's own index, or for a profile its rows of the account's: a complete one, else the larger."""
        if own.is_refused:
            return ScopeIndex()
        index = own.current()
        if own is account or not account.names_profiles or account.is_refused:
            return index
        view = own.view_of(account.current())
        if view.complete or not index.contacts:
            return view
        return max((index, view), key=lambda each: (each.complete, each.contacts))


@lru_cache(maxsize=1)
def _registry(fingerprint: str, _data_key: str) -> IndexRegistry:
    return IndexRegistry(fingerprint)


def reset() -> None:
    """Forgets everything, for tests."""
    if _registry.cache_info().currsize:
        _registry.cache_clear()


def current() -> IndexRegistry:
    """The registry of this process for the present API key and DATA_KEY: with another of either it begins anew."""
    return _registry(get_gateway().api_key_fingerprint, settings.DATA_KEY)
