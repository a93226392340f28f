"""Traffic: every page through the gateway adds its rows, without a call; foreign rows and refused scopes do not."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import OperationalError
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.observers import OBSERVERS
from contacts_ui.models import NumberIndex, NumberIndexAddition
from contacts_ui.number_index import ScopeIndex, maintenance, record, registry, store, traffic
from contacts_ui.number_index.ownership import rows_of_page
from contacts_ui.number_index.rows import UNOWNED
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Account, Contact, Profile
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

from .test_pieces import contact

Known = Callable[[Scope], ScopeIndex]
Build = Callable[..., None]
WHOLE_LIST = ContactQuery(page=1, page_size=50)


def test_page_adds_its_rows_for_no_call(
    number_index: Build, known: Known, account: Scope, desk_api: SandboxServer
) -> None:
    page = get_gateway().contacts(account, WHOLE_LIST).value
    calls = len(desk_api.requests())
    index = known(account)
    assert index.contacts == 100  # the API is asked for pages of a hundred
    assert not index.complete
    assert all(index.has(each.format_e164) for each in page.contacts if each.format_e164)
    assert len(desk_api.requests()) == calls


def test_rows_of_one_process_reach_the_others(number_index: Build, known: Known, profile: Scope) -> None:
    get_gateway().contacts(profile, WHOLE_LIST)
    contacts = known(profile).contacts
    registry.reset()
    assert known(profile).contacts == contacts > 0


def test_page_seen_again_stores_nothing(number_index: Build, known: Known, profile: Scope) -> None:
    get_gateway().contacts(profile, WHOLE_LIST)
    known(profile)
    version, additions = NumberIndex.objects.get(scope=profile.profile_id).version, NumberIndexAddition.objects.count()
    get_gateway().contacts(profile, WHOLE_LIST)
    known(profile)
    assert NumberIndex.objects.get(scope=profile.profile_id).version == version
    assert NumberIndexAddition.objects.count() == additions == 1


def test_changed_number_replaces_the_former_one(number_index: Build, known: Known, account: Scope) -> None:
    number_index()
    first = get_gateway().contacts(account, WHOLE_LIST).value.contacts[0]
    changed = Contact(id=first.id, format_national="07403 965801", format_e164="+447403965801")
    record(account, [changed])
    index = known(account)
    assert index.has("+447403965801")
    assert first.format_e164 is not None
    assert not index.has(first.format_e164)
    assert index.contacts == 300


def test_row_of_another_profile_never_enters(
    number_index: Build, known: Known, profile: Scope, desk_api: SandboxServer
) -> None:
    other = next(each["id"] for each in desk_api.profiles() if each["id"] != profile.profile_id)
    foreign = contact(1, "07403 965801", "+447403965801", owner=other.upper())
    record(profile, [foreign, contact(2, "07403 965802", "+447403965802", owner=profile.profile_id)])
    index = known(profile)
    assert not index.has("+447403965801")
    assert index.has("+447403965802")
    assert index.contacts == 1


ORG = Account(id="org", type="organization", profiles=(Profile(id="p1"), Profile(id="P2"), Profile(id="p3")))
OWNERS = st.sampled_from([None, "org", "p1", "P1", "p2", "P2", "p3", "unknown", ""])


@given(st.lists(OWNERS, max_size=20), st.sampled_from(["p1", "P2"]))
def test_profile_gets_no_row_that_names_another_profile(owners: list[str | None], profile_id: str) -> None:
    contacts = [contact(number, "07403 965801", owner=owner) for number, owner in enumerate(owners)]
    rows = list(rows_of_page(profile_id, contacts, ORG))
    others = {profile.id.lower() for profile in ORG.profiles} - {profile_id.lower()}
    assert len(rows) == sum((owner or "").lower() not in others for owner in owners)
    assert {row.owner for row in rows} <= {profile_id.lower()}


@pytest.mark.slow
@given(st.lists(OWNERS, max_size=20))
def test_account_keeps_owners_that_me_names_alone(owners: list[str | None]) -> None:
    contacts = [contact(number, "07403 965801", owner=owner) for number, owner in enumerate(owners)]
    named = {profile.id.lower() for profile in ORG.profiles}
    expected = [UNOWNED if not owner else owner.lower() if owner.lower() in named else None for owner in owners]
    assert [row.owner for row in rows_of_page(None, contacts, ORG)] == expected


def test_profile_answers_from_account_index_with_its_own_rows(
    number_index: Build, known: Known, profile: Scope, desk_api: SandboxServer
) -> None:
    number_index()
    assert not known(profile).complete  # the API did not say of every contact whose it is
    get_gateway().contacts(profile, WHOLE_LIST)
    index, own = known(profile), desk_api.contacts(profile.profile_id)
    assert (index.complete, index.contacts) == (True, len(own))
    foreign = set(desk_api.contacts().values()) - set(own.values())
    assert all(index.has(number) for number in own.values() if number)
    assert not any(index.has(number) for number in foreign if number)


def test_contact_that_a_profile_sees_and_does_not_own_stays_its_owners(
    number_index: Build, known: Known, profile: Scope, account: Scope, desk_api: SandboxServer
) -> None:
    number_index()
    own = known(account)
    rows = desk_api.get("/v3/contacts", page=1, page_size=100).json()["data"]["contacts"]
    profiles = {each["id"] for each in desk_api.profiles()}
    row = next(
        each for each in rows if each.get("customer_id", "") not in {"", None, *profiles} and each["format_e164"]
    )
    record(profile, [contact(UUID(row["id"]).int, row["format_national"], row["format_e164"])])
    assert known(account).contacts == own.contacts
    assert known(account).owners_of(row["format_e164"]) == {None}


def test_contact_whose_owner_the_api_does_not_say_becomes_its_profiles(
    number_index: Build, known: Known, profile: Scope, account: Scope
) -> None:
    number_index()
    record(account, [contact(1, "07403 965801", "+447403965801")])
    assert known(account).owners_of("+447403965801") == {UNOWNED}
    assert not known(profile).has("+447403965801")
    assert not known(profile).complete
    record(profile, [contact(1, "07403 965801", "+447403965801")])
    assert known(profile).has("+447403965801")
    record(account, [contact(1, "07403 965801", "+447403965801")])
    assert known(profile).has("+447403965801")
    assert known(account).contacts == 301


def test_contact_without_a_number_is_stored_once(
    number_index: Build, known: Known, account: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "BUILD_IN_ADDITIONS", 1)
    number_index()
    record(account, [contact(5, "12 34"), contact(6, None)])
    assert known(account).contacts == 302
    maintenance.build_in_additions(get_gateway().api_key_fingerprint)
    for _ in range(2):
        record(account, [contact(5, "12 34"), contact(6, None)])
        assert known(account).contacts == 302
    assert NumberIndexAddition.objects.count() == 0


def test_profile_that_grew_is_not_complete_any_more(
    number_index: Build, known: Known, profile: Scope, account: Scope
) -> None:
    number_index()
    known(profile)
    page = get_gateway().contacts(profile, WHOLE_LIST).value
    grown = replace_total(page, (page.pagination.total_count or 0) + 1)
    traffic.RECORDER.page_fetched(profile, WHOLE_LIST, grown)
    assert not known(profile).complete
    assert known(account).complete
    assert NumberIndex.objects.get(scope="account").moved


def test_new_contact_seen_keeps_profile_complete(number_index: Build, known: Known, profile: Scope) -> None:
    number_index()
    known(profile)
    page = get_gateway().contacts(profile, WHOLE_LIST).value
    new = Contact(id=uuid4(), format_national="07403 965801", format_e164="+447403965801")
    grown = replace_total(page, (page.pagination.total_count or 0) + 1, (new, *page.contacts[1:]))
    traffic.RECORDER.page_fetched(profile, WHOLE_LIST, grown)
    assert known(profile).complete
    assert known(profile).has("+447403965801")


def replace_total(page: Any, total: int, contacts: tuple[Contact, ...] | None = None) -> Any:
    """The page as if the list had so many contacts."""
    import msgspec

    pagination = msgspec.structs.replace(page.pagination, total_count=total)
    return msgspec.structs.replace(page, pagination=pagination, contacts=contacts or page.contacts)


def test_total_of_a_filtered_list_is_not_that_of_the_scope(known: Known, profile: Scope) -> None:
    get_gateway().contacts(profile, replace(WHOLE_LIST, channel="whatsapp"))
    assert known(profile).contacts
    assert NumberIndex.objects.get(scope=profile.profile_id).seen_total is None


@pytest.mark.parametrize(
    "refusal", [{"status": 401}, {"status": 403}, {"status": 404, "code": "RESOURCE_004"}], ids=["401", "403", "404"]
)
def test_refused_scope_has_no_index_until_the_api_answers(  # noqa: PLR0917
    admin_client: Client,
    number_index: Build,
    known: Known,
    profile: Scope,
    account: Scope,
    refusal: dict[str, Any],
    desk_api: SandboxServer,
) -> None:
    number_index()
    assert known(profile).contacts
    desk_api.fault(route="contacts", kind="status", **refusal)
    admin_client.get(f"{profile.path}contacts/")
    assert (known(profile).contacts, known(profile).complete) == (0, False)
    assert known(account).contacts
    registry.reset()  # other processes know too
    assert known(profile).contacts == 0
    admin_client.get(f"{profile.path}contacts/")
    assert known(profile).contacts
    known(profile)
    registry.reset()
    assert known(profile).contacts


def test_index_off_observes_nothing(desk_api: SandboxServer) -> None:
    assert OBSERVERS == []


def test_traffic_stops_adding_at_the_most_contacts(
    number_index: Build, known: Known, account: Scope, settings: Settings
) -> None:
    settings.NUMBER_INDEX_MOST_CONTACTS = 60
    for page in range(1, 5):
        get_gateway().contacts(account, ContactQuery(page=page, page_size=50))
        known(account)
    assert known(account).contacts == 100


def test_hand_over_in_the_background_takes_microseconds(
    number_index: Build, account: Scope, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NUMBER_INDEX_IN_BACKGROUND = True
    recorder = traffic.TrafficRecorder()
    monkeypatch.setattr(recorder, "_start", lambda: None)
    contacts = [contact(n, f"07403 {n:06}", f"+447403{n:06}") for n in range(100)]
    started = time.thread_time()
    for _ in range(50):
        recorder.record(account, contacts)
    assert (time.thread_time() - started) / 50 < 0.0003  # CPU of this thread, whatever else the machine does
    for _ in range(200):
        recorder.record(account, contacts)  # beyond what may wait: dropped, never blocking
    assert recorder._pages.qsize() == traffic.MOST_WAITING


def test_thread_takes_pages_and_survives_a_failure(
    number_index: Build, account: Scope, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.NUMBER_INDEX_IN_BACKGROUND = True
    taken: list[object] = []

    def take(page: object) -> None:
        taken.append(page)
        if len(taken) == 1:
            raise ValueError("+447403965801")

    monkeypatch.setattr(traffic, "_take", take)
    recorder = traffic.TrafficRecorder()
    for number in range(3):
        recorder.record(account, [contact(number, None)])
    wait_until(lambda: len(taken) == 3)
    assert [page.contacts[0].id for page in taken] == [UUID(int=n) for n in range(3)]  # type: ignore[attr-defined]


def test_total_of_one_process_does_not_outlive_what_another_stored(
    number_index: Build, known: Known, profile: Scope
) -> None:
    number_index()
    page = get_gateway().contacts(profile, WHOLE_LIST).value
    total = page.pagination.total_count or 0
    traffic.RECORDER.page_fetched(profile, WHOLE_LIST, replace_total(page, total + 2))
    assert not known(profile).complete
    stored = NumberIndex.objects.filter(scope=profile.profile_id)
    assert stored.get().seen_total == total + 2
    stored.update(seen_total=total, version=99)  # as another process saw it since
    assert known(profile).complete
    registry.current().flush()
    assert stored.get().seen_total == total


def test_scope_that_answered_twice_before_it_was_stored_is_not_refused(
    number_index: Build, known: Known, profile: Scope
) -> None:
    number_index()
    traffic.RECORDER.scope_refused(profile)
    assert known(profile).contacts == 0
    account = get_gateway().background_account()
    for _ in range(2):
        registry.current().learn(profile.profile_id, [contact(1, None)], None, account)
        assert registry.current().for_scope(profile).contacts
    assert known(profile).contacts
    assert NumberIndex.objects.get(scope=profile.profile_id).refused_at is None


def test_owner_that_the_accounts_list_names_is_taken_over(
    number_index: Build, known: Known, profile: Scope, account: Scope, desk_api: SandboxServer
) -> None:
    number_index()
    other = next(each["id"] for each in desk_api.profiles() if each["id"] != profile.profile_id)
    record(profile, [contact(1, "07403 965801", "+447403965801")])
    assert known(account).owners_of("+447403965801") == {profile.profile_id}
    record(account, [contact(1, "07403 965801", "+447403965801", owner=other)])
    assert known(account).owners_of("+447403965801") == {other}
    assert not known(profile).has("+447403965801")


def test_what_could_not_be_stored_is_stored_the_next_time(
    number_index: Build, known: Known, account: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OperationalError("database is locked")

    record(account, [contact(1, "07403 965801", "+447403965801")])
    with monkeypatch.context() as patch:
        patch.setattr(store, "add_rows", refuse)
        with pytest.raises(OperationalError):
            known(account)
    assert known(account).has("+447403965801")
    registry.reset()
    assert known(account).has("+447403965801")


def test_index_deleted_meanwhile_begins_anew(number_index: Build, known: Known, account: Scope) -> None:
    number_index()
    assert known(account).contacts == 300
    NumberIndex.objects.all().delete()
    assert known(account).contacts == 0
    record(account, [contact(1, "07403 965801", "+447403965801")])
    assert known(account).contacts == 1
    registry.reset()
    assert known(account).contacts == 1
