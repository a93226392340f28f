"""Contact rows: the rows of a list from their template, compiled to a format string for each shape of a row.

A shape is the columns, and which texts a row has and which it lacks. The template is rendered once for each shape,
with placeholders; a row of that shape only fills in its escaped texts. Jinja2's loop was a quarter of a page.

The HTML is kept in the memo of the page that it was made of, by all else that it was made of (`RowLook`): so it is
never another scope's, question's or answer's, and ends with the page. There is no age in it that would change.
"""

from __future__ import annotations

import re
import sys
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import tzinfo
from functools import lru_cache
from html import escape
from itertools import repeat
from operator import is_, itemgetter
from threading import Lock
from typing import NamedTuple
from weakref import ref

from django.utils.timezone import get_current_timezone
from jinja2 import Environment
from markupsafe import Markup

from contacts_ui.contacts.marks import Segment, marked_numbers
from contacts_ui.contacts.masking import mask_number
from contacts_ui.contacts.owners import Owner
from contacts_ui.sent_api.types import Contact, ContactPage, channels_of

from .formatting import month_and_time
from .regions import flag_class, region_name

MAX_KEPT, MAX_KEPT_BYTES = 1000, 24 * 2**20  # rows of pages in this process; 50 rows take 90 KB
_PLACEHOLDER = re.compile("\x00(\\d+)\x00")
_E164 = re.compile("\\+[0-9]+")

Texts = tuple[str | None, ...]  # those of RowTexts in its order, as a plain tuple, which is made three times as fast
NumberTexts = tuple[str | None, str | None, str | None]  # shown, label, copied: see number_texts
Badges = Callable[[tuple[str, ...], str | None], str]


class RowLook(NamedTuple):
    """All that the rows of a page depend on beside its contacts: columns, masked or not, the zone of times, the list's
    path, what to mark in the numbers, and the owners by customer_id.
    """

    columns: tuple[str, ...]
    readable: bool
    zone: tzinfo
    path: str
    spellings: tuple[str, ...]
    owners: frozenset[tuple[str, Owner]]


class RowTexts(NamedTuple):
    """The texts of a row, escaped; None for one that it lacks. `label`, `copied`: see number_texts. `owner` and
    `badges` are finished cells.
    """

    url: str
    shown: str | None
    label: str | None
    copied: str | None
    id: str
    flag: str
    owner: str | None
    region: str | None
    badges: str | None
    created: str | None
    created_exact: str | None
    updated: str | None
    updated_exact: str | None


class RowFormat(NamedTuple):
    """The HTML of a shape in parts: at each second place stands a text, and `pick` gives these in that order."""

    parts: list[str]
    pick: Callable[[Texts], tuple[str, ...]]


