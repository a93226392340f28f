"""Bitmap index over the digits of national formats: for each position and digit one bit for every row.

A run of seven digits is seven ANDs at each position where it can stand, whatever matches: a million rows take about a
millisecond, and so do runs that half of them have. Rows of equal digit count share their bitmaps, which are Python
integers (bit r is row r of the block), so that small templates cost no memory of their own.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import groupby

from .number_text import Template, parse, pieces_of
from .rows import NO_NUMBER, Layout, Table

_DIGITS = b"0123456789"
# For each digit the table that makes a row's character "1" where it has this digit and "0" elsewhere.
_IS_DIGIT = tuple(bytes(ord("1") if byte == digit else ord("0") for byte in range(256)) for digit in _DIGITS)
_ONE_BYTE = 256
MAX_DIGITS = 15  # of an E.164 number
TAIL = 3  # of digits that stand in E.164 alone: so many come after whatever a national format has in their midst
_CELL = 20  # characters of a cell: the 19 digits that an index keeps at most, and a space
MOST_MASKS = 64  # of owners, an eighth of a byte a row each

Mask = dict[int, int]  # by the index of a block: the bits of its rows that count


@dataclass(frozen=True, slots=True)
class _Span:
    """The rows of one template in a block: from `first` to `end`, which is not one of them."""

    template: Template
    first: int
    end: int

    def bits(self, data: bytes) -> int:
        """Those of a block's bits, as little-endian bytes, that belong to these rows."""
        part = int.from_bytes(data[self.first >> 3 : (self.end + 7) >> 3], "little") >> (self.first & 7)
        return part & ((1 << (self.end - self.first)) - 1)


@dataclass(frozen=True, slots=True)
class _Block:
    """The rows with one count of digits: `planes[i][d]` has the bits of those whose digit with index i is d."""

    first: int
    rows: int
    planes: tuple[tuple[int, ...], ...]
    spans: tuple[_Span, ...]
    texts: tuple[str, ...]

    def matches(self, run: str, mask: int | None, *, ending: bool) -> Iterator[tuple[int, int]]:
        """For each index at which the digits `run` stand in some row: the index, and the bits of these rows."""
        last = len(self.planes) - len(run)
        for start in range(last if ending else 0, last + 1) if last >= 0 else ():
            bits = -1 if mask is None else mask
            for plane, digit in zip(self.planes[start:], run, strict=False):
                bits &= plane[int(digit)]
                if not bits:
                    break
            if bits:
                yield start, bits

    def rows_with(self, run: str) -> Iterator[int]:
        """The rows in which the digits `run` stand, and all whose text is kept as it is."""
        if self.texts:
            yield from range(self.first, self.first + self.rows)
            return
        found = 0
        for _, bits in self.matches(run, None, ending=False):
            found |= bits
        yield from (self.first + row for row in _set_bits(found))

    def count_pieces(self, run: str, mask: int | None, counts: Counter[str], *, ending: bool) -> None:
        """Adds the count of rows for each distinct piece in which the digits `run` stand."""
        for row, text in enumerate(self.texts):
            if mask is None or mask >> row & 1:
                counts.update(pieces_of(text, run, ending=ending))
        found = [
            (start, bits.to_bytes((self.rows + 7) >> 3, "little"))
            for start, bits in self.matches(run, mask, ending=ending)
        ]
        if not found:
            return
        for span in self.spans:
            by_text: dict[str, int] = defaultdict(int)
            for start, data in found:
                if bits := span.bits(data):
                    by_text[span.template.piece(run, start)] |= bits
            for text, bits in by_text.items():
                counts[text] += bits.bit_count()


