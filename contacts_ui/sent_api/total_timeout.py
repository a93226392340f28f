"""Total timeout: a deadline for a whole HTTP call, whatever the server does.

The timeouts of requests are per read of the socket: a server that drips headers or body keeps a call alive for ever. A
Deadline shuts the socket down when it expires, so every pending read ends at once.
"""

from __future__ import annotations

import heapq
import os
import socket
import threading
import time
from contextlib import suppress
from http import HTTPStatus
from itertools import count
from typing import Any

import certifi
from requests import PreparedRequest, Response
from requests.adapters import BaseAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.util import Timeout, parse_url

_WITHOUT_BODY = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_current = threading.local()


class Deadline:
    """`seconds` from now. Used by the thread of the call, expired by another: the deadline timer."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.expired = False
        self.closed = False
        self._handle: SocketHandle | None = None
        self._lock = threading.Lock()
        _timer.watch(self)

    @property
    def remaining(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.at - time.monotonic())

    def attach(self, handle: SocketHandle) -> None:
        """Sets the socket to shut down on expiry; shuts it down at once if already expired."""
        with self._lock:
            self._handle = handle
            if self.expired:
                handle.shutdown()

    def release(self) -> None:
        """Detaches the socket, which returns to the pool and may be used by another call."""
        with self._lock:
            self._handle = None

    def close(self) -> None:
        """Ends the deadline: it no longer expires."""
        with self._lock:
            self.closed, self._handle = True, None

    def expire(self) -> None:
        """Called by the deadline timer. Shuts the attached socket down unless the deadline was closed."""
        with self._lock:
            if self.closed:
                return
            self.expired = True
            if self._handle is not None:
                self._handle.shutdown()

    def __enter__(self) -> Deadline:
        _current.deadline = self
        return self

    def __exit__(self, *_: object) -> None:
        _current.deadline = None
        with self._lock:  # as `release`, without one more call for each of the API
            self._handle = None


class SocketHandle:
    """A duplicated file descriptor of a socket, because TLS detaches the original one during its handshake.

    It lives as long as it is referenced: a connection that is closed after the headers still has a body to end.
    """

    def __init__(self, original: socket.socket) -> None:
        self._socket = socket.socket(fileno=os.dup(original.fileno()))

    def shutdown(self) -> None:
        """Ends all reads and writes of the socket, on any thread."""
        with suppress(OSError):  # already closed by the server
            self._socket.shutdown(socket.SHUT_RDWR)

    def __del__(self) -> None:
        self._socket.close()


class _DeadlineTimer:
    """One thread that waits for the earliest deadline. Started on first use, so each forked process has its own."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._turn = count()
        self._wake = threading.Condition()
        self._pid = 0

    def watch(self, deadline: Deadline) -> None:
        """Expires `deadline` at its time unless it is closed by then."""
        with self._wake:
            if self._pid != os.getpid():
                self._pid = os.getpid()
                threading.Thread(target=self._run, name="deadlines", daemon=True).start()
            heapq.heappush(self._waiting, (deadline.at, next(self._turn), deadline))
            if self._waiting[0][2] is deadline:
                self._wake.notify()

    def _run(self) -> None:
        while True:
            with self._wake:
                while self._waiting and self._waiting[0][2].closed:  # nearly all: no waking up for each of them
                    heapq.heappop(self._waiting)
                if not self._waiting:
                    self._wake.wait()
                    continue
                left = self._waiting[0][0] - time.monotonic()
                if left > 0:
                    self._wake.wait(left)
                    continue
                deadline = heapq.heappop(self._waiting)[2]
            deadline.expire()


_timer = _DeadlineTimer()


class _DeadlineConnection:
    """Mixin of both connection classes: attaches the socket to the deadline of the call on this thread."""

    _handle: SocketHandle | None = None

    def _new_conn(self) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]  # mixed into urllib3's connections
        self._handle = SocketHandle(sock)
        self._watch()
        return sock

    def request(self, *args: Any, **options: Any) -> None:
        self._watch()
        super().request(*args, **options)  # type: ignore[misc]  # mixed into urllib3's connections

    def close(self) -> None:
        super().close()  # type: ignore[misc]  # mixed into urllib3's connections
        self._handle = None

    def _watch(self) -> None:
        deadline: Deadline | None = getattr(_current, "deadline", None)
        if deadline is not None and self._handle is not None:
            deadline.attach(self._handle)


class _DeadlineHTTPConnection(_DeadlineConnection, HTTPConnection):
    pass


class _DeadlineHTTPSConnection(_DeadlineConnection, HTTPSConnection):
    pass


class _DeadlinePool:
    """Mixin of both pools: the deadline lets a connection go before another call can have it."""

    def _put_conn(self, connection: Any) -> None:
        deadline: Deadline | None = getattr(_current, "deadline", None)
        if deadline is not None:
            deadline.release()
        super()._put_conn(connection)  # type: ignore[misc]  # mixed into urllib3's pools


class _HTTPPool(_DeadlinePool, HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTPConnection


class _HTTPSPool(_DeadlinePool, HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPSConnection


class DeadlineAdapter(BaseAdapter):
    """Transport adapter of requests over one pool of `size` kept connections, each of which a Deadline can shut down.

    It sends what is prepared and nothing else: no proxy or netrc of the environment, no cookie, no redirect, no second
    try. `ca_file` replaces the public certificates. Raises the exceptions of urllib3.
    """

    def __init__(self, base_url: str, size: int, ca_file: str | None) -> None:
        super().__init__()
        url = parse_url(base_url)
        host = url.host or ""
        if url.scheme == "https":
            trusted = ca_file or certifi.where()
            self._pool: HTTPConnectionPool = _HTTPSPool(
                host, url.port, maxsize=size, cert_reqs="CERT_REQUIRED", ca_certs=trusted
            )
        else:
            self._pool = _HTTPPool(host, url.port, maxsize=size)

    def send(self, request: PreparedRequest, *_: Any, timeout: Any = None, **__: Any) -> Response:
        """The response to a prepared GET, its body not read yet. `timeout`: seconds to connect and to read."""
        connect, read = timeout
        response = Response()
        response.raw = self._pool.urlopen(
            "GET",
            request.path_url,
            headers=request.headers,
            timeout=Timeout(connect=connect, read=read),
            retries=False,
            redirect=False,
            preload_content=False,
        )
        # What has no body may be an interim response: its final one would come as the answer to the next request.
        if response.raw.status < HTTPStatus.OK or response.raw.status in _WITHOUT_BODY:
            response.raw.close()
        response.status_code, response.request = response.raw.status, request
        response.headers = response.raw.headers  # type: ignore[assignment]  # urllib3's ignore case as well
        return response

    def close(self) -> None:
        """Closes the kept connections."""
        self._pool.close()
