"""What each kind of fault does to an answer, as a client sees it (README, faults)."""

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
from tests.sandbox.reading import error, profile_id

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
def test_status_is_an_error_with_the_code_that_fits(sandbox: SandboxServer, status: int, code: str) -> None:
    sandbox.fault(kind="status", status=status)
    assert error(sandbox.get(LIST)) == (status, code)


def test_status_says_what_it_is_told(sandbox: SandboxServer) -> None:
    given = {"code": "VALIDATION_004", "message": "Missing", "details": {"page": ["Required"]}}
    sandbox.fault(kind="status", status=400, headers={"X-Extra": "1", "X-API-Version": None}, **given)
    answer = sandbox.get(LIST)
    assert given.items() <= answer.json()["error"].items()
    assert answer.headers["X-Extra"] == "1"
    assert "X-API-Version" not in answer.headers


def test_an_internal_error_asks_to_quote_the_request_id(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=500)
    answer = sandbox.get(LIST)
    assert answer.json()["error"]["message"].endswith(answer.headers["X-Request-Id"])


def test_status_may_have_no_body(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=403, empty=True)
    answer = sandbox.get(LIST)
    assert (answer.status_code, answer.content) == (403, b"")


@pytest.mark.parametrize("retry_after", ["7", "Wed, 21 Oct 2026 07:28:00 GMT", "soon", None])
def test_rate_limited_has_the_retry_after_given(sandbox: SandboxServer, retry_after: str | None) -> None:
    sandbox.fault(kind="rate_limited", retry_after=retry_after)
    answer = sandbox.get(LIST)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (429, retry_after)


def test_redirect_points_elsewhere(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="redirect", status=307, location="https://example.org/")
    answer = sandbox.get(LIST)
    assert (answer.status_code, answer.headers["Location"]) == (307, "https://example.org/")


def test_html_is_a_page(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="html", status=200)
    answer = sandbox.get(LIST)
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "<h1>OK</h1>" in answer.text


