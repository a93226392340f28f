"""RSGI bridge: granian calls the WSGI application through it, on threads, with the header names as they were sent.

granian's own WSGI interface writes `X_Forwarded_For` over `X-Forwarded-For`: both become HTTP_X_FORWARDED_FOR, and only
the server knows the names. Here a header with an underscore in its name is dropped, as nginx and Apache do by default.
"""

from __future__ import annotations

import asyncio
import os
import select
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from io import BytesIO
from pathlib import Path
from threading import BoundedSemaphore, Lock
from typing import Any

from granian.rsgi import HTTPProtocol, ProtocolClosed, ProtocolError, Scope  # type: ignore[attr-defined]

from .workers import DRAIN_SIGNAL, announce, collect_rarely, stop_accepting

LONGEST_DISCARDED = 10_000_000  # bytes, read and dropped: a browser shows no page while it still has to send
SMALL_BODY = 65_536  # bytes, of a body that is read without waiting for others
BODY_SECONDS = 30.0  # from the head of a request to the end of its body
BAD_REQUEST, REQUEST_TIMEOUT, UNAVAILABLE = 400, 408, 503
LARGEST_JOINED = 1_000_000  # bytes of a response whose length is known; longer ones wait for their reader
MOST_FILES = 8  # of those at once in a worker: each has a thread, and a connection to the database
MOST_RETIRED = 100  # ends of pipes that are kept for granian to open; it does within milliseconds
OPENED_SECONDS = 10.0  # until granian takes the first bytes of a file: for a client that has gone it never does
STALLED_SECONDS = 60.0  # a reader who has taken nothing for so long is given up
THREADS = 64  # requests a worker serves at once: required requests a second x API latency in seconds
_PLAIN = {"content-type": "CONTENT_TYPE", "content-length": "CONTENT_LENGTH"}

WsgiApplication = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class RsgiBridge:
    """Serves a WSGI application; `most_bytes` is how much of a body is read: a byte more than the desk accepts."""

    def __init__(self, application: WsgiApplication, most_bytes: int, body_seconds: float = BODY_SECONDS) -> None:
        self._application, self._most_bytes, self._body_seconds = application, most_bytes, body_seconds
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="request")
        self._large_bodies = asyncio.Semaphore(THREADS)
        self._files = BoundedSemaphore(MOST_FILES)
        self._retired, self._retiring = deque[tuple[float, int]](), Lock()

    def __rsgi_init__(self, loop: asyncio.AbstractEventLoop) -> None:
        """Called by granian in a worker that has everything but its socket, which is open already."""
        loop.add_signal_handler(DRAIN_SIGNAL, stop_accepting)
        collect_rarely()
        announce()

    async def __rsgi__(self, scope: Scope, protocol: HTTPProtocol) -> None:
        """Answers one request. A body is read here, so that a slow one keeps no thread."""
        environ, body = wsgi_environ(scope), b""
        if scope.method == "POST":
            try:
                body = await self._read_body(protocol, environ.get("CONTENT_LENGTH"))
            except TimeoutError:
                protocol.response_str(REQUEST_TIMEOUT, [("content-type", "text/plain")], "The form came too slowly.\n")
                return
            except (ProtocolClosed, ProtocolError):
                return  # the client went while it was sending
            if self._is_cut_off(body, environ):
                protocol.response_str(BAD_REQUEST, [("content-type", "text/plain")], "The form did not arrive whole.\n")
                return
            environ["CONTENT_LENGTH"] = str(len(body))
        environ["wsgi.input"] = BytesIO(body)
        loop = asyncio.get_running_loop()
        await loop.run_in_executor(self._threads, self._respond, environ, protocol, loop)

    async def _read_body(self, protocol: HTTPProtocol, announced: str | None) -> bytes:
        """The body, or as much of it as is too much. Large ones wait for each other, so that they fit into memory."""
        size = int(announced[:16]) if announced is not None and announced.isdecimal() else self._most_bytes
        body, seen = bytearray(), 0
        if size > LONGEST_DISCARDED:
            return bytes(self._most_bytes)  # refused by its length, unread
        async with asyncio.timeout(self._body_seconds), self._large_bodies if size > SMALL_BODY else nullcontext():
            async for chunk in protocol:
                seen += len(chunk)
                if seen < self._most_bytes:
                    body += chunk
                elif seen > LONGEST_DISCARDED:
                    break
        return bytes(body) if seen < self._most_bytes else bytes(self._most_bytes)

    def _is_cut_off(self, body: bytes, environ: dict[str, Any]) -> bool:
        """True for less than was announced: granian ends such a body like a whole one, and the first half of a form
        is another form (a person with fewer profiles).
        """
        announced = environ.get("CONTENT_LENGTH", "")
        if not announced.isdecimal() or "HTTP_TRANSFER_ENCODING" in environ:
            return False
        return len(body) < min(int(announced[:16]), self._most_bytes)

    def _respond(self, environ: dict[str, Any], protocol: HTTPProtocol, loop: asyncio.AbstractEventLoop) -> None:
        started: list[tuple[int, list[tuple[str, str]]]] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started.append((int(status.partition(" ")[0]), headers))

        result = self._application(environ, start_response)
        try:
            ((status, headers),) = started
            streams, length = getattr(result, "streaming", False), _content_length(headers)
            if streams and length is not None and length > LARGEST_JOINED:
                self._send_file(protocol, status, headers, result)
            elif length is not None or not streams:
                protocol.response_bytes(status, headers, b"".join(result))
            else:
                transport = protocol.response_stream(status, headers)
                for part in result:
                    asyncio.run_coroutine_threadsafe(_send(transport, part), loop).result()
        except (ProtocolClosed, ProtocolError):
            return  # the client has gone
        finally:
            if close := getattr(result, "close", None):
                close()

    def _send_file(
        self, protocol: HTTPProtocol, status: int, headers: list[tuple[str, str]], parts: Iterable[bytes]
    ) -> None:
        """A long response, no faster than its reader takes it, through a pipe that granian reads like a file.

        granian's own stream takes all at once into memory, and tells nobody of a reader who goes half-way.
        """
        if not self._files.acquire(blocking=False):
            busy = [("content-type", "text/plain"), ("retry-after", "30")]
            protocol.response_str(UNAVAILABLE, busy, "Too many files are being downloaded. Try again in a minute.\n")
            return
        reading, writing = os.pipe()
        try:
            os.set_blocking(writing, False)
            protocol.response_file(status, headers, f"/dev/fd/{reading}")
            for part in parts:
                reading = _write(writing, part, reading)
        except (BrokenPipeError, TimeoutError):
            return  # the client has gone, or takes nothing: `parts` is closed before its end
        finally:
            os.close(writing)
            if reading >= 0:
                self._retire(reading)
            self._files.release()

    def _retire(self, reading: int) -> None:
        """Keeps the number of an end that granian may not have opened yet: it would open whatever has it next, and send
        another person's file. From now on it is an empty file; it is closed when it is old, or one of many.
        """
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), reading, inheritable=False)
        with self._retiring:
            self._retired.append((time.monotonic(), reading))
            oldest = time.monotonic() - STALLED_SECONDS
            while self._retired[0][0] < oldest or len(self._retired) > MOST_RETIRED:
                os.close(self._retired.popleft()[1])


