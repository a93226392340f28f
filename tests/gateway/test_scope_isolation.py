"""Scope isolation: no interleaving of users, profiles, queries and faults shows a row of another scope.

ISOLATION_STEPS sets how many steps are taken: 200 in `make test`, 10,000 in `make isolation` and `make test-all`.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.cache import caches
from django.test import Client
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, SITE_URL, rows, scopes

STEPS_EACH = 25
EXAMPLES = max(1, int(os.environ.get("ISOLATION_STEPS", "200")) // STEPS_EACH)

ACCOUNT = -1  # instead of a profile's number
FOREIGN = 99


@dataclass(frozen=True)
class Step:
    """One request: user, profile, query, headers, row to open, and the fault of its API call."""

    who: str
    profile: int
    query: dict[str, str]
    headers: dict[str, str]
    opens: int | None
    fault: dict[str, Any] | None


FAULTS = [
    {"kind": "status", "status": 500},
    {"kind": "status", "status": 503},
    {"kind": "status", "status": 401, "empty": True},
    {"kind": "status", "status": 403},
    {"kind": "status", "status": 404, "code": "RESOURCE_004"},
    {"kind": "rate_limited", "retry_after": "1"},
    {"kind": "html", "status": 200},
    {"kind": "headers", "set": {"X-Profile-Id": None}},
    {"kind": "echo another"},
    {"kind": "own another"},
    {"kind": "reset", "after": "body"},
]
QUERIES = st.fixed_dictionaries(
    {},
    optional={
        "page": st.sampled_from(["1", "2"]),
        "page_size": st.just("20"),
        "search": st.sampled_from(["2", "55", "zzz"]),
        "channel": st.sampled_from(["sms", "whatsapp"]),
        "refresh": st.just("1"),
    },
)
STEPS = st.builds(
    Step,
    who=st.sampled_from(["admin", "support"]),
    profile=st.sampled_from([ACCOUNT, 1, 2, 3, 5, FOREIGN]),
    query=QUERIES,
    headers=st.sampled_from([{}, FRAGMENT]),
    opens=st.none() | st.integers(0, 3),
    fault=st.none() | st.none() | st.sampled_from(FAULTS),
)


class _World:
    """Two users of one desk, and the contacts the sandbox really holds for each scope."""

    def __init__(self, sandbox: SandboxServer, admin: User, support: User) -> None:
        self.sandbox = sandbox
        self.profiles = [profile["id"] for profile in sandbox.profiles()]
        self.held = {profile_id: set(sandbox.contacts(profile_id)) for profile_id in self.profiles}
        self.held[""] = set(sandbox.contacts(None))
        self.clients = {"admin": Client(), "support": Client()}
        self.clients["admin"].force_login(admin)
        self.clients["support"].force_login(support)
        self.may = {"admin": {"", *self.profiles}, "support": set(self.profiles[1:4])}

    def run(self, step: Step) -> None:
        """Sends the request of one step and checks its response."""
        foreign = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
        profile_id = "" if step.profile == ACCOUNT else (self.profiles + [foreign] * 99)[step.profile]
        path = f"/p/{profile_id}/contacts/" if profile_id else "/account/contacts/"
        self._inject_fault(step.fault, profile_id)
        client = self.clients[step.who]
        response = client.get(path, step.query, headers=step.headers, follow=True)
        self._check(step, profile_id, set(rows(response)), scopes(response))
        if step.opens is not None and len(rows(response)) > step.opens:
            contact_id = rows(response)[step.opens]
            opened = client.get(f"{path}{contact_id}/", headers={"Referer": f"{SITE_URL}{path}"})
            assert opened.status_code != 200 or contact_id in self.held[profile_id]
            assert scopes(opened) == {profile_id}
        self.sandbox.clear()

    def _inject_fault(self, fault: dict[str, Any] | None, profile_id: str) -> None:
        if fault is None:
            return
        another = next(other for other in self.profiles if other != profile_id)
        if fault["kind"] == "echo another":
            fault = {"kind": "headers", "set": {"X-Profile-Id": another}}
        elif fault["kind"] == "own another":
            fault = {"kind": "patch", "set": {"data.contacts.0.customer_id": another}}
        self.sandbox.fault(route="contacts", **fault)

    def _check(self, step: Step, profile_id: str, shown: set[str], claimed: set[str]) -> None:
        assert claimed == {profile_id}
        if profile_id not in self.may[step.who]:
            assert shown == set()
        else:
            assert shown <= self.held[profile_id]


@pytest.fixture
def world(desk_api: SandboxServer, settings: Settings, admin_user: User, support_user: User) -> _World:
    """Entries are fresh for 30 ms only, so that fresh, stale and refetched responses all occur."""
    settings.SENT_FRESH_SECONDS, settings.SENT_STALE_SECONDS = 0.03, 300.0
    get_gateway.cache_clear()
    return _World(desk_api, admin_user, support_user)


@pytest.mark.slow
@hypothesis_settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(steps=st.lists(STEPS, min_size=STEPS_EACH, max_size=STEPS_EACH))
def test_interleaved_requests_show_no_foreign_row(world: _World, settings: Settings, steps: list[Step]) -> None:
    get_gateway.cache_clear()
    caches["contacts"].clear()
    if (counters := Path(settings.SENT_BUDGET_FILE)).exists():
        with counters.open("r+b") as file:
            file.write(bytes(512))  # reset counters: closed circuit, no pause
    for step in steps:
        world.run(step)
