"""What would make the index lie, stand still, cost too much or stay behind: kills, clocks, odd answers, other keys."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from contacts_ui import snapshots
from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberIndex, NumberIndexAddition, NumberIndexPart, ScopeVisit, Snapshot, SnapshotPart
from contacts_ui.number_index import ScopeIndex, maintain, maintenance, record, registry, store
from contacts_ui.number_index.rows import Row, key_of
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer

from .test_pieces import contact

Known = Callable[[Scope], ScopeIndex]
Build = Callable[..., None]


def _build_finished() -> None:
    gateway = get_gateway()
    maintenance.build_finished(gateway.api_key_fingerprint, gateway.background_account())


def test_worker_killed_after_the_build_loses_no_row_of_traffic(
    number_index: Build, known: Known, account: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    maintenance.start(None)
    run_tasks()
    record(account, [contact(2, "07403 965802", "+447403965802")])
    assert known(account).has("+447403965802")

    def killed(_snapshot: Snapshot) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(snapshots, "expire", killed)
        with pytest.raises(KeyboardInterrupt):
            _build_finished()
    _build_finished()  # of the next worker
    assert known(account).has("+447403965802")
    assert not SnapshotPart.objects.exists()


def test_switching_off_ends_the_snapshots_too(number_index: Build, settings: Settings) -> None:
    maintenance.start(None)
    run_tasks()
    unfinished = maintenance.start(None)
    export = snapshots.start(None, "export")
    settings.NUMBER_INDEX_MOST_CONTACTS = 0
    maintain()
    assert not SnapshotPart.objects.exists()
    assert list(Snapshot.objects.exclude(wrapped_key=None)) == [export]
    unfinished.refresh_from_db()
    assert not unfinished.is_unfinished


@pytest.mark.parametrize("calls", [90, 1500])
def test_list_that_always_changes_is_read_for_a_call_a_minute(number_index: Build, calls: int) -> None:
    number_index()
    NumberIndex.objects.update(whole=False, moved=True, calls=calls, attempted_at=None)
    most = min(timedelta(minutes=calls), maintenance.RENEW_AFTER)
    NumberIndex.objects.update(built_at=datetime.now(UTC) - most + timedelta(minutes=1))
    maintain()
    assert Snapshot.objects.count() == 1
    NumberIndex.objects.update(built_at=datetime.now(UTC) - most)
    maintain()
    assert Snapshot.objects.count() == 2


@pytest.mark.parametrize("days", [3, 365])
def test_clock_that_was_ahead_stops_no_renewal(number_index: Build, known: Known, account: Scope, days: int) -> None:
    number_index()
    ahead = datetime.now(UTC) + timedelta(days=days)
    NumberIndex.objects.update(built_at=ahead, attempted_at=ahead, changed_at=ahead, version=99)
    assert not known(account).complete
    maintain()
    assert Snapshot.objects.count() == 2


@pytest.mark.parametrize("total", [-1, 2**31, 10**30])
def test_impossible_total_counts_as_none(
    number_index: Build, known: Known, account: Scope, desk_api: SandboxServer, total: int
) -> None:
    desk_api.fault(route="contacts", kind="patch", set={"data.pagination.total_count": total}, times=50)
    get_gateway().contacts(account, ContactQuery())
    assert known(account).contacts
    maintain()
    run_tasks()
    maintain()
    index = NumberIndex.objects.get(scope="account")
    assert (index.contacts, Snapshot.objects.get().total_last) == (300, None)


def test_additions_under_another_data_key_go_with_the_next_table(
    number_index: Build, known: Known, account: Scope, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BUILD_IN_ADDITIONS", 2)
    for number in (1, 2):
        record(account, [contact(number, f"07403 96580{number}", f"+44740396580{number}")])
        known(account)
    assert NumberIndexAddition.objects.count() == 2
    settings.DATA_KEY = "another" * 8
    fingerprint = get_gateway().api_key_fingerprint
    maintenance.build_in_additions(fingerprint)
    assert not NumberIndexAddition.objects.exists()
    version = NumberIndex.objects.get().table_version
    maintenance.build_in_additions(fingerprint)
    assert NumberIndex.objects.get().table_version == version


def test_table_of_another_format_is_built_anew(number_index: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    number_index()
    index = NumberIndex.objects.get()
    for part in NumberIndexPart.objects.all():  # opens, but holds what this version cannot read
        part.sealed = store._seal(index, f"part|{index.table_version}|{part.number}", b"\x80")
        part.save()
    maintenance._OPENED.clear()
    maintenance.delete_unusable(index.key_fingerprint)
    assert not NumberIndex.objects.exists()


def test_table_with_a_lost_part_is_built_anew(number_index: Build) -> None:
    number_index()
    NumberIndexPart.objects.all().delete()
    maintenance._OPENED.clear()
    maintenance.delete_unusable(get_gateway().api_key_fingerprint)
    assert not NumberIndex.objects.exists()


def test_refusal_of_one_process_ends_with_the_answer_of_another(number_index: Build, account: Scope) -> None:
    number_index()
    first, second = (registry.IndexRegistry(get_gateway().api_key_fingerprint) for _ in range(2))
    assert first.for_scope(account).contacts == second.for_scope(account).contacts == 300
    first.refuse(None)
    first.flush()
    assert second.for_scope(account).contacts == 0
    second.learn(None, [], 300, get_gateway().background_account())
    second.flush()
    assert second.for_scope(account).contacts == first.for_scope(account).contacts == 300
    first.flush()
    assert second.for_scope(account).contacts == 300


def test_rows_of_many_profiles_are_counted_once_for_all(number_index: Build, monkeypatch: pytest.MonkeyPatch) -> None:
    profiles = [f"00000000-0000-0000-0000-{n:012}" for n in range(100)]
    rows = [contact(n, "07403 965801", f"+4474039{n:05}", profiles[n % 100]) for n in range(300)]
    account = ScopeIndex.of(rows).with_rows([Row(key_of(rows[0].id), "07403 1", 0, profiles[1])])
    masks: list[str] = []
    monkeypatch.setattr(account.columns, "mask_of_owner", masks.append)
    counts = [account.of_owner(profile, complete=False).contacts for profile in profiles]
    assert counts == [2, 4] + 98 * [3]
    assert masks == []  # each takes 10 ms of a million contacts


def test_round_costs_no_query_for_each_visited_profile(
    number_index: Build, account: Scope, user_without_role: User, desk_api: SandboxServer
) -> None:
    number_index()
    NumberIndex.objects.update(names_profiles=False)
    counts = []
    for profile in desk_api.profiles():
        visited_at = datetime.now(UTC)
        ScopeVisit.objects.create(user=user_without_role, profile_id=UUID(profile["id"]), visited_at=visited_at)
        index = store.get_or_create(get_gateway().api_key_fingerprint, profile["id"])
        store.update(index, built_at=visited_at, whole=True)
        with CaptureQueriesContext(connection) as queries:
            maintain()
        counts.append(len(queries))
    assert set(counts[1:]) == {counts[1]}