def _write(pipe: int, part: bytes, reading: int) -> int:
    """Writes a part as its reader takes it; raises TimeoutError when nothing is taken for STALLED_SECONDS, or
    nothing at all for OPENED_SECONDS.

    Closes our own end for reading once granian has opened it, which is sure when the pipe was full and is no more:
    from then on the pipe breaks when granian's end is closed. Returns that end, -1 when it is closed.
    """
    left = memoryview(part)
    while left:
        try:
            left = left[os.write(pipe, left) :]
        except BlockingIOError:
            if not select.select([], [pipe], [], STALLED_SECONDS if reading < 0 else OPENED_SECONDS)[1]:
                raise TimeoutError from None
            if reading >= 0:
                os.close(reading)
                reading = -1
    return reading


def _content_length(headers: list[tuple[str, str]]) -> int | None:
    return next((int(value) for name, value in headers if name.lower() == "content-length"), None)


async def _send(transport: Any, part: bytes) -> None:
    await transport.send_bytes(part)


def wsgi_environ(scope: Scope) -> dict[str, Any]:
    """The environ of a request, without its body. Several headers of one name are joined, as RFC 9110 has it."""
    server, _, port = scope.server.rpartition(":")
    environ: dict[str, Any] = {
        "REQUEST_METHOD": scope.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": scope.path.encode().decode("latin-1"),
        "QUERY_STRING": scope.query_string,
        "SERVER_NAME": server,
        "SERVER_PORT": port,
        "SERVER_PROTOCOL": f"HTTP/{scope.http_version}",
        "REMOTE_ADDR": scope.client.rpartition(":")[0].strip("[]"),
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": scope.scheme,
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }
    for name, value in scope.headers.items():
        if "_" in name:
            continue
        key = _PLAIN.get(name) or f"HTTP_{name.upper().replace('-', '_')}"
        environ[key] = f"{environ[key]}{'; ' if name == 'cookie' else ','}{value}" if key in environ else value
    environ.setdefault("HTTP_HOST", "")  # not allowed; without it Django would take the server's address
    return environ
