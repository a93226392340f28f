"""Download of an export: its bytes from any of them on, for who asked for it alone, three times at most.

The audit log knows it before the first byte. Rights are read again for every megabyte. What counts is the last byte:
a download that was cut is taken up again, and is none of the three. The block that holds it is given out three times:
one UPDATE decides, also between downloads at once, and what is not taken is given back. So that nobody has the file
again and again without its last byte, all ranges together are at most MOST_SENT files.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from threading import Event

from django.contrib.auth.models import User
from django.db.models import F

from contacts_ui.audit import AuditAction, AuditWriteError
from contacts_ui.models import Export, ExportState
from contacts_ui.sealing.sealer import Sealer, SealError

from . import blocks, lifecycle
from .csv_file import CsvFile
from .details import sealer_of
from .errors import ExportExpired, ExportNotFound, ExportNotReady, FileInUse
from .price import MAX_DOWNLOADS
from .rights import rights_of
from .xlsx_file import XlsxFile

log = logging.getLogger(__name__)

MOST_SENT = 2 * MAX_DOWNLOADS  # times the file, over all downloads, whole or cut

_TYPES = {"xlsx": XlsxFile.content_type, "csv": CsvFile.content_type}


@dataclass(frozen=True, slots=True)
class Download:
    """A file that is sent. `size` and `sha256` are of the whole file, `chunks` the bytes from `start` to before `end`.

    `chunks` raises ExportNotFound or ExportExpired when the right to it is taken away in mid-file: no byte more goes.
    `counted` says whether this one is among the three.
    """

    size: int
    sha256: str
    name: str
    content_type: str
    start: int
    end: int
    chunks: Iterator[bytes]
    counted: Event


def open_download(user: User, export: Export, start: int = 0, end: int | None = None) -> Download:
    """The bytes of a file from `start` to before `end`, for who asked for it alone; the audit log has it by then.

    Raises ExportNotFound, ExportNotReady, ExportExpired, FileInUse, AuditWriteError, any SentError of `/v3/me`, and
    ValueError where there are no such bytes (answer 416).
    """
    export = _readable(user, export)
    size, digest, name = export.size or 0, export.sha256 or "", export.file_name or ""
    until = size if end is None else min(end, size)
    if not 0 <= start < until:
        raise ValueError("there are no such bytes")
    sealer = sealer_of(export)
    _reserve(export, until - start)
    about = f"{size:,} bytes" if (start, until) == (0, size) else f"{until - start:,} of {size:,} bytes from {start:,}"
    try:
        lifecycle.record(export, AuditAction.CONTACTS_EXPORTED, rows=export.rows, about=about)
    except AuditWriteError:
        _give_back(export, until - start)
        raise
    counted = Event()
    chunks = _chunks(user, export, sealer, (start, until), counted)
    return Download(size, digest, name, _TYPES[export.format], start, until, chunks, counted)


def finish_download(user: User, export: Export, download: Download, sent: int) -> None:
    """Ends a download whose last byte was sent; records one that was cut. Never raises: the response is gone."""
    try:
        unsent = download.end - download.start - sent
        _give_back(export, unsent)
        if download.start + sent >= download.size:
            _end_counted(export)
            return
        if download.counted.is_set():
            Export.objects.filter(pk=export.pk, downloads__gt=0).update(downloads=F("downloads") - 1)
        if unsent:
            about = f"cut after {sent:,} of {download.end - download.start:,} bytes"
            with suppress(AuditWriteError):
                lifecycle.record(export, AuditAction.CONTACTS_EXPORTED, outcome="failed", about=about, by=user)
    except Exception:
        log.exception("export.download.uncounted", extra=lifecycle.log_fields(export))


def _reserve(export: Export, number: int) -> None:
    """Takes so many bytes from what may be sent of the file. Raises FileInUse when they are not left: others that are
    under way may give theirs back, so the file stays.

    What a process was sending when it died stays taken.
    """
    room = MOST_SENT * (export.size or 0) - number
    readable = Export.objects.filter(pk=export.pk, state=ExportState.READY, sent_bytes__lte=room)
    if not readable.update(sent_bytes=F("sent_bytes") + number):
        raise FileInUse


def _give_back(export: Export, number: int) -> None:
    Export.objects.filter(pk=export.pk, sent_bytes__gte=number).update(sent_bytes=F("sent_bytes") - number)


def may_download(user: User, export: Export) -> bool:
    """Whether it is ready and was asked for by this person, who may still have it. Cost: as `rights_of`."""
    try:
        _readable(user, export)
    except (ExportNotFound, ExportNotReady, ExportExpired):
        return False
    return True


def _readable(user: User, export: Export) -> Export:
    """The export as it is now, if this person may read its file now. What is not theirs any more is wiped at once."""
    if export.person_id is None or export.person_id != user.pk:
        raise ExportNotFound
    current = Export.objects.filter(pk=export.pk).first()
    if current is None:
        raise ExportNotFound
    if current.state != ExportState.READY:
        raise ExportExpired if current.state == ExportState.EXPIRED else ExportNotReady
    if current.has_expired or current.downloads >= MAX_DOWNLOADS:
        raise ExportExpired
    rights = rights_of(current)
    if rights is None or (rights.mask_forced and not current.masked):
        lifecycle.withdraw(current)
        raise ExportNotFound
    return current


def _chunks(user: User, export: Export, sealer: Sealer, part: tuple[int, int], counted: Event) -> Iterator[bytes]:
    size, (start, end) = blocks.BLOCK_BYTES, part
    first, last = start // size, (end - 1) // size
    at = first * size
    try:
        for read in blocks.read_blocks(sealer, export, first, last):
            _readable(user, export)
            for block in read:
                if end == export.size and at + size >= end:
                    _count(export)
                    counted.set()
                yield block[max(0, start - at) : end - at]
                at += size
    except SealError:
        _readable(user, export)  # deleted while it was read: says why
        raise


def _count(export: Export) -> None:
    """One download more, before the block with its last byte goes. Raises ExportExpired for one too many."""
    left = Export.objects.filter(pk=export.pk, state=ExportState.READY, downloads__lt=MAX_DOWNLOADS)
    if not left.update(downloads=F("downloads") + 1, last_downloaded_at=datetime.now(UTC)):
        raise ExportExpired


def _end_counted(export: Export) -> None:
    """The last one of them takes the file away."""
    export.refresh_from_db(fields=["downloads"])
    if export.downloads >= MAX_DOWNLOADS:
        lifecycle.end(export, ExportState.EXPIRED, of=(ExportState.READY,))
