"""Exports service: what pages may ask of exports. Nothing here calls the API but where its "Cost:" says so."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from django.contrib.auth.models import User

from contacts_ui.contacts.filters import ContactListQuery
from contacts_ui.contacts.lookup_batch import LookupRow
from contacts_ui.models import Export, ExportState
from contacts_ui.scope import Scope

Format = Literal["xlsx", "csv"]
FORMATS: tuple[tuple[Format, str], ...] = (("xlsx", "Excel"), ("csv", "CSV, for other programs"))
MAX_DOWNLOADS = 3
MOST_UNFINISHED = 3  # exports of one person
# What a person may choose, in the order of the file, as (name, title). Phone number and RFC 3966 are always in.
COLUMNS: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Price:
    """What an export costs. `rows` is None where the list has no total. `calls_a_minute` are those that all exports
    together may use of the desk's budget, `minutes` about how long it takes beside those that run. `too_many`: above
    `most`, it would be refused.
    """

    rows: int | None
    calls: int
    minutes: int
    calls_a_minute: int
    too_many: bool
    most: int


@dataclass(frozen=True, slots=True)
class ExportDetails:
    """What was asked for, as it was opened: (label, value) of each filter, the names of the columns."""

    filters: tuple[tuple[str, str], ...]
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an export is. `state` is an ExportState. `share` is from 0 to 1, over reading and writing together.

    `rows` of `total` (None: not known) are read. `minutes_left` is None where nobody can say. `paused_until`: it waits
    for the messaging service or for its budget, and goes on by itself then. `ahead`: unfinished exports that were
    asked for before it, which take turns with it. `coverage`: "4,812", or "4,809 of 4,812" where `whole` is False;
    None until it is read. `error` is the name of an exception, `request_id` the messaging service's to quote.
    `downloads_left` and `expires_at` are those of a ready one.
    """

    state: ExportState
    rows: int
    total: int | None
    share: float
    minutes_left: int | None
    paused_until: datetime | None
    ahead: int
    coverage: str | None
    whole: bool
    error: str | None
    request_id: str | None
    downloads_left: int
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is sent. `size` and `sha256` are of the whole file, `chunks` the bytes from `start` to before `end`.

    `chunks` raises ExportNotFound or ExportExpired when the right to it is taken away in mid-file: no byte more goes.
    """

    size: int
    sha256: str
    name: str
    content_type: str
    start: int
    end: int
    chunks: Iterator[bytes]


def may_export(user: User) -> bool:
    """Whether the person's role exports at all. Cost: the query of the role, cached in `user`."""
    raise NotImplementedError


def unfinished_count() -> int:
    """How many exports of anybody are unfinished, for `price`. Cost: one query."""
    raise NotImplementedError


def price(total: int | None, *, running: int) -> Price:
    """What exporting a list of `total` contacts costs, while `running` others are unfinished. Cost: nothing."""
    raise NotImplementedError


def request_export(
    user: User, scope: Scope, query: ContactListQuery, *, file_format: Format, columns: Sequence[str]
) -> Export:
    """Starts the export of a list as `query` shows it, all of its pages, or returns the unfinished one of the same.

    Raises ExportNotFound (the role exports nothing), TooManyRows, TooManyExports, DayOfExportsUsed, NothingToExport,
    AuditWriteError and any SentError. Cost: that of the list's page, which the person has just seen: none while cached.
    """
    raise NotImplementedError


def sealed_rows(user: User, scope: Scope, rows: Sequence[LookupRow]) -> str:
    """Rows of a list that was looked up, sealed as a form carries them, for this person and scope alone."""
    raise NotImplementedError


def request_lookup_export(
    user: User,
    scope: Scope,
    query: ContactListQuery,
    kept: Sequence[str],
    *,
    file_format: Format,
    columns: Sequence[str],
) -> Export:
    """Starts the export of pasted numbers, found and not found. `kept` are the texts of `sealed_rows`; a number of
    `query.plan.numbers` in none of them stands in the file as "Not looked up". Raises as `request_export` does.

    Cost: no API call.
    """
    raise NotImplementedError


def exports_of(user: User) -> tuple[Export, ...]:
    """The person's exports of the last 30 days, newest first. Cost: one query."""
    raise NotImplementedError


def all_exports(limit: int = 200) -> tuple[Export, ...]:
    """Everybody's, newest first, for admins. Cost: one query."""
    raise NotImplementedError


def unfinished_of(user: User) -> Export | None:
    """The person's oldest unfinished export, for the mark in the header. Cost: one query by index."""
    raise NotImplementedError


def export_for(user: User, export_id: UUID) -> Export:
    """An export that the person may see: their own, as long as its scope is theirs; anybody's for admins.

    Raises ExportNotFound, the same for every reason, and any SentError of `/v3/me`. Cost: two queries.
    """
    raise NotImplementedError


def may_download(user: User, export: Export) -> bool:
    """Whether it is ready and was asked for by this person, who may still have it. Cost: as `export_for`."""
    raise NotImplementedError


def details_of(user: User, export: Export) -> ExportDetails | None:
    """What was asked for; None for anybody but who asked, and once it has expired. Cost: nothing."""
    raise NotImplementedError


def progress(export: Export) -> Progress:
    """How far it is. Cost: two queries."""
    raise NotImplementedError


def cancel(export: Export, by: User) -> bool:
    """Ends an export, or takes its file away: key first, then parts. False when it had ended already.

    Whoever asked for it and admins may: the view asks `export_for` first. Raises AuditWriteError.
    """
    raise NotImplementedError


def open_download(user: User, export: Export, start: int = 0, end: int | None = None) -> Download:
    """The bytes of a file from `start` to before `end`, for who asked for it alone; the audit log has it by then.

    Raises ExportNotFound, ExportNotReady, ExportExpired, AuditWriteError, any SentError of `/v3/me`, and ValueError
    where there are no such bytes (answer 416). Rights are read again for every megabyte.
    """
    raise NotImplementedError


def finish_download(user: User, export: Export, download: Download, sent: int) -> None:
    """Counts a download whose last byte was sent; records one that was cut. Never raises: the response is gone."""
    raise NotImplementedError
