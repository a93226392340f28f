"""Stored index: sealed, shared by processes, for one API key and one DATA_KEY, each part in its own place."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import count

import pytest
from django.db import connection
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberIndex, NumberIndexAddition, NumberIndexPart, Snapshot
from contacts_ui.number_index import ScopeIndex, index_for, maintain, record, registry, store
from contacts_ui.number_index.rows import Row, Table, TableBuilder
from contacts_ui.scope import Scope
from contacts_ui.sealing.sealer import SealError
from testing.sandbox_server import SandboxServer

from .test_pieces import contact

Known = Callable[[Scope], ScopeIndex]
Build = Callable[..., None]


def _table(rows: int = 3) -> Table:
    builder = TableBuilder()
    builder.add(Row(n + 1, f"07403 96580{n % 10}", 447403965800 + n, None) for n in range(rows))
    return builder.table()


def _stored(scope: str = "account", rows: int = 3) -> NumberIndex:
    index = store.get_or_create(get_gateway().api_key_fingerprint, scope)
    assert store.save_table(index, _table(rows))
    return NumberIndex.objects.get(pk=index.pk)


def test_index_of_account_is_that_of_its_list(
    number_index: Build, known: Known, account: Scope, desk_api: SandboxServer
) -> None:
    number_index()
    index = known(account)
    numbers = {number for number in desk_api.contacts().values() if number}
    assert (index.complete, index.contacts) == (True, 300)
    assert all(map(index.has, numbers))


def test_snapshot_cannot_be_read_once_index_is_built(number_index: Build) -> None:
    number_index()
    (snapshot,) = Snapshot.objects.all()
    assert snapshot.has_expired
    assert not snapshot.parts.exists()


def test_other_process_sees_what_one_has_stored(number_index: Build, known: Known, account: Scope) -> None:
    number_index()
    contacts = known(account).contacts
    registry.reset()  # another process begins with nothing
    assert known(account).contacts == contacts


def test_new_version_is_seen_at_the_next_look(
    number_index: Build, known: Known, account: Scope, django_assert_num_queries: Callable[[int], object]
) -> None:
    first = registry.IndexRegistry(get_gateway().api_key_fingerprint)
    assert first.for_scope(account).contacts == 0
    _stored(rows=5)
    assert first.for_scope(account).contacts == 5
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert first.for_scope(account).contacts == 5


def test_store_is_looked_at_once_in_five_seconds(
    number_index: Build,
    known: Known,
    account: Scope,
    monkeypatch: pytest.MonkeyPatch,
    django_assert_num_queries: Callable[[int], object],
) -> None:
    known(account)
    monkeypatch.setattr(registry, "CHECK_INTERVAL", 5.0)
    registry.reset()
    known(account)
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        known(account)


def test_index_is_none_and_asks_nothing_when_off(
    account: Scope, db: None, django_assert_num_queries: Callable[[int], object]
) -> None:
    with django_assert_num_queries(0):  # type: ignore[attr-defined]
        assert index_for(account) is None


def test_another_api_key_finds_nothing_and_old_index_is_deleted(
    number_index: Build, known: Known, account: Scope, use_key: Callable[[str], None]
) -> None:
    number_index()
    assert known(account).contacts
    use_key("sandbox-user")
    assert known(account).contacts == 0
    maintain()
    assert not NumberIndex.objects.exclude(key_fingerprint=get_gateway().api_key_fingerprint).exists()
    assert not NumberIndexPart.objects.exists()


def test_another_data_key_finds_nothing_and_old_index_is_deleted(
    number_index: Build, known: Known, account: Scope, settings: Settings
) -> None:
    number_index()
    settings.DATA_KEY = "another" * 8
    assert known(account).contacts == 0
    maintain()
    assert not NumberIndexPart.objects.exists()


def test_former_data_key_still_opens(number_index: Build, known: Known, account: Scope, settings: Settings) -> None:
    number_index()
    settings.DATA_KEY_FALLBACKS, settings.DATA_KEY = [settings.DATA_KEY], "another" * 8
    assert known(account).contacts == 300


@pytest.mark.parametrize("change", ["scope", "key_fingerprint", "table_version"])
def test_part_opens_in_its_own_place_alone(number_index: Build, change: str) -> None:
    index = _stored()
    value = index.table_version + 1 if change == "table_version" else "00000000-0000-0000-0000-000000000000"
    NumberIndex.objects.filter(pk=index.pk).update(**{change: value})
    NumberIndexPart.objects.update(version=index.table_version + (change == "table_version"))
    with pytest.raises(SealError):
        store.load_table(NumberIndex.objects.get(pk=index.pk))


def test_changed_part_counts_as_no_index(number_index: Build, known: Known, account: Scope) -> None:
    index = _stored()
    part = NumberIndexPart.objects.get(index=index)
    NumberIndexPart.objects.update(sealed=bytes(part.sealed)[:-1] + b"\x00")
    assert known(account).contacts == 0


def test_table_is_cut_into_parts_and_put_together(number_index: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "PART_BYTES", 100)
    index = _stored(rows=50)
    assert index.parts_count > 10
    assert store.load_table(index) == _table(50)


def test_second_writer_of_the_same_version_writes_nothing(number_index: Build) -> None:
    index = _stored()
    assert store.save_table(index, _table(5))
    assert not store.save_table(index, _table(9))
    assert NumberIndex.objects.get(pk=index.pk).contacts == 5


def test_index_expires_a_week_after_its_last_change(number_index: Build, known: Known, account: Scope) -> None:
    number_index()
    NumberIndex.objects.update(changed_at=NumberIndex.objects.get().changed_at - store.KEPT)
    assert known(account).contacts == 0
    maintain()
    assert NumberIndex.objects.get().contacts == 0


def test_switching_off_deletes_what_is_stored(number_index: Build, settings: Settings) -> None:
    number_index()
    settings.NUMBER_INDEX_MOST_CONTACTS = 0
    maintain()
    assert not NumberIndex.objects.exists()


def test_thousand_numbers_are_in_no_row_of_database_and_in_no_log_line(
    number_index: Build, account: Scope, caplog: pytest.LogCaptureFixture
) -> None:
    rng, ids = random.Random(5), count(1)
    numbers = [f"{rng.randrange(10**8, 10**9)}" for _ in range(1000)]
    index = store.get_or_create(get_gateway().api_key_fingerprint, "account")
    builder = TableBuilder()
    builder.add(Row(next(ids), f"0{n[:4]} {n[4:]}", int(f"44{n}"), None) for n in numbers[:500])
    store.save_table(index, builder.table())
    rows = [contact(next(ids), f"0{n[:4]} {n[4:]}", f"+44{n}") for n in numbers[500:]]
    record(account, rows)
    index_for(account)
    assert NumberIndexAddition.objects.exists()
    dump = _dump()
    written = "\n".join(str(entry.__dict__) for entry in caplog.records).encode()
    for number in numbers:
        spellings = (number.encode(), f"{number[:4]} {number[4:]}".encode(), int(f"44{number}").to_bytes(8, "little"))
        assert not any(spelling in dump or spelling in written for spelling in spellings)


def _dump() -> bytes:
    """Every value of every table."""
    with connection.cursor() as cursor:
        values = []
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')  # noqa: S608  # our own tables
            values += [value for row in cursor.fetchall() for value in row]
    return b"\n".join(bytes(v) if isinstance(v, bytes | memoryview) else str(v).encode() for v in values)


def test_old_index_answers_while_a_large_one_is_read(
    number_index: Build, account: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "LOADED_AT_ONCE", 4)
    indexes = registry.IndexRegistry(get_gateway().api_key_fingerprint)
    _stored(rows=3)
    assert indexes.for_scope(account).contacts == 3
    submitted = []
    monkeypatch.setattr(indexes._loader, "submit", lambda *call: submitted.append(call))
    _stored(rows=9)
    assert indexes.for_scope(account).contacts == 3
    assert indexes.for_scope(account).contacts == 3
    ((load, slot, state),) = submitted
    indexes._load(slot, state)
    assert load == indexes._load_on_thread
    assert indexes.for_scope(account).contacts == 9


def test_memory_is_bounded_and_least_recently_used_goes_first(
    number_index: Build, desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    indexes = registry.IndexRegistry(get_gateway().api_key_fingerprint)
    scopes = [Scope(each["id"], "", switchable=False) for each in desk_api.profiles()[:3]]
    for scope in scopes:
        _stored(str(scope.profile_id), rows=2000)
    indexes.for_scope(scopes[0])
    two_and_a_half = indexes._slots[str(scopes[0].profile_id)].nbytes * 5 // 2
    monkeypatch.setattr(registry, "MOST_BYTES", two_and_a_half)
    for scope in scopes:
        assert indexes.for_scope(scope).contacts == 2000
    assert set(indexes._slots) == {"account", *(str(scope.profile_id) for scope in scopes[1:])}
