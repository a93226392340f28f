"""Headers of a proxy that a client imitates: an underscore for a hyphen, several of a name, and bodies cut off."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from urllib.parse import urlencode

import pytest

from testing.desk_template import DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer

HOST, REAL, FORGED = "desk.example.org", "203.0.113.9", "198.51.100.66"
SIGN_IN = "/sign-in/"
FORWARDED = (f"X-Forwarded-For: {REAL}", "X-Forwarded-Proto: https")
# A proxy passes on what a client sends, and adds the real header before or after it.
FORGERIES = ("X_Forwarded_For", "X-Forwarded_For", "X_Forwarded-For", "x_forwarded_for", "X_FORWARDED_FOR")


@pytest.fixture(scope="module")
def desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """A desk behind a proxy."""
    settings = {"SITE_URL": f"https://{HOST}", "TRUST_PROXY": "true"}
    with running_desk(tmp_path_factory.mktemp("proxied"), running_sandbox.url, template, **settings) as desk:
        yield desk


def _send(desk: Desk, line: str, *headers: str, body: bytes = b"") -> str:
    """Sends a request as it is; the whole response."""
    head = [f"{line} HTTP/1.1", f"Host: {HOST}", "Connection: close", *headers, "", ""]
    received = b""
    with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as connection:
        connection.sendall("\r\n".join(head).encode("latin-1") + body)
        while part := connection.recv(65_536):
            received += part
    return received.decode(errors="replace")


def _address_of_wrong_password(desk: Desk, *headers: str) -> str:
    """The client's address, as the audit log has it, of a failed sign-in with these headers."""
    page = _send(desk, f"GET {SIGN_IN}", *FORWARDED)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    cookie = re.search(r"set-cookie:\s+(__Host-csrf=[^;]+)", page)
    assert token
    assert cookie
    body = urlencode({"csrfmiddlewaretoken": token[1], "login": "nobody", "password": "wrong"}).encode()
    kind = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}")
    more = (f"Cookie: {cookie[1]}", f"Referer: https://{HOST}{SIGN_IN}")
    desk.forget_limits()
    response = _send(desk, f"POST {SIGN_IN}", *headers, *kind, *more, body=body)
    assert "do not match" in response
    return str(desk.sql("SELECT address FROM contacts_ui_auditentry ORDER BY id DESC LIMIT 1")[0][0])


@pytest.mark.parametrize("first", [True, False], ids=["before", "after"])
@pytest.mark.parametrize("name", FORGERIES)
def test_header_with_underscore_is_not_the_clients_address(desk: Desk, name: str, first: bool) -> None:
    forged = f"{name}: {FORGED}"
    assert _address_of_wrong_password(desk, *((forged, *FORWARDED) if first else (*FORWARDED, forged))) == REAL


@pytest.mark.parametrize("first", [f"X-Forwarded-For: {FORGED}", f"X-Forwarded-For: {FORGED}, {FORGED}"])
def test_address_that_the_proxy_added_last_counts(desk: Desk, first: str) -> None:
    assert _address_of_wrong_password(desk, first, *FORWARDED) == REAL


@pytest.mark.parametrize("name", ["X_Forwarded_Proto", "X-Forwarded_Proto", "x_forwarded_proto"])
def test_header_with_underscore_makes_no_request_secure(desk: Desk, name: str) -> None:
    for headers in (("X-Forwarded-Proto: http", f"{name}: https"), (f"{name}: https", "X-Forwarded-Proto: http")):
        response = _send(desk, f"GET {SIGN_IN}", *headers)
        assert response.startswith("HTTP/1.1 301 ")
        assert f"location: https://{HOST}/sign-in/" in response.lower()


def test_cookies_of_two_headers_are_both_read(desk: Desk) -> None:
    page = _send(desk, f"GET {SIGN_IN}", *FORWARDED)
    cookie = re.search(r"set-cookie:\s+(__Host-csrf=[^;]+)", page)
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page)
    assert cookie
    assert token
    body = urlencode({"csrfmiddlewaretoken": token[1], "login": "", "password": ""}).encode()
    kind = ("Content-Type: application/x-www-form-urlencoded", f"Content-Length: {len(body)}")
    more = ("Cookie: a=1", f"Cookie: {cookie[1]}", f"Referer: https://{HOST}{SIGN_IN}")
    assert _send(desk, f"POST {SIGN_IN}", *FORWARDED, *kind, *more, body=body).startswith("HTTP/1.1 200 ")


def test_body_that_ends_early_stops_no_later_request(desk: Desk) -> None:
    head = f"POST {SIGN_IN} HTTP/1.1\r\nHost: {HOST}\r\nContent-Length: 900000\r\n\r\n"
    for body in (b"", b"x" * 1_000):
        with socket.create_connection(("127.0.0.1", desk.port), timeout=20) as connection:
            connection.sendall(head.encode() + body)
    assert _send(desk, f"GET {SIGN_IN}", *FORWARDED).startswith("HTTP/1.1 200 ")
    assert "Traceback" not in (desk.folder / "log").read_text()
