"""Rows of the number index: what it keeps of a contact, gathered by punctuation template and laid out in columns."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from uuid import UUID

from msgspec import Struct

from contacts_ui.sent_api.types import Contact

from .number_text import Template, parse

MAX_DIGITS = 40  # of a national format kept in columns; a longer one is kept as text
MAX_E164 = 20  # characters: 19 digits fit into eight bytes
NO_NUMBER = 0  # instead of an E.164 number
UNOWNED = "?"  # instead of an owner, where the API did not say whose a contact of the account's list is
_KEY_BITS = 64
_KEY_MASK = (1 << _KEY_BITS) - 1
_MULTIPLIER = 0x243F6A8885A308D313198A2E03707345  # odd, without a pattern: pi


class Row(Struct, frozen=True, array_like=True):
    """What the index keeps of one contact.

    `key` is a hash of its id, `national` its national format, `e164` the digits of its number as an integer or
    NO_NUMBER, `owner` the id of its profile in lower case, None for the account itself, or UNOWNED.
    """

    key: int
    national: str | None
    e164: int
    owner: str | None


class Layout(Struct, frozen=True, array_like=True):
    """The rows of one template in columns: `columns[i]` is the digit with index i of each row, as ASCII.

    `texts` are the formats themselves where they have more than MAX_DIGITS digits.
    """

    gaps: tuple[str, ...]
    zeros: tuple[int, ...] | None
    rows: int
    columns: tuple[bytes, ...]
    texts: tuple[str, ...] = ()

    @property
    def template(self) -> Template:
        """The template."""
        return Template(self.gaps, self.zeros)


class Table(Struct, frozen=True):
    """All rows in order of template, then of E.164 number. Integers are little-endian.

    `e164` has eight bytes a row; `owner` two, an index into `owners`; `keys` eight a row in ascending order, and
    `positions` for each of them four, the number of its row.
    """

    layouts: tuple[Layout, ...]
    owners: tuple[str | None, ...]
    e164: bytes
    owner: bytes
    keys: bytes
    positions: bytes

    @property
    def rows(self) -> int:
        """How many there are."""
        return len(self.owner) // 2


def row_of(contact: Contact, owner: str | None) -> Row:
    """What the index keeps of a contact."""
    return Row(key_of(contact.id), contact.format_national or None, e164_of(contact), owner)


def key_of(contact_id: UUID) -> int:
    """Eight bytes of a multiply-shift hash of a contact's id, which need not be random: it may begin with a time.

    Two of a million are alike once in 37 million times; then one of them is not known.
    """
    return (contact_id.int * _MULTIPLIER >> _KEY_BITS) & _KEY_MASK


def e164_of(contact: Contact) -> int:
    """The contact's number, NO_NUMBER when the API gives none in E.164."""
    return e164_value(contact.format_e164) or e164_value(contact.phone_number)


def e164_value(text: str | None) -> int:
    """The digits of an E.164 number as an integer, NO_NUMBER for any other text."""
    if not text or text[0] != "+" or not text.isascii() or not text[1:].isdecimal():  # half the time of a pattern
        return NO_NUMBER
    return int(text) if text[1] != "0" and len(text) <= MAX_E164 else NO_NUMBER


@dataclass(slots=True)
class _Group:
    """The rows of one template, as they came."""

    digits: bytearray = field(default_factory=bytearray)
    e164: array[int] = field(default_factory=lambda: array("Q"))
    owner: array[int] = field(default_factory=lambda: array("H"))
    keys: array[int] = field(default_factory=lambda: array("Q"))
    texts: list[str] = field(default_factory=list)


class TableBuilder:
    """Gathers rows. Of several with one key the first counts, so the newest are added first.

    Cost: 2.5 µs and about 130 bytes a row while it is gathered.
    """

    def __init__(self) -> None:
        self._groups: dict[Template, _Group] = {}
        self._owners: dict[str | None, int] = {None: 0}
        self._keys: set[int] = set()

    def __len__(self) -> int:
        return len(self._keys)

    def add(self, rows: Iterable[Row]) -> None:
        """Adds those whose keys are new."""
        for row in rows:
            if row.key in self._keys:
                continue
            self._keys.add(row.key)
            template, digits = parse(row.national or "")
            group = self._groups.get(template)
            if group is None:
                group = self._groups[template] = _Group()
            if template.size > MAX_DIGITS:
                group.texts.append(row.national or "")
            else:
                group.digits += digits.encode()
            group.e164.append(row.e164)
            group.owner.append(self._owners.setdefault(row.owner, len(self._owners)))
            group.keys.append(row.key)

    def table(self) -> Table:
        """The table of all rows so far."""
        e164, owner, keys, layouts = array("Q"), array("H"), array("Q"), list[Layout]()
        for template in sorted(self._groups, key=lambda each: (each.size, each.gaps, each.zeros or ())):
            group = self._groups[template]
            order = sorted(range(len(group.e164)), key=group.e164.__getitem__)
            e164.extend(map(group.e164.__getitem__, order))
            owner.extend(map(group.owner.__getitem__, order))
            keys.extend(map(group.keys.__getitem__, order))
            layouts.append(_layout(template, group, order))
        by_key = sorted(range(len(keys)), key=keys.__getitem__)
        return Table(
            tuple(layouts),
            tuple(self._owners),
            e164.tobytes(),
            owner.tobytes(),
            array("Q", map(keys.__getitem__, by_key)).tobytes(),
            array("I", by_key).tobytes(),
        )


def _layout(template: Template, group: _Group, order: list[int]) -> Layout:
    texts = tuple(map(group.texts.__getitem__, order)) if group.texts else ()
    size = 0 if texts else template.size
    joined = b"".join(group.digits[row * size : (row + 1) * size] for row in order)
    columns = tuple(joined[index::size] for index in range(size))
    return Layout(template.gaps, template.zeros, len(order), columns, texts)


def rows_of(table: Table) -> Iterator[Row]:
    """The rows of a table, to build another with them. Cost: 2 µs a row."""
    e164, owner, keys = array("Q", table.e164), array("H", table.owner), array("Q", bytes(8 * table.rows))
    for key, position in zip(array("Q", table.keys), array("I", table.positions), strict=True):
        keys[position] = key
    number = 0
    for layout in table.layouts:
        for national in layout.texts or _texts(layout):
            yield Row(keys[number], national or None, e164[number], table.owners[owner[number]])
            number += 1


def _texts(layout: Layout) -> Iterator[str]:
    template, size = layout.template, len(layout.columns)
    head, tail = template.gaps[0], template.gaps[-1] if size else ""
    for row in range(layout.rows):
        digits = "".join(chr(column[row]) for column in layout.columns)
        yield head + template.piece(digits, 0) + tail if size else head
