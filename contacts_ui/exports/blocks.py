"""Blocks: the file of an export in sealed pieces of one size, so that any byte of it is found at once.

A block is sealed for its export, its number and whether the file is masked: it opens nowhere else. CSV is compressed
block by block before that, Excel files are compressed by themselves.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence

from contacts_ui.models import Export, ExportPart
from contacts_ui.sealing.sealer import Sealer, SealError

from .details import about

BLOCK_BYTES = 256 * 1024  # of the file
AT_ONCE = 4  # blocks a query
COMPRESSION = 1
Block = tuple[int, bytes]


def cut_blocks(data: bytes) -> tuple[list[bytes], bytes]:
    """The full blocks of these bytes, and the rest."""
    full = len(data) - len(data) % BLOCK_BYTES
    return [data[start : start + BLOCK_BYTES] for start in range(0, full, BLOCK_BYTES)], data[full:]


def seal_blocks(sealer: Sealer, export: Export, first: int, blocks: Sequence[bytes]) -> list[Block]:
    """The blocks as they are stored; `first` is the number of the first one."""
    packed = [zlib.compress(block, COMPRESSION) for block in blocks] if export.format == "csv" else blocks
    return [(first + n, sealer.seal(block, _about(export, first + n))) for n, block in enumerate(packed)]


def read_blocks(sealer: Sealer, export: Export, first: int, last: int) -> Iterator[list[bytes]]:
    """The blocks from `first` to `last` itself, AT_ONCE together. Cost: a query for them.

    Raises SealError where one is missing, was changed, or is another's.
    """
    for start in range(first, last + 1, AT_ONCE):
        wanted = range(start, min(last + 1, start + AT_ONCE))
        rows = ExportPart.objects.filter(export=export, number__in=list(wanted)).order_by("number")
        sealed = list(rows.values_list("number", "sealed"))
        if [number for number, _ in sealed] != list(wanted):
            raise SealError
        yield [_opened(sealer, export, number, bytes(text)) for number, text in sealed]


def _opened(sealer: Sealer, export: Export, number: int, sealed: bytes) -> bytes:
    block = sealer.open(sealed, _about(export, number))
    return zlib.decompress(block) if export.format == "csv" else block


def _about(export: Export, number: int) -> bytes:
    return about(export, f"{'masked' if export.masked else 'whole'}|{number}")
