"""Answers of the three ways: owners are right, "not here" is never said falsely, nobody else's profile is named.

Small here; the same over 1,000 numbers, 40 profiles and 10,000 steps is `exhaustive`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from pytest_django import Settings

from contacts_ui.access import ScopesAcross, scopes_across
from contacts_ui.contacts.cross_profile import CrossProfileResult, look_up, owner_index
from contacts_ui.contacts.lookup_run import run
from contacts_ui.contacts.lookup_store import lookup_of, progress_of
from contacts_ui.contacts.lookup_sweep import resume, start
from contacts_ui.contacts.scope_answers import ScopeAnswer, number_of, question_about
from contacts_ui.models import NumberLookup, ProfileAccess
from testing.sandbox_server import SandboxServer

from .conftest import Owners, owners_of

FAULTS = 0.05  # of the calls
BREAKS: tuple[dict[str, Any], ...] = (
    {"kind": "status", "status": 500},
    {"kind": "truncate"},
    {"kind": "html", "status": 502},
    {"kind": "patch", "set": {"data.contacts": None}},
    {"kind": "patch", "remove": ["data.contacts.*.id"]},
    {"kind": "patch", "remove": ["data.contacts.*.customer_id"]},
    {"kind": "patch", "set": {"data.contacts.*.format_e164": "+12015550199"}},
    {"kind": "patch", "set": {"data.pagination.total_count": None}},
    {"kind": "patch", "set": {"data.contacts.*.format_national": None}},
)
Build = Callable[..., None]


@dataclass(frozen=True, slots=True)
class World:
    """A sandbox, who has each number, whose each contact is, and an agent with every second profile."""

    sandbox: SandboxServer
    owners: Owners
    owner_of_contact: dict[str, str | None]
    agent: User

    @property
    def across(self) -> ScopesAcross:
        """The agent's scopes now."""
        return scopes_across(self.agent)

    def numbers(self, count: int) -> list[str]:
        """So many numbers: those that several have first, then of one owner, then of nobody."""
        rng = random.Random(7)
        by_owners = sorted(self.owners, key=lambda number: -len(self.owners[number]))
        several = list(islice((number for number in by_owners if len(self.owners[number]) > 1), count // 4))
        single = rng.sample([number for number in by_owners if len(self.owners[number]) == 1], count // 2)
        return several + single + [f"+1415555{digits:04}" for digits in range(100, 100 + count - len(several + single))]

    def check(self, number: str, answers: Sequence[ScopeAnswer], *, faults: bool) -> None:
        """No answer is false; without faults each is one."""
        mine = {scope.profile_id for scope in self.across.scopes}
        assert {answer.scope.profile_id for answer in answers} <= mine
        for answer in answers:
            has = answer.scope.profile_id in self.owners.get(number, frozenset())
            if answer.word == "here":
                assert all(number_of(contact) in {number, None} for contact in answer.contacts), number
                assert {self.owner_of_contact[str(contact.id)] for contact in answer.contacts} == {
                    answer.scope.profile_id
                }
            elif answer.word == "absent":
                assert not has, (number, answer)
            else:
                assert faults, (number, answer)


def _world(sandbox: SandboxServer, agent: User) -> World:
    owner_of_contact: dict[str, str | None] = dict.fromkeys(sandbox.contacts())
    for profile in sandbox.profiles():
        owner_of_contact |= dict.fromkeys(sandbox.contacts(profile["id"]), profile["id"])
    ProfileAccess.objects.filter(user=agent).delete()
    for profile in sandbox.profiles()[::2]:
        ProfileAccess.objects.create(user=agent, profile_id=UUID(profile["id"]))
    return World(sandbox, owners_of(sandbox), owner_of_contact, agent)


@pytest.fixture
def world(desk_api: SandboxServer, support_user: User) -> World:
    """The worker's sandbox: 600 contacts, 12 profiles, of which the agent has six."""
    return _world(desk_api, support_user)


def by_index(world: World, number: str) -> CrossProfileResult:
    """The first way."""
    return look_up(question_about(number), world.across, owner_index())


def by_account_list(world: World, number: str) -> CrossProfileResult:
    """The second."""
    return look_up(question_about(number), world.across)


def by_sweep(world: World, number: str) -> tuple[ScopeAnswer, ...]:
    """The third, and again for those without an answer."""
    across = world.across
    lookup = start(world.agent, question_about(number), across.scopes, typed=True)
    run(lookup.pk)
    progress = progress_of(lookup_of(world.agent, lookup.pk), across)
    if progress.unanswered:
        resume(lookup)
        run(lookup.pk)
        progress = progress_of(lookup_of(world.agent, lookup.pk), across)
    NumberLookup.objects.all().delete()
    return progress.answers


def _unreliable(world: World, share: float) -> Iterator[None]:
    """Before each number, for which two calls are made at most, this share of calls gets a fault."""
    rng = random.Random(5)
    while True:
        world.sandbox.clear()
        for _ in range(sum(rng.random() < share for _ in range(2))):
            world.sandbox.fault(route="contacts", **rng.choice(BREAKS))
        yield


def check_index(world: World, count: int, *, faults: float = 0.0) -> int:
    """The first way over so many numbers; how many scopes were left out, because a row names no owner."""
    unreliable, left = _unreliable(world, faults), 0
    for number in world.numbers(count):
        next(unreliable)
        result = by_index(world, number)
        world.check(number, result.answers, faults=bool(faults))
        here = {answer.scope.profile_id for answer in result.here}
        mine = {scope.profile_id for scope in world.across.scopes} - {scope.profile_id for scope in result.unasked}
        assert faults or here >= world.owners.get(number, frozenset()) & mine
        left += len(result.unasked)
    return left


def check_account_list(world: World, count: int, *, faults: float = 0.0) -> int:
    """The second way over so many numbers; how many scopes were left out."""
    unreliable, left = _unreliable(world, faults), 0
    for number in world.numbers(count):
        next(unreliable)
        result = by_account_list(world, number)
        world.check(number, result.answers, faults=bool(faults))
        left += len(result.unasked)
    return left


def check_sweep(world: World, count: int, *, faults: float = 0.0) -> None:
    """The third way over so many numbers."""
    rng = random.Random(5)
    for number in world.numbers(count):
        for _ in range(sum(rng.random() < faults for _ in world.across.scopes)):
            world.sandbox.fault(route="contacts", **rng.choice(BREAKS))
        answers = by_sweep(world, number)
        world.check(number, answers, faults=bool(faults))
        assert len(answers) == len(world.across.scopes)
        world.sandbox.clear()


@pytest.mark.slow
@pytest.mark.parametrize("faults", [0.0, 0.3], ids=["calm", "faults"])
def test_index_names_right_owners(world: World, number_index: Build, faults: float) -> None:
    number_index()
    left = check_index(world, 40, faults=faults)
    assert left <= 6 or faults


@pytest.mark.slow
def test_index_asks_only_those_it_names(world: World, number_index: Build) -> None:
    number_index()
    number = next(iter(world.numbers(4)))
    world.sandbox.reset_requests()
    result = by_index(world, number)
    calls = {call["profile"] for call in world.sandbox.requests() if call["path"] == "/v3/contacts"}
    assert calls == {answer.scope.profile_id for answer in result.here}
    assert all(answer.indexed and answer.asked_at for answer in result.answers if answer.word == "absent")
    assert by_index(world, "+14155550100").here == ()


@pytest.mark.slow
@pytest.mark.parametrize("faults", [0.0, 0.3], ids=["calm", "faults"])
def test_account_list_names_right_owners(world: World, faults: float) -> None:
    left = check_account_list(world, 40, faults=faults)
    assert left <= 6 or faults


def test_account_list_costs_one_call_for_found_and_two_for_others(world: World) -> None:
    by_account_list(world, "+14155550100")  # the proof
    mine = {scope.profile_id for scope in world.across.scopes}
    number = next(number for number, owners in world.owners.items() if owners and owners <= mine)
    for asked, most in ((number, 1), ("+14155550101", 2)):
        world.sandbox.reset_requests()
        by_account_list(world, asked)
        assert len([call for call in world.sandbox.requests() if call["path"] == "/v3/contacts"]) == most


def test_account_list_that_is_not_whole_is_not_believed(world: World) -> None:
    by_account_list(world, "+14155550100")  # the proof
    mine = {scope.profile_id for scope in world.across.scopes}
    number = next(number for number, owners in world.owners.items() if 0 < len(owners & mine) < len(mine))
    world.sandbox.fault(route="contacts", kind="patch", set={"data.pagination.total_count": 4711}, times=9)
    result = by_account_list(world, number)
    assert {answer.word for answer in result.answers} == {"here"}
    assert result.unasked
    world.check(number, result.answers, faults=False)


@pytest.mark.slow
@pytest.mark.parametrize("faults", [0.0, 0.3], ids=["calm", "faults"])
def test_sweep_names_right_owners(world: World, faults: float) -> None:
    check_sweep(world, 8, faults=faults)


def test_row_without_owner_makes_account_list_uncertain(world: World) -> None:
    by_account_list(world, "+14155550100")  # the proof
    world.sandbox.fault(route="contacts", kind="patch", remove=["data.contacts.*.customer_id"], times=9)
    result = by_account_list(world, world.numbers(4)[0])
    assert result.answers == ()
    assert len(result.unasked) == 6


def test_row_without_id_is_never_not_here(world: World) -> None:
    scope = world.across.scopes[0]
    number = next(number for number, owners in world.owners.items() if scope.profile_id in owners)
    ProfileAccess.objects.filter(user=world.agent).exclude(profile_id=UUID(scope.profile_id or "")).delete()
    world.sandbox.fault(route="contacts", kind="patch", remove=["data.contacts.0.id"])
    (answer,) = look_up(question_about(number), world.across).answers
    assert answer.word == "unanswered"


def test_answer_about_other_number_is_no_answer(world: World) -> None:
    scope = world.across.scopes[0]
    number = next(number for number, owners in world.owners.items() if scope.profile_id in owners)
    ProfileAccess.objects.filter(user=world.agent).exclude(profile_id=UUID(scope.profile_id or "")).delete()
    world.sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.format_e164": "+12015550199"})
    (answer,) = look_up(question_about(number), world.across).answers
    assert answer.word == "unanswered"


@pytest.mark.slow
@pytest.mark.parametrize("phone_rows", ["one", "all"])
def test_account_itself_is_told_from_its_profiles(
    admin_user: User, desk_api: SandboxServer, settings: Settings, use_key: Callable[[str], None], phone_rows: str
) -> None:
    with SandboxServer(contacts=300, profiles=2, phone_rows=phone_rows) as server:
        settings.SENT_API_URL = server.url
        use_key(settings.SENT_API_KEY)
        owners, across = owners_of(server), scopes_across(admin_user)
        assert len(across.scopes) == 3  # few, so each is asked by itself
        by_count = sorted(owners, key=lambda number: -len(owners[number]))
        for number in by_count[:20] + by_count[-10:] + ["+14155550100"]:
            result = look_up(question_about(number), across)
            assert {answer.scope.profile_id for answer in result.here} == owners.get(number, frozenset())
            assert all(answer.word != "unanswered" for answer in result.answers)


@pytest.fixture
def large_world(
    support_user: User, desk_api: SandboxServer, settings: Settings, use_key: Callable[[str], None], phone_rows: str
) -> Iterator[World]:
    """40 profiles and 8,000 contacts."""
    with SandboxServer(contacts=8000, profiles=40, phone_rows=phone_rows) as server:
        settings.SENT_API_URL = server.url
        settings.SENT_BUDGET_PER_MINUTE = settings.SENT_BUDGET_BURST = 100_000  # half of it is a sweep's
        use_key(settings.SENT_API_KEY)
        yield _world(server, support_user)


@pytest.mark.exhaustive
@pytest.mark.parametrize("faults", [0.0, FAULTS])
@pytest.mark.parametrize("phone_rows", ["one"])
def test_index_over_thousand_numbers(large_world: World, number_index: Build, faults: float) -> None:
    number_index()
    left = check_index(large_world, 1000, faults=faults)
    assert left < 200 or faults  # of 20,000 answers


@pytest.mark.exhaustive
@pytest.mark.parametrize("faults", [0.0, FAULTS])
@pytest.mark.parametrize("phone_rows", ["one", "all"])
def test_account_list_over_thousand_numbers(large_world: World, faults: float) -> None:
    left = check_account_list(large_world, 1000, faults=faults)
    assert left < 200 or faults  # of 20,000 answers


@pytest.mark.exhaustive
@pytest.mark.parametrize("faults", [0.0, FAULTS])
@pytest.mark.parametrize("phone_rows", ["one"])
def test_sweep_over_thousand_numbers(large_world: World, faults: float, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("contacts_ui.contacts.lookup_run.RUN_SECONDS", 60.0)
    check_sweep(large_world, 1000, faults=faults)
