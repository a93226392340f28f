"""Snapshots: a whole list in sealed parts, started once, found again, expired key first."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.contrib.auth.models import User

from contacts_ui import snapshots
from contacts_ui.models import AuditEntry, Snapshot, SnapshotPart, SnapshotState
from contacts_ui.sealing.sealer import Sealer
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.snapshots import lifecycle, parts
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.snapshots.conftest import again, ids_of, rows_of

pytestmark = [pytest.mark.django_db, pytest.mark.slow]  # each takes a whole snapshot


def _largest(api: SandboxServer) -> tuple[str, int]:
    """The profile with most contacts, and how many."""
    profile = max(api.profiles(), key=lambda one: int(one["contacts"]))
    return profile["id"], int(profile["contacts"])


def _taken(profile_id: str | None = None, purpose: str = "index") -> Snapshot:
    snapshot = snapshots.start(profile_id, purpose)
    run_tasks()
    return again(snapshot)


def test_snapshot_of_account_holds_every_contact_once(desk_api: SandboxServer) -> None:
    snapshot = _taken()
    assert ids_of(snapshot) == sorted(desk_api.contacts())
    assert (snapshot.whole, snapshot.duplicates, snapshot.passes) == (True, 0, 1)
    assert snapshots.latest(None, "index") == snapshot


def test_snapshot_of_profile_costs_call_a_page_and_one_for_the_account(desk_api: SandboxServer) -> None:
    profile_id, contacts = _largest(desk_api)
    desk_api.reset_requests()
    snapshot = _taken(profile_id.upper())
    calls = desk_api.requests()
    assert [call["path"] for call in calls] == ["/v3/me"] + ["/v3/contacts"] * -(-contacts // 100)
    assert {call["profile"] for call in calls[1:]} == {profile_id}
    assert ids_of(snapshot) == sorted(desk_api.contacts(profile_id))
    assert snapshot.calls == snapshot.pages == len(calls) - 1


def test_snapshot_of_question_holds_its_rows_alone(desk_api: SandboxServer) -> None:
    snapshot = snapshots.start(None, "lookup", ContactQuery(channel="whatsapp"))
    run_tasks()
    rows = rows_of(snapshot)
    assert rows
    assert all("whatsapp" in row.available_channels for row in rows)
    assert again(snapshot).whole
    assert snapshots.latest(None, "lookup") is None  # of the whole list there is none


def test_profile_without_contacts_has_whole_empty_snapshot(desk_api: SandboxServer) -> None:
    empty = next(profile["id"] for profile in desk_api.profiles() if profile["contacts"] == 0)
    snapshot = _taken(empty)
    assert (snapshot.whole, rows_of(snapshot), snapshot.coverage) == (True, [], "0")


def test_same_question_is_started_once(desk_api: SandboxServer) -> None:
    first = snapshots.start(None, "index")
    assert snapshots.start(None, "index") == first == snapshots.running(None, "index")
    assert snapshots.start(None, "lookup") != first
    assert snapshots.start(None, "index", ContactQuery(search="12")) != first
    run_tasks()
    assert snapshots.running(None, "index") is None
    assert snapshots.start(None, "index") != first


def test_two_who_start_the_same_at_once_get_one(desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one starts it between our look and our write."""
    started = []

    def make_key(snapshot: Snapshot) -> Sealer:
        monkeypatch.undo()
        started.append(snapshots.start(None, "index"))
        return parts.make_key(snapshot)

    monkeypatch.setattr(lifecycle, "make_key", make_key)
    assert snapshots.start(None, "index") == started[0]
    assert Snapshot.objects.count() == 1
    assert run_tasks() == 1


def test_cancelled_snapshot_is_wiped_and_taken_no_further(desk_api: SandboxServer) -> None:
    snapshot = snapshots.start(None, "index")
    snapshots.cancel(snapshot)
    run_tasks()
    assert again(snapshot).state == SnapshotState.CANCELLED
    assert desk_api.requests() == []
    with pytest.raises(snapshots.SnapshotExpired):
        rows_of(snapshot)


