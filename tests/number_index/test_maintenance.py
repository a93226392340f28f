"""Maintenance: which scopes get a snapshot, when it is renewed, and what is left alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from contacts_ui import snapshots
from contacts_ui.gateway import get_gateway
from contacts_ui.models import NumberIndex, NumberIndexAddition, ScopeVisit, Snapshot
from contacts_ui.number_index import ScopeIndex, maintain, maintenance, record, registry, store
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer

from .test_pieces import contact

Known = Callable[[Scope], ScopeIndex]
Build = Callable[..., None]


def _rounds(number: int = 1) -> None:
    """So many rounds of the worker."""
    for _ in range(number):
        maintain()
        run_tasks()
    maintain()


def _snapshots() -> list[str | None]:
    return list(Snapshot.objects.order_by("created_at").values_list("profile_id", flat=True))


@pytest.fixture(scope="module")
def own_lists() -> Iterator[SandboxServer]:
    """Sandbox whose account lists its own contacts alone."""
    with SandboxServer(contacts=300, profiles=4, seed=11, account_lists="own") as server:
        yield server


@pytest.fixture
def narrow_api(
    own_lists: SandboxServer, number_index: Build, settings: Settings, use_key: Callable[[str], None]
) -> SandboxServer:
    """Desk on that sandbox."""
    own_lists.clear()
    settings.SENT_API_URL = own_lists.url
    use_key("sandbox-organization")
    registry.reset()
    return own_lists


def test_one_snapshot_of_the_account_serves_all_profiles(
    number_index: Build, known: Known, profile: Scope, account: Scope
) -> None:
    _rounds(3)
    assert _snapshots() == [None]
    get_gateway().contacts(profile, ContactQuery())
    assert known(profile).complete
    assert known(account).complete
    index = NumberIndex.objects.get(scope="account")
    assert (index.names_profiles, index.whole, index.calls) == (True, True, 3)


@pytest.mark.slow
def test_profile_with_rows_of_nobody_is_read_by_itself(
    number_index: Build, known: Known, profile: Scope, desk_api: SandboxServer, admin_user: User
) -> None:
    assert profile.profile_id
    first = desk_api.get("/v3/contacts", page=1, page_size=100).json()["data"]["contacts"]
    place = next(place for place, row in enumerate(first) if row.get("customer_id") == profile.profile_id)
    desk_api.fault(route="contacts", kind="patch", set={f"data.contacts.{place}.customer_id": None}, times=2)
    _rounds()
    ScopeVisit.objects.create(user=admin_user, profile_id=UUID(profile.profile_id), visited_at=datetime.now(UTC))
    fingerprint = get_gateway().api_key_fingerprint
    total = len(desk_api.contacts(profile.profile_id))
    store.update(store.get_or_create(fingerprint, profile.profile_id), seen_total=total)  # as traffic tells it
    registry.reset()
    assert not known(profile).complete
    _rounds(2)
    assert _snapshots() == [None, profile.profile_id]
    assert known(profile).complete


def test_profile_of_a_list_that_names_everybody_is_not_read_by_itself(
    number_index: Build, known: Known, profile: Scope, admin_user: User
) -> None:
    assert profile.profile_id
    ScopeVisit.objects.create(user=admin_user, profile_id=UUID(profile.profile_id), visited_at=datetime.now(UTC))
    _rounds(3)
    assert _snapshots() == [None]


@pytest.mark.slow
def test_renewed_after_24_hours(number_index: Build) -> None:
    _rounds()
    NumberIndex.objects.update(built_at=datetime.now(UTC) - maintenance.RENEW_AFTER, attempted_at=None)
    _rounds()
    assert len(_snapshots()) == 2


@pytest.mark.slow
@pytest.mark.parametrize("changes", [{"seen_total": 301}, {"moved": True}, {"whole": False}])
def test_renewed_when_total_moved_but_once_an_hour(number_index: Build, changes: dict[str, object]) -> None:
    _rounds()
    NumberIndex.objects.update(attempted_at=None, **changes)
    _rounds()
    assert len(_snapshots()) == 1
    NumberIndex.objects.update(built_at=datetime.now(UTC) - maintenance.LEAST_AGE, attempted_at=None)
    _rounds()
    assert len(_snapshots()) == 2
    assert not NumberIndex.objects.get(scope="account").moved


def test_index_is_not_complete_after_26_hours(number_index: Build, known: Known, account: Scope) -> None:
    number_index()
    NumberIndex.objects.update(built_at=datetime.now(UTC) - timedelta(hours=26), version=99)
    assert not known(account).complete
    assert known(account).contacts == 300


def test_organization_that_is_too_large_costs_one_call(
    number_index: Build, settings: Settings, desk_api: SandboxServer
) -> None:
    settings.NUMBER_INDEX_MOST_CONTACTS = 299
    desk_api.reset_requests()
    _rounds(3)
    assert _snapshots() == []
    assert len([call for call in desk_api.requests() if call["path"] == "/v3/contacts"]) == 1


def test_snapshot_that_turns_out_too_large_is_cancelled(number_index: Build, settings: Settings) -> None:
    maintain()
    settings.NUMBER_INDEX_MOST_CONTACTS = 250
    Snapshot.objects.update(rows=251)
    maintain()
    assert Snapshot.objects.get().state == "cancelled"
    _rounds()
    assert len(_snapshots()) == 1


def test_failed_attempt_is_not_repeated_at_once(number_index: Build) -> None:
    maintain()
    snapshots.cancel(Snapshot.objects.get())
    maintain()
    assert len(_snapshots()) == 1
    NumberIndex.objects.update(attempted_at=datetime.now(UTC) - maintenance.RETRY_AFTER)
    maintain()
    assert len(_snapshots()) == 2


def test_api_that_fails_ends_the_round_alone(number_index: Build, desk_api: SandboxServer) -> None:
    desk_api.fault(route="contacts", kind="status", status=500, times=5)
    maintain()
    assert _snapshots() == []


@pytest.mark.slow
def test_profiles_that_people_visited_lately_come_one_at_a_time(
    narrow_api: SandboxServer, known: Known, user_without_role: User
) -> None:
    first, second, third = (UUID(each["id"]) for each in narrow_api.profiles()[:3])
    now = datetime.now(UTC)
    for profile_id, age in ((first, timedelta(hours=2)), (second, timedelta(hours=1)), (third, timedelta(days=15))):
        ScopeVisit.objects.create(user=user_without_role, profile_id=profile_id, visited_at=now - age)
    _rounds(5)
    assert _snapshots() == [None, str(second), str(first)]
    assert not NumberIndex.objects.get(scope="account").names_profiles
    index = known(Scope(str(first), "", switchable=True))
    assert (index.complete, index.contacts) == (True, len(narrow_api.contacts(str(first))))
    assert not known(Scope(str(third), "", switchable=True)).complete


@pytest.mark.slow
def test_profiles_are_read_as_long_as_all_fit(
    narrow_api: SandboxServer, user_without_role: User, settings: Settings
) -> None:
    sizes = {each["id"]: len(narrow_api.contacts(each["id"])) for each in narrow_api.profiles()[:3]}
    for profile_id in sizes:
        visited_at = datetime.now(UTC)
        ScopeVisit.objects.create(user=user_without_role, profile_id=UUID(profile_id), visited_at=visited_at)
    largest = max(sizes, key=lambda each: sizes[each])
    settings.NUMBER_INDEX_MOST_CONTACTS = len(narrow_api.contacts()) + sizes[largest] - 1
    _rounds(5)
    assert largest not in _snapshots()


@pytest.mark.slow
def test_additions_are_built_into_the_table(number_index: Build, known: Known, account: Scope) -> None:
    number_index()
    for number in range(maintenance.BUILD_IN_ADDITIONS):
        record(account, [contact(number, f"07403 {number:06}", f"+447403{number:06}")])
        known(account)
    assert NumberIndexAddition.objects.count() == maintenance.BUILD_IN_ADDITIONS
    before = {each: known(account).has(each) for each in ("+447403000007", "+447403000049")}
    maintenance.build_in_additions(get_gateway().api_key_fingerprint)
    assert not NumberIndexAddition.objects.exists()
    assert known(account).recent == {}
    assert all(known(account).has(each) for each in before)
    assert (known(account).contacts, known(account).complete) == (350, True)


def test_what_traffic_brought_while_a_snapshot_ran_stays(number_index: Build, known: Known, account: Scope) -> None:
    record(account, [contact(1, "07403 965801", "+447403965801")])
    known(account)
    NumberIndexAddition.objects.update(created_at=datetime.now(UTC) - timedelta(hours=1))
    snapshot = maintenance.start(None)
    run_tasks()
    record(account, [contact(2, "07403 965802", "+447403965802")])
    known(account)
    maintenance.build_finished(get_gateway().api_key_fingerprint, get_gateway().background_account())
    assert snapshot.pk == NumberIndex.objects.get(scope="account").snapshot
    assert not known(account).has("+447403965801")  # the API does not have it any more
    assert known(account).has("+447403965802")


def test_off_makes_no_call(desk_api: SandboxServer, db: None) -> None:
    maintain()
    assert desk_api.requests() == []
