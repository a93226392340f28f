"""Fixtures: clients of the sandbox with the organization's key."""

from __future__ import annotations

import pytest

from contacts_ui.sent_api.client import SentClient
from testing.sandbox_server import SandboxServer


@pytest.fixture
def client(sandbox: SandboxServer) -> SentClient:
    """Its deadline is longer than any response takes, on a busy machine too."""
    return SentClient(sandbox.url, "sandbox-organization", connect_seconds=5, deadline_seconds=5)


@pytest.fixture
def short_deadline_client(sandbox: SandboxServer) -> SentClient:
    """Its deadline is half a second."""
    return SentClient(sandbox.url, "sandbox-organization", connect_seconds=0.5, deadline_seconds=0.5)
