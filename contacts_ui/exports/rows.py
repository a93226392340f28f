"""Rows of a file: those of a snapshot, in the order of its parts, or those that were there when it was asked for."""

from __future__ import annotations

from collections.abc import Iterable

from contacts_ui.models import Export
from contacts_ui.sent_api.types import Contact
from contacts_ui.snapshots.parts import parts_after, sealer_of

from .columns import Owners, Row, columns_of, row_of
from .details import Details, Line
from .errors import ExportExpired

_LOOKUP_TITLES = ("Typed", "Result")


class RowSource:
    """Gives batches of rows by position. `header` are the titles of the columns, `times` the positions of times."""

    def __init__(self, export: Export, details: Details, owners: Owners) -> None:
        self._export, self._details, self._owners = export, details, owners
        self._columns = columns_of(details.columns, masked=export.masked, has_owners=bool(owners))
        titles = [column.title for column in self._columns]
        before = () if details.lines is None else _LOOKUP_TITLES
        self.header: list[str] = [*before, *titles]
        self.times = tuple(n for n, column in enumerate(self._columns, len(before)) if column.is_time)

    def after(self, position: int) -> tuple[int, list[Row] | None]:
        """The next rows after a position, and the position after them; None at the end. Raises SealError."""
        if self._details.lines is not None:
            return (1, None) if position else (1, [self._line(line) for line in self._details.lines])
        if self._details.contacts is not None:
            return (1, None) if position else (1, self._rows(self._details.contacts))
        snapshot = self._export.snapshot
        if snapshot is None or snapshot.wrapped_key is None:
            raise ExportExpired
        batch = parts_after(snapshot, sealer_of(snapshot), position)
        if not batch:
            return position, None
        return batch[-1][0], [row for _, part in batch for row in self._rows(part.contacts)]

    def _rows(self, contacts: Iterable[Contact]) -> list[Row]:
        return [row_of(contact, self._columns, self._owners) for contact in contacts]

    def _line(self, line: Line) -> Row:
        cells = row_of(line.contact, self._columns, self._owners) if line.contact else [""] * len(self._columns)
        return [line.raw, _result_of(line), *cells]


def _result_of(line: Line) -> str:
    if line.contact is not None:
        return f"Found, and {line.others} more with this number" if line.others else "Found"
    if not line.asked:
        return "Not looked up"
    return "Not found" if line.number else "Not a number"
