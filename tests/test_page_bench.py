"""The page bench: its API stub answers as the API does, and every request of a page is a new one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from bench.page_load import Page
from bench.page_stub import ENDLESS, MANY, Stub


@pytest.fixture
def stub(tmp_path: Path) -> Stub:
    """An API of MANY contacts with a 55 in their numbers, and one without."""
    national = [*(f"(201) 55{number:02d}" for number in range(MANY)), "07911 1", None]
    (tmp_path / "me").write_text("{}")
    (tmp_path / "contacts").write_text(json.dumps([{"format_national": each} for each in national]))
    return Stub(tmp_path)


def _page(stub: Stub, query: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(stub.body(f"/v3/contacts?{query}"))["data"]
    return data


@pytest.mark.parametrize("size", [20, 50, 100])
def test_stub_obeys_page_size(stub: Stub, size: int) -> None:
    page = _page(stub, f"search=55&page=3&page_size={size}")
    assert len(page["contacts"]) == page["pagination"]["page_size"] == size
    assert page["pagination"]["total_count"] == ENDLESS


def test_stub_finds_what_contains_the_text(stub: Stub) -> None:
    page = _page(stub, "search=07911+1&page=1&page_size=50")
    assert [contact["format_national"] for contact in page["contacts"]] == ["07911 1"]
    assert page["pagination"]["has_more"] is False


def test_every_request_asks_for_another_page() -> None:
    half, hundred = (
        Page("x", 1, f"/?search={{text}}&page={{{name}}}", texts=("1", "2")) for name in ("half", "hundred")
    )
    paths = [[page.request().split(b" ")[1] for _ in range(4)] for page in (half, hundred)]
    assert paths[0] == [b"/?search=1&page=1", b"/?search=2&page=1", b"/?search=1&page=3", b"/?search=2&page=3"]
    assert paths[1] == [b"/?search=1&page=1", b"/?search=2&page=1", b"/?search=1&page=2", b"/?search=2&page=2"]


def test_request_accepts_what_a_browser_accepts() -> None:
    assert b"\r\nAccept-Encoding: gzip, deflate, br, zstd\r\n" in Page("x", 1, "/").request()
