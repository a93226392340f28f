"""Snapshots: a whole list in sealed parts, taken by a task, found again, expired key first."""

from __future__ import annotations

import pytest

from contacts_ui import snapshots
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer

pytestmark = pytest.mark.django_db


def test_snapshot_of_account_holds_every_contact_once(desk_api: SandboxServer) -> None:
    snapshot = snapshots.start(None, "index")
    run_tasks()
    ids = [str(contact.id) for part in snapshots.contacts_of(snapshot) for contact in part]
    assert sorted(ids) == sorted(desk_api.contacts())
    assert snapshots.latest(None, "index") == snapshot
    assert snapshots.latest(None, "index").whole
