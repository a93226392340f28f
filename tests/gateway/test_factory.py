"""The gateway as the settings want it: with a key, plain for the bench, and beside others with the same cache."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.core.cache import caches
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.cache_keys import CacheKeys
from contacts_ui.gateway.call_policy import Slot
from contacts_ui.gateway.page_windows import upstream_query
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.html import rows

LIST = "/account/contacts/"
SCOPE, QUERY = Scope(None, "Account", switchable=True), ContactQuery()


def _made_anew() -> None:
    get_gateway.cache_clear()


def _pages_asked(sandbox: SandboxServer) -> int:
    return sum(call["path"] == "/v3/contacts" for call in sandbox.requests())


def _key(settings: Settings) -> str:
    """Where the first page of the account is kept."""
    return CacheKeys(settings.SECRET_KEY, settings.SENT_API_KEY).page(SCOPE, upstream_query(QUERY))


def test_without_a_key_there_is_no_gateway(settings: Settings) -> None:
    settings.SENT_API_KEY = ""
    _made_anew()
    with pytest.raises(RuntimeError, match="SENT_API_KEY is not set"):
        get_gateway()


@pytest.fixture
def plain(keeping: SandboxServer, settings: Settings) -> SandboxServer:
    """The API of a desk with nothing between: no cache, no coalescing, no budget."""
    settings.SENT_GATEWAY, settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST = "plain", 1, 1
    _made_anew()
    return keeping


def test_a_plain_gateway_asks_for_every_page_again(admin_client: Client, plain: SandboxServer) -> None:
    assert len(rows(admin_client.get(LIST))) == len(rows(admin_client.get(LIST))) == 50
    assert _pages_asked(plain) == 2


def test_a_plain_gateway_keeps_nothing(plain: SandboxServer, settings: Settings) -> None:
    get_gateway().contacts(SCOPE, QUERY)
    assert caches["contacts"].get(_key(settings)) is None


def test_a_plain_gateway_says_that_nothing_is_left_to_grant(plain: SandboxServer) -> None:
    get_gateway().contacts(SCOPE, QUERY)
    status = get_gateway().status()
    assert (status.calls_left, status.blocked_seconds) == (0, 0.0)


def test_who_comes_just_after_an_answer_landed_asks_no_more(
    keeping: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    policy = get_gateway()._fetcher._call_policy
    slot = policy.slot

    def late() -> Slot:
        monkeypatch.setattr(policy, "slot", slot)
        get_gateway().contacts(SCOPE, QUERY)  # somebody else is quicker
        return slot()

    monkeypatch.setattr(policy, "slot", late)
    assert len(get_gateway().contacts(SCOPE, QUERY).value.contacts) == 50
    assert _pages_asked(keeping) == 1


@pytest.fixture
def sharing(keeping: SandboxServer, settings: Settings) -> SandboxServer:
    """The API of a desk that believes its cache to be shared; Redis itself is away, so the host counts calls."""
    settings.REDIS_URL, settings.SENT_DEADLINE = "redis://127.0.0.1:9/0", 60.0
    _made_anew()
    return keeping


def test_a_process_that_ends_in_mid_call_leaves_the_question_to_the_next(
    sharing: SandboxServer, settings: Settings
) -> None:
    caches["contacts"].add(f"lock:{_key(settings)}", 1, 0.05)  # another process asks, and brings nothing
    with ThreadPoolExecutor(1) as pool:
        shown = pool.submit(get_gateway().contacts, SCOPE, QUERY).result(30)
    assert len(shown.value.contacts) == 50
    assert _pages_asked(sharing) == 1


def test_what_another_version_of_the_desk_kept_is_asked_for_again(keeping: SandboxServer, settings: Settings) -> None:
    _made_anew()
    caches["contacts"].set(_key(settings), (time.time(), b"\xc1"), 60)  # no msgpack
    assert len(get_gateway().contacts(SCOPE, QUERY).value.contacts) == 50
    assert _pages_asked(keeping) == 1
