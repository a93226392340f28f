"""Key status: a 401 is known to every process of the host, belongs to one key, and ends with the next success."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.test import Client

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.cache_keys import CacheKeys
from contacts_ui.gateway.key_status import KeyStatus
from contacts_ui.gateway.rate_limiter import HostRateLimiter
from contacts_ui.gateway.shared_memory import SharedCounters
from contacts_ui.sent_api.errors import InvalidApiKey
from testing.sandbox_server import SandboxServer

KEY, OTHER_KEY = "0123456789abcdef", "fedcba9876543210"


def _status(folder: Path, fingerprint: str = KEY) -> KeyStatus:
    """The status as a process of its own sees it: over a mapping of its own."""
    return KeyStatus(SharedCounters(folder / "counters", HostRateLimiter.cells(60)), fingerprint)


def test_rejection_is_known_to_another_process(tmp_path: Path) -> None:
    _status(tmp_path).record_rejected()
    assert _status(tmp_path).rejected


def test_rejection_of_one_key_says_nothing_of_another(tmp_path: Path) -> None:
    _status(tmp_path).record_rejected()
    assert not _status(tmp_path, OTHER_KEY).rejected


def test_success_with_another_key_leaves_rejection(tmp_path: Path) -> None:
    _status(tmp_path).record_rejected()
    _status(tmp_path, OTHER_KEY).record_accepted()
    assert _status(tmp_path).rejected


def test_successful_call_ends_rejection(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=401)
    admin_client.get("/account/contacts/")
    assert get_gateway().status().key_rejected
    admin_client.get("/account/contacts/")
    assert not get_gateway().status().key_rejected


def test_other_error_does_not_end_rejection(admin_client: Client, sandbox: SandboxServer) -> None:
    for status in (401, 500):
        sandbox.fault(route="contacts", kind="status", status=status)
        admin_client.get("/account/contacts/")
    assert get_gateway().status().key_rejected


def test_verification_asks_although_circuit_is_open(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500, times=9)
    for _ in range(5):
        admin_client.get("/account/contacts/")
    assert get_gateway().status().circuit_breaker.is_open
    assert get_gateway().verify_key(5.0).is_organization


def test_verification_does_not_believe_cache(caching_api: SandboxServer) -> None:
    get_gateway().account()
    caching_api.fault(route="me", kind="status", status=401)
    with pytest.raises(InvalidApiKey):
        get_gateway().verify_key(5.0)


def test_account_of_one_key_is_not_cached_for_another() -> None:
    """Demo and desk may share Redis and SECRET_KEY: neither may read the other's profiles."""
    assert CacheKeys("secret", "sandbox-organization").account() != CacheKeys("secret", "a real key").account()
