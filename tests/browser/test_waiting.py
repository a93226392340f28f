"""While the API is slow: a page that comes without its rows and fills itself, old rows that say what they are of."""

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
    at_address,
    choose_channel,
    hold_requests,
    ids,
    later,
    let_answer,
    wait_for_results,
)

LIST = "/account/contacts/"
BY_SMS = f"{LIST}?channel=sms"
BUSY = "#results[aria-busy=true]"
LONG = 60  # seconds for which an answer is held back, unless it is let go


@pytest.fixture(scope="module")
def desk(keeping_desk: CachingDesk) -> Desk:
    """A desk that waits three seconds for an answer."""
    return keeping_desk.desk


@pytest.fixture
def page(keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, and nothing kept of it."""
    page = new_context.signed_in("admin", at=LIST)
    keeping_desk.forget()
    return page


def _goto(page: Page, sandbox: SandboxServer, address: str) -> None:
    """Goes there while the API is slow, until the page has come without rows; and lets the API answer then."""
    sandbox.reset_requests()
    sandbox.fault(route="contacts", kind="slow", seconds=LONG)
    page.goto(address, wait_until="commit")
    let_answer(sandbox)


def _fills(request: Request) -> bool:
    """Whether a page asks for this to fill itself, or for another part of it."""
    return request.headers.get("hx-request-type") == "partial"


def _fills_with_all(request: Request) -> bool:
    return _fills(request) and "search=" not in request.url


def _calls(sandbox: SandboxServer) -> int:
    return sum(call["path"] == "/v3/contacts" for call in sandbox.requests())


# --- A page without its rows -----------------------------------------------------------------------


def test_a_slow_page_comes_without_rows_and_fills_itself_by_the_same_call(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, "**/contacts/**", _fills):
        _goto(page, sandbox, BY_SMS)
        expect(page.locator(BUSY)).to_be_visible()
        expect(page.locator("#summary")).to_have_text("Loading contacts")
        assert ids(page) == []
    wait_for_results(page)
    assert len(ids(page)) == 50
    expect(page.locator("#summary")).to_contain_text("contacts match")
    at_address(page, BY_SMS)
    assert _calls(sandbox) == 1


def test_the_page_that_filled_itself_left_no_step_in_the_history(page: Page, sandbox: SandboxServer) -> None:
    before = page.evaluate("history.length")
    _goto(page, sandbox, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    at_address(page, LIST)


def test_going_back_to_a_slow_list_fills_itself_too(
    page: Page, sandbox: SandboxServer, keeping_desk: CachingDesk
) -> None:
    choose_channel(page, "sms")
    at_address(page, BY_SMS)
    wait_for_results(page)
    keeping_desk.forget()
    sandbox.clear()
    sandbox.fault(route="contacts", kind="slow", seconds=LONG)
    with hold_requests(page, "**/contacts/**", _fills):
        with page.expect_response(lambda answer: "hx-history-restore-request" in answer.request.headers):
            page.go_back()
        let_answer(sandbox)
        expect(page.locator(BUSY)).to_be_visible()
    wait_for_results(page)
    at_address(page, LIST)
    assert len(ids(page)) == 50
    expect(page.locator(".chip")).to_have_count(0)


def test_what_is_searched_meanwhile_stands_in_the_end(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, "**/contacts/**", _fills_with_all):
        _goto(page, sandbox, BY_SMS)
        expect(page.locator(BUSY)).to_be_visible()
        page.locator("#search").press_sequentially("998-8776")
        expect(page.locator("#results")).to_contain_text("No contacts match")
    later(page, 200)
    expect(page.locator("#results")).to_contain_text("“998-8776”")
    at_address(page, f"{LIST}?search=998-8776&channel=sms")


def test_a_failure_that_follows_is_shown_in_the_place_of_the_rows(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="hang", seconds=LONG)
    sandbox.fault(route="contacts", kind="reset", after="headers", times=3)  # the desk asks again, and the page too
    page.goto(BY_SMS, wait_until="commit")
    let_answer(sandbox)
    expect(page.locator("#results")).to_contain_text("The messaging service cannot be reached")
    expect(page.locator("#summary")).to_have_text("The messaging service cannot be reached")
    sandbox.clear()
    page.get_by_role("link", name="Try again").click()
    expect(page.locator(ROWS).first).to_be_visible()


def test_after_it_filled_itself_the_page_works_as_any_other(page: Page, sandbox: SandboxServer) -> None:
    _goto(page, sandbox, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()
    opened = ids(page)[1]
    page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", opened)
    page.keyboard.press("Escape")
    at_address(page, BY_SMS)
    page.get_by_role("link", name="Next page").click()
    at_address(page, f"{BY_SMS}&page=2")
    page.go_back()
    at_address(page, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()


def test_without_javascript_the_page_waits_the_second_time(
    keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer
) -> None:
    page = new_context.signed_in("admin", java_script_enabled=False)
    keeping_desk.forget()
    _goto(page, sandbox, BY_SMS)
    expect(page.locator(ROWS)).to_have_count(50)
    at_address(page, f"{BY_SMS}&wait=1")
    assert _calls(sandbox) == 1


# --- Rows of what was asked before -----------------------------------------------------------------


def test_old_rows_say_what_they_are_of_until_the_new_ones_come(page: Page) -> None:
    with hold_requests(page, "**/contacts/**", _fills):
        choose_channel(page, "sms")
        expect(page.get_by_text("Still showing: all contacts")).to_be_visible()
    wait_for_results(page)
    expect(page.locator(".stale-caption")).not_to_be_visible()


def test_they_stay_busy_when_one_request_takes_the_place_of_another(page: Page) -> None:
    page.clock.install()
    with hold_requests(page, "**/contacts/**", _fills):
        for typed, asked in (("2", "2"), ("0", "20")):
            with page.expect_request(re.compile(rf"[?&]search={asked}(&|$)")):
                page.locator("#search").press_sequentially(typed)
        page.clock.fast_forward(900)
        expect(page.locator("#live")).to_have_text("Loading contacts")
        expect(page.locator(BUSY)).to_be_visible()
    at_address(page, "?search=20")
    wait_for_results(page)


def test_a_search_that_took_the_place_of_a_page_leaves_the_focus_in_the_box(page: Page) -> None:
    with hold_requests(page, "**/contacts/**", lambda request: "page=2" in request.url):
        page.get_by_role("link", name="Next page").click()
        page.locator("#search").press_sequentially("20")
        at_address(page, "?search=20")
        wait_for_results(page)
    later(page, 200)
    expect(page.locator("#search")).to_be_focused()
