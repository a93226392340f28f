"""What the API client sends: the key and what it asks for, and nothing of the environment or of an earlier response."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import StreamRequestHandler, ThreadingTCPServer
from typing import ClassVar
from uuid import UUID

import pytest
import requests

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.errors import InvalidResponse
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.total_timeout import Deadline, DeadlineAdapter

PROFILE = "6ba7b810-9dad-11d1-80b4-00c04fd430c8"


class _Recorder(BaseHTTPRequestHandler):
    """Answers every request alike, with a cookie, and records paths and headers."""

    protocol_version = "HTTP/1.1"
    seen: ClassVar[list[tuple[str, dict[str, str]]]]

    def do_GET(self) -> None:
        """Records the request."""
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}))
        self.send_response(200)
        self.send_header("Set-Cookie", "spy=1; Path=/")
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    def log_message(self, *_: object) -> None:
        """Says nothing."""


@pytest.fixture
def server() -> Iterator[ThreadingHTTPServer]:
    """A server that records what it is sent."""
    _Recorder.seen = []
    with ThreadingHTTPServer(("127.0.0.1", 0), _Recorder) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def _sent(server: ThreadingHTTPServer, query: ContactQuery, prefix: str = "") -> list[tuple[str, dict[str, str]]]:
    """What two calls of a client with the key `secret` sent."""
    client = SentClient(f"http://127.0.0.1:{server.server_port}{prefix}", "secret")
    for profile_id in (PROFILE, None):
        with pytest.raises(InvalidResponse):
            client.contacts(query, profile_id)
    return _Recorder.seen


def test_request_has_the_key_and_no_cookie_of_an_earlier_response(server: ThreadingHTTPServer) -> None:
    first, second = (headers for _, headers in _sent(server, ContactQuery()))
    host = f"127.0.0.1:{server.server_port}"
    expected = {"host": host, "x-api-key": "secret", "accept": "application/json", "user-agent": "contact-desk"}
    assert second == expected | {"accept-encoding": "gzip", "connection": "keep-alive"}
    assert first["x-profile-id"] == PROFILE


def test_environment_adds_neither_proxy_nor_password(
    server: ThreadingHTTPServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login spy password open\n")
    netrc.chmod(0o600)
    for name, value in {
        "NETRC": str(netrc),
        "HTTP_PROXY": "http://127.0.0.1:9",
        "ALL_PROXY": "http://127.0.0.1:9",
    }.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setenv(name.lower(), value)
    for path, headers in _sent(server, ContactQuery()):
        assert path.startswith("/v3/contacts?")
        assert "authorization" not in headers


def test_query_is_encoded_and_goes_below_the_path_of_the_api(server: ThreadingHTTPServer) -> None:
    ((path, _), _) = _sent(server, ContactQuery(search="(201) 5+5&x=é#"), "/sent/")
    assert path == "/sent/v3/contacts?page=1&page_size=50&search=%28201%29+5%2B5%26x%3D%C3%A9%23"


def test_deadline_of_a_whole_response_leaves_its_connection_to_others(server: ThreadingHTTPServer) -> None:
    adapter, url = DeadlineAdapter(f"http://127.0.0.1:{server.server_port}", 1, None), "http://127.0.0.1/v3/me"
    request = requests.Request("GET", url).prepare()
    with Deadline(60) as first:
        assert adapter.send(request, timeout=(5, 5)).raw.read() == b"{}"
        with Deadline(60):
            second = adapter.send(request, timeout=(5, 5)).raw
            first.expire()
            assert second.read() == b"{}"
    adapter.close()


class _Late(StreamRequestHandler):
    """Answers the first request of a connection without a body, and with its rows when the next one has come."""

    status: ClassVar[bytes]

    def handle(self) -> None:
        """Serves one connection. Its rows have the searched digits as their id."""
        owed = b""
        while request := b"".join(iter(self._line, b"")):
            digits = request.partition(b"search=")[2][:3].decode()
            rows = f'{{"success": true, "data": {{"contacts": [{{"id": "{UUID(int=int(digits))}"}}]}}}}'.encode()
            answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(rows), rows)
            if digits == "111":
                self.wfile.write(b"HTTP/1.1 %b\r\n\r\n" % self.status)
                owed = answer
            else:
                self.wfile.write(owed + answer)

    def _line(self) -> bytes:
        """The next line of a request, nothing at its end or at that of the connection."""
        return self.rfile.readline().removeprefix(b"\r\n")


@pytest.mark.slow
@pytest.mark.parametrize("status", [b"101 Switching", b"103 Early Hints", b"204 No Content", b"304 Not Modified"])
def test_late_answer_of_a_request_is_not_that_of_the_next(status: bytes) -> None:
    _Late.status = status
    with ThreadingTCPServer(("127.0.0.1", 0), _Late) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        client = SentClient(f"http://127.0.0.1:{server.server_address[1]}", "secret", pool_size=1)
        with pytest.raises(InvalidResponse):
            client.contacts(ContactQuery(search="111"))
        found = client.contacts(ContactQuery(search="222")).contacts
        server.shutdown()
    assert [contact.id.int for contact in found] == [222]
