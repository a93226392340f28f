"""Fault kinds: the effect of each on the response that a client gets (README, faults)."""

from __future__ import annotations

import base64
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.sandbox.responses import profile_id, status_and_code

LIST = "/v3/contacts?page=1&page_size=5"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "VALIDATION_001"),
        (404, "RESOURCE_001"),
        (429, "BUSINESS_002"),
        (500, "INTERNAL_001"),
        (503, "SERVICE_001"),
    ],
)
def test_status_has_the_default_code_of_the_status(sandbox: SandboxServer, status: int, code: str) -> None:
    sandbox.fault(kind="status", status=status)
    assert status_and_code(sandbox.get(LIST)) == (status, code)


def test_status_uses_the_given_error_and_headers(sandbox: SandboxServer) -> None:
    error = {"code": "VALIDATION_004", "message": "Missing", "details": {"page": ["Required"]}}
    sandbox.fault(kind="status", status=400, headers={"X-Extra": "1", "X-API-Version": None}, **error)
    response = sandbox.get(LIST)
    assert error.items() <= response.json()["error"].items()
    assert response.headers["X-Extra"] == "1"
    assert "X-API-Version" not in response.headers


def test_internal_error_message_contains_the_request_id(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=500)
    response = sandbox.get(LIST)
    assert response.json()["error"]["message"].endswith(response.headers["X-Request-Id"])


def test_status_can_be_without_body(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=403, empty=True)
    response = sandbox.get(LIST)
    assert (response.status_code, response.content) == (403, b"")


