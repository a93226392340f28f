"""Workers: how many a host has, and how a new one tells the server's main process that it can serve.

By an event that it inherits when it is forked. Nobody waits for the workers of the first start. Imports no Django: what
the main process has imported, its workers keep until the server is started anew.
"""

from __future__ import annotations

import gc
import multiprocessing
import os
import signal
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Event

DRAIN_SIGNAL = signal.SIGUSR1  # tells a worker to stop_accepting
WEB_WORKERS = 2  # processes of a host that serve

# A page makes some thousand objects and keeps none: by the default of 700 each page was searched several times.
COLLECT_AFTER = (10_000, 20, 50)

_event: Event | None = None


@contextmanager
def awaited() -> Iterator[Event]:
    """The event that processes forked within the block set."""
    global _event  # noqa: PLW0603  # what a child inherits
    event = _event = multiprocessing.Event()
    try:
        yield event
    finally:
        _event = None


def announce() -> None:
    """This process can serve."""
    if _event is not None:
        _event.set()


def collect_rarely() -> None:
    """Garbage collection: what is loaded now is never looked at again, and what pages make less often.

    A tenth of a page's CPU (docs/decisions, 53).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)


def stop_accepting() -> None:
    """Leaves new connections to the other workers: this one's listening socket becomes one that nobody connects to.

    granian drops a connection that it has taken and not yet looked at when it is told to stop. Nothing but that socket
    can be changed from here, and closing it would leave its number to the next file.
    """
    with socket.socket(socket.AF_UNIX) as nobody:
        nobody.bind("")  # Linux gives it a name that is in no folder
        nobody.listen(1)
        nobody.setblocking(False)
        for name in os.listdir("/proc/self/fd"):  # noqa: PTH208  # numbers
            number = int(name)
            if number != nobody.fileno() and _listens(number):
                os.dup2(nobody.fileno(), number)


def _listens(number: int) -> bool:
    try:
        duplicate = socket.socket(fileno=os.dup(number))
    except OSError:  # no socket, or the folder that was just being read
        return False
    with duplicate:
        return bool(duplicate.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
