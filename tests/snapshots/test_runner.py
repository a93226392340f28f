"""Runner: errors are waited out without losing a row, missing counts and pages beyond the end are survived."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from pytest_django import Settings

from contacts_ui import snapshots
from contacts_ui.models import Snapshot, SnapshotState
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.snapshots import runner
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.snapshots.conftest import again, ids_of, rows_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def largest(desk_api: SandboxServer) -> str:
    """The profile with most contacts: two pages of them."""
    profile_id: str = max(desk_api.profiles(), key=lambda one: int(one["contacts"]))["id"]
    return profile_id


def _fault_on_page(api: SandboxServer, page: int, profile: str, **fault: Any) -> None:
    """Lets the answer for this page be spoilt: earlier ones take a fault that changes nothing."""
    for _ in range(page - 1):
        api.fault(route="contacts", profile=profile, kind="headers", set={})
    api.fault(route="contacts", profile=profile, **fault)


def _started(profile_id: str) -> Snapshot:
    snapshot = snapshots.start(profile_id, "index")
    run_tasks()
    return again(snapshot)


def _resumed(snapshot: Snapshot) -> Snapshot:
    """Later: the wait is over."""
    while (snapshot := again(snapshot)).state == SnapshotState.PAUSED:
        runner.run(snapshot.pk)
    return again(snapshot)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "rate_limited", "retry_after": "1"},
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 500},
        {"kind": "reset", "after": "body"},
        {"kind": "html"},
        {"kind": "truncate"},
    ],
    ids=lambda fault: str(fault.get("status", fault["kind"])),
)
def test_error_on_second_page_is_waited_out_and_costs_no_row(
    desk_api: SandboxServer, largest: str, fault: dict[str, Any]
) -> None:
    _fault_on_page(desk_api, 2, largest, **fault)
    paused = _started(largest)
    assert (paused.state, paused.pages, len(rows_of(paused))) == (SnapshotState.PAUSED, 1, 100)
    assert paused.lease_until is not None
    assert paused.lease_until > datetime.now(UTC) - timedelta(seconds=30)
    if fault["kind"] == "rate_limited":
        desk_api.clear()
        _forget_pause(paused)
    finished = _resumed(paused)
    assert (finished.state, finished.whole) == (SnapshotState.FINISHED, True)
    assert ids_of(finished) == sorted(desk_api.contacts(largest))


def _forget_pause(_snapshot: Snapshot) -> None:
    """The limiter believes the API's Retry-After; a test does not wait for it."""
    from contacts_ui.gateway import get_gateway

    limiter = get_gateway()._config.rate_limiter
    with limiter._counters.locked() as cells:  # type: ignore[attr-defined]
        for index in range(8, 16):
            cells[index] = 0.0


def test_lack_of_budget_is_a_pause_without_an_error(desk_api: SandboxServer, largest: str, settings: Settings) -> None:
    settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST = 4, 4
    from contacts_ui.gateway import get_gateway

    get_gateway.cache_clear()
    paused = _started(largest)
    assert (paused.state, paused.waiting_since) == (SnapshotState.PAUSED, None)
    assert paused.lease_until is not None
    assert paused.lease_until > datetime.now(UTC)
    assert [call["path"] for call in desk_api.requests()].count("/v3/contacts") <= 1


def test_paused_snapshot_keeps_no_worker(desk_api: SandboxServer, largest: str) -> None:
    desk_api.fault(route="contacts", profile=largest, kind="status", status=503)
    paused = snapshots.start(largest, "index")
    other = snapshots.start(None, "index")
    run_tasks()
    assert again(paused).state == SnapshotState.PAUSED
    assert again(other).state == SnapshotState.FINISHED


def test_hour_without_answer_fails_with_request_id_and_is_wiped(desk_api: SandboxServer, largest: str) -> None:
    _fault_on_page(desk_api, 2, largest, kind="status", status=503, times=2)
    paused = _started(largest)
    assert paused.waiting_since is not None
    Snapshot.objects.filter(pk=paused.pk).update(waiting_since=paused.waiting_since - timedelta(hours=1))
    failed = _resumed(paused)
    assert (failed.state, failed.error) == (SnapshotState.FAILED, "ServerError")
    assert failed.request_id
    with pytest.raises(snapshots.SnapshotExpired):
        rows_of(failed)