@pytest.mark.parametrize("retry_after", ["7", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", None])
def test_rate_limited_has_the_given_retry_after(sandbox: SandboxServer, retry_after: str | None) -> None:
    sandbox.fault(kind="rate_limited", retry_after=retry_after)
    response = sandbox.get(LIST)
    assert (response.status_code, response.headers.get("Retry-After")) == (429, retry_after)


def test_redirect_has_status_and_location(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="redirect", status=307, location="https://example.org/")
    response = sandbox.get(LIST)
    assert (response.status_code, response.headers["Location"]) == (307, "https://example.org/")


def test_html_is_an_html_page(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="html", status=200)
    response = sandbox.get(LIST)
    assert response.headers["Content-Type"].startswith("text/html")
    assert "<h1>OK</h1>" in response.text


def test_body_is_sent_unchanged(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", status=200, body='{"page": NaN}', content_type="text/plain")
    response = sandbox.get(LIST)
    assert (response.content, response.headers["Content-Type"]) == (b'{"page": NaN}', "text/plain")


def test_body_can_be_arbitrary_bytes(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", body_base64=base64.b64encode(b"\xff\xfe{").decode())
    assert sandbox.get(LIST).content == b"\xff\xfe{"


def test_body_can_be_empty(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", status=204)
    response = sandbox.get(LIST)
    assert (response.status_code, response.content) == (204, b"")


def test_body_echoes_the_requested_profile(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", body="null")
    profile = profile_id(sandbox, 1)
    assert sandbox.get(LIST, profile=profile).headers["X-Profile-Id"] == profile


def test_patch_sets_one_field(sandbox: SandboxServer) -> None:
    real = sandbox.get(LIST).json()["data"]
    sandbox.fault(kind="patch", set={"data.contacts.1.country_code": 5})
    patched = sandbox.get(LIST).json()["data"]
    assert patched["contacts"][1] == real["contacts"][1] | {"country_code": 5}
    assert patched["contacts"][0] == real["contacts"][0]


def test_patch_wildcard_changes_all_items(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="patch", set={"data.contacts.*.opt_out": None}, remove=["data.contacts.*.region_code"])
    rows = sandbox.get(LIST).json()["data"]["contacts"]
    assert [(row["opt_out"], "region_code" in row) for row in rows] == [(None, False)] * 5


def test_patch_removes_fields_and_items(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="patch", remove=["data.pagination", "data.contacts.0", "data.no.such"])
    data = sandbox.get(LIST).json()["data"]
    assert set(data) == {"contacts"}
    assert len(data["contacts"]) == 4


def test_patch_updates_content_length(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="patch", set={"data": None}, status=202, headers={"X-Extra": "1"})
    response = sandbox.get(LIST)
    assert (response.status_code, response.json()["data"], response.headers["X-Extra"]) == (202, None, "1")
    assert int(response.headers["Content-Length"]) == len(response.content)


def test_headers_are_replaced_added_and_removed(sandbox: SandboxServer) -> None:
    other = profile_id(sandbox, 0)
    sandbox.fault(kind="headers", set={"X-Profile-Id": other, "Set-Cookie": "a=1", "X-Request-Id": None})
    response = sandbox.get(LIST, profile=profile_id(sandbox, 1))
    assert (response.headers["X-Profile-Id"], response.headers["Set-Cookie"]) == (other, "a=1")
    assert "X-Request-Id" not in response.headers


def test_truncate_sends_less_than_content_length(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="truncate", keep=20)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="20 bytes read"):
        sandbox.get(LIST)


def test_truncate_without_length_ends_without_error(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="truncate", keep=20, length=False)
    response = sandbox.get(LIST)
    assert len(response.content) == 20
    assert "Content-Length" not in response.headers


def test_drip_body_takes_the_given_seconds(sandbox: SandboxServer) -> None:
    length = len(sandbox.get(LIST).content)
    sandbox.fault(kind="drip_body", seconds=0.1, bytes_per_step=length // 10)
    started = time.monotonic()
    response = sandbox.get(LIST)
    assert time.monotonic() - started >= 0.09
    assert len(response.json()["data"]["contacts"]) == 5


def test_drip_headers_sends_the_status_line_in_pieces(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="drip_headers", seconds_per_byte=0.2)
    with _connection(sandbox) as connection:
        received = connection.recv(100) + connection.recv(100)
    assert 2 <= len(received) < len("HTTP/1.1 200 OK")
    assert b"HTTP/1.1 200 OK".startswith(received)


def test_drip_headers_ends_with_the_real_response(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="drip_headers", seconds=0.05, bytes_per_step=50)
    assert len(sandbox.get(LIST).json()["data"]["contacts"]) == 5


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="reads /proc: Linux only")
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "hang", "seconds": 60},
        {"kind": "drip_body", "seconds_per_byte": 60},
        {"kind": "drip_headers", "seconds_per_byte": 60},
    ],
    ids=lambda fault: fault["kind"],
)
def test_long_fault_ends_when_the_client_disconnects(sandbox: SandboxServer, fault: dict[str, Any]) -> None:
    sandbox.fault(**fault)
    with _connection(sandbox):
        wait_until(lambda: sandbox.fired() == [fault["kind"]])
        while_connected = _thread_count(sandbox)
    wait_until(lambda: _thread_count(sandbox) < while_connected)


def test_hang_sends_no_response(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="hang", seconds=0.1)
    started = time.monotonic()
    with _connection(sandbox) as connection:
        assert connection.recv(100) == b""
        assert time.monotonic() - started >= 0.09


def test_slow_delays_the_real_response(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="slow", seconds=0.1)
    started = time.monotonic()
    assert sandbox.get(LIST).status_code == 200
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize("method", ["release", "clear"])
def test_slow_response_is_sent_on_release(sandbox: SandboxServer, method: str) -> None:
    sandbox.fault(kind="slow", seconds=3600)
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(requests.get, f"{sandbox.url}{LIST}", headers={"x-api-key": "sandbox-organization"})
        wait_until(lambda: sandbox.fired() == ["slow"])
        getattr(sandbox, method)()
        assert future.result(60).status_code == 200


def test_hang_ends_on_release(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="hang", seconds=3600)
    with _connection(sandbox) as connection:
        wait_until(lambda: sandbox.fired() == ["hang"])
        sandbox.release()
        assert connection.recv(100) == b""


def test_reset_before_the_response(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="reset")
    with _connection(sandbox) as connection, pytest.raises(ConnectionResetError):
        connection.recv(100)


@pytest.mark.parametrize(("after", "ends"), [("headers", b"\r\n\r\n"), ("body", b"")])
def test_reset_within_the_response(sandbox: SandboxServer, after: str, ends: bytes) -> None:
    sandbox.fault(kind="reset", after=after)
    with _connection(sandbox) as connection:
        assert connection.recv(100_000).endswith(ends)
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_large_pads_the_real_response(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="large", bytes=5_000_000)
    response = sandbox.get(LIST)
    assert len(response.content) == int(response.headers["Content-Length"]) == 5_000_000
    assert len(response.json()["data"]["contacts"]) == 5


@pytest.mark.slow
def test_gzip_bomb_is_small_when_compressed(sandbox: SandboxServer) -> None:
    size = 50_000_000
    sandbox.fault(kind="gzip_bomb", bytes=size)
    response = requests.get(sandbox.url + LIST, headers={"x-api-key": "sandbox-organization"}, stream=True, timeout=5)
    compressed = response.raw.read(decode_content=False)
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(compressed) < size / 500


def test_gzip_bomb_decompresses_to_the_real_response(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="gzip_bomb", bytes=1_000_000)
    response = sandbox.get(LIST)
    assert len(response.content) == 1_000_000
    assert len(response.json()["data"]["contacts"]) == 5


def test_headers_fault_does_not_bypass_authentication(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="headers", set={"X-Extra": "1"})
    response = sandbox.get(LIST, key=None)
    assert (response.status_code, response.headers["X-Extra"]) == (401, "1")


def _connection(server: SandboxServer) -> socket.socket:
    """A socket on which a request for the list was sent."""
    url = urlsplit(server.url)
    connection = socket.create_connection((url.hostname, url.port or 80), timeout=5)
    connection.sendall(f"GET {LIST} HTTP/1.1\r\nHost: x\r\nx-api-key: sandbox-organization\r\n\r\n".encode())
    return connection


def _thread_count(server: SandboxServer) -> int:
    """Threads of the server: one per open connection, and the main one."""
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))
