"""Life of an export: expiry, downloads that were cut, ranges, a full disk, and what the audit log says of each."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from pytest_django import Settings

from contacts_ui.exports import lifecycle, recovery, service
from contacts_ui.exports.errors import ExportExpired
from contacts_ui.exports.tasks import queued_ids, take_further
from contacts_ui.models import AuditEntry, Export, ExportPart, ExportState, SnapshotPart
from contacts_ui.sealing.sealer import SealError
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import Person, again, downloaded, finished

pytestmark = pytest.mark.slow  # each runs a whole export


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 1,000 bytes."""
    monkeypatch.setattr("contacts_ui.exports.blocks.BLOCK_BYTES", 1000)


def _over(export: Export) -> None:
    Export.objects.filter(pk=export.pk).update(expires_at=datetime.now(UTC) - timedelta(seconds=1))


def _actions(export: Export) -> list[tuple[str, str]]:
    rows = AuditEntry.objects.filter(action__contains="export", about__startswith=str(export.pk)[:8]).order_by("pk")
    return [(row.action, row.outcome) for row in rows]


def test_file_is_gone_after_its_day(exporter: Person) -> None:
    export = exporter.exports()
    assert timedelta(hours=23) < again(export).expires_at - datetime.now(UTC) <= timedelta(hours=24)
    key = bytes(again(export).wrapped_key or b"")
    _over(export)
    with pytest.raises(ExportExpired):
        service.open_download(exporter.user, export)
    recovery.sweep()
    export = again(export)
    assert (export.state, export.wrapped_key, export.details) == (ExportState.EXPIRED, None, None)
    assert key
    assert not ExportPart.objects.exists()


def test_end_far_in_the_future_counts_as_past(exporter: Person) -> None:
    export = exporter.exports()
    Export.objects.filter(pk=export.pk).update(expires_at=datetime.now(UTC) + timedelta(days=400))
    recovery.sweep()
    assert again(export).state == ExportState.EXPIRED


def test_export_that_never_finished_fails_after_its_day(exporter: Person) -> None:
    export = exporter.asks()
    _over(export)
    recovery.sweep()
    assert (again(export).state, again(export).error) == (ExportState.FAILED, "Expired")


