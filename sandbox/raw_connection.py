"""Raw connection: the client's socket below WSGI, for faults that WSGI cannot express (drip, truncate, reset)."""

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

POLL_INTERVAL = 0.05  # seconds between two checks whether the client is still connected
RESET_DELAY = 0.05  # seconds for the client to read the bytes sent before the reset


class ClientDisconnected(Exception):
    """The client closed the connection."""


class RawConnection:
    """The socket of one client. The server closes it after a raw response."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection

    def send(self, data: bytes) -> None:
        """Sends all of `data`. Raises ClientDisconnected."""
        try:
            self._connection.sendall(data)
        except OSError as error:
            raise ClientDisconnected from error

    def drip(self, data: bytes, step: int, pause: float) -> None:
        """Sends `step` bytes at a time, `pause` seconds apart. Raises ClientDisconnected."""
        for start in range(0, len(data), step):
            self.send(data[start : start + step])
            self.wait(pause)

    def wait(self, seconds: float, released: threading.Event | None = None) -> None:
        """Waits for the seconds, or until `released` is set. Raises ClientDisconnected."""
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and not (released and released.is_set()):
            if self._closed_by_client(min(left, POLL_INTERVAL)):
                raise ClientDisconnected

    def reset(self) -> None:
        """Ends the connection with a TCP reset instead of a close."""
        with suppress(OSError):
            # SO_LINGER of 0 s: the kernel drops the connection with RST. The descriptor itself must be closed, because
            # the request handler's files would keep the socket open, and its shutdown would send FIN first.
            self._connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        descriptor = self._connection.detach()
        if descriptor >= 0:
            os.close(descriptor)

    def _closed_by_client(self, timeout: float) -> bool:
        try:
            readable, _, _ = select.select([self._connection], [], [], timeout)
            if not readable:
                return False
            if not self._connection.recv(1, socket.MSG_PEEK):
                return True
        except (OSError, ValueError):
            return True
        time.sleep(timeout)  # pipelined bytes make it readable at once, though the client is still connected
        return False


class RawResponse(HttpResponse):
    """A response sent by `script` on the raw connection instead of by WSGI; the connection is closed afterwards."""

    def __init__(self, script: Callable[[RawConnection], None], status_sent: int | None) -> None:
        super().__init__()
        self.script = script
        self.status_sent = status_sent
        """Status for the request log; None if the script breaks the connection before any."""

    def send(self, connection: RawConnection) -> None:
        """Runs the script; a client that disconnects ends it."""
        with suppress(ClientDisconnected):
            self.script(connection)


def response_head(response: HttpResponse) -> bytes:
    """Status line and headers as sent, with `Connection: close` and the empty line at the end."""
    lines = [f"HTTP/1.1 {response.status_code} {responses.get(response.status_code, 'Unknown')}"]
    lines += [f"{name}: {value}" for name, value in response.headers.items()]
    return "\r\n".join([*lines, "Connection: close", "", ""]).encode("latin-1", "replace")
