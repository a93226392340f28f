"""Filling by traffic: every page that passes through the gateway adds its rows, on a thread, for no API call.

The gateway hands over a page in about two microseconds. What is new is in the index of this process at once and stored
for the others within FLUSH_SECONDS; what a process had not stored when it ended comes again with the next page.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from queue import Empty, Full, Queue

from django.conf import settings
from django.db import connections

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.observers import OBSERVERS
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage

from . import registry

log = logging.getLogger(__name__)

MOST_WAITING = 100  # pages; more are not taken
FLUSH_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class _Page:
    """A page of a scope, with the scope's total where it is one of the whole list; without contacts a refusal."""

    profile_id: str | None
    contacts: Sequence[Contact] | None
    total: int | None = None


class TrafficRecorder:
    """The gateway's observer. The thread starts with the first page, and anew after a fork."""

    def __init__(self) -> None:
        self._pages: Queue[_Page] = Queue(MOST_WAITING)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._process: int | None = None

    def page_fetched(self, scope: Scope, query: ContactQuery, page: ContactPage) -> None:
        """Takes a page."""
        whole_list = query.search is None and query.phone is None and query.channel is None
        total = page.pagination.possible_total if whole_list else None
        self._put(_Page(scope.profile_id, page.contacts, total))

    def scope_refused(self, scope: Scope) -> None:
        """From now on the index of this scope does not answer."""
        registry.current().refuse(scope.profile_id)
        self._put(_Page(scope.profile_id, None))

    def record(self, scope: Scope, contacts: Sequence[Contact]) -> None:
        """Takes contacts of a scope."""
        self._put(_Page(scope.profile_id, contacts))

    def take_waiting(self) -> None:
        """Takes on this thread what is waiting, and stores it: for tests, whose transaction no other thread sees."""
        while not self._pages.empty():
            _take(self._pages.get_nowait())
        registry.current().flush()

    def forget_waiting(self) -> None:
        """Drops what is waiting, for tests: a page of one's sandbox is not a contact of the next one's."""
        while not self._pages.empty():
            self._pages.get_nowait()

    def _put(self, page: _Page) -> None:
        try:
            self._pages.put_nowait(page)
        except Full:
            return  # it comes again
        if not settings.NUMBER_INDEX_IN_BACKGROUND:
            return
        if self._process != os.getpid() or self._thread is None or not self._thread.is_alive():
            self._start()

    def _start(self) -> None:
        with self._lock:
            if self._process != os.getpid() or self._thread is None or not self._thread.is_alive():
                self._process = os.getpid()
                self._thread = threading.Thread(target=self._run, name="number-index-traffic", daemon=True)
                self._thread.start()

    def _run(self) -> None:
        flushed_at, waiting = time.monotonic(), False
        while True:
            try:
                _take_safely(self._pages.get(timeout=FLUSH_SECONDS if waiting else None))
                waiting = True
            except Empty:
                pass
            if waiting and time.monotonic() - flushed_at >= FLUSH_SECONDS:
                _flush_safely()
                flushed_at, waiting = time.monotonic(), False


def _take(page: _Page) -> None:
    account = get_gateway().known_account
    if page.contacts is not None and account is not None:
        registry.current().learn(page.profile_id, page.contacts, page.total, account)


def _take_safely(page: _Page) -> None:
    try:
        _take(page)
    except Exception as error:  # noqa: BLE001  # the next page must still be taken
        log.error("number_index.traffic.failed", extra={"error": type(error).__name__})  # noqa: TRY400


def _flush_safely() -> None:
    try:
        registry.current().flush()
    except Exception as error:  # noqa: BLE001  # as above
        log.error("number_index.traffic.failed", extra={"error": type(error).__name__})  # noqa: TRY400
    finally:
        connections.close_all()  # this thread's own


RECORDER = TrafficRecorder()


def observe() -> None:
    """Registers with the gateway, once."""
    if RECORDER not in OBSERVERS:
        OBSERVERS.append(RECORDER)


if settings.NUMBER_INDEX_MOST_CONTACTS:
    observe()
