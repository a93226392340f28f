"""What the sandbox's own tests share. They know it by HTTP, as the desk does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.sandbox_server import SandboxServer


@pytest.fixture(scope="session")
def running_stand_in() -> Iterator[SandboxServer]:
    """One sandbox for all these tests, large enough for what is rare to occur, without a rate limit."""
    with SandboxServer(contacts=3000, profiles=12, seed=7, rate=0) as server:
        yield server


@pytest.fixture
def sandbox(running_stand_in: SandboxServer) -> SandboxServer:
    """The running sandbox, with no fault queued and no call remembered."""
    running_stand_in.clear()
    return running_stand_in
