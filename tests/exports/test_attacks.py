"""Attacks on exports: workers that wake up late or die between two statements, and what a download leaves behind."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import OperationalError, connection

from contacts_ui.audit import AuditWriteError
from contacts_ui.contacts.lookup_batch import LookupRow
from contacts_ui.exports import lifecycle, looked_up, recovery, rights, service, writing
from contacts_ui.exports.errors import ExportExpired, FileInUse
from contacts_ui.models import Export, ExportPart, ExportState, Snapshot, SnapshotPart
from contacts_ui.roles import set_role
from contacts_ui.sealing.sealer import SealError
from contacts_ui.sent_api.errors import ServerError
from contacts_ui.snapshots import disk
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import Person, again, downloaded, finished

pytestmark = pytest.mark.slow  # each runs a whole export


def _lease_over(export: Export) -> None:
    Export.objects.filter(pk=export.pk).update(lease_until=datetime.now(UTC) - timedelta(seconds=1))


def test_writer_that_wakes_up_deletes_nothing_of_the_next(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first one sleeps while it asks for rights; its lease ends, and a second one finishes the file."""
    export, plain = exporter.asks(), rights.rights_of

    def slow(export: Export, **options: Any) -> object:
        found = plain(export, **options)
        monkeypatch.setattr(writing, "rights_of", plain)
        _lease_over(export)
        writing.run(export.pk)
        return found

    monkeypatch.setattr(writing, "rights_of", slow)
    export = finished(export)
    assert export.state == ExportState.READY
    assert len(downloaded(exporter.user, export)) == export.size


