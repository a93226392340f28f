"""Details of an export, sealed under its own key: what was asked for, and the rows that were there when it was.

Everything that may hold digits of a number is in here, so it goes with the key.
"""

from __future__ import annotations

import zlib

import msgspec
from msgspec.msgpack import decode, encode

from contacts_ui.models import Export
from contacts_ui.sealing.sealer import Sealer, SealError, new_key, sealer_for
from contacts_ui.sent_api.types import Contact

from .errors import ExportExpired

PURPOSE = "export"


class Line(msgspec.Struct, frozen=True):
    """One number of a pasted list, as a LookupRow; `asked`: it was looked up."""

    raw: str
    number: str | None = None
    contact: Contact | None = None
    others: int = 0
    asked: bool = True


class Details(msgspec.Struct, frozen=True):
    """(label, value) of each filter; names of columns. `lines` of a list that was looked up, `contacts` of a search
    whose rows were there already; None for what a snapshot reads. `partial`: the search had more than it looked at.
    """

    filters: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...] | None = None
    contacts: tuple[Contact, ...] | None = None
    partial: bool = False


def make_key(export: Export) -> Sealer:
    """Gives a new export its key; the sealer under it. The caller saves the row."""
    key = new_key()
    export.wrapped_key = sealer_for(PURPOSE).seal(key, about(export, "key"))
    return Sealer.with_key(key)


def sealer_of(export: Export) -> Sealer:
    """The sealer under the key of this export. Raises ExportExpired, and SealError under another DATA_KEY."""
    if export.wrapped_key is None:
        raise ExportExpired
    return Sealer.with_key(sealer_for(PURPOSE).open(bytes(export.wrapped_key), about(export, "key")))


def seal_details(sealer: Sealer, export: Export, details: Details) -> bytes:
    """The details as they are stored."""
    return sealer.seal(zlib.compress(encode(details), 1), about(export, "details"))


def open_details(sealer: Sealer, export: Export) -> Details:
    """The details. Raises SealError."""
    if export.details is None:
        raise ExportExpired
    try:
        return decode(zlib.decompress(sealer.open(bytes(export.details), about(export, "details"))), type=Details)
    except (zlib.error, msgspec.MsgspecError) as error:  # sealed by another version of the desk
        raise SealError from error


def about(export: Export, what: str) -> bytes:
    """The associated data of something of this export."""
    return f"{export.pk}|{what}".encode()
