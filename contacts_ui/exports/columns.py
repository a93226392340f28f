"""Columns of an export: those that a person may choose, and a contact as the texts of its row. Pure.

A masked file has one phone column, and nothing of which the hidden digits could be made.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from contacts_ui.contacts.labels import channel_name
from contacts_ui.contacts.masking import mask_number
from contacts_ui.sent_api.types import Contact

Row = Sequence[str]
Owners = Mapping[str, str]  # names by id in lower case


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `always`: it is in every file. `tells_digits`: it is left out of a masked one. `of_account`: only
    the account's own list has it, and always. `is_time`: its text is a time, a date in an Excel file.
    """

    name: str
    title: str
    text: Callable[[Contact, Owners], str]
    always: bool = False
    tells_digits: bool = False
    of_account: bool = False
    is_time: bool = False


def _time(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat(timespec="seconds")[:19].replace("T", " ") if at else ""


def _channels(contact: Contact) -> str:
    return ", ".join(map(channel_name, contact.available_channels))


def _owner(contact: Contact, owners: Owners) -> str:
    return owners.get((contact.customer_id or "").lower(), "")


_OPT_OUT = {True: "Yes", False: "No", None: ""}
_COLUMNS: tuple[Column, ...] = (
    Column("number", "Phone number", lambda c, _: c.number or "", always=True, tells_digits=True),
    Column("e164", "E.164", lambda c, _: c.format_e164 or "", tells_digits=True),
    Column("national", "National format", lambda c, _: c.format_national or "", tells_digits=True),
    # Excel takes the others for numbers when somebody saves a CSV again; this one it cannot.
    Column("rfc", "RFC 3966", lambda c, _: c.format_rfc or "", always=True, tells_digits=True),
    Column("provided", "As provided", lambda c, _: c.phone_number or "", tells_digits=True),
    Column("owner", "Owner", _owner, of_account=True),
    Column("owner_id", "Owner ID", lambda c, _: c.customer_id or "", of_account=True),
    Column("region", "Region", lambda c, _: c.region_code or ""),
    Column("calling_code", "Calling code", lambda c, _: c.country_code or "", tells_digits=True),
    Column("channels", "Channels", lambda c, _: _channels(c)),
    Column("default_channel", "Default channel", lambda c, _: channel_name(c.default_channel or "")),
    Column("opt_out", "Opted out", lambda c, _: _OPT_OUT[c.opt_out]),
    Column("created", "Created (UTC)", lambda c, _: _time(c.created_at), is_time=True),
    Column("updated", "Updated (UTC)", lambda c, _: _time(c.updated_at), is_time=True),
    Column("id", "Contact ID", lambda c, _: str(c.id)),
)
_MASKED = Column("number", "Phone number", lambda c, _: mask_number(c) if c.number else "", always=True)
# What a person may choose, in the order of the file, as (name, title).
CHOICES: tuple[tuple[str, str], ...] = tuple(
    (column.name, column.title) for column in _COLUMNS if not (column.always or column.of_account)
)


def chosen(names: Sequence[str]) -> tuple[str, ...]:
    """Those of the names that can be chosen, in the order of the file."""
    return tuple(name for name, _title in CHOICES if name in names)


def columns_of(names: Sequence[str], *, masked: bool, has_owners: bool) -> tuple[Column, ...]:
    """The columns of a file."""
    kept = [
        column for column in _COLUMNS if column.always or column.name in names or (column.of_account and has_owners)
    ]
    if not masked:
        return tuple(kept)
    return (_MASKED, *(column for column in kept if not column.tells_digits))


def row_of(contact: Contact, columns: Sequence[Column], owners: Owners) -> list[str]:
    """The texts of one row."""
    return [column.text(contact, owners) for column in columns]