def test_pauses_grow_while_the_api_gives_no_answer(desk_api: SandboxServer, largest: str) -> None:
    desk_api.fault(route="contacts", profile=largest, kind="status", status=500, times=2)
    paused = _started(largest)
    Snapshot.objects.filter(pk=paused.pk).update(waiting_since=datetime.now(UTC) - timedelta(seconds=100))
    until = runner.run(paused.pk)
    assert until is not None
    assert until > datetime.now(UTC) + timedelta(seconds=60)


def test_account_that_cannot_be_asked_for_is_waited_for(desk_api: SandboxServer, largest: str) -> None:
    desk_api.fault(route="me", kind="status", status=500)
    paused = _started(largest)
    assert (paused.state, paused.pages) == (SnapshotState.PAUSED, 0)
    assert paused.waiting_since is not None
    assert _resumed(paused).whole


@pytest.mark.parametrize("status", [401, 403])
def test_rejected_key_fails_at_once(desk_api: SandboxServer, largest: str, status: int) -> None:
    desk_api.fault(route="contacts", profile=largest, kind="status", status=status)
    assert _started(largest).state == SnapshotState.FAILED


def test_foreign_row_stops_the_snapshot(desk_api: SandboxServer, largest: str) -> None:
    other = next(one["id"] for one in desk_api.profiles() if one["id"] != largest)
    changed = {"data.contacts.0.customer_id": other}
    _fault_on_page(desk_api, 2, largest, kind="patch", set=changed)
    failed = _started(largest)
    assert (failed.state, failed.error) == (SnapshotState.FAILED, "ProfileMismatch")


def test_answer_of_other_profile_stops_the_snapshot(desk_api: SandboxServer, largest: str) -> None:
    desk_api.fault(route="contacts", profile=largest, kind="headers", set={"X-Profile-Id": str(uuid4())})
    failed = _started(largest)
    assert (failed.state, failed.error) == (SnapshotState.FAILED, "ProfileMismatch")


PAGINATION = "data.pagination"


@pytest.mark.parametrize("missing", [("has_more",), ("total_pages",), ("has_more", "total_pages"), ("page_size",)])
def test_missing_counts_are_survived(desk_api: SandboxServer, largest: str, missing: tuple[str, ...]) -> None:
    removed = [f"{PAGINATION}.{name}" for name in missing]
    desk_api.fault(route="contacts", profile=largest, kind="patch", remove=removed, times=9)
    finished = _started(largest)
    assert (finished.whole, finished.pages) == (True, 2)


def test_list_without_any_count_is_whole_after_second_equal_pass(desk_api: SandboxServer, largest: str) -> None:
    nulls = {f"{PAGINATION}.{name}": None for name in ("has_more", "total_pages", "total_count")}
    desk_api.fault(route="contacts", profile=largest, kind="patch", set=nulls, times=50)
    finished = _started(largest)
    assert (finished.whole, finished.passes, finished.total_last) == (True, 2, None)
    assert ids_of(finished) == sorted(desk_api.contacts(largest))


def test_null_pagination_is_survived(desk_api: SandboxServer, largest: str) -> None:
    desk_api.fault(route="contacts", profile=largest, kind="patch", set={PAGINATION: None}, times=50)
    finished = _started(largest)
    assert finished.whole
    assert ids_of(finished) == sorted(desk_api.contacts(largest))


@pytest.mark.parametrize("status", [400, 404, 422])
def test_error_beyond_the_end_ends_the_pass(desk_api: SandboxServer, largest: str, status: int) -> None:
    """Every page says that there are more; the third one is refused."""
    for _ in range(2):
        desk_api.fault(route="contacts", profile=largest, kind="patch", set={f"{PAGINATION}.has_more": True})
    desk_api.fault(route="contacts", profile=largest, kind="status", status=status)
    finished = _started(largest)
    assert (finished.whole, finished.passes, finished.calls) == (True, 1, 3)


