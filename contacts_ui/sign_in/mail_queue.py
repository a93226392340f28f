"""Mail queue: a bounded queue and one thread of the process send mail after the response.

A page that waits for the mail server tells by its time whether there was a mail to send. What becomes of each mail is
in the log: `mail.queued`, then `mail.sent`, `mail.failed` or `mail.dropped` with the same number; a mail that was
queued when the process ended has no second line, and the person asks again.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from queue import Full, Queue

from django.conf import settings
from django.db import connections

log = logging.getLogger(__name__)

MOST_WAITING = 200
RETRY_AFTER = (2.0, 20.0)  # seconds; then the mail is given up


@dataclass(frozen=True, slots=True)
class _Job:
    send: Callable[[], object]
    number: int


class MailQueue:
    """Jobs that send mail, in the order of their arrival. The thread starts with the first job."""

    def __init__(self, most_waiting: int, retry_after: tuple[float, ...]) -> None:
        self._jobs: Queue[_Job] = Queue(most_waiting)
        self._retry_after = retry_after
        self._numbers = count(1)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: int | None = None

    def put(self, send: Callable[[], object]) -> None:
        """Takes a job; drops it, and says so in the log, when too many are waiting. Never blocks, never raises."""
        job = _Job(send, next(self._numbers))
        try:
            self._jobs.put_nowait(job)
        except Full:
            log.error("mail.dropped", extra={"mail": job.number, "waiting": self._jobs.maxsize})  # noqa: TRY400
            return
        log.info("mail.queued", extra={"mail": job.number})
        self._start()

    def _start(self) -> None:
        """A thread does not survive a fork: each process has its own."""
        with self._lock:
            if self._process != os.getpid() or self._thread is None or not self._thread.is_alive():
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._run, name="mail", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            try:
                self._send(job)
            finally:
                connections.close_all()  # this thread's own

    def _send(self, job: _Job) -> None:
        for wait in (*self._retry_after, None):
            try:
                job.send()
            except Exception as error:  # noqa: BLE001  # the next mail must still be sent
                extra = {"mail": job.number, "error": type(error).__name__}  # its text may contain an address
                if wait is None:
                    log.error("mail.failed", extra=extra)  # noqa: TRY400
                    return
                log.warning("mail.retry", extra=extra)
                time.sleep(wait)
            else:
                log.info("mail.sent", extra={"mail": job.number})
                return


_QUEUE = MailQueue(MOST_WAITING, RETRY_AFTER)


def enqueue(send: Callable[[], object]) -> None:
    """Has `send` called after the response; at once without MAIL_IN_BACKGROUND, for tests with a transaction."""
    if settings.MAIL_IN_BACKGROUND:
        _QUEUE.put(send)
    else:
        send()
