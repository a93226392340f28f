"""Raw HTTP against a running desk: forged hosts and headers, path tricks, malformed bytes, and canaries in the log."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from testing.accounts import assign_profiles, create_session
from testing.desk_template import DeskTemplate
from testing.running_desk import COOKIE, Desk, running_desk
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

KEY = "sandbox-organization"  # the API key that the sandbox accepts: a canary
SECRET_KEY = "canary-of-the-desk-itself-" + "k" * 40
NUMBER, SPELLINGS = "+12025550188", ("+12025550188", "%2B1%20202-555-0188", "(202)%20555%200188", "2025550188")
ANSWERED = "desk.request.answered"  # logged once for each request
SIGN_IN = "GET /sign-in/ HTTP/1.1"
TRACES = (b"Traceback", b"site-packages", b"Exception", KEY.encode(), SECRET_KEY.encode())


@dataclass(frozen=True, slots=True)
class Raw:
    """A raw response: status, headers in lower case, body."""

    status: int
    head: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Running:
    """A running desk, its port, and the session cookie and profile of a support user."""

    desk: Desk
    port: int
    cookie: str
    profile_id: str

    def send(self, line: str, *headers: str, host: str | None = None, body: bytes = b"") -> Raw:
        """Sends a request with this request line and these headers, unchanged."""
        host = host if host is not None else f"127.0.0.1:{self.port}"
        lines = [line, *([f"Host: {host}"] if host else []), "Connection: close", *headers, "", ""]
        return self.send_bytes("\r\n".join(lines).encode("latin-1") + body)

    def send_bytes(self, data: bytes) -> Raw:
        """The response to these bytes; status 0 when the connection is closed without one."""
        got = b""
        with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
            try:
                connection.sendall(data)
                while part := connection.recv(65536):
                    got += part
            except (ConnectionError, TimeoutError):
                pass
        head, _, body = got.partition(b"\r\n\r\n")
        words = head.split(b" ", 2)
        return Raw(int(words[1]) if len(words) > 1 else 0, head.decode("latin-1").lower(), body)

    def log(self) -> str:
        """The log of the desk so far."""
        return (self.desk.folder / "log").read_text(errors="replace")


def _started(folder: Path, sandbox: SandboxServer, template: DeskTemplate, **settings: str) -> Iterator[Running]:
    profile_id = sandbox.profiles()[1]["id"]
    with running_desk(folder, sandbox.url, template, SECRET_KEY=SECRET_KEY, SENT_API_KEY=KEY, **settings) as desk:
        assign_profiles(desk, "support", [profile_id])
        cookie = f"Cookie: {COOKIE}={create_session(desk, 'support')}"
        yield Running(desk, desk.port, cookie, profile_id)


@pytest.fixture(scope="module")
def running(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A desk that logs at DEBUG and has a page that raises."""
    loud = {"DJANGO_SETTINGS_MODULE": "tests.hostile_requests.debug_settings", "LOG_LEVEL": "DEBUG"}
    yield from _started(tmp_path_factory.mktemp("loud"), running_sandbox, template, **loud)


