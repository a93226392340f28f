"""Status of the number index, for admins: how complete and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings
from django.db.models import Sum
from django.db.models.functions import Coalesce

from contacts_ui.gateway import get_gateway
from contacts_ui.models import UNFINISHED, NumberIndex, Snapshot

from . import store
from .slots import LONGEST_COMPLETE
from .store import ACCOUNT


@dataclass(frozen=True, slots=True)
class IndexStatus:
    """`most` is NUMBER_INDEX_MOST_CONTACTS. `total` is how many contacts the account has, None while unknown.

    `complete` and `partial` count the lists that are known completely, or by what passed through the desk alone.
    `serves_profiles`: the account's list includes its profiles' contacts, so that one list is all. `built_at` is of
    the oldest complete list. `bytes` are those stored. `reading`: contacts read so far by what is under way, else None;
    `expected`: of how many, None while unknown.
    """

    most: int
    total: int | None = None
    contacts: int = 0
    complete: int = 0
    partial: int = 0
    serves_profiles: bool = False
    built_at: datetime | None = None
    bytes: int = 0
    calls: int = 0
    reading: int | None = None
    expected: int | None = None

    @property
    def is_off(self) -> bool:
        """True with NUMBER_INDEX_MOST_CONTACTS=0."""
        return self.most == 0

    @property
    def is_too_large(self) -> bool:
        """True when the account has more contacts than are read completely."""
        return not self.is_off and self.total is not None and self.total > self.most

    @property
    def reading_percent(self) -> int | None:
        """How much of what is under way is read, below 100 until it is finished. None while unknown."""
        return min(99, 100 * self.reading // self.expected) if self.reading is not None and self.expected else None

    @property
    def coverage(self) -> str:
        """Which lists are complete: "Yes, with all profiles", "3 of 5 lists", "No"."""
        if not self.complete:
            return "No"
        if self.partial:
            return f"{self.complete} of {self.complete + self.partial} lists"
        return "Yes, with all profiles" if self.serves_profiles else "Yes"


def index_status() -> IndexStatus:
    """The status over all scopes. Cost: two queries, none when the index is off."""
    most = settings.NUMBER_INDEX_MOST_CONTACTS
    if not most:
        return IndexStatus(0)
    fingerprint = get_gateway().api_key_fingerprint
    added = Coalesce(Sum("additions__rows"), 0)
    rows = {index: index.contacts + index.added for index in store.stored(fingerprint).annotate(added=added)}
    indexes = list(rows)
    account = next((index for index in indexes if index.scope == ACCOUNT), None)
    serves_profiles = account is not None and account.names_profiles
    counted = [account] if account is not None and serves_profiles else indexes
    complete = [index for index in counted if _is_complete(index, rows[index])]
    unfinished = Snapshot.objects.filter(state__in=UNFINISHED, purpose="index", key_fingerprint=fingerprint)
    reading = unfinished.values_list("rows", Coalesce("total_last", "total_first")).first()
    return IndexStatus(
        most,
        account.seen_total if account else None,
        # A row that replaced another is among the additions and in the table: a whole list has no more than its total.
        sum(min(rows[i], i.seen_total or rows[i]) if i in complete else rows[i] for i in counted),
        len(complete),
        sum(1 for index in counted if index not in complete and rows[index]),
        serves_profiles,
        min((index.built_at for index in complete if index.built_at), default=None),
        sum(index.bytes for index in counted),
        sum(index.calls for index in counted),
        *(reading or ()),
    )


def _is_complete(index: NumberIndex, rows: int) -> bool:
    if not index.whole or index.built_at is None or index.refused_at is not None:
        return False
    return abs(datetime.now(UTC) - index.built_at) < LONGEST_COMPLETE and (index.seen_total or 0) <= rows
