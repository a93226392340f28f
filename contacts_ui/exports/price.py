"""Price and progress of exports: calls, minutes, and how far one is."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings

from contacts_ui.models import UNFINISHED_EXPORTS, Export, ExportState, Snapshot, SnapshotState
from contacts_ui.snapshots.crawl import PAGE_SIZE

from .about import coverage_of, shortfall_of

MAX_DOWNLOADS = 3
MOST_UNFINISHED = 0.99  # of the bar, which is what was read: rows in the file take a thousandth of that time


@dataclass(frozen=True, slots=True)
class Price:
    """What an export costs. `rows` is None where the list has no total. `calls_a_minute` are those that all exports
    together may use of the desk's budget, `minutes` about how long it takes beside those that run. `at_hand`: the rows
    are those of the search, so the export reads nothing itself. `too_many`: above `most`, it would be refused.
    """

    rows: int | None
    calls: int
    minutes: int
    calls_a_minute: int
    at_hand: bool
    too_many: bool
    most: int


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is. `state` is an ExportState. `share` is from 0 to 1: the rows read of the total.

    `rows` of `total` (None: not known) are read. Nothing is done of one that waits to start, also where its rows are
    those of the search. `minutes_left` is None where nobody can say. `paused_until`: it waits
    for the messaging service or for its budget, and goes on by itself then. `ahead`: other unfinished exports, which
    take turns with it. `coverage`: "4,812", or "4,809 of 4,812" where `whole` is False, and `shortfall` why; None until
    it is read. `error` is the name of an exception, `request_id` the messaging service's to quote. `downloads_left` and
    `expires_at` are those of a ready one.
    """

    state: ExportState
    rows: int
    total: int | None
    share: float
    minutes_left: int | None
    paused_until: datetime | None
    ahead: int
    coverage: str | None
    shortfall: str | None
    whole: bool
    error: str | None
    request_id: str | None
    downloads_left: int
    expires_at: datetime


def unfinished_count() -> int:
    """How many exports of anybody are unfinished, for `price`. Cost: one query."""
    return Export.objects.filter(state__in=UNFINISHED_EXPORTS).count()


def price(total: int | None, *, running: int, at_hand: bool = False) -> Price:
    """What exporting a list of `total` contacts costs, while `running` others are unfinished. Cost: nothing."""
    calls, most = 0 if at_hand else -(-(total or 0) // PAGE_SIZE), settings.EXPORT_MOST_ROWS
    too_many = total is not None and total > most
    return Price(total, calls, _minutes(calls, running), calls_a_minute(), at_hand, too_many, most)


def calls_a_minute() -> int:
    """The calls that all exports together may make in a minute: what the rate limiter grants to bulk."""
    return max(1, settings.SENT_BUDGET_PER_MINUTE // 2)


def progress(export: Export) -> Progress:
    """How far it is, as of the row. Cost: two queries."""
    snapshot = export.snapshot if export.state in (ExportState.QUEUED, ExportState.READING) else None
    others = max(0, unfinished_count() - 1) if export.is_unfinished else 0
    rows, total = (snapshot.rows, snapshot.total_last or export.total) if snapshot else (export.rows, export.total)
    is_read = export.state in (ExportState.WRITING, ExportState.READY, ExportState.EXPIRED)
    return Progress(
        state=ExportState(export.state),
        rows=rows,
        total=total,
        share=_share(export, rows, total),
        minutes_left=_minutes_left(export, snapshot, rows, total, others),
        paused_until=snapshot.lease_until if snapshot and _waits(snapshot) else None,
        ahead=others,
        coverage=coverage_of(export) if is_read else None,
        shortfall=shortfall_of(export) if is_read and not export.whole else None,
        whole=export.whole,
        error=export.error or (snapshot.error if snapshot else None),
        request_id=export.request_id,
        downloads_left=max(0, MAX_DOWNLOADS - export.downloads),
        expires_at=export.expires_at,
    )


def _waits(snapshot: Snapshot) -> bool:
    """True while the API gives no answer; a moment without budget is how every export is read."""
    return snapshot.state == SnapshotState.PAUSED and snapshot.waiting_since is not None


def _share(export: Export, rows: int, total: int | None) -> float:
    if export.state == ExportState.WRITING:
        return MOST_UNFINISHED
    if export.state == ExportState.READING:
        return min(MOST_UNFINISHED, rows / total) if total else 0.0
    return 1.0 if export.state in (ExportState.READY, ExportState.EXPIRED) else 0.0


def _minutes_left(export: Export, snapshot: Snapshot | None, rows: int, total: int | None, others: int) -> int | None:
    if export.state == ExportState.WRITING:
        return 1
    if not export.is_unfinished or total is None or (snapshot and (_waits(snapshot) or snapshot.passes > 1)):
        return None
    return _minutes(-(-max(0, total - rows) // PAGE_SIZE), others)


def _minutes(calls: int, others: int) -> int:
    """Minutes of so many calls beside others, which take turns: at least one."""
    return max(1, math.ceil(calls * (1 + others) / calls_a_minute()))