class ContactRows:
    """Writes the rows of a list. `badges` gives those of some channels and the default one."""

    def __init__(self, environment: Environment, badges: Badges) -> None:
        self._environment, self._badges = environment, badges
        self._kept = KeptRows()
        self._format_of = lru_cache(maxsize=512)(self._compile)

    def __call__(
        self,
        page: ContactPage,
        columns: Sequence[str],
        *,
        readable: bool,
        path: str,
        spellings: Sequence[str],
        owners: Mapping[str, Owner] | None,
    ) -> Markup:
        """The rows of `page` with times in the current zone, as they were written last if nothing is different."""
        zone, named = get_current_timezone(), frozenset((owners or {}).items())
        look = RowLook(tuple(columns), readable, zone, path, tuple(spellings), named)
        kept: Markup | None = page.memo.get(look)
        if kept is not None:
            return kept
        html = list[str]()
        for contact, texts in zip(page.contacts, self.texts(page.contacts, look), strict=True):
            parts, pick = self._format_of(look.columns, contact.opt_out, tuple(map(is_, texts, repeat(None))))
            row = parts.copy()
            row[1::2] = pick(texts)
            html += row
        written = Markup("".join(html))  # noqa: S704  # of the template and escaped texts
        self._kept.put(page, look, written)
        return written

    def _compile(self, columns: tuple[str, ...], opt_out: bool | None, lacks: tuple[bool, ...]) -> RowFormat:
        """The format of a shape: `lacks` says of each text whether a row is without it."""
        texts = (None if lacking else f"\x00{index}\x00" for index, lacking in enumerate(lacks))
        parts = _PLACEHOLDER.split(self.render(tuple(texts), columns, opt_out))
        return RowFormat(parts, itemgetter(*map(int, parts[1::2])))

    def render(self, texts: Texts, columns: tuple[str, ...], opt_out: bool | None) -> str:
        """One row by its template."""
        escaped = RowTexts(*map(_as_markup, texts))  # type: ignore[arg-type]
        template = self._environment.get_template("contacts/_row.html")
        return template.render(row=escaped, columns=columns, opt_out=opt_out)

    def texts(self, contacts: Sequence[Contact], look: RowLook) -> Iterable[Texts]:
        """The texts of each row, in the order of RowTexts. One function, as it is on the path of every list."""
        marks = marked_numbers(contacts, look.spellings) if look.readable and look.spellings else repeat(())
        path, owners, cells = escape(look.path), dict(look.owners), dict[str | None, str]()
        owner_cell = self._environment.get_template("contacts/owner_name.html").module.owner_name  # type: ignore[attr-defined]
        for contact, parts in zip(contacts, marks, strict=False):
            if contact.customer_id not in cells:
                cells[contact.customer_id] = owner_cell(owners, contact)
            contact_id, channels = str(contact.id), channels_of(contact.raw_channels)
            yield (
                f"{path}{contact_id}/",
                *number_texts(contact, parts, readable=look.readable),
                contact_id,
                flag_class(contact.region_code),
                cells[contact.customer_id],
                _region(contact.region_code),
                self._badges(channels, contact.default_channel) if channels else None,
                *(month_and_time(contact.created_at, look.zone) if contact.created_at else (None, None)),
                *(month_and_time(contact.updated_at, look.zone) if contact.updated_at else (None, None)),
            )


def number_texts(contact: Contact, parts: Sequence[Segment] = (), *, readable: bool) -> NumberTexts:
    """What a phone cell shows, reads out and copies. `parts` are those of a readable number with marks in it.

    A masked number has no label: nothing of it is copied. `copied` is None where it is a plus and the label's digits,
    as it nearly always is: copy.js makes it of the label, and a list is 400 bytes smaller.
    """
    number = contact.number
    if not number:
        return None, None, None
    if not readable:
        return escape(mask_number(contact)), None, None
    label, copied = escape(number), contact.format_e164 or number
    marked = "".join(f"<mark>{escape(text)}</mark>" if is_marked else escape(text) for text, is_marked in parts)
    as_read = number.replace(" ", "").replace("-", "") == copied and _E164.fullmatch(copied)
    return marked or label, label, None if as_read else escape(copied)


def number_markup(contact: Contact, *, readable: bool) -> tuple[Markup | None, ...]:
    """The same for a template, which would escape it once more."""
    return tuple(map(_as_markup, number_texts(contact, readable=readable)))


def _as_markup(escaped: str | None) -> Markup | None:
    return None if escaped is None else Markup(escaped)  # noqa: S704


@lru_cache(maxsize=512)
def _region(region_code: str | None) -> str | None:
    name = region_name(region_code)
    return escape(name) if name else None


class KeptRows:
    """The rows that this process wrote last, each in the memo of its page. At most MAX_KEPT, and of MAX_KEPT_BYTES; the
    oldest are forgotten first. Safe for threads.
    """

    def __init__(self) -> None:
        self._order = deque[tuple[ref[ContactPage], RowLook, int]]()
        self._bytes, self._lock = 0, Lock()

    def put(self, page: ContactPage, look: RowLook, rows: str) -> None:
        """Keeps rows as long as the page, if not so many others follow."""
        with self._lock:
            page.memo[look] = rows
            self._order.append((ref(page), look, sys.getsizeof(rows)))
            self._bytes += sys.getsizeof(rows)
            while len(self._order) > MAX_KEPT or self._bytes > MAX_KEPT_BYTES:
                oldest, its_look, size = self._order.popleft()
                self._bytes -= size
                if (its_page := oldest()) is not None:
                    its_page.memo.pop(its_look, None)
