"""RSGI bridge under granian: streams, errors, environ and bodies as a WSGI application expects them."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import cast

import pytest
import requests
from granian.rsgi import HTTPProtocol  # type: ignore[attr-defined]

from dashboard.rsgi import MOST_FILES, RsgiBridge
from dashboard.workers import COLLECT_AFTER
from testing.processes import on_free_port, running_program
from testing.running_desk import granian_command
from testing.waiting import wait_until

from .rsgi_program import FILE_PARTS, MOST_BYTES, PARTS

pytestmark = pytest.mark.outside


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Address of the program."""
    log = tmp_path_factory.mktemp("rsgi") / "log"
    ports: list[int] = []

    def start(port: int) -> AbstractContextManager[object]:
        ports.append(port)
        command = [*granian_command(port)[:-1], "tests.rsgi_program:server"]
        return running_program(command, health=f"http://127.0.0.1:{port}/", log=log, env=dict(os.environ))

    with on_free_port(start):
        yield f"http://127.0.0.1:{ports[-1]}"


def test_stream_arrives_whole_and_is_closed(url: str) -> None:
    response = requests.get(f"{url}/stream", timeout=20)
    assert response.content == b"".join(b"%04d" % number * 5_000 for number in range(PARTS))
    assert response.headers["Transfer-Encoding"] == "chunked"
    assert "whole" in requests.get(f"{url}/closed", timeout=20).json()


def test_stream_that_fails_ends_and_is_closed(url: str) -> None:
    assert len(requests.get(f"{url}/half", timeout=20).content) == 500_000
    assert "failed" in requests.get(f"{url}/closed", timeout=20).json()


def test_client_that_leaves_a_stream_keeps_no_thread(url: str) -> None:
    for _ in range(70):  # more than there are threads
        with requests.get(f"{url}/stream", stream=True, timeout=20) as response:
            next(response.iter_content(10))
    assert requests.get(f"{url}/", timeout=20).status_code == 200


def _closed(url: str) -> list[str]:
    found: list[str] = requests.get(f"{url}/closed", timeout=20).json()
    return found


def test_long_file_arrives_whole_with_its_length(url: str) -> None:
    response = requests.get(f"{url}/file", timeout=20)
    assert response.content == b"".join(b"%04d" % number * 25_000 for number in range(FILE_PARTS))
    assert response.headers["Content-Length"] == str(FILE_PARTS * 100_000)
    wait_until(lambda: "file taken" in _closed(url))


def test_file_whose_reader_leaves_is_cut_and_closed(url: str) -> None:
    before = _closed(url).count("file cut")
    with requests.get(f"{url}/file", stream=True, timeout=20) as response:
        next(response.iter_content(1_000_000))
    wait_until(lambda: _closed(url).count("file cut") == before + 1)


def test_files_nobody_takes_leave_room_for_pages(url: str) -> None:
    with ExitStack() as stack:
        for _ in range(MOST_FILES):
            response = stack.enter_context(requests.get(f"{url}/file", stream=True, timeout=20))
            assert response.status_code == 200
        refused = requests.get(f"{url}/file", timeout=20)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "30")
        assert requests.get(f"{url}/", timeout=20).status_code == 200


def test_error_before_the_start_is_a_500(url: str) -> None:
    assert requests.get(f"{url}/error", timeout=20).status_code == 500
    assert requests.get(f"{url}/", timeout=20).status_code == 200


def test_environ_has_the_request_and_nothing_of_the_process(url: str) -> None:
    headers = {"X-Some_Header": "forged", "X-Some-Header": "real", "Cookie": "a=1"}
    environ = requests.get(f"{url}/a%20b/%C3%A4?c=%20d", headers=headers, timeout=20).json()
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/a b/\u00e4"
    assert environ["QUERY_STRING"] == "c=%20d"
    assert environ["HTTP_X_SOME_HEADER"] == "real"
    assert environ["REMOTE_ADDR"] == "127.0.0.1"
    assert environ["SERVER_PORT"] == url.rpartition(":")[2]
    assert environ["wsgi.url_scheme"] == "http"
    assert "PATH" not in environ


