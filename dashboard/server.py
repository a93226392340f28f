"""Server of the desk: granian, whose workers are replaced one by one, each only when the new one is ready.

`python -m dashboard.server` listens at HOST and PORT. SIGHUP replaces the workers: by those of the code and settings as
they are then. granian alone waits a fixed time, and stops the old worker whatever has become of the new one; and each
of its workers has a listening socket of its own, whose waiting connections are reset with it. Here the socket is the
main process's, so that connections wait for whichever worker is there, and a worker that does not start changes
nothing (docs/decisions, 50).
"""

from __future__ import annotations

import math
import multiprocessing
import os
import socket
import sys
import time
from multiprocessing.connection import Connection
from typing import Any

from granian.constants import HTTPModes, Interfaces
from granian.log import LogLevels
from granian.net import SocketSpec
from granian.server.mp import MPServer, WorkerProcess

from . import workers

START_SECONDS = 120.0  # for a new worker, on a busy machine
DRAIN_SECONDS = 0.5  # from the last connection that a worker takes to its end: the request is there by then
KILL_MARGIN = 5  # seconds that a worker has beyond the longest call of the API before it is killed


class DeskServer(MPServer):  # type: ignore[misc]  # granian's types end at its workers
    """granian's server with one listening socket, and replacements that are waited for."""

    def _init_shared_socket(self) -> None:
        """As granian's own where the platform has no SO_REUSEPORT: one socket, which the workers inherit."""
        self._ssp = None
        self._shd = SocketSpec(self.bind_addr, self.bind_port, self.backlog).build()
        self._sfd = self._shd.get_fd()
        self._sso = socket.socket(fileno=self._sfd)
        self._sso.set_inheritable(True)

    def _reload(self, spawn_target: Any, target_loader: Any) -> None:
        self.reload_signal = False
        self.main_loop_interrupt.clear()
        for index in range(self.workers):
            if not self._replace(index, spawn_target, target_loader):
                print("A new worker did not start; those that serve go on.", file=sys.stderr, flush=True)  # noqa: T201
                return

    def _replace(self, index: int, spawn_target: Any, target_loader: Any) -> bool:
        """Starts a worker and stops the one that it replaces once it is ready. False when it is not."""
        with workers.awaited() as event:
            new = self._spawn_worker(idx=index, target=spawn_target, callback_loader=target_loader)
            new.inner.start()
        until = time.monotonic() + START_SECONDS
        while not event.wait(0.1):
            if not new.is_alive() or time.monotonic() > until or self.interrupt_signal:
                new.kill()
                new.join()
                return False
        new._watch()
        old, self.wrks[index] = self.wrks[index], new
        self.respawned_wrks[index] = time.monotonic()
        self._stop(old)
        return True

    def _stop(self, worker: WorkerProcess) -> None:
        """Lets a worker answer what it has taken, then ends it."""
        worker.interrupt_by_parent = True
        if worker.is_alive():
            os.kill(worker._id(), workers.DRAIN_SIGNAL)
            time.sleep(DRAIN_SECONDS)
        worker.terminate()
        worker.join(self.workers_kill_timeout)
        if worker.is_alive():
            worker.kill()
            worker.join()


def main() -> None:
    """Serves until SIGTERM or SIGINT."""
    os.umask(0o077)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")
    multiprocessing.set_start_method("fork")  # workers inherit the socket, and how to say that they are ready
    host, deadline = _settings()
    DeskServer(
        target="dashboard.wsgi:server",
        address=host,
        port=int(os.environ.get("PORT") or 8000),
        interface=Interfaces.RSGI,
        http=HTTPModes.http1,
        websockets=False,
        workers=workers.WEB_WORKERS,
        log_level=LogLevels.error,
        log_access=False,  # query strings contain phone numbers
        respawn_failed_workers=True,
        workers_kill_timeout=math.ceil(deadline) + KILL_MARGIN,
    ).serve()


def _settings() -> tuple[str, float]:
    """HOST and SENT_DEADLINE, read in another process: what this one imports its workers would not read again.

    Ends as that process does for a setting that cannot be right, about which it has said one sentence.
    """
    receives, sends = multiprocessing.Pipe(duplex=False)
    reader = multiprocessing.Process(target=_tell_settings, args=(sends,))
    reader.start()
    sends.close()
    reader.join()
    if reader.exitcode:
        sys.exit(reader.exitcode)
    host, deadline = receives.recv()
    return str(host), float(deadline)


def _tell_settings(pipe: Connection) -> None:
    from django.conf import settings  # noqa: PLC0415  # see _settings

    from .start import explained  # noqa: PLC0415  # imports Django

    with explained():
        pipe.send((settings.HOST, settings.SENT_DEADLINE))


if __name__ == "__main__":
    main()
