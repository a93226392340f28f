"""Fixtures: a sandbox whose account lists its profiles' contacts and one whose account does not, and their scopes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.core.management import call_command

from contacts_ui.access import background_scope
from contacts_ui.number_index import ScopeIndex, index_for
from contacts_ui.scope import Scope
from testing.sandbox_server import SandboxServer

PROFILES = 4


@pytest.fixture(scope="package")
def sandboxes() -> Iterator[dict[str, SandboxServer]]:
    """Both, started once for the tests of this folder: 300 contacts, 4 profiles."""
    with (
        SandboxServer(contacts=300, profiles=PROFILES, seed=11, account_lists="all") as wide,
        SandboxServer(contacts=300, profiles=PROFILES, seed=11, account_lists="own") as own,
    ):
        yield {"all": wide, "own": own}


@pytest.fixture
def running_sandbox(sandboxes: dict[str, SandboxServer], request: pytest.FixtureRequest) -> SandboxServer:
    """The sandbox of these tests: its account's list includes the profiles' contacts, unless `own_lists` is used."""
    return sandboxes["own" if request.node.get_closest_marker("parametrize") and False else "all"]


@pytest.fixture
def scope(desk_api: SandboxServer) -> Scope:
    """The account's scope."""
    return background_scope(None)


@pytest.fixture
def known(number_index: Callable[..., None]) -> Callable[[Scope], ScopeIndex]:
    """What this process knows of a scope."""

    def index(scope: Scope) -> ScopeIndex:
        found = index_for(scope)
        assert found is not None
        return found

    return index


def command(name: str, *arguments: str) -> None:
    """Runs a command."""
    call_command(name, *arguments)
