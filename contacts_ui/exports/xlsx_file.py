"""Excel file: sheets of texts and dates, and a sheet "About", written in a stream that can be broken off.

xlsxwriter writes a million rows in 201 CPU seconds and keeps them in clear in a temporary file meanwhile, 0.7 GB; a
worker may keep a task for 15 seconds, and may die. This takes a sixth of the time and no file (docs/decisions, 44).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice

import msgspec

from . import xlsx_parts as parts
from .columns import Row
from .xlsx_cells import Cells
from .zip_stream import ZipState, ZipStream

SHEET_ROWS = 1_048_576  # of Excel, the header among them


class XlsxState(msgspec.Struct):
    """Where a file is: its ZIP file, the sheets begun, the rows of the last, cells that could not keep their text.

    `has_dates`: its styles have one for dates. A file that an older version has begun goes on with texts.
    """

    zip: ZipState = msgspec.field(default_factory=ZipState)
    sheets: int = 0
    rows: int = 0
    mended: int = 0
    has_dates: bool = False


class XlsxFile:
    """The bytes of a file, piece by piece; `state` is all that is needed to go on with it. `times` are the positions of
    columns with times.
    """

    content_type = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(
        self,
        header: Row,
        made_at: datetime,
        rows: int,
        state: XlsxState | None = None,
        times: Sequence[int] = (),
    ) -> None:
        self.state = state or XlsxState(has_dates=True)
        self._times = times if self.state.has_dates else ()
        self._header, self._sheets = header, max(1, -(-rows // (SHEET_ROWS - 1)))
        self._zip, self._cells = ZipStream(self.state.zip, made_at), Cells(self.state.mended)

    def begin(self) -> bytes:
        """The first bytes."""
        whole = self._zip.whole
        head = whole("[Content_Types].xml", parts.content_types(self._sheets + 1)) + whole("_rels/.rels", parts.RELS)
        names = parts.sheet_names(self._sheets)
        head += whole("xl/workbook.xml", parts.workbook(names))
        head += whole("xl/_rels/workbook.xml.rels", parts.workbook_rels(len(names)))
        return head + whole("xl/styles.xml", parts.STYLES) + self._begin_sheet()

    def add(self, rows: Iterable[Row]) -> bytes:
        """The bytes of these rows. Raises FileTooLarge."""
        source, made = iter(rows), []
        while True:
            piece = list(islice(source, SHEET_ROWS - self.state.rows))
            if piece:
                first = self.state.rows + 1
                lines = [self._cells.row(number, row, times=self._times) for number, row in enumerate(piece, first)]
                text = "".join(lines)
                made.append(self._zip.add(text.encode()))
                self.state.rows += len(piece)
            if self.state.rows < SHEET_ROWS:
                break
            if (more := next(source, None)) is None:
                break
            made.append(self._end_sheet() + self._begin_sheet())
            text = self._cells.row(2, more, times=self._times)
            made.append(self._zip.add(text.encode()))
            self.state.rows += 1
        self.state.mended = self._cells.mended
        return b"".join(made)

    def end(self, about: Sequence[tuple[str, str]]) -> bytes:
        """The last bytes, with the sheet "About" of these lines."""
        made = self._end_sheet()
        while self.state.sheets < self._sheets:  # rows that the snapshot counted and does not have
            made += self._begin_sheet() + self._end_sheet()
        lines = [self._cells.row(number, line) for number, line in enumerate(about, 1)]
        sheet = parts.sheet_head((24, 90), frozen=False) + "".join(lines) + parts.SHEET_TAIL
        return made + self._zip.whole(parts.sheet_path(self._sheets + 1), sheet) + self._zip.finish()

    def _begin_sheet(self) -> bytes:
        self.state.sheets += 1
        self.state.rows = 1
        widths = [parts.width_of(title) for title in self._header]
        head = parts.sheet_head(widths, frozen=True, times=self._times)
        text = head + self._cells.row(1, self._header, style=parts.HEADER_STYLE)
        return self._zip.begin(parts.sheet_path(self.state.sheets)) + self._zip.add(text.encode())

    def _end_sheet(self) -> bytes:
        last = f"{chr(ord('A') + len(self._header) - 1)}{self.state.rows}"
        return self._zip.add(parts.sheet_tail(last).encode()) + self._zip.end()
