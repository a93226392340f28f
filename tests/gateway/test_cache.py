"""Response cache with stale-while-revalidate and stale-if-error.

Fresh entries cost no API call, stale ones are labelled, and no entry is ever served to another scope.
"""

from __future__ import annotations

import dataclasses
import re
import time
from datetime import UTC, datetime
from types import NoneType, UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints
from uuid import UUID, uuid4

import msgspec
import pytest
from django.core.cache import caches
from django.test import Client
from msgspec.structs import replace
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.gateway.cache_keys import CacheKeys
from contacts_ui.gateway.cached_fetch import K
from contacts_ui.gateway.gateway import REFRESH_INTERVAL
from contacts_ui.gateway.region_stats import _RegionCounts
from contacts_ui.scope import Scope
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.html import SITE_URL, fragment, rows, text

LIST = "/account/contacts/"


def _calls(sandbox: SandboxServer) -> list[str]:
    return [call["path"] for call in sandbox.requests() if call["path"] != "/v3/me"]


def make_cache_stale(settings: Settings) -> None:
    """Makes every cached entry stale from here on."""
    settings.SENT_FRESH_SECONDS = 0.0
    get_gateway.cache_clear()


def test_same_page_again_is_served_from_cache(admin_client: Client, caching_api: SandboxServer) -> None:
    first, second = admin_client.get(LIST), fragment(admin_client, LIST)
    assert rows(first) == rows(second)
    assert _calls(caching_api) == ["/v3/contacts"]


def test_contact_opened_from_fresh_list_makes_no_api_call(admin_client: Client, caching_api: SandboxServer) -> None:
    contact_id = rows(admin_client.get(LIST, {"channel": "sms"}))[3]
    referer = {"Referer": f"{SITE_URL}{LIST}?channel=sms"}
    page = admin_client.get(f"{LIST}{contact_id}/", headers=referer)
    assert f'data-contact-id="{contact_id}"' in text(page)
    assert _calls(caching_api) == ["/v3/contacts"]


def test_contact_cached_in_another_scope_is_not_found(admin_client: Client, caching_api: SandboxServer) -> None:
    contact_id = rows(admin_client.get(LIST))[0]
    other = f"/p/{caching_api.profiles()[1]['id']}/contacts/"
    page = admin_client.get(f"{other}{contact_id}/", headers={"Referer": f"{SITE_URL}{LIST}"})
    assert page.status_code == 404
    assert len(_calls(caching_api)) == 2


def test_refresh_refetches_and_redirects_to_same_address(admin_client: Client, caching_api: SandboxServer) -> None:
    admin_client.get(LIST)
    response = admin_client.get(LIST, {"refresh": "1"})
    assert response["Location"] == LIST
    assert len(_calls(caching_api)) == 2
    assert fragment(admin_client, LIST, current=LIST)["HX-Replace-Url"] == LIST


