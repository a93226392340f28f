"""Bodies, addresses, texts and JSON without measure, and versions of HTTP, against a running desk."""

from __future__ import annotations

import base64
import json
import re
import socket
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote, urlencode

import pytest
import requests

from testing.desk_template import DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

MB = 1_000_000
SIGN_IN, PASSKEY = "/sign-in/", "/you/second-factor/passkeys/login/"
CHUNKED = "Transfer-Encoding: chunked"
FORM = "Content-Type: application/x-www-form-urlencoded"
MULTIPART = "Content-Type: multipart/form-data; boundary=b"
FILE_PART = b'--b\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n'
TOO_LARGE, TOO_LONG = "This is too large", "This address is too long"


@dataclass(frozen=True, slots=True)
class Response:
    """Status and everything that was received."""

    status: int
    received: bytes = field(repr=False)

    @property
    def text(self) -> str:
        """The response as text."""
        return self.received.decode(errors="replace")


@dataclass(frozen=True, slots=True)
class Target:
    """Running desk, and the folder in which it would store uploads."""

    desk: Desk
    uploads: Path

    def send(self, line: str, *headers: str, body: bytes = b"") -> Response:
        """Sends a request as it is; reads until the desk closes the connection."""
        head = [f"{line} HTTP/1.1", f"Host: 127.0.0.1:{self.desk.port}", "Connection: close", *headers, "", ""]
        received = b""
        with socket.create_connection(("127.0.0.1", self.desk.port), timeout=20) as connection:
            with suppress(ConnectionError):  # refused while it is being sent
                connection.sendall("\r\n".join(head).encode("latin-1") + body)
            with suppress(ConnectionError):
                while part := connection.recv(65_536):
                    received += part
        words = received.split(b" ", 2)
        return Response(int(words[1]) if len(words) > 1 else 0, received)

    def form(self) -> tuple[str, str]:
        """The CSRF token of the sign-in page and the header with its cookie."""
        page = requests.get(self.desk.url + SIGN_IN, timeout=20)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', page.text)
        assert token
        return token[1], f"Cookie: csrf={page.cookies['csrf']}"

    def post(self, path: str, **fields: str) -> Response:
        """Submits a form with its token."""
        token, cookie = self.form()
        self.desk.forget_limits()
        body = urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        return self.send(f"POST {path}", cookie, FORM, f"Content-Length: {len(body)}", body=body)


