"""Interleavings: assignments, worker, polls, stops and deaths in any order. No poll names what is not the person's."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.contacts import lookup_run, lookup_sweep
from contacts_ui.models import NumberLookup, ProfileAccess
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, text

from .conftest import Owners
from .test_page import LOOKUP

STEPS = 8  # of one walk


class Walk:
    """One lookup of an agent, and random steps of everybody who may change something about it."""

    def __init__(self, client: Client, agent: User, sandbox: SandboxServer, number: str, seed: int) -> None:
        self.client, self.agent, self.sandbox, self.rng = client, agent, sandbox, random.Random(seed)
        self.names = {
            profile["id"]: profile["name"].replace("&", "&amp;").replace("'", "&#39;") for profile in PROFILES
        }
        self.fences: list[int] = []
        ProfileAccess.objects.filter(user=agent).delete()
        NumberLookup.objects.all().delete()
        for profile_id in self.rng.sample(list(self.names), self.rng.randint(2, 8)):
            self._assign(profile_id)
        client.post(LOOKUP, {"number": number, "start": "1"})
        self.lookup_id = NumberLookup.objects.values_list("pk", flat=True).get()
        self.path = f"{LOOKUP}{self.lookup_id}/"

    def step(self) -> str:
        """One step of somebody; its name."""
        act: Callable[[], object] = self.rng.choice(
            (
                self.assign,
                self.take_away,
                self.take_away,
                self.work,
                self.work,
                self.work,
                self.die,
                self.stop,
                self.resume,
            )
        )
        act()
        return act.__name__

    def poll(self) -> tuple[int, str]:
        """What the page asks every two seconds: as a page or as a fragment."""
        headers = FRAGMENT if self.rng.random() < 0.8 else {}
        response = self.client.get(self.path, headers=headers)
        return response.status_code, text(response)

    def assign(self) -> None:
        """An admin gives a profile."""
        self._assign(self.rng.choice(list(self.names)))

    def take_away(self) -> None:
        """An admin takes one away."""
        mine = [str(profile_id) for profile_id in self._assigned()]
        if mine:
            ProfileAccess.objects.filter(user=self.agent, profile_id=UUID(self.rng.choice(mine))).delete()

    def work(self) -> None:
        """A worker asks one or two profiles, perhaps with an old fence."""
        if self.fences and self.rng.random() < 0.3:
            lookup_run._step(self.lookup_id, self.rng.choice(self.fences))
            return
        NumberLookup.objects.filter(state="running").update(due_at=datetime.now(UTC))
        fence = lookup_run._claim(self.lookup_id)
        if fence is not None:
            self.fences.append(fence)
            for _ in range(self.rng.randint(1, 2)):
                lookup_run._step(self.lookup_id, fence)

    def die(self) -> None:
        """A worker takes the lookup and dies."""
        NumberLookup.objects.filter(state="running").update(due_at=datetime.now(UTC))
        lookup_run._claim(self.lookup_id)

    def stop(self) -> None:
        """The person stops it."""
        self.client.post(self.path, {"do": "stop"})

    def resume(self) -> None:
        """The person goes on."""
        lookup_sweep.resume(NumberLookup.objects.get())

    def foreign_names(self, page: str) -> list[str]:
        """The profiles named on a page that are not the person's now."""
        mine = {str(profile_id) for profile_id in self._assigned()}
        return [name for key, name in self.names.items() if key not in mine and (name in page or key in page)]

    def price(self) -> int:
        """How many profiles are the person's now, of those that were theirs at the start."""
        return len(self._assigned())

    def _assigned(self) -> list[UUID]:
        return list(ProfileAccess.objects.filter(user=self.agent).values_list("profile_id", flat=True))

    def _assign(self, profile_id: str) -> None:
        ProfileAccess.objects.get_or_create(user=self.agent, profile_id=UUID(profile_id))


PROFILES: list[dict[str, str]] = []


def walk(client: Client, agent: User, sandbox: SandboxServer, known: Owners, walks: int) -> int:
    """So many walks; how many polls there were. Each poll must name nobody who is not the person's."""
    PROFILES[:] = sandbox.profiles()
    several = [number for number, owners in known.items() if len(owners) > 4]
    polls = 0
    for seed in range(walks):
        one = Walk(client, agent, sandbox, several[seed % len(several)], seed)
        done = list[str]()
        for _ in range(STEPS):
            done.append(one.step())
            status, page = one.poll()
            polls += 1
            assert status == 200 or (status == 404 and not one.price()), (seed, done)
            assert one.foreign_names(page) == [], (seed, done)
    return polls


@pytest.fixture
def agent_client(support_client: Client, settings: Settings, caching_api: SandboxServer) -> Client:
    """The agent, who may look up as often as this test wants."""
    settings.DESK_LOOKUPS_PER_HOUR = settings.DESK_CONTACTS_PER_HOUR = 1_000_000
    return support_client


@pytest.mark.slow
def test_polls_name_only_assigned_profiles(
    agent_client: Client, support_user: User, sandbox: SandboxServer, known_owners: Owners
) -> None:
    assert walk(agent_client, support_user, sandbox, known_owners, 6) == 48


@pytest.mark.exhaustive
def test_polls_name_only_assigned_profiles_in_ten_thousand_interleavings(
    agent_client: Client, support_user: User, sandbox: SandboxServer, known_owners: Owners
) -> None:
    assert walk(agent_client, support_user, sandbox, known_owners, 1250) == 10_000