class Columns:
    """The immutable part of an index, made from a table. Safe for threads.

    Cost: a quarter of a second a million rows to make, and 36 bytes a row.
    """

    def __init__(self, table: Table) -> None:
        self.owners = table.owners
        self._e164, self._owner = array("Q", table.e164), array("H", table.owner)
        self._keys, self._positions = array("Q", table.keys), array("I", table.positions)
        self._blocks = tuple(_blocks(table))
        self._ranges = tuple(
            (block.first + span.first, block.first + span.end) for block in self._blocks for span in block.spans
        )
        self._masks: dict[int, Mask] = {}
        self._cells: dict[str, tuple[str, array[int]]] = {}

    def __len__(self) -> int:
        return len(self._e164)

    @cached_property
    def nbytes(self) -> int:
        """Bytes of memory, about."""
        arrays = (self._e164, self._owner, self._keys, self._positions)
        planes = (bits for block in self._blocks for plane in block.planes for bits in plane)
        texts = (text for block in self._blocks for text in block.texts)
        gaps = (gap for block in self._blocks for span in block.spans for gap in span.template.gaps)
        return sum(map(sys.getsizeof, (*arrays, *texts))) + sum(map(sys.getsizeof, planes)) + sum(map(len, gaps))

    def count_pieces(self, run: str, mask: Mask | None, *, ending: bool) -> Counter[str]:
        """How many of the rows in `mask` (None: all) have each distinct piece in which the digits `run` stand."""
        counts: Counter[str] = Counter()
        for index, block in enumerate(self._blocks):
            block_mask = None if mask is None else mask[index]
            if block_mask != 0:
                block.count_pieces(run, block_mask, counts, ending=ending)
        return counts

    def rows_with(self, e164: int) -> Iterator[int]:
        """The rows with this number, by bisection in the rows of each template."""
        if e164 == NO_NUMBER:
            return
        numbers = self._e164
        for first, end in self._ranges:
            if not numbers[first] <= e164 <= numbers[end - 1]:
                continue
            row = bisect_left(numbers, e164, first, end)
            while row < end and numbers[row] == e164:
                yield row
                row += 1

    def begins(self, digits: str, owner: str | None) -> bool:
        """True if a number begins with these digits; of an owner's rows, where one is named. A row that was replaced
        counts too.
        """
        if owner is not None and owner not in self.owners[1:]:
            return False
        own = None if owner is None else self.owners.index(owner, 1)
        return any(own is None or own in self._owner[start:stop] for start, stop in self._ranges_beginning(digits))

    def rows_beginning(self, digits: str) -> Iterator[tuple[int, str]]:
        """The rows whose number begins with these digits, with that number."""
        rows = (row for start, stop in self._ranges_beginning(digits) for row in range(start, stop))
        return ((row, str(self._e164[row])) for row in rows)

    def rows_containing_after(self, beginning: str, digits: str) -> Iterator[tuple[int, str]]:
        """The rows whose number begins so and has these digits, with that number. Cost: a millisecond 100,000 of them;
        at first 30.
        """
        text, rows = self._cells_of(beginning)
        at = text.find(digits)
        while at >= 0:
            cell = at // _CELL
            yield rows[cell], text[cell * _CELL : (cell + 1) * _CELL].rstrip()
            at = text.find(digits, (cell + 1) * _CELL)

    def _cells_of(self, beginning: str) -> tuple[str, array[int]]:
        """All numbers that begin so in one text, which is searched at once: each in a cell, a space at its end."""
        if beginning not in self._cells:
            found = list(self.rows_beginning(beginning))
            text = "".join(f"{number:<{_CELL}}" for _, number in found)
            self._cells[beginning] = text, array("I", [row for row, _ in found])
        return self._cells[beginning]

    def rows_written(self, digits: str, mask: Mask | None) -> Iterator[int]:
        """The rows in `mask` whose national format is these digits, or has one more before them: a trunk prefix."""
        for index, block in enumerate(self._blocks):
            if block.texts:
                written = (row for row, text in enumerate(block.texts) if _is_written(text, digits))
            elif len(block.planes) - len(digits) in {0, 1}:
                written = (row for _, bits in block.matches(digits, None, ending=True) for row in _set_bits(bits))
            else:
                continue
            yield from (block.first + row for row in written if mask is None or mask[index] >> row & 1)

    def _ranges_beginning(self, digits: str) -> Iterator[tuple[int, int]]:
        """The first row and the one after the last, by bisection in the rows of each template."""
        numbers, least = self._e164, int(digits)
        for zeros in range(MAX_DIGITS - len(digits) + 1):
            low, high = least * 10**zeros, (least + 1) * 10**zeros
            for first, end in self._ranges:
                if numbers[first] < high and numbers[end - 1] >= low:
                    start = bisect_left(numbers, low, first, end)
                    stop = bisect_left(numbers, high, start, end)
                    if start < stop:
                        yield start, stop

    def rows_containing(self, digits: str) -> Iterator[tuple[int, str]]:
        """The rows in whose E.164 these digits stand, with that number, if the last TAIL of them stand in the national
        format too: only those rows are read. Cost: 50 ms a million rows.
        """
        rows = (row for block in self._blocks for row in block.rows_with(digits[-TAIL:]))
        texts = ((row, str(self._e164[row])) for row in rows)
        return ((row, text) for row, text in texts if digits in text)

    def row_with_key(self, key: int) -> int | None:
        """The row of a contact, None without one."""
        index = bisect_left(self._keys, key)
        return self._positions[index] if index < len(self._keys) and self._keys[index] == key else None

    def e164(self, row: int) -> int:
        """A row's number."""
        return self._e164[row]

    def owner(self, row: int) -> str | None:
        """Whose a row is."""
        return self.owners[self._owner[row]]

    @cached_property
    def by_owner(self) -> Counter[str | None]:
        """How many rows each owner has. Cost: 30 ms a million rows, once."""
        return Counter({self.owners[number]: rows for number, rows in Counter(self._owner).items()})

    def mask_of_owner(self, owner: str) -> Mask:
        """The rows of one owner. Cost: 10 ms a million rows; the last few are kept."""
        try:
            number = self.owners.index(owner, 1)
        except ValueError:
            return dict.fromkeys(range(len(self._blocks)), 0)
        mask = self._masks.get(number)
        if mask is None:
            mask = self._masks[number] = {
                index: _bits_equal(self._owner[block.first : block.first + block.rows], number)
                for index, block in enumerate(self._blocks)
            }
            if len(self._masks) > MOST_MASKS:
                self._masks.pop(next(iter(self._masks)), None)
        return mask

    def mask_without(self, mask: Mask | None, rows: Collection[int]) -> Mask | None:
        """The mask without these rows."""
        if not rows:
            return mask
        reduced = mask or {index: (1 << block.rows) - 1 for index, block in enumerate(self._blocks)}
        reduced = dict(reduced)
        for row in rows:
            index = next(i for i, block in enumerate(self._blocks) if row < block.first + block.rows)
            reduced[index] &= ~(1 << (row - self._blocks[index].first))
        return reduced


