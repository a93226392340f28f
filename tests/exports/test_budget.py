"""Budget of exports: at most half of any minute's calls, interactive ones before them, and turns of a slice each."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pytest_django import Settings

from contacts_ui.exports import lease, writing
from contacts_ui.exports.lease import FenceLost
from contacts_ui.gateway import get_gateway
from contacts_ui.models import Export, ExportPart, ExportState, SnapshotState
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.exports.conftest import Person, again, finished


def test_exports_use_half_of_the_budget_and_no_more(
    account_exporter: Person, desk_api: SandboxServer, settings: Settings, tmp_path: Path
) -> None:
    """Eight calls a minute: four pages are read at once, as long as half of the burst is left; then it waits."""
    export = account_exporter.asks("csv")
    settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST = 8, 8
    settings.SENT_BUDGET_FILE = str(tmp_path / "small")
    get_gateway.cache_clear()
    desk_api.reset_requests()
    run_tasks()
    pages = [call for call in desk_api.requests() if call["path"] == "/v3/contacts"]
    snapshot = again(export).snapshot
    assert len(pages) <= 4
    assert snapshot is not None
    assert snapshot.state == SnapshotState.PAUSED
    assert get_gateway().status().calls_left >= 4


@pytest.mark.slow
def test_two_exports_take_turns(exporter: Person, account_exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """With slices of one page, the short one is ready before the long one."""
    monkeypatch.setattr("contacts_ui.snapshots.runner.SLICE", 0.0)
    long, short = account_exporter.asks("csv"), exporter.asks("csv")
    finished(long)
    assert again(short).ready_at < again(long).ready_at  # type: ignore[operator]


@pytest.mark.slow
def test_file_is_written_in_slices(account_exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """With no time at all each task writes one batch, and the file is the same."""
    first = account_exporter.exports("csv")
    monkeypatch.setattr(writing, "SLICE", -1.0)
    monkeypatch.setattr("contacts_ui.snapshots.parts.AT_ONCE", 1)
    second = account_exporter.exports("csv", columns=None)
    assert (second.state, second.sha256) == (ExportState.READY, first.sha256)
    assert second.fence > 5


def test_writer_that_wakes_up_late_writes_nothing(exporter: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    export = exporter.asks()
    monkeypatch.setattr(writing, "run", lambda _: None)
    run_tasks()
    late = lease.claim(export.pk)
    assert late is not None
    assert lease.claim(export.pk) is None
    Export.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    assert lease.claim(export.pk) is not None
    with pytest.raises(FenceLost):
        lease.write(late, [(0, b"late")], position=7)
    assert not ExportPart.objects.exists()
