"""A client with the organization's key, pointed at the sandbox."""

from __future__ import annotations

import pytest

from contacts_ui.sent_api.client import SentClient
from testing.sandbox_server import SandboxServer


@pytest.fixture
def client(sandbox: SandboxServer) -> SentClient:
    """Waits longer than any answer takes, on a busy machine too."""
    return SentClient(sandbox.url, "sandbox-organization", connect_seconds=5, deadline_seconds=5)


@pytest.fixture
def impatient(sandbox: SandboxServer) -> SentClient:
    """Waits at most half a second for an answer."""
    return SentClient(sandbox.url, "sandbox-organization", connect_seconds=0.5, deadline_seconds=0.5)
