"""Pages for tasks: past the cache, at background priority, checked like every answer; the account they rely on."""

from __future__ import annotations

import time
from types import SimpleNamespace
from uuid import UUID, uuid4

import pytest
from pytest_django import Settings

from contacts_ui.access import ScopeDenied, background_scope
from contacts_ui.gateway import circuit_breaker, get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import CircuitOpen, LocalRateLimited, ProfileMismatch, ServerError
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import ContactPage
from testing.sandbox_server import SandboxServer

QUERY = ContactQuery(page=1, page_size=100)
pytestmark = pytest.mark.django_db  # the account is kept in the database's cache


def _calls(api: SandboxServer, path: str = "/v3/contacts") -> int:
    return sum(call["path"] == path for call in api.requests())


def _crawl(scope: Scope) -> ContactPage:
    """A page, as soon as the bucket is full."""
    while True:
        try:
            return get_gateway().crawl_page(scope, QUERY)
        except LocalRateLimited as refused:
            time.sleep(refused.exactly)


def _scope(api: SandboxServer, number: int = 1) -> Scope:
    return background_scope(api.profiles()[number]["id"])


def test_crawled_page_is_neither_read_from_cache_nor_written(caching_api: SandboxServer) -> None:
    gateway, scope = get_gateway(), _scope(caching_api)
    _crawl(scope)
    gateway.contacts(scope, QUERY)
    gateway.contacts(scope, QUERY)
    assert _calls(caching_api) == 2
    _crawl(scope)
    assert _calls(caching_api) == 3


def test_crawled_page_with_foreign_row_is_refused(desk_api: SandboxServer) -> None:
    scope, other = _scope(desk_api), desk_api.profiles()[2]["id"]
    desk_api.fault(route="contacts", kind="patch", set={"data.contacts.3.customer_id": other})
    with pytest.raises(ProfileMismatch):
        _crawl(scope)


def test_refused_crawl_makes_no_call_and_is_no_event(desk_api: SandboxServer, settings: Settings) -> None:
    settings.SENT_BUDGET_PER_MINUTE = settings.SENT_BUDGET_BURST = 8
    get_gateway.cache_clear()
    scope, gateway = _scope(desk_api), get_gateway()
    with pytest.raises(LocalRateLimited) as refused:
        gateway.crawl_page(scope, QUERY)
    assert 0 < refused.value.exactly <= (refused.value.retry_after or 0)
    assert _calls(desk_api) == 0
    assert sum(minute.counts["limited"] for minute in gateway.status().last_hour) == 0
    assert len(gateway.contacts(scope, QUERY).value.contacts) > 0  # interactive goes on


def test_background_scope_has_the_spelling_of_the_api(desk_api: SandboxServer) -> None:
    profile = desk_api.profiles()[1]
    assert background_scope(profile["id"].upper()) == Scope(profile["id"], profile["name"], switchable=False)
    assert background_scope(None).profile_id is None


def test_background_scope_of_unknown_profile_is_denied_after_one_more_look(desk_api: SandboxServer) -> None:
    background_scope(None)
    with pytest.raises(ScopeDenied):
        background_scope(str(uuid4()))
    assert _calls(desk_api, "/v3/me") <= 2


def test_background_scope_does_without_api_for_as_long_as_account_is_fresh(desk_api: SandboxServer) -> None:
    background_scope(None)
    desk_api.fault(route="me", kind="status", status=500, times=9)
    assert background_scope(desk_api.profiles()[1]["id"]).profile_id
    get_gateway.cache_clear()  # as a new process: the account is where the last one left it
    assert background_scope(desk_api.profiles()[1]["id"]).profile_id
    assert _calls(desk_api, "/v3/me") == 1


def test_background_scope_raises_what_keeps_the_account_away(desk_api: SandboxServer) -> None:
    desk_api.fault(route="me", kind="status", status=500, times=9)
    with pytest.raises(ServerError):
        background_scope(None)


def test_kept_account_is_sealed(desk_api: SandboxServer) -> None:
    from django.db import connection

    background_scope(None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT cache_key, value FROM desk_cache")
        text = repr(cursor.fetchall())
    assert "account:" in text
    assert all(profile["id"] not in text and profile["name"] not in text for profile in desk_api.profiles())
    assert UUID(desk_api.profiles()[1]["id"]).hex not in text


def test_failures_of_crawled_pages_refuse_nobody(desk_api: SandboxServer) -> None:
    scope = _scope(desk_api)
    desk_api.fault(route="contacts", kind="status", status=503, times=6)
    for _ in range(6):
        with pytest.raises(ServerError):
            _crawl(scope)
    assert _calls(desk_api) == 6  # each was asked once
    assert get_gateway().contacts(scope, QUERY).value.contacts


def test_crawled_page_as_a_probe_that_fails_leaves_the_circuit_open(
    desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = [time.monotonic()]  # the circuit breaker's own: no backoff ends while a busy machine gets to the last line
    monkeypatch.setattr(circuit_breaker, "time", SimpleNamespace(monotonic=lambda: clock[0]))
    scope = _scope(desk_api)
    desk_api.fault(route="contacts", kind="status", status=500, times=6)
    for _ in range(5):
        with pytest.raises(ServerError):
            get_gateway().contacts(scope, QUERY)
    clock[0] += circuit_breaker.INITIAL_BACKOFF + 0.1
    with pytest.raises(ServerError):
        _crawl(scope)
    with pytest.raises(CircuitOpen):
        _crawl(scope)
