"""CSV file: UTF-8 with a byte order mark, every cell quoted, an apostrophe before a formula that is no phone number.

Phone numbers keep their bytes: "+44 20 7946 0958" begins like a formula, and an apostrophe would spoil it for every
other program. Excel splits lines at its country's separator, so what follows one is looked at like the start of a cell.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from .columns import Row

BYTE_ORDER_MARK = "\ufeff"
# What begins a formula: ASCII, full-width and small forms, and the minus sign (audit/csv_export.py).
_SIGNS = "=+\\-@＝＋－＠﹦﹢﹣﹫−"
# Nothing to quote in it, and no formula: most cells. After a plus there are digits alone.
_PLAIN = re.compile(r"[\w(][\w .:()/\-]*|\+\d[\d .()/\-]{5,20}")
# A number as people write it: with letters for its last digits, an extension, a word or two behind it. Nowhere a name
# with a bracket after it, a bar or a second sign, which a formula that does anything needs.
_PHONE = re.compile(
    r"(?:tel:)?[(\s]*[+＋]?[(\s]*\d[\d\s()./\-‐‑‒–—]*(?:[A-Z]{2,7})?"
    r"(?:(?:;ext=|\s*ext\.?\s*|\s*[x#]\s*)\d{1,7})?(?:\s+\(?[^\W\d_]+(?:\s[^\W\d_]+){0,3}\)?)?"
)
_FORMULA = re.compile(rf"\s*[{_SIGNS}]")
_SEPARATOR = re.compile(r"([;,\t\r\n|\"])")
LEAST_DIGITS, MOST_DIGITS = 3, 20  # of a phone number, with its extension
_LONGEST = 60  # characters of one


class CsvFile:
    """The bytes of a file, piece by piece. It has no state: a file that was broken off goes on with its next row."""

    content_type = "text/csv; charset=utf-8"

    def __init__(self, header: Row) -> None:
        self._header = header

    def begin(self) -> bytes:
        """The first bytes."""
        return (BYTE_ORDER_MARK + _line(self._header)).encode()

    def add(self, rows: Iterable[Row]) -> bytes:
        """The bytes of these rows."""
        return "".join(map(_line, rows)).encode("utf-8", "replace")


def is_phone_number(text: str) -> bool:
    """Whether a text is a phone number in one of the ways in which numbers are written, and nothing else."""
    if len(text) > _LONGEST or not _PHONE.fullmatch(text):
        return False
    return LEAST_DIGITS <= sum(map(str.isdecimal, text)) <= MOST_DIGITS


def cell(text: str) -> str:
    """The cell without its quotation marks around it."""
    if _PLAIN.fullmatch(text) or is_phone_number(text):
        return text
    pieces = _SEPARATOR.split(text)
    marked = "".join(f"'{piece}" if _is_formula(piece) else piece for piece in pieces)
    # At the beginning of a cell some programs drop these and read on.
    marked = f"'{marked}" if marked.startswith(("\t", "\r", "\n")) else marked
    return marked.replace('"', '""')


def _is_formula(piece: str) -> bool:
    return _FORMULA.match(piece) is not None and not is_phone_number(piece)


def _line(row: Row) -> str:
    return '"' + '","'.join([text if _PLAIN.fullmatch(text) else cell(text) for text in row]) + '"\r\n'
