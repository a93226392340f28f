"""The bare connection under a request, for the faults that WSGI cannot make."""

from __future__ import annotations

import os
import select
import socket
import struct
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from http.client import responses

from django.http import HttpResponse

WIRE = "sandbox.wire"  # its name in the WSGI environment
POLL = 0.05  # seconds between two looks at whether the client is still there
RESET_DELAY = 0.05  # seconds a client gets to read what was sent before the reset


class Gone(Exception):
    """The client closed the connection."""


class Wire:
    """One client's connection. After it was used, nothing else is sent on it."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, data: bytes) -> None:
        """Sends all of it. Raises Gone."""
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise Gone from error

    def drip(self, data: bytes, step: int, pause: float) -> None:
        """Sends `step` bytes at a time, `pause` seconds apart. Raises Gone."""
        for start in range(0, len(data), step):
            self.send(data[start : start + step])
            self.wait(pause)

    def wait(self, seconds: float, released: threading.Event | None = None) -> None:
        """Waits, but no longer than the client does or until it is released. Raises Gone."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not (released and released.is_set()):
            if self._closed_by_client(min(left, POLL)):
                raise Gone

    def reset(self) -> None:
        """Ends the connection with a TCP reset instead of a close."""
        with suppress(OSError):
            # Linger of 0 s: the kernel throws the connection away with RST. The descriptor itself must be closed,
            # because the request handler's files would keep the socket open, and its shutdown would send FIN first.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        descriptor = self._connection.detach()
        if descriptor >= 0:
            os.close(descriptor)

    def _closed_by_client(self, patience: float) -> bool:
        try:
            readable, _, _ = select.select([self._connection], [], [], patience)
            if not readable:
                return False
            if not self._connection.recv(1, socket.MSG_PEEK):
                return True
        except (OSError, ValueError):
            return True
        time.sleep(patience)  # more was sent than one request: readable at once, but not gone
        return False


class RawAnswer(HttpResponse):
    """An answer that is not sent by WSGI but by `script`, on the connection itself, which is closed afterwards."""

    def __init__(self, script: Callable[[Wire], None], status_sent: int | None) -> None:
        super().__init__()
        self.script = script
        self.status_sent = status_sent
        """What the log says; None if the script breaks the connection before any status."""

    def play(self, wire: Wire) -> None:
        """Runs the script; a client that leaves early ends it."""
        with suppress(Gone):
            self.script(wire)


def head(answer: HttpResponse) -> bytes:
    """Status line and headers as they go over the wire, with the empty line, saying that the connection closes."""
    lines = [f"HTTP/1.1 {answer.status_code} {responses.get(answer.status_code, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in answer.headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace")
