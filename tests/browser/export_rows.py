"""Exports in each state, as rows of a running desk, for the states of their pages. No worker runs behind them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from contacts_ui.gateway.cache_keys import CacheKeys
from contacts_ui.models import Export, ExportState, Snapshot, SnapshotState
from testing.accounts import insert, user_id
from testing.running_desk import Desk

PERSON = "pat"  # an admin of whom no other state is
NAMES = ("queued", "reading", "paused", "writing", "ready", "partial", "failed", "cancelled", "expired")
IDS = {name: UUID(int=number) for number, name in enumerate(NAMES, start=1)}


def insert_exports(desk: Desk) -> None:
    """An export in each state. A lease that lasts keeps a worker of another test away from them."""
    person, now = user_id(desk, PERSON), datetime.now(UTC)
    fingerprint = CacheKeys(desk.secret_key, desk.settings["SENT_API_KEY"]).api_key_fingerprint
    later = now + timedelta(hours=20)
    snapshot_states = {
        "reading": SnapshotState.RUNNING,
        "paused": SnapshotState.PAUSED,
        "partial": SnapshotState.FINISHED,
    }
    snapshots = {
        name: Snapshot(
            id=IDS[name],
            purpose="export",
            key_fingerprint=fingerprint,
            state=snapshot_states[name],
            rows=1920,
            pages=20,
            total_last=4812,
            waiting_since=now if name == "paused" else None,
            error="ServerError" if name == "paused" else None,
            request_id="req_52c1" if name == "paused" else None,
            lease_until=later,
            wrapped_key=None if name == "partial" else b"none",
            created_at=now,
            expires_at=later,
        )
        for name in snapshot_states
    }
    insert(desk, *snapshots.values())
    for number, name in enumerate(NAMES):
        state = {"paused": "reading", "partial": "ready"}.get(name, name)
        has_file = state == "ready"
        export = Export(
            id=IDS[name],
            person_id=person,
            person_name="Pat Moreno",
            scope_title="Meridian Group",
            key_fingerprint=fingerprint,
            snapshot=snapshots.get(name),
            kind="list",
            format="csv" if name == "partial" else "xlsx",
            state=ExportState(state),
            wrapped_key=b"none" if state in ("reading", "writing", "ready") else None,
            position=30,
            rows={"partial": 4809}.get(name, 4812),
            total=4812,
            pages=49,
            calls=49,
            duplicates=2 if name == "partial" else 0,
            whole=name == "ready",
            size=412_345 if has_file else None,
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08" if has_file else None,
            file_name=f"contacts-{name}.xlsx" if has_file else None,
            created_at=now - timedelta(minutes=number),
            expires_at=later,
            lease_until=later,
            error="ServerError" if name == "failed" else None,
            request_id="req_7f3a" if name == "failed" else None,
        )
        insert(desk, export)
