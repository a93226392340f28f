"""Cells of a sheet as XML: every one a text, whatever it looks like, but the desk's own times, which are dates. Pure.

A date is a number of days, so a spreadsheet sorts and filters it; the one text that becomes one is written by
columns.py, never by anybody else. What XML cannot hold is replaced, and a text is cut where Excel's cells end; both
are counted. "_x0041_" means "A" to Excel, so a text that has it is written in two runs, which every program puts
together again.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, timedelta

from .xlsx_parts import DATE_STYLE, TEXT_STYLE

MOST_UNITS = 32_767  # UTF-16 code units that a cell of Excel holds
REPLACEMENT = "\ufffd"
_NOT_XML = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]")
# In a row's texts, joined: something that has to be looked at cell by cell. A text with \x00 is one as well.
_SPECIAL = re.compile("[&<>\x01-\x1f\ud800-\udfff\ufffe\uffff]|_x|(?:^|\x00)\\s|\\s(?:\x00|$)")
_HEX = re.compile("(_x)(?=[0-9A-Fa-f]{4}_)")
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_DAY_ZERO, _DAY = datetime(1899, 12, 30), timedelta(days=1)  # noqa: DTZ001  # cells have no time zone
_FIRST_DAY = 61  # 1 March 1900: before it Excel counts a day that there never was


class Cells:
    """Makes rows of up to 26 columns, and counts the cells that could not keep their text: `mended`."""

    def __init__(self, mended: int = 0) -> None:
        self.mended = mended

    def row(self, number: int, texts: Sequence[str], *, style: int = TEXT_STYLE, times: Sequence[int] = ()) -> str:
        """One row of the sheet. `times` are the positions of texts like "2026-11-27 02:35:00"."""
        joined = "\x00".join(texts)
        head, tail = f'<row r="{number}">', "</row>"
        if len(joined) > MOST_UNITS // 2 or _SPECIAL.search(joined) or joined.count("\x00") >= len(texts):
            cells = [self._runs(text) if text else "" for text in texts]
        else:
            cells = [f"<t>{text}</t>" if text else "" for text in texts]
        kind = f'" s="{style}" t="inlineStr"><is>'
        ends = [f"{kind}{runs}</is></c>" if runs else "" for runs in cells]
        for position in times:
            if date := _date(texts[position]):
                ends[position] = date
        named = zip(_LETTERS, ends, strict=False)
        return head + "".join([f'<c r="{letter}{number}{end}' for letter, end in named if end]) + tail

    def _runs(self, text: str) -> str:
        """The text of one cell, escaped."""
        kept = _cut(_NOT_XML.sub(REPLACEMENT, text.replace("\r\n", "\n").replace("\r", "\n")))
        self.mended += kept != text
        pieces = _HEX.sub("\\1\x00", kept).split("\x00")
        runs = [f'<t xml:space="preserve">{_escaped(piece)}</t>' for piece in pieces]
        return runs[0] if len(runs) == 1 else "".join(f"<r>{run}</r>" for run in runs)


def _date(text: str) -> str | None:
    """The end of a cell with this time as a number of days; None for an empty one, and before Excel's dates.

    All digits of it: LibreOffice cuts a time off at its second, and does not round it.
    """
    if not text or (days := (datetime.fromisoformat(text) - _DAY_ZERO) / _DAY) < _FIRST_DAY:
        return None
    return f'" s="{DATE_STYLE}"><v>{days}</v></c>'


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _cut(text: str) -> str:
    """At most MOST_UNITS, and no half of a character."""
    if len(text) <= MOST_UNITS // 2 or len(text.encode("utf-16-le")) <= 2 * MOST_UNITS:
        return text
    return text.encode("utf-16-le")[: 2 * MOST_UNITS].decode("utf-16-le", "ignore")