def test_list_that_never_ends_is_ended(desk_api: SandboxServer, largest: str) -> None:
    """An API that ignores the page and knows no counts would be asked for ever."""
    first = desk_api.get("/v3/contacts", profile=largest, page=1, page_size=100).content
    same = {"kind": "patch", "set": {PAGINATION: {"has_more": True}, "data.contacts": _contacts(first)}}
    desk_api.fault(route="contacts", profile=largest, times=100, **same)
    finished = _started(largest)
    assert (finished.state, finished.whole, finished.rows) == (SnapshotState.FINISHED, False, 100)
    assert finished.calls < 15


def _contacts(body: bytes) -> list[Any]:
    import json

    rows: list[Any] = json.loads(body)["data"]["contacts"]
    return rows


def test_row_without_id_is_counted_and_said_in_one_pass(desk_api: SandboxServer, largest: str) -> None:
    _fault_on_page(desk_api, 2, largest, kind="patch", remove=["data.contacts.0.id"])
    finished = _started(largest)
    total = len(desk_api.contacts(largest))
    assert (finished.dropped_rows, finished.whole, finished.passes) == (1, False, 1)
    assert finished.coverage == f"{total - 1:,} of {total:,}"


def test_mended_fields_are_counted(desk_api: SandboxServer, largest: str) -> None:
    _fault_on_page(desk_api, 1, largest, kind="patch", set={"data.contacts.*.opt_out": "maybe"})
    finished = _started(largest)
    assert (finished.invalid_fields, finished.whole) == (100, True)


def test_row_met_twice_is_kept_once(desk_api: SandboxServer, largest: str) -> None:
    first = _contacts(desk_api.get("/v3/contacts", profile=largest, page=1, page_size=100).content)
    _fault_on_page(desk_api, 2, largest, kind="patch", set={"data.contacts.0": first[-1]})
    finished = _started(largest)
    # The row whose place it took is found in the second pass.
    assert (finished.whole, finished.passes) == (True, 2)
    assert ids_of(finished) == sorted(desk_api.contacts(largest))


def test_question_for_one_number_is_one_page(desk_api: SandboxServer) -> None:
    number = next(number for number in desk_api.contacts().values() if number)
    snapshot = snapshots.start(None, "lookup", ContactQuery(phone=number))
    run_tasks()
    assert [row.format_e164 for row in rows_of(snapshot)] == [number]
    assert [call["path"] for call in desk_api.requests()].count("/v3/contacts") == 1


def test_slice_ends_and_the_next_goes_on(
    desk_api: SandboxServer, largest: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(runner, "SLICE", 0.0)
    snapshot = snapshots.start(largest, "index")
    assert runner.run(snapshot.pk) is not None
    assert again(snapshot).state == SnapshotState.PAUSED
    monkeypatch.setattr(runner, "SLICE", 15.0)
    run_tasks()
    assert again(snapshot).whole


@pytest.fixture
def stopping() -> Iterator[Callable[[], None]]:
    """Asks the worker to end, as SIGTERM does."""
    yield snapshots.STOP.set
    snapshots.STOP.clear()


def test_stopped_worker_gives_the_snapshot_back_at_once(
    desk_api: SandboxServer, largest: str, stopping: Callable[[], None]
) -> None:
    snapshot = snapshots.start(largest, "index")
    stopping()
    assert runner.run(snapshot.pk) is not None
    assert (again(snapshot).state, desk_api.requests()[1:]) == (SnapshotState.PAUSED, [])


def test_account_of_dead_worker_is_taken_over_without_a_call(desk_api: SandboxServer, largest: str) -> None:
    from contacts_ui.gateway import get_gateway

    _started(largest)
    get_gateway.cache_clear()  # as a new process
    desk_api.reset_requests()
    _started(largest)
    assert {call["path"] for call in desk_api.requests()} == {"/v3/contacts"}
