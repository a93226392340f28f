"""Byte ranges: which part of a file each header asks for, and what is answered to those that make no sense."""

from __future__ import annotations

import pytest

from contacts_ui.web.byte_ranges import ByteRange, RangeNotSatisfiable, requested_range

SIZE, ETAG = 1000, '"abc"'


@pytest.mark.parametrize(
    ("asked", "part"),
    [
        ("bytes=0-", (0, 1000)),
        ("bytes=400-", (400, 1000)),
        ("bytes=400-499", (400, 500)),
        ("bytes=400-99999", (400, 1000)),
        ("bytes=999-999", (999, 1000)),
        ("bytes=-1", (999, 1000)),
        ("bytes=-5000", (0, 1000)),
        (" bytes=1-2 ", (1, 3)),
    ],
)
def test_range_is_its_bytes(asked: str, part: tuple[int, int]) -> None:
    assert requested_range({"Range": asked}, SIZE, ETAG) == ByteRange(*part)


@pytest.mark.parametrize(
    "asked",
    [
        *("", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=5-4", "bytes=0-1,5-6", "items=0-1", "bytes=0-1;x"),
        *("bytes=٠-٥", "bytes=0x1-2", "bytes=+1-2", "bytes=1.5-2", f"bytes={'9' * 400}-", "bytes=0-1\r\nX: 1"),
    ],
)
def test_range_that_makes_no_sense_is_whole_file(asked: str) -> None:
    assert requested_range({"Range": asked}, SIZE, ETAG) is None


@pytest.mark.parametrize("asked", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", "bytes=999999999999999-"])
def test_range_beyond_file_is_not_satisfiable(asked: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_range({"Range": asked}, SIZE, ETAG)


@pytest.mark.parametrize(("named", "goes_on"), [(ETAG, True), ('"other"', False), (f"W/{ETAG}", False), ("", False)])
def test_other_file_is_sent_from_its_beginning(named: str, goes_on: bool) -> None:
    part = requested_range({"Range": "bytes=400-", "If-Range": named}, SIZE, ETAG)
    assert (part is not None) == goes_on
