"""The log read: which rows are wanted, newest first, a page at a time. Page a thousand costs what the first does."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from operator import or_

from django.db.models import Q, QuerySet

from contacts_ui.models import AuditEntry

NEWEST_FIRST = ("-at", "-id")
OLDEST_FIRST = ("at", "id")


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """Which rows. What is empty or None is not asked for.

    `people` are ids of users, `person` a name that no user has any more. `scopes` are profile ids or "account".
    `since` belongs to it, `until` does not. `marks` are those of one number: a row needs one of them.
    """

    people: tuple[int, ...] = ()
    person: str | None = None
    scopes: tuple[str, ...] = ()
    action: str | None = None
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    number_hashes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Some rows, newest first. `newer` and `older` are the ids to go on from, None where nothing is."""

    entries: tuple[AuditEntry, ...]
    newer: int | None
    older: int | None


def filter_entries(entry_filter: EntryFilter) -> QuerySet[AuditEntry]:
    """All rows that are wanted, in no order."""
    exact = {
        "person": entry_filter.person,
        "action": entry_filter.action,
        "outcome": entry_filter.outcome,
        "at__gte": entry_filter.since,
        "at__lt": entry_filter.until,
    }
    found = AuditEntry.objects.filter(**{name: value for name, value in exact.items() if value is not None})
    for name, values in (("person_id", entry_filter.people), ("scope", entry_filter.scopes)):
        if values:
            found = found.filter(**({name: values[0]} if len(values) == 1 else {f"{name}__in": values}))
    if entry_filter.number_hashes:
        found = found.filter(reduce(or_, (Q(marks__contains=f" {mark} ") for mark in entry_filter.number_hashes)))
    return found


def entries_page(
    entry_filter: EntryFilter, size: int, *, before: AuditEntry | None, after: AuditEntry | None
) -> EntriesPage:
    """The newest rows that are wanted, or those next to `before` (older) or `after` (newer). Cost: one query."""
    found = filter_entries(entry_filter)
    if after is not None:
        rows = list(found.filter(_keyset(after, newer=True)).order_by(*OLDEST_FIRST)[: size + 1])
        more, rows = len(rows) > size, rows[:size][::-1]
        newer, older = more, True  # the one it was asked from
    else:
        if before is not None:
            found = found.filter(_keyset(before, newer=False))
        rows = list(found.order_by(*NEWEST_FIRST)[: size + 1])
        more, rows = len(rows) > size, rows[:size]
        newer, older = before is not None, more
    if not rows:
        return EntriesPage((), None, None)
    return EntriesPage(tuple(rows), rows[0].pk if newer else None, rows[-1].pk if older else None)


def get_entry(entry_id: int) -> AuditEntry | None:
    """The row of this id; None when there is none, or none any more."""
    return AuditEntry.objects.filter(pk=entry_id).first()


def _keyset(entry: AuditEntry, *, newer: bool) -> Q:
    """What comes after `entry` on the way. The first part is for the index, the second for rows of the same instant."""
    if newer:
        return Q(at__gte=entry.at) & (Q(at__gt=entry.at) | Q(pk__gt=entry.pk))
    return Q(at__lte=entry.at) & (Q(at__lt=entry.at) | Q(pk__lt=entry.pk))
