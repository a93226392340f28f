"""A moment by which a call ends, whatever the other side does.

The timeouts of requests are per read of the socket: a body or headers that drip keep a call alive for ever
(bench-facts, traps). A Deadline shuts the socket down when its moment comes, so every read ends at once.
"""

from __future__ import annotations

import heapq
import os
import socket
import threading
import time
from contextlib import suppress
from itertools import count
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_current = threading.local()


class Deadline:
    """`seconds` from now. Used by one thread, ended by another: the watchdog."""

    def __init__(self, seconds: float) -> None:
        self.at = time.monotonic() + seconds
        self.expired = False
        self._over = False
        self._handle: SocketHandle | None = None
        self._lock = threading.Lock()
        _timer.watch(self)

    @property
    def remaining(self) -> float:
        """Seconds left; never negative."""
        return max(0.0, self.at - time.monotonic())

    def attach(self, handle: SocketHandle) -> None:
        """From now on the end of the call is the end of this socket."""
        with self._lock:
            self._handle = handle
            if self.expired:
                handle.shutdown()

    def release(self) -> None:
        """The call no longer uses its socket, which may go to another call."""
        with self._lock:
            self._handle = None

    def close(self) -> None:
        """The call is over."""
        with self._lock:
            self._over, self._handle = True, None

    def expire(self) -> None:
        """What the watchdog does when the moment comes."""
        with self._lock:
            if self._over:
                return
            self.expired = True
            if self._handle is not None:
                self._handle.shutdown()

    def __enter__(self) -> Deadline:
        _current.deadline = self
        return self

    def __exit__(self, *_: object) -> None:
        _current.deadline = None
        self.release()


class SocketHandle:
    """A second name of a socket, because TLS takes the first one away while it greets.

    It lives as long as somebody holds it: a connection that is closed after the headers still has a body to end.
    """

    def __init__(self, original: socket.socket) -> None:
        self._socket = socket.socket(fileno=os.dup(original.fileno()))

    def shutdown(self) -> None:
        """Ends whoever reads or writes there, on any thread."""
        with suppress(OSError):  # the other side was quicker
            self._socket.shutdown(socket.SHUT_RDWR)

    def __del__(self) -> None:
        self._socket.close()


class _DeadlineTimer:
    """One thread that waits for the earliest deadline. Started by the first, so that forks start their own."""

    def __init__(self) -> None:
        self._waiting: list[tuple[float, int, Deadline]] = []
        self._turn = count()
        self._wake = threading.Condition()
        self._pid = 0

    def watch(self, deadline: Deadline) -> None:
        """Ends `deadline` at its moment unless it is over by then."""
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
                while not self._waiting:
                    self._wake.wait()
                left = self._waiting[0][0] - time.monotonic()
                if left > 0:
                    self._wake.wait(left)
                    continue
                deadline = heapq.heappop(self._waiting)[2]
            deadline.expire()


_timer = _DeadlineTimer()


class _DeadlineConnection:
    """What both kinds of connection add: the deadline of the call on this thread can end the socket."""

    _handle: SocketHandle | None = None

    def _new_conn(self) -> socket.socket:
        made: socket.socket = super()._new_conn()  # type: ignore[misc]  # mixed into urllib3's connections
        self._handle = SocketHandle(made)
        self._watch()
        return made

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


class _HTTPPool(HTTPConnectionPool):
    ConnectionCls = _DeadlineHTTPConnection


class _HTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _DeadlineHTTPSConnection


class DeadlineAdapter(HTTPAdapter):
    """requests' adapter over connections that a Deadline can end."""

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Called by HTTPAdapter; the documented place to change the pools."""
        super().init_poolmanager(*args, **options)
        self.poolmanager.pool_classes_by_scheme = {"http": _HTTPPool, "https": _HTTPSPool}
