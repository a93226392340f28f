"""Writing of a file: batches of the snapshot's parts, each a few thousand rows, until it is finished.

It may die at any line: blocks and progress are stored together, and the next writer goes on with the batch after the
last stored one. The bytes never depend on where that was. It keeps a worker for SLICE seconds, then others have their
turn. Cost: no API call but `/v3/me`; for 2,000 rows nine queries.
"""

from __future__ import annotations

import hashlib
import logging
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from msgspec.msgpack import decode, encode

from contacts_ui.audit import AuditAction
from contacts_ui.gateway import get_gateway
from contacts_ui.models import Export, ExportState
from contacts_ui.sealing.sealer import SealError
from contacts_ui.sent_api.errors import LocalRateLimited, SentError
from contacts_ui.snapshots import STOP, require_room

from . import blocks, lease, lifecycle
from .about import about_lines, file_name_of
from .csv_file import CsvFile
from .details import about, open_details, sealer_of
from .errors import ExportExpired
from .rights import Rights, rights_of
from .rows import RowSource
from .signals import ended
from .xlsx_file import XlsxFile, XlsxState
from .zip_stream import FileTooLarge

log = logging.getLogger(__name__)

SLICE = 10.0  # seconds that one task may keep a worker
PAUSE = 15.0  # seconds until rights are asked for again when `/v3/me` did not answer


class FileProgress(msgspec.Struct):
    """A file as far as it is written: full blocks, the bytes after them, rows. `owners` are the names in all of it."""

    blocks: int = 0
    tail: bytes = b""
    rows: int = 0
    owners: dict[str, str] = msgspec.field(default_factory=dict)
    excel: XlsxState | None = None

    @property
    def size(self) -> int:
        """Bytes."""
        return self.blocks * blocks.BLOCK_BYTES + len(self.tail)


def run(export_id: UUID) -> datetime | None:
    """Writes an export further. When it is to be called again, None for never."""
    export = lease.claim(export_id)
    if export is None:
        return None
    try:
        return _Writer(export).run()
    except lease.FenceLost:
        log.warning("export.fence_lost", extra=lifecycle.log_fields(export))
    except SentError as error:  # whose scopes they are is not known now: nothing is written until it is
        wait = error.exactly if isinstance(error, LocalRateLimited) else PAUSE
        return datetime.fromtimestamp(lease.release(export).timestamp() + wait, UTC)
    except (SealError, ExportExpired, FileTooLarge) as error:
        lifecycle.end(export, ExportState.FAILED, fence=export.fence, error=type(error).__name__)
    return None


class _Writer:
    """One slice of one file."""

    def __init__(self, export: Export) -> None:
        self._export, self._until = export, time.monotonic() + SLICE
        self._sealer = sealer_of(export)
        self._details = open_details(self._sealer, export)

    def run(self) -> datetime | None:
        """Until it is finished, taken away, or its time is over; when it is to go on."""
        while not STOP.is_set():
            rights = rights_of(self._export, in_background=True)
            if rights is None:
                lifecycle.withdraw(self._export)
                return None
            if self._step(rights):
                return None
            if time.monotonic() > self._until:  # one batch is written in any case
                break
        return lease.release(self._export)

    def _step(self, rights: Rights) -> bool:
        """One batch; True after the last one. Raises NoRoom."""
        require_room()
        export = self._export
        if export.progress is None or (rights.mask_forced and not export.masked):
            self._begin(rights)
        progress = self._opened()
        source = RowSource(export, self._details, progress.owners)
        file = self._file(source, progress.excel)
        position, rows = source.after(export.position)
        data = file.begin() if not progress.size else b""
        if rows is None:
            self._check_rows(progress)
            lines = about_lines(export, self._details, file.state.mended if isinstance(file, XlsxFile) else 0)
            self._finish(progress, data + (file.end(lines) if isinstance(file, XlsxFile) else b""), file)
            return True
        data += file.add(rows)
        self._store(progress, data, file, position, len(rows))
        return False

    def _begin(self, rights: Rights) -> None:
        """Begins the file, or begins it anew because it has to be masked now."""
        account = get_gateway().background_account() if rights.scope.profile_id is None else None
        owners = {profile.id.lower(): profile.display_name for profile in account.profiles} if account else {}
        if owners and account and account.id:
            owners[account.id.lower()] = account.display_name
        masked = self._export.masked or rights.mask_forced
        lease.begin_anew(self._export, masked=masked, position=0, progress=self._sealed(FileProgress(owners=owners)))

    def _file(self, source: RowSource, state: XlsxState | None) -> XlsxFile | CsvFile:
        if self._export.format == "csv":
            return CsvFile(source.header)
        made_at = self._export.created_at.astimezone(UTC)
        return XlsxFile(source.header, made_at, self._export.rows, state, source.times)

    def _check_rows(self, progress: FileProgress) -> None:
        """A part that disappeared is noticed. Raises SealError."""
        if progress.rows != self._export.rows:
            raise SealError

    def _store(self, progress: FileProgress, data: bytes, file: XlsxFile | CsvFile, position: int, rows: int) -> None:
        full, tail = blocks.cut_blocks(progress.tail + data)
        sealed = blocks.seal_blocks(self._sealer, self._export, progress.blocks, full)
        excel = file.state if isinstance(file, XlsxFile) else None
        after = FileProgress(progress.blocks + len(full), tail, progress.rows + rows, progress.owners, excel)
        lease.write(self._export, sealed, position=position, progress=self._sealed(after))

    def _finish(self, progress: FileProgress, data: bytes, file: XlsxFile | CsvFile) -> None:
        """Stores the last bytes, and calls the file ready: who reads the audit log knows it first."""
        export, text = self._export, progress.tail + data
        full, tail = blocks.cut_blocks(text)
        last = [*full, tail] if tail else full
        size = progress.blocks * blocks.BLOCK_BYTES + len(text)
        digest = self._digest(progress.blocks, last)
        now = datetime.now(UTC)
        values = {
            "state": ExportState.READY, "progress": None, "lease_until": None, "size": size, "sha256": digest,
            "file_name": file_name_of(export), "ready_at": now, "expires_at": now + lifecycle.KEPT,
            "mended_cells": file.state.mended if isinstance(file, XlsxFile) else 0,
        }  # fmt: skip
        lease.write_last(
            export,
            blocks.seal_blocks(self._sealer, export, progress.blocks, last),
            lambda: lifecycle.record(export, AuditAction.EXPORT_READY, rows=export.rows, about=f"{size:,} bytes"),
            **values,
        )
        log.info("export.ready", extra=lifecycle.log_fields(export) | {"rows": export.rows, "bytes": size})
        lifecycle.drop_snapshot(export)
        ended.send(sender=Export, export=export)

    def _digest(self, stored: int, last: Sequence[bytes]) -> str:
        """The SHA-256 of the file: of the blocks that are stored, then of these."""
        digest = hashlib.sha256()
        for read in blocks.read_blocks(self._sealer, self._export, 0, stored - 1):
            for block in read:
                digest.update(block)
            lease.write(self._export)  # it takes seconds for a large file
        for block in last:
            digest.update(block)
        return digest.hexdigest()

    def _sealed(self, progress: FileProgress) -> bytes:
        return self._sealer.seal(encode(progress), about(self._export, "progress"))

    def _opened(self) -> FileProgress:
        text = self._sealer.open(bytes(self._export.progress or b""), about(self._export, "progress"))
        return decode(text, type=FileProgress)