def test_writer_that_wakes_up_fails_nothing_of_the_next(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it cannot open any more is no reason to end what another one writes."""
    export = exporter.asks()

    def slow(self: object, *_: object) -> bool:
        monkeypatch.undo()
        Export.objects.filter(pk=export.pk).update(fence=99)
        raise SealError

    monkeypatch.setattr("contacts_ui.exports.writing._Writer._step", slow)
    run_tasks()
    assert again(export).state == ExportState.WRITING


@pytest.mark.parametrize("way", ["ready", "cancelled"])
def test_copy_of_the_list_goes_though_a_worker_died_before(
    exporter: Person, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    """The export has ended, and its worker is killed before it wipes the snapshot."""
    export = exporter.asks()
    with monkeypatch.context() as patched:
        patched.setattr("contacts_ui.exports.lifecycle.drop_snapshot", lambda _: None)
        if way == "cancelled":
            patched.setattr("contacts_ui.exports.reading.writing.run", lambda _: None)
        run_tasks()
        if way == "cancelled":
            service.cancel(export, exporter.user)
    assert SnapshotPart.objects.exists()
    recovery.sweep()
    assert not SnapshotPart.objects.exists()
    assert not Snapshot.objects.exclude(wrapped_key=None).exists()


def test_rows_looked_up_with_another_api_key_are_not_exported(
    exporter: Person, desk_api: SandboxServer, use_key: Callable[[str], None]
) -> None:
    kept = looked_up.sealed_rows(exporter.user, exporter.scope, [LookupRow("+447911123456", "+447911123456", None)])
    scope = exporter.scope
    assert looked_up.opened_lines(exporter.user, scope, [kept])
    use_key("sandbox-second-organization")
    assert not looked_up.opened_lines(exporter.user, scope, [kept])


def test_download_that_is_not_recorded_takes_no_bytes(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exporter.exports()

    def refused(*_: Any, **__: Any) -> None:
        raise AuditWriteError

    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "record", refused)
        for _ in range(7):
            with pytest.raises(AuditWriteError):
                service.open_download(exporter.user, export)
    assert again(export).sent_bytes == 0
    assert len(downloaded(exporter.user, export)) == export.size


@pytest.mark.parametrize("error", [AuditWriteError(), OperationalError("database or disk is full")])
def test_end_that_is_not_recorded_takes_the_file_all_the_same(
    exporter: Person, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    export = exporter.exports()

    def refused(*_: Any, **__: Any) -> None:
        raise error

    monkeypatch.setattr(lifecycle, "record", refused)
    assert service.cancel(export, exporter.user)
    assert (again(export).state, again(export).wrapped_key) == (ExportState.CANCELLED, None)
    assert not ExportPart.objects.exists()


def test_lost_role_wipes_a_file_while_the_api_is_away(
    exporter: Person, account_exporter: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sweep cannot tell whose profiles they are, but it can tell that a role is gone."""
    files = [account_exporter.exports(), exporter.exports(), exporter.exports("csv")]
    set_role(User.objects.get(pk=exporter.user.pk), "support")

    def away(*_: Any, **__: Any) -> None:
        raise ServerError

    monkeypatch.setattr("contacts_ui.gateway.gateway.Gateway.background_account", away)
    recovery.sweep()
    assert [again(export).state for export in files] == ["ready", "cancelled", "cancelled"]


def test_end_without_its_line_does_not_happen_half(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker that dies between the two leaves the export as it was, to be ended again."""
    export = exporter.exports()

    def killed(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(lifecycle, "record", killed)
        with pytest.raises(KeyboardInterrupt):
            service.cancel(export, exporter.user)
    assert again(export).state == ExportState.READY
    assert ExportPart.objects.exists()


def test_downloads_at_once_are_three(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Six begin before the first has ended, and no right is asked for after that: the last block goes to three."""
    monkeypatch.setattr("contacts_ui.exports.blocks.BLOCK_BYTES", 5000)
    monkeypatch.setattr("contacts_ui.exports.blocks.AT_ONCE", 100)
    export, got = exporter.exports(), list[int]()
    begun = [service.open_download(exporter.user, export) for _ in range(6)]
    with pytest.raises(FileInUse):
        service.open_download(exporter.user, export)
    assert again(export).state == ExportState.READY
    firsts = [next(download.chunks) for download in begun]
    for first, download in zip(firsts, begun, strict=True):
        try:
            got.append(len(first + b"".join(download.chunks)))
        except ExportExpired:
            got.append(len(first))
    for sent, download in zip(got, begun, strict=True):
        service.finish_download(exporter.user, export, download, sent)
    assert got == [export.size] * 3 + [5000] * 3
    assert again(export).state == ExportState.EXPIRED


def test_last_block_that_is_not_taken_is_none_of_the_three(exporter: Person) -> None:
    export = exporter.exports()
    for _ in range(5):
        download = service.open_download(exporter.user, export)
        assert len(next(download.chunks)) == export.size
        service.finish_download(exporter.user, export, download, 0)
    assert again(export).downloads == 0
    for _ in range(3):
        assert len(downloaded(exporter.user, export)) == export.size


def test_downloads_under_way_delete_no_file(exporter: Person) -> None:
    export = exporter.exports()
    begun = [service.open_download(exporter.user, export) for _ in range(6)]
    for _ in range(3):
        with pytest.raises(FileInUse):
            service.open_download(exporter.user, export)
    for download in begun:
        service.finish_download(exporter.user, export, download, 0)
    assert len(downloaded(exporter.user, export)) == export.size


@pytest.mark.parametrize("way", ["snapshots.runner", "exports.writing"])
def test_export_fails_before_the_disk_is_full(exporter: Person, monkeypatch: pytest.MonkeyPatch, way: str) -> None:
    """On a full one SQLite could write neither the failure nor the end of any other file."""
    left = iter([disk.LEAST_FREE])

    def require_room() -> None:
        with monkeypatch.context() as patched:
            patched.setattr(disk, "free_bytes", lambda: next(left, disk.LEAST_FREE - 1))
            disk.require_room()

    monkeypatch.setattr(f"contacts_ui.{way}.require_room", require_room)
    export = exporter.exports()
    assert (export.state, export.error) == (ExportState.FAILED, "DiskFull")
    assert not ExportPart.objects.exists()
    assert not SnapshotPart.objects.exists()


def test_room_is_that_of_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "desk.sqlite3"
    monkeypatch.setitem(connection.settings_dict, "NAME", str(file))
    assert disk.free_bytes() is None
    file.touch()
    assert abs((disk.free_bytes() or 0) - shutil.disk_usage(tmp_path).free) < 1_000_000_000
