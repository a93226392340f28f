"""Building the gateway from the settings: API key required, bypass mode, and a cache shared with other processes."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.cache import ResponseCache
from contacts_ui.gateway.cache_keys import CacheKeys
from contacts_ui.gateway.call_policy import Slot
from contacts_ui.gateway.page_windows import upstream_query
from contacts_ui.gateway.single_flight import SingleFlight
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.html import rows

LIST = "/account/contacts/"
SCOPE, QUERY = Scope(None, "Account", switchable=True), ContactQuery()


def _reset_gateway() -> None:
    get_gateway.cache_clear()


def _contact_calls(sandbox: SandboxServer) -> int:
    return sum(call["path"] == "/v3/contacts" for call in sandbox.requests())


def _key(settings: Settings) -> str:
    """Cache key of the first page of the account."""
    return CacheKeys(settings.SECRET_KEY, settings.SENT_API_KEY).page(SCOPE, upstream_query(QUERY))


def test_gateway_without_api_key_is_refused(settings: Settings) -> None:
    settings.SENT_API_KEY = ""
    _reset_gateway()
    with pytest.raises(RuntimeError, match="SENT_API_KEY is not set"):
        get_gateway()


@pytest.fixture
def bypass(caching_api: SandboxServer, settings: Settings) -> SandboxServer:
    """The API of a desk in bypass mode: no cache, no single-flight, no rate limiter."""
    settings.SENT_GATEWAY, settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST = "plain", 1, 1
    _reset_gateway()
    return caching_api


def test_bypass_fetches_every_page_again(admin_client: Client, bypass: SandboxServer) -> None:
    assert len(rows(admin_client.get(LIST))) == len(rows(admin_client.get(LIST))) == 50
    assert _contact_calls(bypass) == 2


def test_bypass_stores_nothing_in_cache(bypass: SandboxServer, settings: Settings) -> None:
    get_gateway().contacts(SCOPE, QUERY)
    assert caches["contacts"].get(_key(settings)) is None


def test_bypass_status_reports_no_calls_left(bypass: SandboxServer) -> None:
    get_gateway().contacts(SCOPE, QUERY)
    status = get_gateway().status()
    assert (status.calls_left, status.blocked_seconds) == (0, 0.0)


def test_request_just_after_answer_is_served_from_cache(
    caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = get_gateway()._fetcher._call_policy
    slot = policy.slot

    def slot_after_other_request() -> Slot:
        monkeypatch.setattr(policy, "slot", slot)
        get_gateway().contacts(SCOPE, QUERY)  # another request fills the cache first
        return slot()

    monkeypatch.setattr(policy, "slot", slot_after_other_request)
    assert len(get_gateway().contacts(SCOPE, QUERY).value.contacts) == 50
    assert _contact_calls(caching_api) == 1


@pytest.fixture
def shared_cache(caching_api: SandboxServer, settings: Settings) -> SandboxServer:
    """The API of a desk configured for a shared cache; Redis is unreachable, so the host rate limiter counts calls."""
    settings.REDIS_URL, settings.SENT_DEADLINE = "redis://127.0.0.1:9/0", 60.0
    _reset_gateway()
    return caching_api


def test_expired_lock_of_dead_process_lets_next_process_fetch(shared_cache: SandboxServer, settings: Settings) -> None:
    caches["contacts"].add(
        f"lock:{_key(settings)}", 1, 0.05
    )  # another process holds the lock and never stores a result
    with ThreadPoolExecutor(1) as pool:
        result = pool.submit(get_gateway().contacts, SCOPE, QUERY).result(30)
    assert len(result.value.contacts) == 50
    assert _contact_calls(shared_cache) == 1


def test_answer_stored_just_before_the_lock_is_taken_is_no_second_call(
    shared_cache: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another process stores the answer and frees its lock between our look into the cache and our lock."""
    try_lock, others = ResponseCache.try_lock, list[str]()

    def try_lock_after_other_process(cache: ResponseCache, key: str, ttl: float) -> bool:
        if key.startswith("lock:") and not others:
            others.append(key)
            get_gateway().contacts(SCOPE, QUERY)
        return try_lock(cache, key, ttl)

    monkeypatch.setattr(ResponseCache, "try_lock", try_lock_after_other_process)
    monkeypatch.setattr(SingleFlight, "do", lambda _self, _key, fetch, _stale: (fetch(), False))  # another process
    assert len(get_gateway().contacts(SCOPE, QUERY).value.contacts) == 50
    assert _contact_calls(shared_cache) == 1


def test_undecodable_cache_entry_is_fetched_again(caching_api: SandboxServer, settings: Settings) -> None:
    _reset_gateway()
    caches["contacts"].set(_key(settings), (time.time(), b"\xc1"), 60)  # invalid msgpack
    assert len(get_gateway().contacts(SCOPE, QUERY).value.contacts) == 50
    assert _contact_calls(caching_api) == 1