def test_interrupted_deletion_is_gone_on_with(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exporter.exports()
    Export.objects.filter(pk=export.pk).update(wrapped_key=None, state=ExportState.EXPIRED)
    recovery.sweep()
    assert not ExportPart.objects.exists()


def test_part_of_the_list_that_disappeared_is_noticed(
    account_exporter: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    export = account_exporter.asks()
    monkeypatch.setattr("contacts_ui.exports.reading.writing.run", lambda _: None)
    run_tasks()
    SnapshotPart.objects.filter(snapshot=export.snapshot, number=3).delete()
    monkeypatch.undo()
    take_further.func(str(export.pk))
    assert (again(export).state, again(export).error) == (ExportState.FAILED, "SealError")


def test_copy_of_the_list_goes_when_the_file_is_ready(exporter: Person) -> None:
    export = exporter.exports()
    assert not SnapshotPart.objects.exists()
    assert export.snapshot is not None
    assert export.snapshot.wrapped_key is None


@pytest.mark.usefixtures("small_blocks")
def test_any_range_of_bytes_is_that_of_the_file(exporter: Person) -> None:
    export = exporter.exports()
    whole = downloaded(exporter.user, export)
    assert hashlib.sha256(whole).hexdigest() == export.sha256
    for start, end in ((0, 1), (999, 1001), (1000, 2000), (len(whole) - 1, None), (1, len(whole) + 50)):
        assert downloaded(exporter.user, export, start, end) == whole[start:end]
        Export.objects.update(downloads=0)
    for start, end in ((len(whole), None), (5, 5), (7, 3), (-1, 4)):
        with pytest.raises(ValueError, match="no such bytes"):
            service.open_download(exporter.user, export, start, end)


@pytest.mark.usefixtures("small_blocks")
def test_download_that_was_cut_is_none_of_the_three(exporter: Person) -> None:
    export = exporter.exports()
    download = service.open_download(exporter.user, export)
    sent = len(next(iter(download.chunks)))
    service.finish_download(exporter.user, export, download, sent)
    assert again(export).downloads == 0
    rest = downloaded(exporter.user, export, sent)
    assert sent + len(rest) == export.size
    assert again(export).downloads == 1
    assert _actions(export)[-3:] == [
        ("contacts.exported", "ok"), ("contacts.exported", "failed"), ("contacts.exported", "ok"),
    ]  # fmt: skip


@pytest.mark.usefixtures("small_blocks")
@pytest.mark.parametrize("change", ["exchange", "cut"])
def test_block_that_was_changed_is_not_sent(exporter: Person, change: str) -> None:
    export = exporter.exports()
    first, second = ExportPart.objects.order_by("number")[:2]
    if change == "exchange":
        ExportPart.objects.filter(pk=second.pk).update(sealed=first.sealed)
    else:
        second.delete()
    with pytest.raises(SealError):
        downloaded(exporter.user, export)


def test_audit_log_says_what_became_of_each(exporter: Person) -> None:
    export = exporter.exports()
    for _ in range(3):
        downloaded(exporter.user, export)
    other = exporter.asks(columns=["id"])
    service.cancel(other, exporter.user)
    asked, ready, got = ("export.asked", "ok"), ("export.ready", "ok"), ("contacts.exported", "ok")
    assert _actions(export) == [asked, ready, got, got, got, ("export.expired", "ok")]
    assert _actions(other) == [asked, ("export.cancelled", "ok")]
    row = AuditEntry.objects.filter(action="contacts.exported").first()
    assert row is not None
    assert (row.person, row.rows, row.scope) == ("elke", export.rows, exporter.profile_id)
    assert f"{export.size:,} bytes" in str(row.about)


def test_cancelled_export_reads_no_further_page(exporter: Person, desk_api: SandboxServer) -> None:
    export = exporter.asks()
    assert service.cancel(export, exporter.user)
    assert not service.cancel(export, exporter.user)
    desk_api.reset_requests()
    run_tasks()
    assert [call for call in desk_api.requests() if call["path"] == "/v3/contacts"] == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("when", ["reading", "writing"])
def test_full_disk_fails_it_and_leaves_nothing(
    account_exporter: Person, when: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite's own limit of pages is met, in the middle of either."""
    export = account_exporter.asks("csv")
    limit = "contacts_ui.snapshots.lease.write" if when == "reading" else "contacts_ui.exports.lease.write"
    _limit_pages_in(limit, monkeypatch)
    try:
        export = finished(export)
    finally:
        _set_most_pages(1_000_000_000)
    assert (export.state, export.error) == (ExportState.FAILED, "DiskFull")
    assert not ExportPart.objects.exists()
    assert not SnapshotPart.objects.exists()


def _limit_pages_in(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the first call of the function on, the database cannot grow."""
    module, _, function = name.rpartition(".")
    loaded = __import__(module, fromlist=[function])
    plain = getattr(loaded, function)

    def limited(*arguments: object, **values: object) -> None:
        _set_most_pages(1)
        plain(*arguments, **values)

    monkeypatch.setattr(loaded, function, limited)
    if "snapshots" in module:
        monkeypatch.setattr("contacts_ui.snapshots.runner.write", limited)


def _set_most_pages(pages: int) -> None:
    """SQLite takes the size that it has where it is larger."""
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA max_page_count = {pages}")


def test_silent_export_goes_back_into_the_queue_once(exporter: Person) -> None:
    export = exporter.asks()
    run_tasks()
    Export.objects.filter(pk=export.pk).update(
        state=ExportState.WRITING, lease_until=datetime.now(UTC) - timedelta(seconds=1)
    )
    recovery.sweep()
    recovery.sweep()
    assert queued_ids() == {str(export.pk)}


def test_key_that_changed_fails_it(exporter: Person, settings: Settings) -> None:
    export = exporter.asks()
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "other" * 10, []
    export = finished(export)
    assert export.state == ExportState.FAILED


def test_task_of_an_unknown_export_ends(db: None, desk_api: SandboxServer) -> None:
    take_further.func("7c2f0f5e-0000-4000-8000-000000000000")
    assert timedelta(hours=24) == lifecycle.KEPT
