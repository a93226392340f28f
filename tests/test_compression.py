"""Compression of pages: zstd where the browser takes it, else gzip, padded to a random length."""

from __future__ import annotations

import gzip

import pytest
from backports import zstd
from django.http import HttpResponse
from django.test import Client, RequestFactory

from contacts_ui.middleware.compression import CompressionMiddleware
from testing.sandbox_server import SandboxServer

LIST = "/account/contacts/"
CHROMIUM = "gzip, deflate, br, zstd"
TEXT = b"a line of a page\n" * 100


def _compressed(accepted: str | None, body: bytes = TEXT, headers: dict[str, str] | None = None) -> HttpResponse:
    """The response to a browser that sends this Accept-Encoding, or none."""
    sent = {} if accepted is None else {"HTTP_ACCEPT_ENCODING": accepted}
    response = HttpResponse(body, headers=headers)
    CompressionMiddleware(lambda _: response)(RequestFactory().get("/", **sent))  # type: ignore[arg-type]
    return response


@pytest.mark.usefixtures("desk_api")
def test_page_in_zstd_is_the_page(admin_client: Client, sandbox: SandboxServer) -> None:
    response = admin_client.get(LIST, headers={"accept-encoding": CHROMIUM})
    page = zstd.decompress(response.content).decode()
    assert response["Content-Encoding"] == "zstd"
    assert response["Content-Length"] == str(len(response.content))
    assert page.rstrip().endswith("</html>")
    assert page.count("data-contact-id=") == 50


@pytest.mark.parametrize(
    "accepted",
    ["zstd", CHROMIUM, "ZSTD", "gzip;q=0.5,zstd", "gzip, zstd;q=0.9", "zstd; q=1.000, br", "zstd;q=0.001"],
)
def test_zstd_is_sent_to_who_takes_it(accepted: str) -> None:
    response = _compressed(accepted)
    assert response["Content-Encoding"] == "zstd"
    assert zstd.decompress(response.content) == TEXT


@pytest.mark.parametrize(
    "accepted", ["gzip", "gzip, deflate, br", "gzip, zstd;q=0", "zstd;q=0.000, gzip", "gzip, zstdx", "x-zstd, gzip"]
)
def test_gzip_is_sent_to_who_does_not_take_zstd(accepted: str) -> None:
    response = _compressed(accepted)
    assert response["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.content) == TEXT


@pytest.mark.parametrize("accepted", [None, "", "identity", "br", "*;q=0"])
def test_nothing_is_compressed_for_who_takes_neither(accepted: str | None) -> None:
    response = _compressed(accepted)
    assert not response.has_header("Content-Encoding")
    assert response.content == TEXT


@pytest.mark.parametrize("body", [b"", b"short", b"x" * 199, bytes(range(256))])
def test_what_would_not_be_shorter_is_sent_as_it_is(body: bytes) -> None:
    response = _compressed(CHROMIUM, body)
    assert not response.has_header("Content-Encoding")
    assert response.content == body


def test_compressed_response_is_left_alone() -> None:
    assert _compressed(CHROMIUM, headers={"Content-Encoding": "br"}).content == TEXT


def test_cache_is_told_what_the_response_depends_on() -> None:
    assert "Accept-Encoding" in _compressed(CHROMIUM, bytes(range(256)))["Vary"]


def test_strong_etag_becomes_weak() -> None:
    assert _compressed(CHROMIUM, headers={"ETag": '"1"'})["ETag"] == 'W/"1"'
    assert _compressed(CHROMIUM, headers={"ETag": 'W/"1"'})["ETag"] == 'W/"1"'


def test_length_of_equal_pages_differs() -> None:
    assert len({len(_compressed(CHROMIUM).content) for _ in range(50)}) > 10
