"""Slow API: the page is sent at once without rows, which a second request loads from the same running call."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.gateway import get_gateway
from contacts_ui.models import Preferences
from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

from .html import RESTORE, SITE_URL, fragment, rows, scopes, text

pytestmark = pytest.mark.slow  # each waits for a slow API

LIST = "/account/contacts/"
LONG = 3600  # seconds, unless the test releases the response
JOIN_SECONDS = 0.2  # for the second request to join the running call; a later one is served from the cache
Slow = Callable[..., None]
Answered = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def slow_api(caching_api: SandboxServer, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> Slow:
    """Makes the next contacts call slow, on a desk with a long total timeout and a short page timeout."""
    settings.SENT_DEADLINE = 60.0
    get_gateway.cache_clear()
    monkeypatch.setattr("contacts_ui.views.contact_list.PAGE_TIMEOUT", 0.1)
    get_gateway().account()

    def make_slow(times: int = 1) -> None:
        caching_api.reset_requests()
        caching_api.fault(route="contacts", kind="slow", seconds=LONG, times=times)

    return make_slow


@pytest.fixture
def late_answer(caching_api: SandboxServer) -> Answered:
    """Context manager: releases the slow response while the block waits for it."""

    def release() -> None:
        wait_until(caching_api.fired)
        time.sleep(JOIN_SECONDS)
        caching_api.release()

    @contextmanager
    def answering() -> Iterator[None]:
        with ThreadPoolExecutor(1) as pool:
            done = pool.submit(release)
            yield
            done.result()

    return answering


def _waits(page: str) -> bool:
    return 'aria-busy="true"' in page and "waiting__row" in page.split("<template", 1)[0]


def _asks_for(page: str) -> str | None:
    """The URL from which the page loads its rows."""
    found = re.search(r'id="results" aria-busy="true" hx-get="([^"]*)" hx-trigger="load"', page)
    return found[1].replace("&amp;", "&") if found else None


def _calls(sandbox: SandboxServer) -> int:
    return sum(call["path"] == "/v3/contacts" for call in sandbox.requests())


def test_slow_api_gives_whole_page_without_rows(admin_client: Client, slow_api: Slow) -> None:
    slow_api()
    response = admin_client.get(LIST)
    assert response.status_code == 200
    assert text(response).startswith("<!doctype html>")
    assert rows(response) == []
    assert _waits(text(response))


@pytest.mark.parametrize("query", ["", "?search=555-01&channel=sms&page=2&page_size=20", "?phone=%2B12025550143"])
def test_waiting_page_loads_rows_from_same_address(admin_client: Client, slow_api: Slow, query: str) -> None:
    slow_api()
    assert _asks_for(text(admin_client.get(LIST + query))) == LIST + query


def test_waiting_page_shows_neither_empty_list_nor_error(admin_client: Client, slow_api: Slow) -> None:
    slow_api()
    page = text(admin_client.get(f"{LIST}?search=555"))
    assert '<p id="summary">Loading contacts</p>' in page
    assert "No contacts" not in page
    assert "data-error" not in page


def test_waiting_page_keeps_filters_in_form(admin_client: Client, slow_api: Slow) -> None:
    slow_api()
    page = text(admin_client.get(LIST, {"search": "555-01", "channel": "sms"}))
    assert 'value="555-01"' in page
    assert 'value="sms" checked' in page


def test_deferred_rows_join_call_in_progress(
    admin_client: Client,
    caching_api: SandboxServer,
    slow_api: Slow,
    late_answer: Answered,
) -> None:
    slow_api()
    page = text(admin_client.get(LIST, {"channel": "sms"}))
    with late_answer():
        part = fragment(admin_client, _asks_for(page) or "", current=f"{LIST}?channel=sms")
    assert len(rows(part)) == 50
    assert _calls(caching_api) == 1


def test_rows_that_arrived_meanwhile_cost_no_second_call(
    admin_client: Client, caching_api: SandboxServer, slow_api: Slow
) -> None:
    slow_api()
    admin_client.get(LIST)
    caching_api.release()
    wait_until(lambda: len(rows(admin_client.get(LIST))) == 50)
    assert _calls(caching_api) == 1


def test_deferred_rows_replace_history_entry(
    admin_client: Client,
    slow_api: Slow,
    late_answer: Answered,
) -> None:
    slow_api()
    admin_client.get(LIST)
    with late_answer():
        part = fragment(admin_client, LIST, current=LIST)
    assert part["HX-Replace-Url"] == LIST
    assert "HX-Push-Url" not in part


def test_fragment_waits_for_rows_and_has_no_skeleton(
    admin_client: Client, slow_api: Slow, late_answer: Answered
) -> None:
    slow_api()
    with late_answer():
        response = fragment(admin_client, LIST)
    assert len(rows(response)) == 50
    assert "waiting__row" not in text(response)


def test_fast_api_gives_rows_at_once(admin_client: Client, caching_api: SandboxServer) -> None:
    page = text(admin_client.get(LIST))
    assert not _waits(page)
    assert 'http-equiv="refresh"' not in page


def test_history_restore_gets_waiting_page(admin_client: Client, slow_api: Slow) -> None:
    slow_api()
    response = admin_client.get(LIST, {"page": 2}, headers=RESTORE)
    assert response["X-Page"] == "1"
    assert _asks_for(text(response)) == f"{LIST}?page=2"


# --- Without JavaScript ----------------------------------------------------------------------------


def test_waiting_page_without_javascript_refreshes_itself(admin_client: Client, slow_api: Slow) -> None:
    slow_api()
    page = text(admin_client.get(f"{LIST}?search=555&page=2"))
    following = f"0; url={LIST}?search=555&amp;page=2&amp;wait=1"
    assert f'<noscript><meta http-equiv="refresh" content="{following}"></noscript>' in page


def test_wait_parameter_waits_for_rows_of_same_call(
    admin_client: Client, caching_api: SandboxServer, slow_api: Slow, late_answer: Answered
) -> None:
    slow_api()
    admin_client.get(LIST)
    with late_answer():
        response = admin_client.get(LIST, {"wait": "1"})
    assert len(rows(response)) == 50
    assert _calls(caching_api) == 1


def test_links_do_not_keep_wait_parameter(admin_client: Client, slow_api: Slow, late_answer: Answered) -> None:
    slow_api()
    with late_answer():
        page = text(admin_client.get(LIST, {"wait": "1"}))
    assert "wait=1" not in page


# --- Errors and access -----------------------------------------------------------------------------


def test_early_failure_is_shown_on_page(admin_client: Client, caching_api: SandboxServer) -> None:
    caching_api.fault(route="contacts", kind="status", status=500)
    response = admin_client.get(LIST)
    assert response.status_code == 503
    assert not _waits(text(response))


def test_late_failure_is_shown_in_fragment(admin_client: Client, settings: Settings, slow_api: Slow) -> None:
    settings.SENT_DEADLINE = 1.5
    get_gateway.cache_clear()
    get_gateway().account()
    slow_api(times=2)  # a follower of a failed call retries once
    assert admin_client.get(LIST).status_code == 200
    part = fragment(admin_client, LIST, current=LIST)
    assert part.status_code == 504
    assert "The messaging service took too long" in text(part)


def test_waiting_page_belongs_to_its_scope_without_rows(
    admin_client: Client, caching_api: SandboxServer, slow_api: Slow, late_answer: Answered
) -> None:
    one, other = (profile["id"] for profile in caching_api.profiles()[1:3])
    assert rows(admin_client.get(f"/p/{one}/contacts/"))
    slow_api()
    response = admin_client.get(f"/p/{other}/contacts/", headers={"Referer": f"{SITE_URL}/p/{one}/contacts/"})
    assert scopes(response) == {other}
    assert "data-contact-id" not in text(response)
    with late_answer():
        part = fragment(admin_client, f"/p/{other}/contacts/")
    assert set(rows(part)) <= set(caching_api.contacts(other))
    assert scopes(part) == {other}


def test_denied_profile_gets_no_skeleton(support_client: Client, caching_api: SandboxServer, slow_api: Slow) -> None:
    slow_api()
    response = support_client.get(f"/p/{caching_api.profiles()[5]['id']}/contacts/")
    assert response.status_code == 404
    assert "waiting__row" not in text(response)
    assert _calls(caching_api) == 0


def test_deferred_rows_keep_numbers_masked(
    admin_client: Client,
    admin_user: User,
    slow_api: Slow,
    late_answer: Answered,
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    slow_api()
    admin_client.get(LIST)
    with late_answer():
        part = fragment(admin_client, LIST, current=LIST)
    assert len(rows(part)) == 50
    assert 'aria-label="Copy ' not in text(part)
