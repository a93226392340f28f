"""Runner of one snapshot: page after page while there is budget, then it gives back and is called again later.

It may die at any line. What it has learnt is in the row and the parts, so the next one asks for the page after the
last stored one: at most the call under way is lost. It never holds a worker for long: a slice of seconds, then the
queue's other tasks have their turn; a wait of more than a moment is a task for later (docs/decisions, 29).
Cost: one API call a page of a hundred rows, up to three passes; /v3/me at most once in five minutes.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from contacts_ui.access import ScopeDenied, background_scope
from contacts_ui.gateway import get_gateway
from contacts_ui.models import Snapshot, SnapshotState
from contacts_ui.scope import Scope
from contacts_ui.sealing.sealer import SealError
from contacts_ui.sent_api.errors import (
    Forbidden,
    InvalidApiKey,
    InvalidRequest,
    InvalidResponse,
    LocalRateLimited,
    ProfileMismatch,
    ProfileNotFound,
    RateLimited,
    SentError,
)
from contacts_ui.sent_api.types import ContactPage

from . import crawl, hooks
from .disk import require_room
from .lease import FenceLost, claim, pause, write
from .lifecycle import end, log_fields
from .parts import SnapshotExpired, parts_of, question_of, seal_part, sealer_of
from .stop import STOP

log = logging.getLogger(__name__)

SLICE = 15.0  # seconds that one task may keep a worker
SHORTEST_WAIT = 0.01  # seconds
SHORT_WAIT = 3.0  # seconds: a shorter wait is slept, all of them between two pages together
ANSWERED: dict[str, object] = {"waiting_since": None, "error": None, "request_id": None}  # what an answer ends
LEAST_PAUSE, LONGEST_PAUSE = 5.0, 300.0  # seconds after an error: as long as it has lasted, within these
BULK = frozenset({"export"})  # purposes that somebody waits for
NO_ANSWER = timedelta(hours=1)  # after which the snapshot fails
# Nobody gets further by asking again.
FINAL = (ProfileMismatch, InvalidApiKey, Forbidden, ProfileNotFound, InvalidRequest)


def run(snapshot_id: UUID) -> datetime | None:
    """Takes a snapshot further. When it is to be called again, None for never."""
    snapshot = claim(snapshot_id)
    if snapshot is None:
        return None
    try:
        return _Runner(snapshot).run()
    except FenceLost:
        log.warning("snapshot.fence_lost", extra=log_fields(snapshot))
        return None
    except (SealError, SnapshotExpired) as error:  # DATA_KEY was changed, or somebody cancelled it just now
        _fail(snapshot, type(error).__name__)
        return None
    except hooks.MustEnd as reason:
        _fail(snapshot, str(reason))
        return None


class _Runner:
    """One slice of one snapshot."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot, self._until = snapshot, time.monotonic() + SLICE
        self._sealer = sealer_of(snapshot)
        self._question = replace(question_of(snapshot, self._sealer), page_size=crawl.PAGE_SIZE)
        self._calls, self._slept = snapshot.calls, 0.0
        self._seen = crawl.Seen()
        for part in parts_of(snapshot, self._sealer):
            self._seen.add(part, snapshot.passes)

    def run(self) -> datetime | None:
        """Until it is finished, has failed, waits, or its time is over; when it is to go on."""
        snapshot = self._snapshot
        if snapshot.key_fingerprint != get_gateway().api_key_fingerprint:
            _fail(snapshot, "OtherApiKey")
            return None
        try:
            scope = background_scope(snapshot.profile_id)
        except ScopeDenied:
            _fail(snapshot, "ProfileNotFound")
            return None
        except SentError as error:
            return self._wait_or_fail(error)
        has_read = False  # a page in any case, or a slow machine would not get anywhere
        while snapshot.state == SnapshotState.RUNNING:
            if STOP.is_set() or (has_read and time.monotonic() > self._until):
                return self._pause(0.0)
            try:
                hooks.require_right(snapshot)
                require_room()
                self._step(scope)
                has_read = True
            except SentError as error:
                if not self._slept_over(error):
                    return self._wait_or_fail(error)
        return None

    def _step(self, scope: Scope) -> None:
        """One page. Raises any SentError, and FenceLost."""
        snapshot, query = self._snapshot, replace(self._question, page=self._snapshot.next_page)
        try:
            page = get_gateway().crawl_page(scope, query, bulk=snapshot.purpose in BULK)
        except LocalRateLimited:
            raise
        except SentError as error:
            self._calls += 1
            if query.page == 1 or not _means_beyond_the_end(error):
                raise
            self._end_pass({"calls": self._calls, **ANSWERED})
            return
        self._calls += 1
        self._slept = 0.0
        part, duplicates = self._seen.sort(page, snapshot.passes)
        number = snapshot.pages + 1
        sealed, left_out = seal_part(self._sealer, snapshot, number, part)
        values = self._progress(page, duplicates, left_out) | {"rows": snapshot.rows + len(part.contacts)}
        stored = (number, sealed) if part.contacts or part.known_ids else None
        self._seen.add(part, snapshot.passes)
        if crawl.has_more(page, query) and self._seen.fruitless < crawl.FRUITLESS_PAGES:
            write(snapshot, part=stored, **values, next_page=query.page + 1)
        else:
            self._end_pass(values, stored)

    def _progress(self, page: ContactPage, duplicates: int, left_out: int) -> dict[str, object]:
        snapshot, total = self._snapshot, page.pagination.possible_total
        first = snapshot.next_page == 1
        values: dict[str, object] = {
            "pages": snapshot.pages + 1,
            "calls": self._calls,
            **ANSWERED,
            "duplicates": snapshot.duplicates + duplicates,
            "dropped_rows": snapshot.dropped_rows + page.dropped_rows,
            "invalid_fields": snapshot.invalid_fields + page.invalid_fields + left_out,
        }
        if total is not None:
            if snapshot.total_last is not None and total < snapshot.total_last:
                values |= {"shrank": True, "shrank_in_pass": not first}
            values["total_last"] = total
        if first:
            values["total_first"] = total
        return values

    def _end_pass(self, values: dict[str, object], stored: tuple[int, bytes] | None = None) -> None:
        """Stores the last page of a pass, and with it whether the snapshot is finished or begins again."""
        snapshot = self._snapshot
        for name, value in values.items():
            setattr(snapshot, name, value)
        whole = crawl.is_whole(snapshot, self._seen)
        if whole or not crawl.deserves_another_pass(snapshot, self._seen):
            now = datetime.now(UTC)
            ends = {"state": SnapshotState.FINISHED, "unfinished_key": None, "finished_at": now, "lease_until": None}
            write(snapshot, part=stored, **values | ends | {"whole": whole})
            log.info("snapshot.finished", extra=log_fields(snapshot) | _counts(snapshot))
            return
        begins = {"next_page": 1, "passes": snapshot.passes + 1, "shrank_in_pass": False}
        write(snapshot, part=stored, **values | begins | {"duplicates": 0, "dropped_rows": 0, "invalid_fields": 0})
        self._seen.begin_pass()

    def _slept_over(self, error: SentError) -> bool:
        """Sleeps through a short lack of budget; True when it may go on."""
        wait = max(SHORTEST_WAIT, error.exactly) if isinstance(error, LocalRateLimited) else SHORT_WAIT
        if self._slept + wait >= SHORT_WAIT:
            return False
        self._slept += wait
        STOP.wait(wait)
        return True

    def _wait_or_fail(self, error: SentError) -> datetime | None:
        snapshot, now = self._snapshot, datetime.now(UTC)
        if isinstance(error, LocalRateLimited):
            return self._pause(error.exactly)
        lasted = now - snapshot.waiting_since if snapshot.waiting_since else timedelta()
        if isinstance(error, FINAL) or lasted >= NO_ANSWER:
            _fail(snapshot, type(error).__name__, error.request_id)
            return None
        seconds = min(LONGEST_PAUSE, max(LEAST_PAUSE, lasted.total_seconds()))
        if isinstance(error, RateLimited) and error.retry_after:
            seconds = max(seconds, error.retry_after)
        log.warning("snapshot.paused", extra=log_fields(snapshot) | {"error": type(error).__name__, "seconds": seconds})
        return self._pause(seconds, error)

    def _pause(self, seconds: float, error: SentError | None = None) -> datetime:
        until = datetime.now(UTC) + timedelta(seconds=seconds)
        pause(self._snapshot, until, calls=self._calls, error=error)
        return until


def _means_beyond_the_end(error: SentError) -> bool:
    """The API does not document what a page beyond the end answers: an empty list, or an error like these."""
    return isinstance(error, InvalidRequest | ProfileNotFound) or (
        isinstance(error, InvalidResponse) and not isinstance(error, ProfileMismatch) and error.status == 404
    )


def _fail(snapshot: Snapshot, error: str, request_id: str | None = None) -> None:
    end(snapshot, SnapshotState.FAILED, fence=snapshot.fence, error=error, request_id=request_id)


def _counts(snapshot: Snapshot) -> dict[str, object]:
    names = ("pages", "rows", "passes", "calls", "duplicates", "dropped_rows", "invalid_fields", "whole")
    return {name: getattr(snapshot, name) for name in names} | {"total": snapshot.total_last}
