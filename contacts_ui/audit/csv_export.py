"""CSV export of the audit log: one line for each row, newest first, in chunks.

Every cell is quoted, and no part of one is a formula to a spreadsheet that splits lines at another character: Excel
splits at the list separator of its country (`;` in most of Europe), LibreOffice at what was ticked last.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC
from itertools import islice

from django.db.models import QuerySet

from contacts_ui.models import AuditEntry

from .labels import OUTCOMES, about_label, stored_name
from .log import ACCOUNT
from .names import entry_label
from .queries import NEWEST_FIRST, EntryFilter, filter_entries

HEADER = (
    "time (UTC)", "person", "person id", "what", "action", "profile", "profile id", "outcome", "rows", "request id",
    "reference", "address", "about",
)  # fmt: skip
CHUNK_ROWS = 500  # rows fetched and sent together
# What begins a formula: ASCII, full-width and small forms, and the minus sign.
FORMULA_SIGNS = "=+-@＝＋－＠﹦﹢﹣﹫−"
# A sign after anything but a letter, a digit or another sign may begin a cell: after a space, a semicolon, a tab, a
# quotation mark or a line break. "a-b" and "x@y" stay as they are.
_FORMULA_START = re.compile(rf"(?<![\w{re.escape(FORMULA_SIGNS)}])(?=[{re.escape(FORMULA_SIGNS)}])")
_STRIPPED = ("\t", "\r", "\n")  # at the beginning of a cell some programs drop these and read on


@dataclass(frozen=True, slots=True)
class CsvExport:
    """The filtered rows as of the moment the export was made: rows written later are not in it.

    `display_names` are the names of the account and of profiles by scope.
    """

    entries: QuerySet[AuditEntry]
    count: int
    display_names: Mapping[str, str]

    def chunks(self) -> Iterator[str]:
        """The file in chunks of CHUNK_ROWS lines, the header first."""
        yield csv_lines([HEADER])
        rows = self.entries.order_by(*NEWEST_FIRST).iterator(chunk_size=CHUNK_ROWS)
        while chunk := list(islice(rows, CHUNK_ROWS)):
            yield csv_lines(_cells(entry, self.display_names) for entry in chunk)


def csv_export(entry_filter: EntryFilter, display_names: Mapping[str, str]) -> CsvExport:
    """The export of the rows that pass the filter. Cost: two queries, the second one a count."""
    newest = AuditEntry.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    entries = filter_entries(entry_filter).filter(pk__lte=newest)
    return CsvExport(entries, entries.count(), display_names)


def _cells(entry: AuditEntry, display_names: Mapping[str, str]) -> tuple[object, ...]:
    at = entry.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    scope = entry.scope or ""
    name, profile = (
        stored_name(entry.action, entry.outcome),
        display_names.get(scope) or ("Account" if scope == ACCOUNT else None),
    )
    outcome = OUTCOMES.get(entry.outcome, entry.outcome)
    return (
        at, entry.person, entry.person_id, entry_label(entry), name, profile, scope,
        outcome, entry.rows, entry.request_id, entry.reference, entry.address,
        about_label(entry.action, entry.about),
    )  # fmt: skip


def csv_lines(rows: Iterable[tuple[object, ...]]) -> str:
    """The rows as CSV, every cell quoted and without formulas."""
    text = io.StringIO()
    writer = csv.writer(text, quoting=csv.QUOTE_ALL)
    writer.writerows([escape_formula(cell) for cell in row] for row in rows)
    return text.getvalue()


def escape_formula(cell: object) -> str:
    """The cell as text, with an apostrophe before everything that a spreadsheet may run as a formula."""
    text = "" if cell is None else str(cell)
    escaped = _FORMULA_START.sub("'", text)
    return f"'{escaped}" if escaped.startswith(_STRIPPED) else escaped
