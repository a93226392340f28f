"""Sealed parts: one API page each, msgpack, then zlib, then AES-256-GCM under the snapshot's own random key.

Associated data are the snapshot's id and the part's number, so a part opens nowhere else. The key is wrapped under
DATA_KEY; without it, or after it was wiped, nobody reads a part. 100 contacts: 49 KB as JSON, 10 KB sealed.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import asdict

import msgspec
from msgspec.msgpack import decode, encode

from contacts_ui.models import Snapshot, SnapshotPart, SnapshotState
from contacts_ui.sealing.sealer import Sealer, SealError, new_key, sealer_for
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact

ID_BYTES = 16
COMPRESSION = 1  # zlib's fastest, 0.3 ms a page; its best saves a seventh and takes six times as long
AT_ONCE = 20  # parts a query
_TIMES = ("created_at", "updated_at")


class SnapshotExpired(Exception):
    """The snapshot's key was wiped, or its time is over: nobody can read it any more."""


class Part(msgspec.Struct, frozen=True, array_like=True):
    """One page: the pass it belongs to, the contacts that no earlier page held, and the ids of those that one did."""

    pass_number: int
    contacts: tuple[Contact, ...]
    known_ids: bytes = b""

    @property
    def ids(self) -> Iterator[bytes]:
        """The ids of all rows of the page, 16 bytes each."""
        yield from (contact.id.bytes for contact in self.contacts)
        for start in range(0, len(self.known_ids), ID_BYTES):
            yield self.known_ids[start : start + ID_BYTES]


def make_key(snapshot: Snapshot) -> Sealer:
    """Gives a new snapshot its key; the sealer under it. The caller saves the row."""
    key = new_key()
    snapshot.wrapped_key = sealer_for("snapshot").seal(key, _data(snapshot, "key"))
    return Sealer.with_key(key)


def sealer_of(snapshot: Snapshot) -> Sealer:
    """The sealer under the key of this snapshot. Raises SnapshotExpired, and SealError under another DATA_KEY."""
    if snapshot.wrapped_key is None:
        raise SnapshotExpired
    return Sealer.with_key(sealer_for("snapshot").open(bytes(snapshot.wrapped_key), _data(snapshot, "key")))


def seal_part(sealer: Sealer, snapshot: Snapshot, number: int, part: Part) -> tuple[bytes, int]:
    """The sealed part, and the number of times in it that could not be written and were left out."""
    left_out = 0
    try:
        text = encode(part)
    except (OverflowError, ValueError):  # a time at the end of time
        contacts, left_out = _without_unwritable_times(part.contacts)
        text = encode(Part(part.pass_number, contacts, part.known_ids))
    return sealer.seal(zlib.compress(text, COMPRESSION), _data(snapshot, str(number))), left_out


def open_part(sealer: Sealer, snapshot: Snapshot, number: int, sealed: bytes) -> Part:
    """The part. Raises SealError."""
    text = sealer.open(sealed, _data(snapshot, str(number)))
    try:
        return decode(zlib.decompress(text), type=Part)
    except (zlib.error, msgspec.MsgspecError) as error:  # sealed by another version of the desk
        raise SealError from error


def parts_of(snapshot: Snapshot, sealer: Sealer) -> Iterator[Part]:
    """The parts in the order of their numbers. Cost: a query for AT_ONCE parts, 0.2 ms a part to open."""
    last, more = 0, True
    while more:
        batch = parts_after(snapshot, sealer, last)
        for last, part in batch:  # noqa: B007  # the last one is where the next batch begins
            yield part
        more = len(batch) == AT_ONCE


def parts_after(snapshot: Snapshot, sealer: Sealer, number: int) -> list[tuple[int, Part]]:
    """The next AT_ONCE parts after this number, with theirs; fewer at the end. Cost: a query. Raises SealError."""
    rows = SnapshotPart.objects.filter(snapshot=snapshot, number__gt=number).order_by("number")
    found = list(rows.values_list("number", "sealed")[:AT_ONCE])
    return [(each, open_part(sealer, snapshot, each, bytes(sealed))) for each, sealed in found]


def contacts_of(snapshot: Snapshot) -> Iterator[tuple[Contact, ...]]:
    """The contacts of the snapshot, a part at a time, each id once. Cost: no API call, a query for 20 parts.

    Raises SnapshotExpired, and SealError when a part is missing, was changed, or is one of another snapshot.
    """
    current = Snapshot.objects.filter(pk=snapshot.pk).first()
    if current is None or current.has_expired:
        raise SnapshotExpired
    rows = 0
    for part in parts_of(current, sealer_of(current)):
        rows += len(part.contacts)
        if part.contacts:
            yield part.contacts
    if current.state == SnapshotState.FINISHED and rows != current.rows:
        if Snapshot.objects.filter(pk=current.pk, wrapped_key=None).exists():
            raise SnapshotExpired  # while it was read
        raise SealError


def seal_question(sealer: Sealer, snapshot: Snapshot, question: ContactQuery) -> bytes:
    """The question, which may hold digits of a number, sealed under the snapshot's key."""
    return sealer.seal(encode(asdict(question)), _data(snapshot, "question"))


def question_of(snapshot: Snapshot, sealer: Sealer | None = None) -> ContactQuery:
    """What the snapshot asks the API, without its page; the whole list by default. Raises as `contacts_of` does."""
    if snapshot.question is None:
        return ContactQuery()
    text = (sealer or sealer_of(snapshot)).open(bytes(snapshot.question), _data(snapshot, "question"))
    return ContactQuery(**decode(text))


def _data(snapshot: Snapshot, what: str) -> bytes:
    return f"{snapshot.pk}|{what}".encode()


def _without_unwritable_times(contacts: tuple[Contact, ...]) -> tuple[tuple[Contact, ...], int]:
    """The contacts without times that msgpack cannot hold, and how many those were."""
    kept, left_out = [], 0
    for contact in contacts:
        changes = {name: None for name in _TIMES if not _is_writable(getattr(contact, name))}
        left_out += len(changes)
        kept.append(msgspec.structs.replace(contact, **changes))
    return tuple(kept), left_out


def _is_writable(value: object) -> bool:
    try:
        encode(value)
    except (OverflowError, ValueError):
        return False
    return True