def test_header_of_each_cookie_arrives(url: str) -> None:
    assert requests.get(f"{url}/", timeout=20).cookies.get_dict() == {"a": "1", "b": "2"}


def test_worker_collects_garbage_rarely_and_leaves_its_code_out(url: str) -> None:
    threshold, frozen = requests.get(f"{url}/collection", timeout=20).json()
    assert tuple(threshold) == COLLECT_AFTER
    assert frozen > 10_000  # objects of the modules that it has loaded


@pytest.mark.parametrize("chunked", [False, True])
@pytest.mark.parametrize("size", [0, 1, MOST_BYTES - 1, MOST_BYTES, MOST_BYTES + 1, 900_000])
def test_body_is_read_up_to_its_limit(url: str, size: int, chunked: bool) -> None:
    body = b"x" * size
    given = requests.post(f"{url}/", data=iter([body[:7], body[7:]]) if chunked else body, timeout=20).json()
    if size < MOST_BYTES:
        assert (given["body"], given["CONTENT_LENGTH"]) == (body.decode(), str(size))
    else:
        assert int(given["CONTENT_LENGTH"]) >= MOST_BYTES


def _unfinished(url: str, size: int) -> socket.socket:
    """A connection with the head of a request and the beginning of its body."""
    host, _, port = url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=20)
    head = f"POST / HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\nContent-Length: {size}\r\n\r\nbegin"
    connection.sendall(head.encode())
    return connection


def test_body_that_never_ends_is_given_up(url: str) -> None:
    with _unfinished(url, 1_000) as connection:
        assert connection.recv(65_536).startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize("size", [6, 100_000, 900_000])
def test_body_that_is_cut_off_reaches_no_form(url: str, size: int) -> None:
    with _unfinished(url, size) as connection:
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(65_536).startswith(b"HTTP/1.1 400 ")


def test_slow_large_bodies_keep_no_ordinary_form_waiting(url: str) -> None:
    with ExitStack() as stack:
        slow = [stack.enter_context(_unfinished(url, 150_000)) for _ in range(70)]  # more than may be read at once
        assert requests.post(f"{url}/", data=b"a form", timeout=20).json()["body"] == "a form"
        assert all(connection.recv(65_536).startswith(b"HTTP/1.1 408 ") for connection in slow)


class _SlowServer:
    """granian's side of a response whose file it has been told of, and opens later."""

    path = ""

    def response_file(self, _status: int, _headers: list[tuple[str, str]], path: str) -> None:
        """Remembers which file it is to be."""
        self.path = path


def test_file_that_fails_at_once_is_not_the_next_one() -> None:
    """Its rights are gone before granian opens the pipe, and the next download has a pipe by then."""
    server, bridge = _SlowServer(), RsgiBridge(lambda *_: [], 1)

    def withdrawn() -> Iterator[bytes]:
        raise ValueError("taken away")
        yield b""

    with pytest.raises(ValueError, match="taken away"):
        bridge._send_file(cast("HTTPProtocol", server), 200, [], withdrawn())
    reading, writing = os.pipe()  # of another person
    try:
        os.write(writing, b"+447911123456")
        os.close(writing)
        with Path(server.path).open("rb") as file:
            assert file.read() == b""
    finally:
        os.close(reading)


def test_file_that_granian_never_opens_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its client went at once: it must not keep one of the few places for a minute."""
    monkeypatch.setattr("dashboard.rsgi.OPENED_SECONDS", 0.05)
    bridge, taken = RsgiBridge(lambda *_: [], 1), iter([b"x" * 100_000] * 3)
    for _ in range(MOST_FILES + 1):
        bridge._send_file(cast("HTTPProtocol", _SlowServer()), 200, [], taken)
    assert bridge._files.acquire(blocking=False)