def _blocks(table: Table) -> Iterator[_Block]:
    """One block for each count of digits, texts apart."""
    first = 0
    for (_, is_text), group in groupby(table.layouts, lambda layout: (len(layout.columns), bool(layout.texts))):
        layouts = tuple(group)
        block = _text_block(first, layouts) if is_text else _block(first, layouts)
        first += block.rows
        yield block


def _block(first: int, layouts: tuple[Layout, ...]) -> _Block:
    size = len(layouts[0].columns)
    planes = tuple(_planes(b"".join(layout.columns[index] for layout in layouts)) for index in range(size))
    spans = tuple(_spans(layouts))
    return _Block(first, spans[-1].end, planes, spans, ())


def _text_block(first: int, layouts: tuple[Layout, ...]) -> _Block:
    texts = tuple(text for layout in layouts for text in layout.texts)
    return _Block(first, len(texts), (), tuple(_spans(layouts)), texts)


def _spans(layouts: tuple[Layout, ...]) -> Iterator[_Span]:
    first = 0
    for layout in layouts:
        yield _Span(layout.template, first, first + layout.rows)
        first += layout.rows


def _planes(column: bytes) -> tuple[int, ...]:
    """For each digit the bits of the rows that have it. Reversed, because a text begins with its highest bit."""
    reverse = column[::-1]
    return tuple(
        int(reverse.translate(table), 2) if digit in column else 0
        for digit, table in zip(_DIGITS, _IS_DIGIT, strict=True)
    )


def _set_bits(bits: int) -> Iterator[int]:
    """The places of the bits that are set, lowest first."""
    flags = f"{bits:b}"[::-1]
    place = flags.find("1")
    while place >= 0:
        yield place
        place = flags.find("1", place + 1)


def _is_written(text: str, digits: str) -> bool:
    """True for a text of these digits, or with one more before them."""
    return parse(text)[1][-len(digits) :] == digits and len(parse(text)[1]) - len(digits) <= 1


def _bits_equal(values: array[int], value: int) -> int:
    """The bits of those values, of two bytes each, that are equal to `value`."""
    data = values.tobytes()[::-1]  # now the high byte of each comes first, and the last value
    if not data:
        return 0
    bits = -1
    for offset, byte in enumerate(divmod(value, _ONE_BYTE)):
        table = bytes(ord("1") if each == byte else ord("0") for each in range(_ONE_BYTE))
        bits &= int(data[offset::2].translate(table), 2)
    return bits
