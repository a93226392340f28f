"""Sealed parts: what the database holds opens with the right key, for its own snapshot and number alone."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from pytest_django import Settings

from contacts_ui import snapshots
from contacts_ui.models import Snapshot, SnapshotPart
from contacts_ui.sealing.sealer import Sealer, SealError, new_key
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact
from contacts_ui.snapshots.parts import Part, make_key, open_part, question_of, seal_part, sealer_of
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer
from tests.database_dump import database_dump
from tests.snapshots.conftest import again, rows_of

pytestmark = pytest.mark.django_db
PART = Part(1, (Contact(id=uuid4(), format_national="(201) 555-0142"),), b"x" * 16)


@pytest.fixture
def taken(desk_api: SandboxServer) -> Snapshot:
    """The finished snapshot of the account."""
    snapshot = snapshots.start(None, "index")
    run_tasks()
    return again(snapshot)


def test_part_comes_back_as_it_was() -> None:
    snapshot = Snapshot()
    sealer = make_key(snapshot)
    sealed, left_out = seal_part(sealer, snapshot, 3, PART)
    assert open_part(sealer_of(snapshot), snapshot, 3, sealed) == PART
    assert left_out == 0


def test_part_with_other_number_does_not_open() -> None:
    snapshot = Snapshot()
    sealer = make_key(snapshot)
    sealed, _ = seal_part(sealer, snapshot, 3, PART)
    with pytest.raises(SealError):
        open_part(sealer, snapshot, 4, sealed)


def test_part_of_other_snapshot_with_same_key_does_not_open() -> None:
    one, other = Snapshot(), Snapshot()
    sealer = make_key(one)
    sealed, _ = seal_part(sealer, one, 1, PART)
    with pytest.raises(SealError):
        open_part(sealer, other, 1, sealed)


def test_part_under_other_key_does_not_open() -> None:
    snapshot = Snapshot()
    sealed, _ = seal_part(make_key(snapshot), snapshot, 1, PART)
    with pytest.raises(SealError):
        open_part(Sealer.with_key(new_key()), snapshot, 1, sealed)


def test_wrapped_key_of_other_snapshot_does_not_open() -> None:
    one, other = Snapshot(), Snapshot()
    make_key(one)
    other.wrapped_key = one.wrapped_key
    with pytest.raises(SealError):
        sealer_of(other)


def test_text_that_is_no_part_is_refused() -> None:
    snapshot = Snapshot()
    sealer = make_key(snapshot)
    for text in (b"no zlib", zlib.compress(b"\xc1")):
        sealed = sealer.seal(text, f"{snapshot.pk}|1".encode())
        with pytest.raises(SealError):
            open_part(sealer, snapshot, 1, sealed)


def test_time_that_cannot_be_written_is_left_out_and_counted() -> None:
    snapshot = Snapshot()
    last = datetime.max.replace(tzinfo=timezone(-timedelta(hours=23)))
    contact = Contact(id=uuid4(), created_at=last, updated_at=datetime(2026, 1, 1, tzinfo=UTC))
    sealer = make_key(snapshot)
    sealed, left_out = seal_part(sealer, snapshot, 1, Part(1, (contact,)))
    (row,) = open_part(sealer, snapshot, 1, sealed).contacts
    assert (row.created_at, row.updated_at, left_out) == (None, contact.updated_at, 1)


def test_question_comes_back_and_is_not_in_the_row(desk_api: SandboxServer) -> None:
    question = ContactQuery(search="(201) 555-0142", channel="sms")
    snapshot = again(snapshots.start(None, "lookup", question))
    assert question_of(snapshot) == question
    assert b"555" not in bytes(snapshot.question or b"")


def test_other_data_key_opens_nothing(taken: Snapshot, settings: Settings) -> None:
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "other " * 10, []
    with pytest.raises(SealError):
        rows_of(taken)


def test_former_data_key_still_opens(taken: Snapshot, settings: Settings) -> None:
    settings.DATA_KEY, settings.DATA_KEY_FALLBACKS = "other " * 10, [settings.DATA_KEY]
    assert len(rows_of(taken)) == taken.rows


def test_changed_byte_in_database_is_refused(taken: Snapshot) -> None:
    part = SnapshotPart.objects.filter(snapshot=taken).latest("number")
    changed = bytearray(part.sealed)
    changed[-20] ^= 1
    SnapshotPart.objects.filter(pk=part.pk).update(sealed=bytes(changed))
    with pytest.raises(SealError):
        rows_of(taken)


def test_part_that_disappeared_is_noticed(taken: Snapshot) -> None:
    SnapshotPart.objects.filter(snapshot=taken).latest("number").delete()
    with pytest.raises(SealError):
        rows_of(taken)


def test_two_parts_exchanged_are_refused(desk_api: SandboxServer) -> None:
    largest = max(desk_api.profiles(), key=lambda one: int(one["contacts"]))["id"]
    snapshot = snapshots.start(largest, "index")
    run_tasks()
    one, other = SnapshotPart.objects.filter(snapshot=snapshot).order_by("number")[:2]
    one.sealed, other.sealed = other.sealed, one.sealed
    one.save()
    other.save()
    with pytest.raises(SealError):
        rows_of(snapshot)


@pytest.mark.slow
def test_database_dump_holds_no_number(desk_api: SandboxServer) -> None:
    numbers: set[str] = set()
    for profile in (None, *(one["id"] for one in desk_api.profiles())):
        snapshot = snapshots.start(profile, "index")
        run_tasks()
        for row in rows_of(snapshot):
            numbers |= {text for text in (row.format_e164, row.format_national, row.format_international) if text}
    dump = database_dump()
    assert len(numbers) > 1000
    assert "snapshotpart" in dump
    assert [number for number in numbers if number in dump or number.encode().hex() in dump] == []
