"""Audit log queries: filtered rows, newest first, by keyset pagination. Page 1,000 costs as much as page 1."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from functools import reduce
from operator import or_
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Func, Q, QuerySet
from django.db.models.sql.compiler import SQLCompiler

from contacts_ui.models import AuditEntry, AuditNumber

from .abouts import LIST_PREFIX
from .actions import AuditAction
from .folds import Deed, deeds_of, fold_numbers, page_end
from .names import EventName
from .people import about_people

NEWEST_FIRST = ("-at", "-id")
OLDEST_FIRST = ("at", "id")
MAX_COUNTED = 10_000  # rows; of more the page says "more than"


@dataclass(frozen=True, slots=True)
class EntryFilter:
    """A filter of rows. An empty field or None does not filter.

    `people` are user ids, `person` is the name of a deleted user; `done_to` are their user names: rows about one of
    these pass as well, whoever did it. `scopes` are profile ids or "account". `since` is inclusive, `until`
    exclusive. `number_hashes` are those of one number: a row has to have one of them.
    `hide_reads`: without the rows of reading this log. `name`: rows of this name; with an outcome, those of its action
    that had that outcome.
    """

    people: tuple[int, ...] = ()
    person: str | None = None
    done_to: tuple[str, ...] = ()
    scopes: tuple[str, ...] = ()
    outcome: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    number_hashes: tuple[str, ...] = ()
    hide_reads: bool = False
    name: EventName | None = None


@dataclass(frozen=True, slots=True)
class EntriesPage:
    """Some rows, newest first, and the deeds that they are of. `newer` and `older` are the cursors (row ids) of the
    next pages, None for no page.
    """

    entries: tuple[AuditEntry, ...]
    newer: int | None
    older: int | None
    deeds: tuple[Deed, ...] = ()


def filter_entries(entry_filter: EntryFilter) -> QuerySet[AuditEntry]:
    """All rows that pass the filter, unordered."""
    return reduce(or_, _branches(entry_filter))


def _branches(entry_filter: EntryFilter) -> list[QuerySet[AuditEntry]]:
    """The rows by the people, and apart from them those about the people: together no index would order them. A row
    about people has no number.
    """
    by_people = _passing(entry_filter)
    if not entry_filter.done_to or entry_filter.number_hashes:
        return [by_people]
    about = _passing(replace(entry_filter, people=(), person=None)).filter(about_people(entry_filter.done_to))
    if entry_filter.people:
        about = about.exclude(person_id__in=entry_filter.people)
    return [by_people, about.exclude(person=entry_filter.person) if entry_filter.person else about]


def _passing(entry_filter: EntryFilter) -> QuerySet[AuditEntry]:
    name = entry_filter.name
    outcome = entry_filter.outcome or ("ok" if name and name.tried is False else None)
    exact = {
        "person": entry_filter.person,
        "action": name.action.value if name else None,
        "outcome": outcome,
        "at__gte": entry_filter.since,
        "at__lt": entry_filter.until,
    }
    conditions: dict[str, object] = {column: value for column, value in exact.items() if value is not None}
    for column, values in (("person_id", entry_filter.people), ("scope", entry_filter.scopes)):
        if values:
            conditions |= {column: values[0]} if len(values) == 1 else {f"{column}__in": values}
    tried = bool(name and name.tried)
    if tried:
        conditions["outcome__in"] = ("denied", "failed")
    if entry_filter.number_hashes:
        entries, conditions = _with_number(entry_filter.number_hashes), {f"plain_{n}": v for n, v in conditions.items()}
    else:
        entries = AuditEntry.objects.all()
        if tried or outcome not in {None, "ok"}:
            entries = entries.exclude(outcome="ok")  # as the partial index says it, or SQLite does not use that
    entries = entries.filter(_special(name), **conditions)
    return entries.exclude(action=AuditAction.AUDIT_READ) if entry_filter.hide_reads else entries


def _special(name: EventName | None) -> Q:
    """What sets the rows of a name apart from others of its action. No column of it is in an index."""
    condition = Q()
    if name and name.part is not None:
        part = Q(about__startswith=LIST_PREFIX)
        condition &= part if name.part else Q(about__isnull=True) | ~part
    if name and name.counted is not None:
        condition &= Q(rows__isnull=not name.counted)
    return condition


def entries_page(
    entry_filter: EntryFilter, size: int, *, before: AuditEntry | None, after: AuditEntry | None
) -> EntriesPage:
    """The newest rows that pass the filter, or those next to `before` (older) or `after` (newer); at most `size` lines.

    Cost: one query, of the rows of two pages and one more, so that no deed is cut that ends among them. With people
    two of these: by them, and about them.
    """
    ascends, most = after is not None, 2 * size + 1
    rows: list[AuditEntry] = []
    for branch in _branches(entry_filter):
        entries, order = branch, NEWEST_FIRST
        if after is not None:
            entries, order = entries.filter(_keyset(after, newer=True)), OLDEST_FIRST
        elif before is not None:
            entries = entries.filter(_keyset(before, newer=False))
        rows += entries.order_by(*order)[:most]
    rows = sorted(rows, key=lambda row: (row.at, row.pk), reverse=not ascends)[:most]
    if not rows:
        return EntriesPage((), None, None)
    newest_first = rows[::-1] if ascends else rows
    numbers = fold_numbers(newest_first)
    end = page_end(numbers[::-1] if ascends else numbers, size)
    more = end < len(rows)
    shown = slice(len(rows) - end, None) if ascends else slice(0, end)
    page = tuple(newest_first[shown])
    newer, older = (more, True) if ascends else (before is not None, more)  # the cursor row itself is older
    cursors = page[0].pk if newer else None, page[-1].pk if older else None
    return EntriesPage(page, *cursors, deeds_of(newest_first, shown))


def count_entries(entry_filter: EntryFilter) -> int:
    """How many rows pass the filter, at most MAX_COUNTED + 1: counting millions would cost seconds. Cost: one query, of
    people two.
    """
    most = MAX_COUNTED + 1
    return min(most, sum(branch[:most].count() for branch in _branches(entry_filter)))


def get_entry(entry_id: int) -> AuditEntry | None:
    """The row with this id; None when it does not exist or was pruned."""
    return AuditEntry.objects.filter(pk=entry_id).first()


class _Plain(Func):
    """A column that SQLite looks for in no index. Without statistics it prefers that of an action, which half of all
    rows have, to the dozen rows of a number. PostgreSQL has statistics.
    """

    template = "%(expressions)s"

    def as_sqlite(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **context: Any) -> tuple[str, Any]:
        """With a unary plus, which changes nothing else."""
        return super().as_sql(compiler, connection, template=f"+{self.template}", **context)


def _with_number(number_hashes: tuple[str, ...]) -> QuerySet[AuditEntry]:
    """Rows with one of these hashes: found by its beginning in the table of those, and compared as a whole. Their other
    columns are `plain_...`.
    """
    beginnings = {number_hash[: AuditNumber.MARK_LENGTH] for number_hash in number_hashes}
    found = AuditNumber.objects.filter(mark__in=beginnings).values("entry")
    whole = reduce(or_, (Q(marks__contains=f" {number_hash} ") for number_hash in number_hashes))
    columns = {f"plain_{name}": _Plain(name) for name in ("at", "person", "person_id", "scope", "action", "outcome")}
    return AuditEntry.objects.filter(whole, pk__in=found).alias(**columns)


def _keyset(entry: AuditEntry, *, newer: bool) -> Q:
    """Rows newer or older than `entry`. The first term is for the index, the second orders rows of the same time."""
    if newer:
        return Q(at__gte=entry.at) & (Q(at__gt=entry.at) | Q(pk__gt=entry.pk))
    return Q(at__lte=entry.at) & (Q(at__lt=entry.at) | Q(pk__lt=entry.pk))
