"""Download of an export: its bytes from any of them on, for who asked for it alone, three times at most.

The audit log knows it before the first byte. Rights are read again for every megabyte. What counts is the last byte:
a download that was cut is taken up again, and is none of the three. So that nobody has the file again and again without
its last byte, all ranges together are at most MOST_SENT files; one UPDATE decides, also between downloads at once.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

from django.contrib.auth.models import User
from django.db.models import F

from contacts_ui.audit import AuditAction, AuditWriteError
from contacts_ui.models import Export, ExportState
from contacts_ui.sealing.sealer import Sealer, SealError

from . import blocks, lifecycle
from .csv_file import CsvFile
from .details import sealer_of
from .errors import ExportExpired, ExportNotFound, ExportNotReady
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
    """

    size: int
    sha256: str
    name: str
    content_type: str
    start: int
    end: int
    chunks: Iterator[bytes]


def open_download(user: User, export: Export, start: int = 0, end: int | None = None) -> Download:
    """The bytes of a file from `start` to before `end`, for who asked for it alone; the audit log has it by then.

    Raises ExportNotFound, ExportNotReady, ExportExpired, AuditWriteError, any SentError of `/v3/me`, and ValueError
    where there are no such bytes (answer 416).
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
    chunks = _chunks(user, export, sealer, start, until)
    return Download(size, digest, name, _TYPES[export.format], start, until, chunks)


def finish_download(user: User, export: Export, download: Download, sent: int) -> None:
    """Counts a download whose last byte was sent; records one that was cut. Never raises: the response is gone."""
    try:
        unsent = download.end - download.start - sent
        _give_back(export, unsent)
        if download.start + sent >= download.size:
            _count(export)
        elif unsent:
            about = f"cut after {sent:,} of {download.end - download.start:,} bytes"
            with suppress(AuditWriteError):
                lifecycle.record(export, AuditAction.CONTACTS_EXPORTED, outcome="failed", about=about, by=user)
    except Exception:
        log.exception("export.download.uncounted", extra=lifecycle.log_fields(export))


def _reserve(export: Export, number: int) -> None:
    """Takes so many bytes from what may be sent of the file. Raises ExportExpired, and deletes it, when none are left.

    What a process was sending when it died stays taken.
    """
    room = MOST_SENT * (export.size or 0) - number
    readable = Export.objects.filter(pk=export.pk, state=ExportState.READY, sent_bytes__lte=room)
    if not readable.update(sent_bytes=F("sent_bytes") + number):
        lifecycle.end(export, ExportState.EXPIRED, of=(ExportState.READY,))
        raise ExportExpired


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


def _chunks(user: User, export: Export, sealer: Sealer, start: int, end: int) -> Iterator[bytes]:
    size = blocks.BLOCK_BYTES
    first, last = start // size, (end - 1) // size
    at = first * size
    try:
        for read in blocks.read_blocks(sealer, export, first, last):
            _readable(user, export)
            for block in read:
                yield block[max(0, start - at) : end - at]
                at += size
    except SealError:
        _readable(user, export)  # deleted while it was read: says why
        raise


def _count(export: Export) -> None:
    """One download more; the last one takes the file away."""
    Export.objects.filter(pk=export.pk, state=ExportState.READY).update(
        downloads=F("downloads") + 1, last_downloaded_at=datetime.now(UTC)
    )
    export.refresh_from_db(fields=["downloads"])
    if export.downloads >= MAX_DOWNLOADS:
        lifecycle.end(export, ExportState.EXPIRED, of=(ExportState.READY,))
