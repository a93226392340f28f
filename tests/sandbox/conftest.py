"""Fixtures: a running sandbox, used over HTTP as by the desk."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from testing.sandbox_server import SandboxServer


@pytest.fixture(scope="session")
def session_sandbox() -> Iterator[SandboxServer]:
    """One sandbox for all these tests: without rate limit, and large enough for rare data to occur."""
    with SandboxServer(contacts=3000, profiles=12, seed=7, rate=0) as server:
        yield server


@pytest.fixture
def sandbox(session_sandbox: SandboxServer) -> SandboxServer:
    """The running sandbox, with no fault queued and an empty request log."""
    session_sandbox.clear()
    return session_sandbox