def test_body_is_sent_as_it_is(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", status=200, body='{"page": NaN}', content_type="text/plain")
    answer = sandbox.get(LIST)
    assert (answer.content, answer.headers["Content-Type"]) == (b'{"page": NaN}', "text/plain")


def test_body_may_be_any_bytes(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", body_base64=base64.b64encode(b"\xff\xfe{").decode())
    assert sandbox.get(LIST).content == b"\xff\xfe{"


def test_body_may_be_nothing(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", status=204)
    answer = sandbox.get(LIST)
    assert (answer.status_code, answer.content) == (204, b"")


def test_body_names_the_profile_asked_for(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="body", body="null")
    profile = profile_id(sandbox, 1)
    assert sandbox.get(LIST, profile=profile).headers["X-Profile-Id"] == profile


def test_patch_changes_one_field(sandbox: SandboxServer) -> None:
    real = sandbox.get(LIST).json()["data"]
    sandbox.fault(kind="patch", set={"data.contacts.1.country_code": 5})
    spoilt = sandbox.get(LIST).json()["data"]
    assert spoilt["contacts"][1] == real["contacts"][1] | {"country_code": 5}
    assert spoilt["contacts"][0] == real["contacts"][0]


def test_patch_changes_all_items(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="patch", set={"data.contacts.*.opt_out": None}, remove=["data.contacts.*.region_code"])
    rows = sandbox.get(LIST).json()["data"]["contacts"]
    assert [(row["opt_out"], "region_code" in row) for row in rows] == [(None, False)] * 5


def test_patch_removes_a_part(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="patch", remove=["data.pagination", "data.contacts.0", "data.no.such"])
    data = sandbox.get(LIST).json()["data"]
    assert set(data) == {"contacts"}
    assert len(data["contacts"]) == 4


def test_patch_keeps_the_length_right(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="patch", set={"data": None}, status=202, headers={"X-Extra": "1"})
    answer = sandbox.get(LIST)
    assert (answer.status_code, answer.json()["data"], answer.headers["X-Extra"]) == (202, None, "1")
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_headers_change_and_go(sandbox: SandboxServer) -> None:
    other = profile_id(sandbox, 0)
    sandbox.fault(kind="headers", set={"X-Profile-Id": other, "Set-Cookie": "a=1", "X-Request-Id": None})
    answer = sandbox.get(LIST, profile=profile_id(sandbox, 1))
    assert (answer.headers["X-Profile-Id"], answer.headers["Set-Cookie"]) == (other, "a=1")
    assert "X-Request-Id" not in answer.headers


def test_truncate_sends_less_than_it_promises(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="truncate", keep=20)
    with pytest.raises(requests.exceptions.ChunkedEncodingError, match="20 bytes read"):
        sandbox.get(LIST)


def test_truncate_without_length_looks_whole(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="truncate", keep=20, length=False)
    answer = sandbox.get(LIST)
    assert len(answer.content) == 20
    assert "Content-Length" not in answer.headers


def test_drip_body_takes_its_time(sandbox: SandboxServer) -> None:
    whole = len(sandbox.get(LIST).content)
    sandbox.fault(kind="drip_body", seconds=0.1, bytes_per_step=whole // 10)
    started = time.monotonic()
    answer = sandbox.get(LIST)
    assert time.monotonic() - started >= 0.09
    assert len(answer.json()["data"]["contacts"]) == 5


def test_drip_headers_sends_no_header_whole_at_once(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="drip_headers", seconds_per_byte=0.2)
    with _connection(sandbox) as connection:
        said = connection.recv(100) + connection.recv(100)
    assert 2 <= len(said) < len("HTTP/1.1 200 OK")
    assert b"HTTP/1.1 200 OK".startswith(said)


def test_drip_headers_ends_in_the_real_answer(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="drip_headers", seconds=0.05, bytes_per_step=50)
    assert len(sandbox.get(LIST).json()["data"]["contacts"]) == 5


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="only Linux tells")
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "hang", "seconds": 60},
        {"kind": "drip_body", "seconds_per_byte": 60},
        {"kind": "drip_headers", "seconds_per_byte": 60},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_long_fault_ends_when_the_client_leaves(sandbox: SandboxServer, fault: dict[str, Any]) -> None:
    sandbox.fault(**fault)
    with _connection(sandbox):
        wait_until(lambda: sandbox.fired() == [fault["kind"]])
        busy = _threads(sandbox)
    wait_until(lambda: _threads(sandbox) < busy)


def test_hang_answers_nothing(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="hang", seconds=0.1)
    started = time.monotonic()
    with _connection(sandbox) as connection:
        assert connection.recv(100) == b""
        assert time.monotonic() - started >= 0.09


def test_slow_is_the_real_answer_later(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="slow", seconds=0.1)
    started = time.monotonic()
    assert sandbox.get(LIST).status_code == 200
    assert time.monotonic() - started >= 0.1


@pytest.mark.parametrize("end", ["release", "clear"])
def test_slow_answer_comes_when_it_is_released(sandbox: SandboxServer, end: str) -> None:
    sandbox.fault(kind="slow", seconds=3600)
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(requests.get, f"{sandbox.url}{LIST}", headers={"x-api-key": "sandbox-organization"})
        wait_until(lambda: sandbox.fired() == ["slow"])
        getattr(sandbox, end)()
        assert answer.result(60).status_code == 200


def test_hang_ends_when_it_is_released(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="hang", seconds=3600)
    with _connection(sandbox) as connection:
        wait_until(lambda: sandbox.fired() == ["hang"])
        sandbox.release()
        assert connection.recv(100) == b""


def test_reset_before_any_answer(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="reset")
    with _connection(sandbox) as connection, pytest.raises(ConnectionResetError):
        connection.recv(100)


@pytest.mark.parametrize(("after", "ends"), [("headers", b"\r\n\r\n"), ("body", b"")])
def test_reset_in_the_middle_of_an_answer(sandbox: SandboxServer, after: str, ends: bytes) -> None:
    sandbox.fault(kind="reset", after=after)
    with _connection(sandbox) as connection:
        assert connection.recv(100_000).endswith(ends)
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


def test_large_pads_the_real_answer(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="large", bytes=5_000_000)
    answer = sandbox.get(LIST)
    assert len(answer.content) == int(answer.headers["Content-Length"]) == 5_000_000
    assert len(answer.json()["data"]["contacts"]) == 5


def test_a_gzip_bomb_is_small_until_opened(sandbox: SandboxServer) -> None:
    size = 50_000_000
    sandbox.fault(kind="gzip_bomb", bytes=size)
    answer = requests.get(sandbox.url + LIST, headers={"x-api-key": "sandbox-organization"}, stream=True, timeout=5)
    packed = answer.raw.read(decode_content=False)
    assert answer.headers["Content-Encoding"] == "gzip"
    assert len(packed) < size / 500


def test_a_gzip_bomb_opens_into_the_real_answer(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="gzip_bomb", bytes=1_000_000)
    answer = sandbox.get(LIST)
    assert len(answer.content) == 1_000_000
    assert len(answer.json()["data"]["contacts"]) == 5


def test_faults_leave_the_key_to_the_real_answer(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="headers", set={"X-Extra": "1"})
    answer = sandbox.get(LIST, key=None)
    assert (answer.status_code, answer.headers["X-Extra"]) == (401, "1")


def _connection(server: SandboxServer) -> socket.socket:
    """A bare connection on which the list was asked for."""
    where = urlsplit(server.url)
    connection = socket.create_connection((where.hostname, where.port or 80), timeout=5)
    connection.sendall(f"GET {LIST} HTTP/1.1\r\nHost: x\r\nx-api-key: sandbox-organization\r\n\r\n".encode())
    return connection


def _threads(server: SandboxServer) -> int:
    """One for each open connection, and the main one."""
    return len(list(Path(f"/proc/{server.process.pid}/task").iterdir()))
