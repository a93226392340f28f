"""Lease and fence: one runner at a time, the silent one is replaced, and whatever it writes later is refused."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django_tasks_db.models import DBTaskResult
from pytest_django import Settings

from contacts_ui import snapshots
from contacts_ui.models import Snapshot, SnapshotPart, SnapshotState
from contacts_ui.snapshots import lease, parts, runner
from contacts_ui.snapshots.lease import FenceLost, claim, lease_time, pause, write
from contacts_ui.snapshots.lifecycle import end
from contacts_ui.snapshots.tasks import queued_ids, take_further
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.snapshots.conftest import again, ids_of

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 26, tzinfo=UTC)


def _claimed() -> Snapshot:
    snapshot = claim(snapshots.start(None, "index").pk)
    assert snapshot is not None
    return snapshot


def _fall_silent(snapshot: Snapshot) -> None:
    Snapshot.objects.filter(pk=snapshot.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))


def test_running_snapshot_is_claimed_by_nobody_else(desk_api: SandboxServer) -> None:
    snapshot = _claimed()
    assert claim(snapshot.pk) is None
    assert runner.run(snapshot.pk) is None
    assert desk_api.requests() == []


def test_silent_snapshot_is_claimed_with_next_fence(desk_api: SandboxServer) -> None:
    first = _claimed()
    _fall_silent(first)
    second = claim(first.pk)
    assert second is not None
    assert second.fence == first.fence + 1


def test_unknown_and_ended_snapshots_are_not_claimed(desk_api: SandboxServer) -> None:
    snapshot = snapshots.start(None, "index")
    snapshots.cancel(snapshot)
    assert claim(snapshot.pk) is claim(uuid4()) is None


def test_write_of_revived_runner_is_refused_with_its_part(desk_api: SandboxServer) -> None:
    revived = _claimed()
    _fall_silent(revived)
    claim(revived.pk)
    with pytest.raises(FenceLost):
        write(revived, part=(1, b"late"), pages=1)
    assert again(revived).pages == 0
    assert not SnapshotPart.objects.exists()


def test_revived_runner_neither_pauses_nor_ends_the_snapshot(desk_api: SandboxServer) -> None:
    revived = _claimed()
    _fall_silent(revived)
    claim(revived.pk)
    with pytest.raises(FenceLost):
        pause(revived, datetime.now(UTC), calls=1, error=None)
    assert not end(revived, SnapshotState.FAILED, fence=revived.fence, error="late")
    assert again(revived).state == SnapshotState.RUNNING


def test_write_after_cancellation_is_refused(desk_api: SandboxServer) -> None:
    snapshot = _claimed()
    snapshots.cancel(snapshot)
    with pytest.raises(FenceLost):
        write(snapshot, part=(1, b"late"), pages=1)
    assert not SnapshotPart.objects.exists()


def test_part_that_cannot_be_stored_leaves_progress_as_it_was(desk_api: SandboxServer) -> None:
    snapshot = _claimed()
    write(snapshot, part=(1, b"one"), pages=1)
    with pytest.raises(Exception, match=r"(?i)unique"):
        write(snapshot, part=(1, b"again"), pages=2)
    # The row is as it was; in a test, one transaction holds everything, so the savepoint is what was undone.
    assert again(snapshot).pages == 1


def test_runner_that_lost_the_fence_mid_page_stores_nothing(
    desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the API's answer and the write another worker takes over."""
    snapshot = snapshots.start(None, "index")
    seal = parts.seal_part

    def seal_slowly(*arguments: object) -> tuple[bytes, int]:
        Snapshot.objects.filter(pk=snapshot.pk).update(fence=99)
        return seal(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr(runner, "seal_part", seal_slowly)
    assert runner.run(snapshot.pk) is None
    assert not SnapshotPart.objects.exists()
    assert again(snapshot).state == SnapshotState.RUNNING


def test_lease_is_a_minute_and_outlasts_a_call(settings: Settings) -> None:
    settings.SENT_DEADLINE = 10.0
    assert lease_time() == lease.SILENT == timedelta(seconds=60)
    settings.SENT_DEADLINE = 120.0
    assert lease_time() > timedelta(seconds=150)


def test_sweep_enqueues_silent_snapshot_once(desk_api: SandboxServer) -> None:
    snapshot = _claimed()
    DBTaskResult.objects.all().delete()
    snapshots.sweep()
    assert queued_ids() == set()
    _fall_silent(snapshot)
    snapshots.sweep()
    snapshots.sweep()
    assert DBTaskResult.objects.ready().count() == 1
    run_tasks()
    assert ids_of(snapshot) == sorted(desk_api.contacts())


@pytest.mark.parametrize("state", [SnapshotState.QUEUED, SnapshotState.PAUSED])
def test_sweep_enqueues_snapshot_whose_task_is_lost(desk_api: SandboxServer, state: SnapshotState) -> None:
    snapshot = snapshots.start(None, "index")
    DBTaskResult.objects.all().delete()
    long_ago = datetime.now(UTC) - timedelta(minutes=2)
    lease_until = long_ago if state == SnapshotState.PAUSED else None
    Snapshot.objects.filter(pk=snapshot.pk).update(state=state, created_at=long_ago, lease_until=lease_until)
    snapshots.sweep()
    assert queued_ids() == {str(snapshot.pk)}


def test_sweep_leaves_snapshot_that_waits_for_its_time(desk_api: SandboxServer) -> None:
    snapshot = _claimed()
    DBTaskResult.objects.all().delete()
    pause(snapshot, datetime.now(UTC) + timedelta(seconds=30), calls=0, error=None)
    snapshots.sweep()
    assert queued_ids() == set()


@pytest.mark.parametrize("state", [SnapshotState.QUEUED, SnapshotState.RUNNING, SnapshotState.PAUSED])
def test_snapshot_begun_while_the_clock_was_ahead_goes_on(desk_api: SandboxServer, state: SnapshotState) -> None:
    snapshot = snapshots.start(None, "index")
    ahead = datetime.now(UTC) + timedelta(hours=6)
    lease_until = None if state == SnapshotState.QUEUED else ahead
    Snapshot.objects.filter(pk=snapshot.pk).update(state=state, created_at=ahead, lease_until=lease_until)
    DBTaskResult.objects.update(run_after=ahead)
    run_tasks()
    assert again(snapshot).pages == 0
    snapshots.sweep()
    snapshots.sweep()
    assert DBTaskResult.objects.ready().count() == 1
    run_tasks()
    assert ids_of(snapshot) == sorted(desk_api.contacts())


def test_sweep_closes_rows_of_killed_tasks_and_prunes_finished_ones(desk_api: SandboxServer) -> None:
    rows = DBTaskResult.objects
    now = datetime.now(UTC)
    for number, (status, age) in enumerate(
        [("RUNNING", 11), ("RUNNING", 1), ("SUCCESSFUL", 61), ("SUCCESSFUL", 1), ("FAILED", 8 * 1440), ("FAILED", 1)]
    ):
        at = now - timedelta(minutes=age)
        row = rows.create(args_kwargs={"args": [str(number)], "kwargs": {}}, task_path="x", backend_name="default")
        rows.filter(pk=row.pk).update(status=status, started_at=at, finished_at=None if status == "RUNNING" else at)
    snapshots.sweep()
    left = {row.args_kwargs["args"][0]: row.status for row in rows.all()}
    assert left == {"0": "FAILED", "1": "RUNNING", "3": "SUCCESSFUL", "5": "FAILED"}


def test_crash_of_a_task_leaves_no_traceback_in_the_queue(
    desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    snapshots.start(None, "index")

    def crash(_: object) -> None:
        raise RuntimeError("+12015550142")

    monkeypatch.setattr("contacts_ui.snapshots.tasks.run", crash)
    run_tasks()
    row = DBTaskResult.objects.get()
    assert (row.status, row.traceback) == ("SUCCESSFUL", "")
    assert "snapshot.crashed" in caplog.text


def test_task_has_the_id_alone_as_argument(desk_api: SandboxServer) -> None:
    snapshot = snapshots.start(None, "index")
    row = DBTaskResult.objects.get()
    assert row.args_kwargs == {"args": [str(snapshot.pk)], "kwargs": {}}
    assert row.task_path == take_further.module_path
