"""Slow API: a page arrives without rows and fills itself; old rows stay, labelled, until new ones arrive."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .page_helpers import (
    CONTACT,
    ROWS,
    choose_channel,
    contact_ids,
    hold_requests,
    install_clock,
    release_responses,
    wait_for_address,
    wait_for_results,
    wait_page_time,
)

LIST = "/account/contacts/"
BY_SMS = f"{LIST}?channel=sms"
BUSY = "#results[aria-busy=true]"
LONG = 60  # seconds; responses are delayed this long unless released


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """Desk whose API calls time out after three seconds."""
    return caching_desk.desk


@pytest.fixture
def page(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, with an empty cache."""
    page = new_context.signed_in("admin", at=LIST)
    caching_desk.clear_cache()
    return page


def _goto(page: Page, sandbox: SandboxServer, address: str) -> None:
    """Opens `address` while the API is slow; releases the responses once the page has arrived without rows."""
    sandbox.reset_requests()
    sandbox.fault(route="contacts", kind="slow", seconds=LONG)
    page.goto(address, wait_until="commit")
    release_responses(sandbox)


def _is_fragment_request(request: Request) -> bool:
    """Whether it requests a fragment of the page."""
    return request.headers.get("hx-request-type") == "partial"


def _is_fragment_without_search(request: Request) -> bool:
    return _is_fragment_request(request) and "search=" not in request.url


def _calls(sandbox: SandboxServer) -> int:
    return sum(call["path"] == "/v3/contacts" for call in sandbox.requests())


# --- Page without rows -----------------------------------------------------------------------------


def test_slow_page_fills_itself_with_same_api_call(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, "**/contacts/**", _is_fragment_request):
        _goto(page, sandbox, BY_SMS)
        expect(page.locator(BUSY)).to_be_visible()
        expect(page.locator("#summary")).to_have_text("Loading contacts")
        assert contact_ids(page) == []
    wait_for_results(page)
    assert len(contact_ids(page)) == 50
    expect(page.locator("#summary")).to_contain_text("results")
    wait_for_address(page, BY_SMS)
    assert _calls(sandbox) == 1


def test_filled_page_adds_no_history_entry(page: Page, sandbox: SandboxServer) -> None:
    before = page.evaluate("history.length")
    _goto(page, sandbox, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    wait_for_address(page, LIST)


def test_slow_list_restored_by_back_fills_itself(page: Page, sandbox: SandboxServer, caching_desk: CachingDesk) -> None:
    choose_channel(page, "sms")
    wait_for_address(page, BY_SMS)
    wait_for_results(page)
    caching_desk.clear_cache()
    sandbox.clear()
    sandbox.fault(route="contacts", kind="slow", seconds=LONG)
    with hold_requests(page, "**/contacts/**", _is_fragment_request):
        with page.expect_response(lambda answer: "hx-history-restore-request" in answer.request.headers):
            page.go_back()
        release_responses(sandbox)
        expect(page.locator(BUSY)).to_be_visible()
    wait_for_results(page)
    wait_for_address(page, LIST)
    assert len(contact_ids(page)) == 50
    expect(page.locator(".chip")).to_have_count(0)


def test_search_during_wait_replaces_late_rows(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, "**/contacts/**", _is_fragment_without_search):
        _goto(page, sandbox, BY_SMS)
        expect(page.locator(BUSY)).to_be_visible()
        page.locator("#search").press_sequentially("998-8776")
        expect(page.locator("#results")).to_contain_text("No contacts match")
    wait_page_time(page, 200)
    expect(page.locator("#results")).to_contain_text("“998-8776”")
    wait_for_address(page, f"{LIST}?search=998-8776&channel=sms")


def test_late_failure_is_shown_in_place_of_rows(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="hang", seconds=LONG)
    sandbox.fault(route="contacts", kind="reset", after="headers", times=3)  # both the desk and the page retry
    page.goto(BY_SMS, wait_until="commit")
    release_responses(sandbox)
    expect(page.locator("#results")).to_contain_text("The messaging service cannot be reached")
    expect(page.locator("#summary")).to_have_text("The messaging service cannot be reached")
    sandbox.clear()
    page.get_by_role("link", name="Try again").click()
    expect(page.locator(ROWS).first).to_be_visible()


def test_filled_page_works_as_any_other(page: Page, sandbox: SandboxServer) -> None:
    _goto(page, sandbox, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()
    opened = contact_ids(page)[1]
    page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", opened)
    page.keyboard.press("Escape")
    wait_for_address(page, BY_SMS)
    page.get_by_role("link", name="Next page").click()
    wait_for_address(page, f"{BY_SMS}&page=2")
    page.go_back()
    wait_for_address(page, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()


def test_page_without_javascript_waits_on_second_request(
    caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer
) -> None:
    page = new_context.signed_in("admin", java_script_enabled=False)
    caching_desk.clear_cache()
    _goto(page, sandbox, BY_SMS)
    expect(page.locator(ROWS)).to_have_count(50)
    wait_for_address(page, f"{BY_SMS}&wait=1")
    assert _calls(sandbox) == 1


# --- Old rows --------------------------------------------------------------------------------------


def test_old_rows_are_labelled_until_new_rows_arrive(page: Page) -> None:
    with hold_requests(page, "**/contacts/**", _is_fragment_request):
        choose_channel(page, "sms")
        expect(page.locator("main").get_by_text("Still showing: all contacts")).to_be_visible()
    wait_for_results(page)
    expect(page.locator(".stale-caption")).not_to_be_visible()


def test_results_stay_busy_when_request_is_replaced(page: Page) -> None:
    install_clock(page)
    with hold_requests(page, "**/contacts/**", _is_fragment_request):
        for typed, asked in (("2", "2"), ("0", "20")):
            with page.expect_request(re.compile(rf"[?&]search={asked}(&|$)")):
                page.locator("#search").press_sequentially(typed)
        page.clock.fast_forward(900)
        expect(page.locator("#live")).to_have_text("Loading contacts")
        expect(page.locator(BUSY)).to_be_visible()
    wait_for_address(page, "?search=20")
    wait_for_results(page)


def test_search_that_replaces_paging_keeps_focus_in_search(page: Page) -> None:
    with hold_requests(page, "**/contacts/**", lambda request: "page=2" in request.url):
        page.get_by_role("link", name="Next page").click()
        page.locator("#search").press_sequentially("20")
        wait_for_address(page, "?search=20")
        wait_for_results(page)
    wait_page_time(page, 200)
    expect(page.locator("#search")).to_be_focused()
