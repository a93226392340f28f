"""Store of the number index: sealed parts in the database, which the processes of all hosts share.

A table is msgpack, cut into parts of at most four million bytes, each compressed and sealed with the API key's
fingerprint, the scope, the version and its number as associated data: a part opens nowhere else. Rows that traffic
brought since are additions, sealed likewise.
"""

from __future__ import annotations

import logging
import zlib
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import msgspec
from django.db import transaction
from django.db.models import F, QuerySet

from contacts_ui.models import NumberIndex, NumberIndexAddition, NumberIndexPart
from contacts_ui.sealing.sealer import SealError, sealer_for

from .rows import Row, Table

log = logging.getLogger(__name__)

ACCOUNT = "account"
PURPOSE = "number-index"
PART_BYTES = 4_000_000  # of a part before it is compressed
COMPRESSION = 1  # zlib's fastest
KEPT = timedelta(days=7)  # after the last change, then it is deleted
MOST_ADDITIONS = 500  # of one index: without a worker that builds it in, more are not kept


def scope_id(profile_id: str | None) -> str:
    """The name under which a scope's index is stored."""
    return profile_id.lower() if profile_id else ACCOUNT


def stored(fingerprint: str) -> QuerySet[NumberIndex]:
    """The indexes of this API key that have not expired: nor were changed in a future that a wrong clock showed."""
    now = datetime.now(UTC)
    kept = NumberIndex.objects.filter(changed_at__gt=now - KEPT, changed_at__lt=now + KEPT)
    return kept.filter(key_fingerprint=fingerprint)


def get_or_create(fingerprint: str, scope: str) -> NumberIndex:
    """The index of a scope, made without contacts where there is none. An expired one begins anew."""
    now = datetime.now(UTC)
    index, made = NumberIndex.objects.get_or_create(
        key_fingerprint=fingerprint, scope=scope, defaults={"changed_at": now}
    )
    if not made and abs(now - index.changed_at) >= KEPT:
        index.delete()
        return NumberIndex.objects.create(key_fingerprint=fingerprint, scope=scope, changed_at=now)
    return index


def load_table(index: NumberIndex) -> Table | None:
    """The table of an index, None when it has none, or another version replaced it just now. Raises SealError.

    Cost: a query; 40 ms for 50,000 contacts.
    """
    if not index.parts_count:
        return None
    parts = NumberIndexPart.objects.filter(index=index, version=index.table_version).order_by("number")
    sealed = list(parts.values_list("number", "sealed"))
    if len(sealed) != index.parts_count:
        return None
    text = b"".join(_open(index, f"part|{index.table_version}|{number}", bytes(part)) for number, part in sealed)
    try:
        return msgspec.msgpack.decode(text, type=Table)
    except msgspec.MsgspecError as error:  # sealed by another version of the desk
        raise SealError from error


def save_table(index: NumberIndex, table: Table, *, additions: Collection[int] = (), **values: object) -> bool:
    """Replaces the table of an index in one transaction; `additions` are built in and deleted.

    `values` are further columns. False when another process changed the index's table meanwhile. Cost: five queries.
    """
    text, version = msgspec.msgpack.encode(table), index.table_version + 1
    cuts = range(0, len(text), PART_BYTES)
    sealed = [_seal(index, f"part|{version}|{n}", text[cut : cut + PART_BYTES]) for n, cut in enumerate(cuts)]
    with transaction.atomic():
        changed = NumberIndex.objects.filter(pk=index.pk, table_version=index.table_version).update(
            version=F("version") + 1,
            table_version=version,
            parts_count=len(sealed),
            contacts=table.rows,
            bytes=sum(map(len, sealed)),
            changed_at=datetime.now(UTC),
            **values,
        )
        if not changed:
            return False
        NumberIndexPart.objects.filter(index=index).delete()
        for number, part in enumerate(sealed):
            NumberIndexPart.objects.create(index=index, version=version, number=number, sealed=part)
        NumberIndexAddition.objects.filter(pk__in=additions).delete()
    return True


def load_additions(index: NumberIndex, after: int = 0) -> Iterator[tuple[NumberIndexAddition, tuple[Row, ...]]]:
    """The additions since the one with this id, oldest first, without those that do not open. Cost: a query."""
    for addition in NumberIndexAddition.objects.filter(index=index, pk__gt=after).order_by("pk"):
        try:
            text = _open(index, f"addition|{addition.mark}", bytes(addition.sealed))
            yield addition, msgspec.msgpack.decode(text, type=tuple[Row, ...])
        except (SealError, msgspec.MsgspecError):
            log.warning("number_index.addition.rejected", extra={"profile_id": index.scope})


def addition_ids(index: NumberIndex) -> list[int]:
    """The ids of all additions until now, for what replaces them: those that do not open go too. Cost: a query."""
    return list(NumberIndexAddition.objects.filter(index=index).values_list("pk", flat=True))


def add_rows(index: NumberIndex, rows: Sequence[Row]) -> None:
    """Stores rows that traffic brought. Cost: three queries."""
    if NumberIndexAddition.objects.filter(index=index).count() >= MOST_ADDITIONS:
        return
    mark, now = uuid4(), datetime.now(UTC)
    sealed = _seal(index, f"addition|{mark}", msgspec.msgpack.encode(tuple(rows)))
    with transaction.atomic():
        NumberIndexAddition.objects.create(index=index, mark=mark, created_at=now, rows=len(rows), sealed=sealed)
        update(index, changed_at=now)


def update(index: NumberIndex, **values: object) -> None:
    """Changes columns, so that every process notices."""
    NumberIndex.objects.filter(pk=index.pk).update(version=F("version") + 1, **values)


def delete_of_other_keys(fingerprint: str) -> int:
    """Deletes what was stored with another API key, and what has expired. How many indexes those were."""
    kept = stored(fingerprint).values("pk")
    return NumberIndex.objects.exclude(pk__in=kept).delete()[1].get("contacts_ui.NumberIndex", 0)


def opens(index: NumberIndex) -> bool:
    """False for a table that nobody can use: of another DATA_KEY or format, changed, or without one of its parts.

    Cost: that of loading it.
    """
    try:
        if load_table(index) is not None:
            return True
    except SealError:
        return False
    return not NumberIndex.objects.filter(pk=index.pk, table_version=index.table_version).exists()  # replaced just now


def _seal(index: NumberIndex, what: str, text: bytes) -> bytes:
    return sealer_for(PURPOSE).seal(zlib.compress(text, COMPRESSION), _data(index, what))


def _open(index: NumberIndex, what: str, sealed: bytes) -> bytes:
    text = sealer_for(PURPOSE).open(sealed, _data(index, what))
    try:
        return zlib.decompress(text)
    except zlib.error as error:
        raise SealError from error


def _data(index: NumberIndex, what: str) -> bytes:
    return f"{index.key_fingerprint}|{index.scope}|{what}".encode()
