"""Derived pages: a narrower question answered from a fresh whole answer to a broader one, without an API call.

Who types on, or chooses a channel, asks for some of the rows that came a moment ago. A row is decided by what is known
of the API: it compares `search` with the national format (sent-api-v3, list contacts), and `channel` with all channels
of a contact once an answer has shown that. Where a row may be decided otherwise the API is asked. The derived page is
as old as the answer it comes from, and says so.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import msgspec

from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage, Pagination

from .cache import ResponseCache
from .cache_keys import CacheKeys
from .page_windows import UPSTREAM_PAGE_SIZE
from .results import EMPTY_FRESH_SECONDS, is_fresh

MOST = 256  # whole answers that are remembered: the last quarter of a minute of a hundred busy people


@dataclass(frozen=True, slots=True)
class _Whole:
    """Where a whole answer is in the cache, and to what it was the answer. "" is no search, None no channel."""

    profile_id: str | None
    search: str
    channel: str | None
    fetched_at: datetime
    key: str


class DerivedPages:
    """The whole answers that this process fetched last. Safe for threads. `fresh_seconds`: how long one is used."""

    def __init__(self, cache: ResponseCache, keys: CacheKeys, fresh_seconds: float) -> None:
        self._cache, self._keys, self._fresh_seconds = cache, keys, fresh_seconds
        self._whole: deque[_Whole] = deque(maxlen=MOST)
        self._lock = Lock()
        self._channel_means_any: bool | None = None  # True once seen; False for ever once an answer spoke against it

    def record(self, scope: Scope, query: ContactQuery, page: ContactPage, key: str) -> None:
        """Remembers an answer of the API if it is whole, and what it tells of the channel filter."""
        if query.channel is not None and self._channel_means_any is not False:
            self._learn(query.channel, page)
        whole = query.page == 1 and query.phone is None and page.pagination.total_count == len(page.contacts)
        if whole and len(page.contacts) <= UPSTREAM_PAGE_SIZE and not page.dropped_rows:
            with self._lock:
                answer = _Whole(scope.profile_id, query.search or "", query.channel, page.fetched_at, key)
                self._whole.append(answer)

    def find(self, scope: Scope, query: ContactQuery) -> ContactPage | None:
        """The answer to `query`, which is for a hundred rows; None when only the API can give it."""
        search, channel = query.search or "", query.channel
        if query.page != 1 or query.phone is not None or search != search.strip():
            return None
        with self._lock:
            answers = [
                each
                for each in self._whole
                if each.profile_id == scope.profile_id
                and each.search in search
                and each.channel in {None, channel}
                and (each.search, each.channel) != (search, channel)
                and (each.channel == channel or self._channel_means_any)
            ]
        for answer in reversed(answers):
            if is_fresh(answer.fetched_at, self._fresh_seconds) and (page := self._derived(scope, answer, query)):
                return page
        return None

    def _derived(self, scope: Scope, answer: _Whole, query: ContactQuery) -> ContactPage | None:
        page = self._cache.get(answer.key, ContactPage, self._keys.scope_invalidated_at(scope))
        if page is None or page.fetched_at != answer.fetched_at:
            return None
        rows = list[Contact]()
        for contact in page.contacts:
            fits = _has_text(contact, query.search) if query.search else True
            if fits and query.channel is not None and answer.channel is None:
                fits = query.channel in contact.available_channels
            if fits is None:
                return None
            if fits:
                rows.append(contact)
        if not rows and not is_fresh(page.fetched_at, EMPTY_FRESH_SECONDS):
            return None
        counts = Pagination(page=1, page_size=UPSTREAM_PAGE_SIZE, total_count=len(rows), has_more=False)
        return msgspec.structs.replace(page, contacts=tuple(rows), pagination=counts)

    def _learn(self, channel: str, page: ContactPage) -> None:
        for contact in page.contacts:
            if channel not in contact.available_channels:
                self._channel_means_any = False
                return
            if contact.default_channel is not None and contact.default_channel != channel:
                self._channel_means_any = True


def _has_text(contact: Contact, text: str) -> bool | None:
    """Whether the API finds a contact by a text. None where that hangs on whether it looks at other formats too."""
    if contact.format_national and text in contact.format_national:
        return True
    elsewhere = (contact.phone_number, contact.format_e164, contact.format_international, contact.format_rfc)
    undecided = not contact.format_national or any(other and text in other for other in elsewhere)
    return None if undecided else False
