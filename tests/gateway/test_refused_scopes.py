"""Scope invalidation: once the API rejects a scope, no stale data of it is shown, whatever calls were running."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any

import pytest
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import FetchPolicy, get_gateway
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import ApiTimeout, Forbidden, ServerError
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until
from tests.html import rows

from .test_cache import make_cache_stale

REVALIDATE_TIMEOUT = "contacts_ui.gateway.cached_fetch.REVALIDATE_TIMEOUT"


@pytest.fixture(autouse=True)
def _long_revalidate_timeout(monkeypatch: pytest.MonkeyPatch) -> None:
    """Raises the revalidation timeout, so that a busy machine does not look like a slow API."""
    monkeypatch.setattr(REVALIDATE_TIMEOUT, 60.0)


@pytest.mark.parametrize(
    "refusal", [{"status": 401}, {"status": 403}, {"status": 404, "code": "RESOURCE_004"}], ids=["401", "403", "404"]
)
def test_rejected_scope_shows_no_stale_data(
    admin_client: Client, caching_api: SandboxServer, settings: Settings, refusal: dict[str, Any]
) -> None:
    path = f"/p/{caching_api.profiles()[1]['id']}/contacts/"
    admin_client.get(path)
    make_cache_stale(settings)
    caching_api.fault(route="contacts", kind="status", **refusal)
    assert rows(admin_client.get(path)) == []
    caching_api.fault(route="contacts", kind="status", status=500)
    assert rows(admin_client.get(path)) == []


def test_answer_for_other_profile_does_not_fall_back_to_stale(
    admin_client: Client, caching_api: SandboxServer, settings: Settings
) -> None:
    mine, theirs = (profile["id"] for profile in caching_api.profiles()[1:3])
    path = f"/p/{mine}/contacts/"
    assert rows(admin_client.get(path))
    make_cache_stale(settings)
    caching_api.fault(route="contacts", kind="headers", set={"X-Profile-Id": theirs})
    response = admin_client.get(path)
    assert (response.status_code, rows(response)) == (502, [])


@pytest.fixture
def scope(caching_api: SandboxServer, settings: Settings) -> Scope:
    """A profile whose first page is cached and stale, on a desk with a long total timeout."""
    settings.SENT_DEADLINE = 60.0
    profile = Scope(caching_api.profiles()[1]["id"], "One", switchable=True)
    get_gateway().contacts(profile, ContactQuery())
    make_cache_stale(settings)
    get_gateway().account()
    return profile


def test_scope_rejected_during_failing_call_shows_no_stale_data(caching_api: SandboxServer, scope: Scope) -> None:
    for fault in (
        {"kind": "hang", "seconds": 60},
        {"kind": "status", "status": 403},
        {"kind": "status", "status": 500},
    ):
        caching_api.fault(route="contacts", **fault)
    with ThreadPoolExecutor(1) as pool:
        failing = pool.submit(get_gateway().contacts, scope, ContactQuery(), FetchPolicy(refresh=True))
        wait_until(lambda: caching_api.fired() == ["hang"])
        with pytest.raises(Forbidden):
            get_gateway().contacts(scope, ContactQuery(page=3))
        caching_api.release()
        assert isinstance(failing.exception(60), ServerError)


def test_scope_rejected_during_slow_call_shows_no_stale_data(
    caching_api: SandboxServer, scope: Scope, monkeypatch: pytest.MonkeyPatch
) -> None:
    def reject_scope_meanwhile(*_: object) -> Future[None]:
        with pytest.raises(Forbidden):
            get_gateway().contacts(scope, ContactQuery(page=3))
        return Future()  # a background call that never completes

    monkeypatch.setattr(REVALIDATE_TIMEOUT, 0.0)
    caching_api.fault(route="contacts", kind="status", status=403)
    monkeypatch.setattr(get_gateway()._fetcher._background, "submit", reject_scope_meanwhile)
    with pytest.raises(ApiTimeout):
        get_gateway().contacts(scope, ContactQuery())
