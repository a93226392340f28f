"""Fixtures: a sandbox whose account lists its profiles' contacts, its scopes, and what this process knows of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from contacts_ui.access import background_scope
from contacts_ui.number_index import ScopeIndex, index_for
from contacts_ui.scope import Scope
from testing.sandbox_server import SandboxServer


@pytest.fixture(scope="package")
def running_sandbox() -> Iterator[SandboxServer]:
    """Sandbox of these tests: 300 contacts, 4 profiles, all of them in the account's list."""
    with SandboxServer(contacts=300, profiles=4, seed=11, account_lists="all") as server:
        yield server


@pytest.fixture
def account(db: None, desk_api: SandboxServer) -> Scope:
    """Scope of the account."""
    return background_scope(None)


@pytest.fixture
def profile(db: None, desk_api: SandboxServer) -> Scope:
    """Scope of the first profile that has contacts."""
    return background_scope(next(each["id"] for each in desk_api.profiles() if each["contacts"]))


@pytest.fixture
def known(number_index: Callable[..., None]) -> Callable[[Scope], ScopeIndex]:
    """What this process knows of a scope, with the index on."""

    def index(scope: Scope) -> ScopeIndex:
        found = index_for(scope)
        assert found is not None
        return found

    return index