def test_expired_snapshot_loses_its_key_before_its_parts(
    desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = _taken()
    Snapshot.objects.filter(pk=snapshot.pk).update(expires_at=datetime.now(UTC))

    def die(_: Snapshot) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(lifecycle, "_delete_parts", die)
        with pytest.raises(KeyboardInterrupt):
            snapshots.expire_due()
    assert again(snapshot).wrapped_key is None
    assert SnapshotPart.objects.filter(snapshot=snapshot).exists()
    with pytest.raises(snapshots.SnapshotExpired):
        rows_of(snapshot)
    snapshots.expire_due()
    assert not SnapshotPart.objects.filter(snapshot=snapshot).exists()


def test_snapshot_past_its_end_is_not_read_even_before_the_sweep(desk_api: SandboxServer) -> None:
    snapshot = _taken()
    Snapshot.objects.filter(pk=snapshot.pk).update(expires_at=datetime.now(UTC))
    assert snapshots.latest(None, "index") is None
    with pytest.raises(snapshots.SnapshotExpired):
        rows_of(snapshot)


def test_snapshot_of_a_clock_that_was_a_year_ahead_is_expired(desk_api: SandboxServer) -> None:
    snapshot = _taken()
    Snapshot.objects.filter(pk=snapshot.pk).update(expires_at=datetime.now(UTC) + timedelta(days=365))
    snapshots.expire_due()
    assert again(snapshot).has_expired


def test_row_of_expired_snapshot_is_deleted_after_a_month(desk_api: SandboxServer) -> None:
    snapshot = _taken()
    snapshots.expire(snapshot)
    assert again(snapshot).rows == snapshot.rows
    Snapshot.objects.filter(pk=snapshot.pk).update(expires_at=datetime.now(UTC) - timedelta(days=31))
    snapshots.expire_due()
    assert not Snapshot.objects.filter(pk=snapshot.pk).exists()


def test_snapshot_of_other_api_key_is_not_found(desk_api: SandboxServer, use_key: Callable[[str], None]) -> None:
    snapshot = _taken()
    use_key("sandbox-user")
    assert snapshots.latest(None, "index") is None
    assert snapshots.start(None, "index") != snapshot


def test_snapshot_begun_with_other_api_key_fails(desk_api: SandboxServer, use_key: Callable[[str], None]) -> None:
    snapshot = snapshots.start(None, "index")
    use_key("sandbox-user")
    run_tasks()
    assert (again(snapshot).state, again(snapshot).error) == (SnapshotState.FAILED, "OtherApiKey")


def test_snapshot_of_unknown_profile_fails(desk_api: SandboxServer) -> None:
    snapshot = snapshots.start(str(uuid4()), "index")
    run_tasks()
    assert (again(snapshot).state, again(snapshot).error) == (SnapshotState.FAILED, "ProfileNotFound")
    assert {call["path"] for call in desk_api.requests()} == {"/v3/me"}


def test_snapshot_that_person_starts_is_recorded_with_its_end(desk_api: SandboxServer, admin_user: User) -> None:
    snapshot = snapshots.start(None, "export", started_by=admin_user)
    entry = AuditEntry.objects.get(action="snapshot.started")
    assert (entry.person, entry.scope) == ("mara", "account")
    assert entry.about == f"for export, kept until {snapshot.expires_at:%Y-%m-%d %H:%M} UTC"


def test_snapshot_in_background_is_logged_without_numbers(
    desk_api: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    snapshots.start(None, "index", ContactQuery(search="5-0142"))
    run_tasks()
    assert not AuditEntry.objects.filter(action="snapshot.started").exists()
    finished = next(record for record in caplog.records if record.message == "snapshot.finished")
    assert finished.__dict__["whole"] is True
    assert not any("5-0142" in str(value) for record in caplog.records for value in record.__dict__.values())
