"""The log as a file: a row a line, newest first, in constant memory."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

from django.db.models import QuerySet

from contacts_ui.models import AuditEntry

from .labels import OUTCOMES, action_label
from .queries import NEWEST_FIRST, EntryFilter, filter_entries

HEADER = (
    "time (UTC)", "person", "person id", "what", "action", "profile", "profile id", "outcome", "rows", "request id",
    "reference", "address", "about",
)  # fmt: skip
CHUNK_ROWS = 500  # rows: so many are fetched, and sent, together
# What a spreadsheet takes for a formula, in plain and in full-width signs.
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


@dataclass(frozen=True, slots=True)
class CsvExport:
    """The rows that are wanted, as they were when it was made: what is written meanwhile is not among them."""

    entries: QuerySet[AuditEntry]
    count: int
    titles: Mapping[str, str]

    def chunks(self) -> Iterator[str]:
        """The file, some hundred lines at a time."""
        yield _csv([HEADER])
        rows = self.entries.order_by(*NEWEST_FIRST).iterator(chunk_size=CHUNK_ROWS)
        while some := list(islice(rows, CHUNK_ROWS)):
            yield _csv(_cells(entry, self.titles) for entry in some)


def csv_export(wanted: EntryFilter, titles: Mapping[str, str]) -> CsvExport:
    """The file to come. `titles` are the names of profiles. Cost: two queries, the second counts."""
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    entries = filter_entries(wanted).filter(pk__lte=newest)
    return CsvExport(entries, entries.count(), titles)


def _cells(entry: AuditEntry, titles: Mapping[str, str]) -> tuple[object, ...]:
    at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    scope = entry.scope or ""
    outcome = OUTCOMES.get(entry.outcome, entry.outcome)
    return (
        at, entry.person, entry.person_id, action_label(entry.action), entry.action, titles.get(scope), scope, outcome,
        entry.rows, entry.request_id, entry.reference, entry.address, entry.about,
    )  # fmt: skip


def _csv(rows: Iterable[tuple[object, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


def escape_formula(cell: object) -> str:
    """As text that no spreadsheet runs."""
    text = "" if cell is None else str(cell)
    return f"'{text}" if text.startswith(_FORMULA) else text