@pytest.fixture(scope="module")
def behind_proxy(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """A desk that trusts the headers of a proxy (TRUST_PROXY)."""
    more = {"SITE_URL": "https://desk.example.org", "TRUST_PROXY": "true"}
    yield from _started(tmp_path_factory.mktemp("proxied"), running_sandbox, template, **more)


def _assert_harmless(answer: Raw, *statuses: int) -> None:
    assert answer.status in statuses, answer.head
    assert not any(trace in answer.body or trace.decode().lower() in answer.head for trace in TRACES)
    assert b"data-contact-id" not in answer.body


HOSTS = (
    "evil.example",
    "127.0.0.1.evil.example",
    "127.0.0.1@evil.example",
    "evil.example:80",
    "*",
    "a b",
    "127.0.0.1\x7f",
    "[::1",
)


@pytest.mark.parametrize("host", HOSTS)
def test_foreign_host_is_refused(running: Running, host: str) -> None:
    answer = running.send(SIGN_IN, host=host)
    _assert_harmless(answer, 400, 0)
    assert answer.status == 0 or "This request couldn’t be read".encode() in answer.body or not answer.body


@pytest.mark.parametrize(
    "name", ["X-Forwarded-Host", "X-Host", "X-Original-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"]
)
def test_header_cannot_override_host_or_path(running: Running, name: str) -> None:
    value = "host=evil.example" if name == "Forwarded" else "/gateway/" if name.endswith("URL") else "evil.example"
    answer = running.send("GET / HTTP/1.1", f"{name}: {value}")
    _assert_harmless(answer, 302)
    assert "location: /sign-in/" in answer.head
    assert "evil" not in answer.head


def test_forwarded_proto_is_ignored_without_proxy(running: Running) -> None:
    answer = running.send(SIGN_IN, "X-Forwarded-Proto: https")
    _assert_harmless(answer, 200)
    assert "strict-transport-security" not in answer.head


def test_http_behind_proxy_redirects_to_https(behind_proxy: Running) -> None:
    answer = behind_proxy.send(
        SIGN_IN, "X-Forwarded-Proto: http", "X-Forwarded-Host: evil.example", host="desk.example.org"
    )
    _assert_harmless(answer, 301)
    assert "location: https://desk.example.org/sign-in/" in answer.head


def test_https_behind_proxy_has_hsts_and_strict_cookies(behind_proxy: Running) -> None:
    answer = behind_proxy.send(
        SIGN_IN, "X-Forwarded-Proto: https", "X-Forwarded-For: 203.0.113.9", host="desk.example.org"
    )
    _assert_harmless(answer, 200)
    assert "strict-transport-security: max-age=31536000" in answer.head
    cookie = next(line for line in answer.head.splitlines() if line.startswith("set-cookie: "))
    assert cookie.split()[1].startswith("__host-csrf=")
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= set(cookie.split("; "))
    assert "domain=" not in cookie


def test_response_headers_reveal_no_software_version(running: Running) -> None:
    head = running.send(SIGN_IN).head
    assert "server: granian\r\n" in head
    assert "x-powered-by" not in head
    assert "\r\nvia:" not in head


@pytest.mark.parametrize(
    "line", ["TRACE /sign-in/ HTTP/1.1", "TRACK /sign-in/ HTTP/1.1", "CONNECT evil.example:443 HTTP/1.1"]
)
def test_request_is_never_echoed_or_forwarded(running: Running, line: str) -> None:
    answer = running.send(line, "X-Canary: echoed", running.cookie)
    _assert_harmless(answer, 0, 400, 405)
    assert b"echoed" not in answer.body


PATHS = (
    *("//account/contacts/", "//evil.example/", "//evil.example/..", "/./account/contacts/", "/account//contacts/"),
    *("/account/../account/contacts/", "/%2e%2e/account/contacts/", "/account/contacts/%2e%2e/%2e%2e/gateway/"),
    *("/account/contacts/%00", "/account/contacts/;jsessionid=1", "/account/contacts/.json", "/account/contacts/x"),
    *("/%2faccount/contacts/", "/account%2fcontacts/", "/account\\contacts/", "/static/../dashboard/settings.py"),
    *(
        "/static/%2e%2e/%2e%2e/.env",
        "/static/..%2f..%2f.env",
        "/static//etc/passwd",
        "/static/%00",
        "/.env",
        "/.git/config",
    ),
    *("/%ff%fe/", "/%u002e/", "/account/contacts/%0d%0aX-Injected:1", "/" + "a" * 8_000, "/" + "a/" * 4_000, "*"),
    *(
        "http://evil.example/",
        "http://evil.example/account/contacts/",
        "/\u00e4/",
        "/account/contacts/?" + "a=1&" * 900,
    ),
)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:40])
def test_path_trick_leads_to_no_row_and_no_other_site(running: Running, path: str) -> None:
    for cookie in ([], [running.cookie]):
        answer = running.send(f"GET {path} HTTP/1.1", *cookie)
        _assert_harmless(answer, 0, 301, 302, 400, 403, 404, 405, 414)
        assert "x-injected" not in answer.head
        assert b"SECRET_KEY" not in answer.body
        place = next((line for line in answer.head.splitlines() if line.startswith("location: ")), "location: /")
        assert place.startswith("location: /")
        assert not place.startswith(("location: //", "location: /\\"))