@pytest.fixture(scope="module")
def target(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    """A desk with a folder of its own for temporary files."""
    folder = tmp_path_factory.mktemp("sizes")
    (folder / "tmp").mkdir()
    with running_desk(folder / "desk", running_sandbox.url, template, TMPDIR=str(folder / "tmp")) as desk:
        yield Target(desk, folder / "tmp")


def test_announced_body_of_254_mb_is_refused_unread(target: Target) -> None:
    response = target.send(f"POST {SIGN_IN}", MULTIPART, f"Content-Length: {254 * MB}", body=FILE_PART)
    assert response.status == 413
    assert TOO_LARGE in response.text
    assert "default-src 'none'" in response.text
    assert "x-frame-options: DENY" in response.text


def test_uploaded_file_is_written_nowhere(target: Target) -> None:
    token, cookie = target.form()
    head = f"POST {SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1:{target.desk.port}\r\n{cookie}\r\nX-CSRFToken: {token}\r\n"
    with socket.create_connection(("127.0.0.1", target.desk.port), timeout=20) as connection:
        connection.sendall(f"{head}{MULTIPART}\r\nContent-Length: {9 * MB}\r\n\r\n".encode() + FILE_PART)
        connection.sendall(b"x" * 8 * MB)  # the rest never comes: the desk would hold the file open
        assert target.send(f"GET {SIGN_IN}").status == 200
        assert [path for path in target.uploads.iterdir() if path.suffix == ".upload"] == []


def test_small_file_in_a_form_is_dropped(target: Target) -> None:
    token, cookie = target.form()
    fields = "".join(
        f'--b\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in {"csrfmiddlewaretoken": token, "login": "support", "password": "wrong"}.items()
    )
    body = fields.encode() + FILE_PART + b"x" * 900_000 + b"\r\n--b--\r\n"
    response = target.send(f"POST {SIGN_IN}", cookie, MULTIPART, f"Content-Length: {len(body)}", body=body)
    assert response.status == 200
    assert "do not match" in response.text
    assert list(target.uploads.glob("*.upload*")) == []


def _chunks(body: bytes, size: int = 60_000) -> bytes:
    parts = (body[start : start + size] for start in range(0, len(body), size))
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def test_chunked_body_of_two_mb_is_refused(target: Target) -> None:
    token, cookie = target.form()
    body = _chunks(urlencode({"csrfmiddlewaretoken": token, "login": "x" * 2 * MB}).encode())
    response = target.send(f"POST {SIGN_IN}", cookie, FORM, CHUNKED, body=body)
    assert response.status == 413
    assert TOO_LARGE in response.text


def test_endless_chunked_body_is_refused(target: Target) -> None:
    response = target.send(f"POST {SIGN_IN}", FORM, CHUNKED, body=_chunks(b"x" * 30 * MB)[:-5])
    assert response.status in {413, 0}  # 0: the connection was closed while the body was sent
    assert target.send(f"GET {SIGN_IN}").status == 200


def test_chunked_form_is_read(target: Target) -> None:
    token, cookie = target.form()
    body = _chunks(urlencode({"csrfmiddlewaretoken": token, "login": "support", "password": "wrong"}).encode(), 7)
    response = target.send(f"POST {SIGN_IN}", cookie, FORM, CHUNKED, body=body)
    assert response.status == 200
    assert "do not match" in response.text


@pytest.mark.parametrize("path", ["/" + "%25" * 20_000, "/sign-in/?next=" + "a" * 60_000, "/" + "1/" * 30_000])
def test_address_of_60_kb_is_refused_and_logged_short(target: Target, path: str) -> None:
    log = target.desk.folder / "log"
    before = len(log.read_bytes())
    response = target.send(f"GET {path}")
    assert response.status == (404 if "%" in path else 414)  # its length counts as it is decoded
    assert response.status == 404 or TOO_LONG in response.text
    wait_until(lambda: len(log.read_bytes()) > before)
    assert len(log.read_bytes()) - before < 6_000


@pytest.mark.parametrize(
    "name", ["x" * 60_000, "x" * 900_000, "a" * 60_000 + "@example.org", "+1 202 555 0188 " * 9_000]
)
def test_endless_user_name_is_an_ordinary_mistake(target: Target, name: str) -> None:
    response = target.post(SIGN_IN, login=name, password="x")
    assert response.status == 200
    assert "This user name is too long." in response.text


def test_user_name_of_two_mb_is_refused(target: Target) -> None:
    response = target.post(SIGN_IN, login="x" * 2 * MB, password="x")
    assert response.status == 413
    assert TOO_LARGE in response.text


def _nested(client_data: bytes, authenticator_data: bytes) -> str:
    """JSON of a credential with these two parts."""
    parts = {
        "clientDataJSON": client_data,
        "authenticatorData": authenticator_data,
        "signature": b"",
        "userHandle": b"1",
    }
    response = {name: base64.urlsafe_b64encode(part).decode().rstrip("=") for name, part in parts.items()}
    return json.dumps({"id": "AAAA", "rawId": "AAAA", "type": "public-key", "response": response})


GOOD_CLIENT_DATA = b'{"type":"webauthn.get","challenge":"AAAA","origin":"http://localhost"}'
ATTESTED = b"A" * 32 + b"\xff" + b"\0" * 4 + b"A" * 16 + b"\0\x04AAAA"
CREDENTIALS = {
    "deep list": "[" * 100_000 + "]" * 100_000,
    "deep object": '{"a":' * 20_000 + "1" + "}" * 20_000,
    "huge integer": "1" * 100_000,
    "huge integer inside": f'{{"id": {"9" * 100_000}}}',
    "huge float": "1e999999999",
    "deep client data": _nested(b"[" * 100_000, b"A" * 200),
    "huge integer in client data": _nested(b'{"type":' + b"1" * 100_000 + b"}", b"A" * 200),
    "deep CBOR": _nested(GOOD_CLIENT_DATA, ATTESTED + b"\x81" * 50_000),
    "lone surrogate": '"\\ud800"',
    "no JSON": "\x01{",
}


@pytest.mark.parametrize("credential", CREDENTIALS.values(), ids=CREDENTIALS)
def test_hostile_passkey_is_an_ordinary_mistake(target: Target, credential: str) -> None:
    response = target.post(PASSKEY, credential=credential)
    assert response.status == 302
    assert "location: /sign-in/" in response.text


CONTENT_TYPES = (
    *(f"charset={name}" for name in ("zlib", "idna", "utf-16", "utf-7", "rot13", "undefined", "no such", "\xff")),
    *("charset*=x'y'z", "charset*0=zl; charset*1=ib", "x*=no-such''y", 'charset*="zlib"', ";;;=;", "x" * 60_000),
)


@pytest.mark.parametrize("parameters", CONTENT_TYPES, ids=lambda text: text[:20])
def test_parameters_of_content_type_change_nothing(target: Target, parameters: str) -> None:
    token, cookie = target.form()
    target.desk.forget_limits()
    kind = f"{FORM}; {parameters}"
    assert target.send("GET /sign-in/?next=%ff%fe", kind).status == 200
    body = f"csrfmiddlewaretoken={token}&login=support&password={quote('wróng')}".encode()
    response = target.send(f"POST {SIGN_IN}", cookie, kind, f"Content-Length: {len(body)}", body=body)
    assert response.status == (403 if "\xff" in parameters else 200)  # the server drops a header that is not ASCII


@pytest.mark.parametrize("upgrade", [False, True], ids=["preface", "upgrade"])
def test_http2_without_tls_is_off(target: Target, upgrade: bool) -> None:
    with socket.create_connection(("127.0.0.1", target.desk.port), timeout=20) as connection:
        if upgrade:
            head = f"GET {SIGN_IN} HTTP/1.1\r\nHost: 127.0.0.1:{target.desk.port}\r\n"
            more = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA"
            connection.sendall(f"{head}{more}\r\n\r\n".encode())
        else:
            connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0\0\0\4\0\0\0\0\0")
        received = b""
        with suppress(ConnectionError):
            received = connection.recv(65_536)
    assert received[3:4] != b"\4"  # a SETTINGS frame
    assert b"101 " not in received[:20]


@pytest.mark.parametrize(
    "name", ["staticfiles.json", "staticfiles.json.gz", "./staticfiles.json", "css/../staticfiles.json"]
)
def test_manifest_of_static_files_is_not_served(target: Target, name: str) -> None:
    assert (Path(target.desk.settings["STATIC_ROOT"]) / "staticfiles.json").is_file()
    assert target.send(f"GET /static/{name}").status == 404