def test_refresh_is_throttled_per_user(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert REFRESH_INTERVAL == 2.0
    monkeypatch.setattr(
        "contacts_ui.gateway.gateway.REFRESH_INTERVAL", 60.0
    )  # five requests may take longer than two seconds
    for _ in range(5):
        fragment(admin_client, LIST, refresh="1")
    assert len(_calls(caching_api)) == 1


FAULTS: dict[str, tuple[dict[str, Any], str]] = {
    "unavailable": ({"kind": "status", "status": 500}, "The messaging service returned an error."),
    "slow": ({"kind": "slow", "seconds": 2}, "A newer answer is on its way."),
    "limited": ({"kind": "rate_limited", "retry_after": "9"}, "Too many requests."),
    "unreadable": ({"kind": "html", "status": 200}, "The messaging service gave an answer we cannot read."),
}


@pytest.fixture
def _long_timeout_unless_slow(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Raises the revalidation timeout except in the slow case, so that a busy machine does not look like a slow API."""
    if "slow" not in request.node.name.partition("[")[2]:
        monkeypatch.setattr("contacts_ui.gateway.cached_fetch.REVALIDATE_TIMEOUT", 4.0)


@pytest.mark.usefixtures("_long_timeout_unless_slow")
@pytest.mark.parametrize(("fault", "reason"), FAULTS.values(), ids=FAULTS)
def test_stale_page_is_shown_with_reason_when_api_fails_or_is_slow(
    admin_client: Client, caching_api: SandboxServer, settings: Settings, fault: dict[str, Any], reason: str
) -> None:
    before = rows(admin_client.get(LIST))
    make_cache_stale(settings)
    caching_api.fault(route="contacts", **fault)
    response = admin_client.get(LIST)
    assert response.status_code == 200
    assert rows(response) == before
    assert "Showing data from" in text(response)
    assert reason in text(response)
    assert "results--old" in text(response)


def test_fresh_page_is_not_labelled_stale(admin_client: Client, caching_api: SandboxServer) -> None:
    assert "Showing data from" not in text(admin_client.get(LIST))


def test_access_is_checked_before_cache_is_read(
    admin_client: Client, support_client: Client, caching_api: SandboxServer
) -> None:
    path = f"/p/{caching_api.profiles()[5]['id']}/contacts/"
    assert rows(admin_client.get(path))
    assert support_client.get(path).status_code == 404


def test_cache_keys_reveal_no_number_api_key_or_profile(
    admin_client: Client, caching_api: SandboxServer, settings: Settings
) -> None:
    profile_id = caching_api.profiles()[1]["id"]
    admin_client.get(f"/p/{profile_id}/contacts/", {"search": "555-0142"})
    admin_client.get(LIST, {"phone": "+12025550143"})
    cached = " ".join(caches["contacts"]._cache)  # type: ignore[attr-defined]  # what the memory cache holds
    assert cached
    for secret in ("555-0142", "2025550143", settings.SENT_API_KEY, profile_id):
        assert secret not in cached
    assert re.fullmatch(r"[\w:]+( [\w:]+)*", cached)


def test_cache_keys_differ_by_api_key_scope_and_query() -> None:
    one, other = Scope("a" * 36, "A", switchable=True), Scope(None, "B", switchable=True)
    keys, foreign = CacheKeys("secret", "key"), CacheKeys("secret", "another key")
    queries = [
        ContactQuery(),
        ContactQuery(page=2),
        ContactQuery(search="1"),
        ContactQuery(phone="+1"),
        ContactQuery(search="1", channel="sms"),
    ]
    made = [k.page(scope, query) for k in (keys, foreign) for scope in (one, other) for query in queries]
    assert len(set(made)) == len(made)


def _is_immutable(kind: Any) -> bool:
    """True for a type of which no value can be changed: frozen structs, tuples and simple values, to the last field."""
    if origin := get_origin(kind):
        inner = [part for part in get_args(kind) if part is not ...]
        return origin in {tuple, Union, UnionType} and all(map(_is_immutable, inner))
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        fields = get_type_hints(kind)
        return kind.__struct_config__.frozen and all(_is_immutable(fields[name]) for name in kind.__struct_fields__)
    return kind in {str, int, float, bool, bytes, UUID, datetime, NoneType}


@pytest.mark.parametrize("kind", [*K.__constraints__, _RegionCounts], ids=lambda kind: kind.__name__)
def test_cached_value_cannot_be_changed_by_a_reader(kind: type) -> None:
    assert _is_immutable(kind)


def test_type_that_a_reader_can_change_is_told_from_others() -> None:
    """Control: without it the test above would prove nothing."""
    holder = msgspec.defstruct("Holder", [("held", tuple[dict[str, int], ...])], frozen=True)
    assert not _is_immutable(holder)
    assert not _is_immutable(msgspec.defstruct("Open", [("held", int)]))
    assert not _is_immutable(list[int])


def test_readers_of_memory_cache_have_the_same_struct(admin_client: Client, caching_api: SandboxServer) -> None:
    admin_client.get(LIST)
    scope, query = Scope(None, "Account", switchable=True), ContactQuery()
    first = get_gateway().known_page(scope, query)
    assert first is not None
    assert get_gateway().known_page(scope, query) is first
    assert get_gateway().contacts(scope, query).value is get_gateway().contacts(scope, query).value


def test_known_profile_still_works_while_account_call_fails(admin_client: Client, caching_api: SandboxServer) -> None:
    path = f"/p/{caching_api.profiles()[1]['id']}/"
    admin_client.get(f"{path}contacts/")
    get_gateway()._account_cache = None
    caches["contacts"].set(*_aged_entry(get_gateway()._keys.account()))
    caching_api.fault(route="me", kind="status", status=500, times=5)
    assert admin_client.get(f"{path}contacts/").status_code == 200
    assert "This list may be up to an hour old" in text(admin_client.get(f"{path}profiles/"))


def _aged_entry(key: str) -> tuple[str, object, float]:
    """Key, value and TTL of the cached account, with its fetch time set far in the past."""
    held = caches["contacts"].get(key)
    aged = replace(held.value, fetched_at=datetime(2026, 1, 1, tzinfo=UTC))
    return key, replace(held, value=aged), 3600


def test_exhausted_rate_limit_answers_429_at_once_with_retry_after(
    admin_client: Client, caching_api: SandboxServer, settings: Settings
) -> None:
    settings.SENT_BUDGET_PER_MINUTE, settings.SENT_BUDGET_BURST = 6, 2
    get_gateway.cache_clear()
    admin_client.get(LIST)
    started = time.monotonic()
    response = admin_client.get(LIST, {"page": 3})
    assert time.monotonic() - started < 3  # waiting for a token would take ten
    assert len(_calls(caching_api)) == 1
    assert response.status_code == 429
    assert "The desk is holding back for a moment" in text(response)
    assert 1 <= int(response["Retry-After"]) <= 10


def test_api_is_not_called_after_five_failures(admin_client: Client, desk_api: SandboxServer) -> None:
    get_gateway().account()
    desk_api.fault(route="contacts", kind="status", status=500, times=20)
    pages = [text(admin_client.get(LIST)) for _ in range(8)]
    assert "The messaging service is not answering" in pages[-1]
    assert len(_calls(desk_api)) == 5


def test_failed_call_is_retried_once(admin_client: Client, desk_api: SandboxServer) -> None:
    desk_api.fault(route="contacts", kind="status", status=503)
    assert rows(admin_client.get(LIST))
    assert len(_calls(desk_api)) == 2


@pytest.mark.parametrize("status", [429, 500, 401])
def test_non_retryable_error_is_not_retried(admin_client: Client, desk_api: SandboxServer, status: int) -> None:
    desk_api.fault(route="contacts", kind="status", status=status)
    admin_client.get(LIST)
    assert len(_calls(desk_api)) == 1


def test_cached_page_keeps_its_own_total(admin_client: Client, caching_api: SandboxServer) -> None:
    first = text(admin_client.get(LIST))
    caching_api.fault(route="contacts", kind="patch", set={"data.pagination.total_count": 330})
    third = text(admin_client.get(LIST, {"page": "3"}))
    again = text(admin_client.get(LIST))
    changed = 'of <span class="num">330</span>'
    assert [changed in page for page in (first, third, again)] == [False, True, False]


def _account_calls(sandbox: SandboxServer) -> int:
    return sum(call["path"] == "/v3/me" for call in sandbox.requests())


def _age_account_cache(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Ages the cached account by this many seconds."""
    memo = get_gateway()._account_cache
    assert memo is not None
    older = dataclasses.replace(memo, expires_at=memo.expires_at - seconds, revalidate_at=memo.revalidate_at - seconds)
    monkeypatch.setattr(get_gateway(), "_account_cache", older)
    monkeypatch.setattr("contacts_ui.gateway.gateway.ACCOUNT_REVALIDATE_TTL", 60.0 - seconds)


def test_account_is_not_fetched_again_after_ninety_seconds(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    admin_client.get(LIST)
    _age_account_cache(monkeypatch, 90)
    admin_client.get(LIST)
    assert _account_calls(caching_api) == 1


def test_unknown_profile_refetches_account_at_most_once_a_minute(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = f"/p/{uuid4()}/contacts/"
    for _ in range(3):
        assert admin_client.get(unknown).status_code == 404
    assert _account_calls(caching_api) == 1
    _age_account_cache(monkeypatch, 90)
    assert admin_client.get(unknown).status_code == 404
    assert _account_calls(caching_api) == 2
    assert {call["path"] for call in caching_api.requests()} == {"/v3/me"}


def test_profile_rejected_by_api_triggers_account_refetch(
    admin_client: Client, caching_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    gone = f"/p/{caching_api.profiles()[1]['id']}/contacts/"
    caching_api.fault(route="contacts", kind="status", status=404, code="RESOURCE_004")
    assert admin_client.get(gone).status_code == 404
    _age_account_cache(monkeypatch, 90)
    admin_client.get(LIST)
    assert _account_calls(caching_api) == 2
