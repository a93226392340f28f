"""Owners: whose contacts have a number, over all scopes, and for whom that is known for sure."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from contacts_ui.number_index import OwnersAnswer, account_names_profiles, maintenance, owners, record, registry
from contacts_ui.scope import Scope
from testing.sandbox_server import SandboxServer

from .test_pieces import contact

Build = Callable[..., None]


def _holders(desk_api: SandboxServer) -> dict[str, set[str | None]]:
    """The profiles that own each number by the account's list; None where the account itself does."""
    found: dict[str, set[str | None]] = {}
    profiles = {each["id"] for each in desk_api.profiles()}
    for page in (1, 2, 3):
        for row in desk_api.get("/v3/contacts", page=page, page_size=100).json()["data"]["contacts"]:
            owner = owner if (owner := row.get("customer_id")) in profiles else None
            if row["format_e164"]:
                found.setdefault(row["format_e164"], set()).add(owner)
    return found


def test_account_index_names_every_holder(number_index: Build, account: Scope, desk_api: SandboxServer) -> None:
    number_index()
    profiles = {each["id"] for each in desk_api.profiles()}
    holders = _holders(desk_api)
    assert account_names_profiles()
    for number in list(holders)[::10]:
        answer = owners(number)
        assert answer.profile_ids == holders[number]
    answer = owners("+447403965801")
    assert answer.profile_ids == frozenset()
    assert answer.complete_for == {None, *profiles}


def test_number_that_may_be_anyones_is_sure_for_nobody(
    number_index: Build, account: Scope, desk_api: SandboxServer
) -> None:
    number_index()
    record(account, [contact(1, "07403 965801", "+447403965801")])
    assert owners("+447403965801") == OwnersAnswer(frozenset(), frozenset())


def test_list_that_names_no_profile_any_more_serves_none(
    number_index: Build, account: Scope, profile: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    number_index()
    assert account_names_profiles()
    monkeypatch.setattr(maintenance, "names_a_profile", lambda _rows: False)
    number_index()
    assert not account_names_profiles()
    assert owners("+447403965801").complete_for == {None}


def test_indexes_of_single_profiles_answer_for_these_alone(
    number_index: Build, profile: Scope, desk_api: SandboxServer
) -> None:
    number_index(profile.profile_id)
    number = next(number for number in desk_api.contacts(profile.profile_id).values() if number)
    answer = owners(number)
    assert profile.profile_id in answer.profile_ids
    assert answer.complete_for == {profile.profile_id}


def test_refused_profile_is_in_no_answer(number_index: Build, profile: Scope, desk_api: SandboxServer) -> None:
    number_index()
    number = next(number for number in desk_api.contacts(profile.profile_id).values() if number)
    assert profile.profile_id in owners(number).profile_ids
    registry.current().refuse(profile.profile_id)
    answer = owners(number)
    assert profile.profile_id not in answer.profile_ids | answer.complete_for


def test_nothing_is_known_when_off(desk_api: SandboxServer) -> None:
    answer = owners("+447403965801")
    assert answer.profile_ids == answer.complete_for == frozenset()
