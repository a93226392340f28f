"""Fixtures of the lookup: desks whose account lists hold the profiles' rows, or only the account's own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.sandbox_server import SandboxServer

Owners = dict[str, frozenset[str | None]]


def owners_of(sandbox: SandboxServer) -> Owners:
    """Who has each number: ids of profiles, None for the account itself."""
    found: dict[str, set[str | None]] = {}
    theirs: set[str] = set()
    for profile in sandbox.profiles():
        for contact_id, number in sandbox.contacts(profile["id"]).items():
            theirs.add(contact_id)
            if number:
                found.setdefault(number, set()).add(profile["id"])
    for contact_id, number in sandbox.contacts().items():
        if number and contact_id not in theirs:
            found.setdefault(number, set()).add(None)
    return {number: frozenset(owners) for number, owners in found.items()}


@pytest.fixture(scope="session")
def known_owners(running_sandbox: SandboxServer) -> Owners:
    """Who has each number of the worker's sandbox."""
    return owners_of(running_sandbox)


@pytest.fixture(scope="session")
def own_lists() -> Iterator[SandboxServer]:
    """A sandbox whose account lists hold only the account's own contacts; the same contacts otherwise."""
    with SandboxServer(contacts=600, profiles=12, seed=7, rate=0, account_lists="own") as server:
        yield server


@pytest.fixture(scope="session")
def ids_of(running_sandbox: SandboxServer) -> dict[str | None, frozenset[str]]:
    """The ids of the contacts of each profile; None: of the account itself."""
    found = {
        profile["id"]: frozenset(running_sandbox.contacts(profile["id"])) for profile in running_sandbox.profiles()
    }
    theirs = frozenset[str]().union(*found.values())
    return {**found, None: frozenset(running_sandbox.contacts()) - theirs}