BYTES: dict[str, bytes] = {
    "noise": bytes(range(256)) * 4,
    "another protocol": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "NUL in the line": b"GET /\x00 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\x00b\r\nConnection: close\r\n\r\n",
    "no host": b"GET /sign-in/ HTTP/1.1\r\nConnection: close\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n",
    "two lengths": b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 1\r\nContent-Length: 9\r\n\r\nab",
    "length and chunks": (
        b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n"
        b"Connection: close\r\n\r\n0\r\n\r\nGET /gateway/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
    ),
    "a negative length": b"POST /sign-in/ HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: -1\r\n\r\n",
    "a folded header": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: a\r\n b\r\nConnection: close\r\n\r\n",
    "a space before the colon": b"GET / HTTP/1.1\r\nHost : evil.example\r\nConnection: close\r\n\r\n",
    "HTTP/9.9": b"GET / HTTP/9.9\r\nHost: 127.0.0.1\r\n\r\n",
    "a header of 1 MB": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 1_000_000 + b"\r\n\r\n",
    "2,000 headers": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n" + b"X: a\r\n" * 2_000 + b"\r\n",
    "a cookie of 100 kB": b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: a="
    + b"a" * 100_000
    + b"\r\nConnection: close\r\n\r\n",
    "an odd cookie": (
        b'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nCookie: session=\x01\xff"; =; ;;\r\nConnection: close\r\n\r\n'
    ),
}


@pytest.mark.parametrize("what", BYTES)
def test_malformed_bytes_are_refused_or_redirected_to_sign_in(running: Running, what: str) -> None:
    host = f"127.0.0.1:{running.port}".encode()
    answer = running.send_bytes(BYTES[what].replace(b"Host: 127.0.0.1", b"Host: " + host))
    _assert_harmless(answer, 0, 302, 400, 403, 413, 414, 431, 505)
    assert answer.status != 302 or "location: /sign-in/" in answer.head
    assert running.send(SIGN_IN).status == 200  # the next request is served


def test_debug_log_contains_no_number_or_secret(running: Running) -> None:
    before = running.log().count(ANSWERED)
    for text in SPELLINGS:
        for path in ("contacts/", "contacts/nowhere/", "profiles/"):
            running.send(f"GET /p/{running.profile_id}/{path}?search={text} HTTP/1.1", running.cookie)
        running.send(f"GET /p/{running.profile_id}/contacts/?phone={text} HTTP/1.1", running.cookie)
        running.send(f"GET /account/contacts/?search={text} HTTP/1.1", running.cookie)
        running.send(f"GET /{text}/?search={text} HTTP/1.1", running.cookie)
        running.send(
            f"GET /sign-in/?next=/account/contacts/?search={text} HTTP/1.1", f"Referer: http://x/?search={text}"
        )
        answer = running.send(f"GET /broken/?search={text} HTTP/1.1", running.cookie)
        assert answer.status == 500
        assert b"Something went wrong" in answer.body
        assert not any(trace in answer.body for trace in TRACES)
    wait_until(lambda: running.log().count(ANSWERED) >= before + 8 * len(SPELLINGS))
    said = running.log()
    assert "somebody.else" in said
    assert "RuntimeError" in said
    assert "urllib3.connectionpool" in said
    said = re.sub(r"\b(?:desk|req)_\w+", "", said)  # random ids may contain any four digits
    for canary in (KEY, SECRET_KEY, running.cookie.partition("=")[2], "5550188", "555-0188", "555 0188", "0188"):
        assert canary not in said, canary
