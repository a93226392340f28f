"""Byte ranges: the part of a file that a request asks for, so that a download that was cut goes on (RFC 9110, 14)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

# One range. Several would be answered by a body of several parts, which no browser asks a download for.
_ONE_RANGE = re.compile(r"bytes=(?:(\d{1,15})-(\d{1,15})?|-(\d{1,15}))", re.ASCII)


class RangeNotSatisfiable(Exception):
    """The file has no byte of the range: the response is 416."""


@dataclass(frozen=True, slots=True)
class ByteRange:
    """Bytes from `start` to before `end`."""

    start: int
    end: int


def requested_range(headers: Mapping[str, str], size: int, etag: str) -> ByteRange | None:
    """The range that the headers ask for; None for the whole file: without one, for several, for one that makes no
    sense, and where `If-Range` names another file. Raises RangeNotSatisfiable.
    """
    found = _ONE_RANGE.fullmatch(headers.get("Range", "").strip())
    if found is None or headers.get("If-Range", etag).strip() != etag:
        return None
    first, last, ending = found.groups()
    if ending is not None:
        start, end = max(0, size - int(ending)), size
    else:
        start, end = int(first), min(size, int(last) + 1 if last else size)
        if last and int(last) < start:
            return None
    if start >= end:
        raise RangeNotSatisfiable
    return ByteRange(start, end)
