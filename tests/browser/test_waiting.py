"""While the API is slow: a page that comes without its rows and fills itself, old rows that say what they are of."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Request, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext
from tests.browser.reading import ROWS, at_address, choose_channel, held, ids, settled

LIST = "/account/contacts/"
BY_SMS = f"{LIST}?channel=sms"
BUSY = "#results[aria-busy=true]"
SLOW = 1.8  # seconds: longer than a page waits, shorter than the deadline
Slow = Callable[..., None]


@pytest.fixture(scope="module")
def desk(keeping_desk: CachingDesk) -> Desk:
    """A desk that waits three seconds for an answer."""
    return keeping_desk.desk


@pytest.fixture
def page(keeping_desk: CachingDesk, admin_page: Page) -> Page:
    """The admin's list, and nothing kept of it."""
    admin_page.goto(LIST)
    settled(admin_page)
    keeping_desk.forget()
    return admin_page


@pytest.fixture
def slow(sandbox: SandboxServer) -> Slow:
    """Makes the next calls for contacts slow."""

    def make_slow(times: int = 1) -> None:
        sandbox.reset_requests()
        sandbox.fault(route="contacts", kind="slow", seconds=SLOW, times=times)

    return make_slow


def _fills(request: Request) -> bool:
    """Whether a page asks for this to fill itself, or for another part of it."""
    return request.headers.get("hx-request-type") == "partial"


def _fills_with_all(request: Request) -> bool:
    return _fills(request) and "search=" not in request.url


def _calls(sandbox: SandboxServer) -> int:
    return sum(call["path"] == "/v3/contacts" for call in sandbox.requests())


# --- A page without its rows -----------------------------------------------------------------------


def test_a_slow_page_comes_without_rows_and_fills_itself_by_the_same_call(
    page: Page, sandbox: SandboxServer, slow: Slow
) -> None:
    slow()
    with held(page, "**/contacts/**", _fills):
        page.goto(BY_SMS)
        expect(page.locator(BUSY)).to_be_visible()
        expect(page.locator("#summary")).to_have_text("Loading contacts")
        assert ids(page) == []
    settled(page)
    assert len(ids(page)) == 50
    expect(page.locator("#summary")).to_contain_text("contacts match")
    at_address(page, BY_SMS)
    assert _calls(sandbox) == 1


def test_the_page_that_filled_itself_left_no_step_in_the_history(page: Page, slow: Slow) -> None:
    slow()
    before = page.evaluate("history.length")
    page.goto(BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()
    assert page.evaluate("history.length") == before + 1
    page.go_back()
    at_address(page, LIST)


def test_going_back_to_a_slow_list_fills_itself_too(page: Page, keeping_desk: CachingDesk, slow: Slow) -> None:
    choose_channel(page, "sms")
    at_address(page, BY_SMS)
    settled(page)
    keeping_desk.forget()
    slow()
    with held(page, "**/contacts/**", _fills):
        page.go_back()
        expect(page.locator(BUSY)).to_be_visible()
    settled(page)
    at_address(page, LIST)
    assert len(ids(page)) == 50
    expect(page.locator(".chip")).to_have_count(0)


def test_what_is_searched_meanwhile_stands_in_the_end(page: Page, slow: Slow) -> None:
    slow()
    with held(page, "**/contacts/**", _fills_with_all):
        page.goto(BY_SMS)
        expect(page.locator(BUSY)).to_be_visible()
        page.locator("#search").press_sequentially("998-8776")
        expect(page.locator("#results")).to_contain_text("No contacts match")
    page.wait_for_timeout(int(SLOW * 1000))
    expect(page.locator("#results")).to_contain_text("“998-8776”")
    at_address(page, f"{LIST}?search=998-8776&channel=sms")


def test_a_failure_that_follows_is_shown_in_the_place_of_the_rows(
    page: Page, sandbox: SandboxServer, slow: Slow
) -> None:
    sandbox.fault(route="contacts", kind="hang", seconds=20, times=2)
    page.goto(BY_SMS)
    expect(page.locator("#results")).to_contain_text("The messaging service took too long", timeout=15_000)
    expect(page.locator("#summary")).to_have_text("The messaging service took too long")
    page.get_by_role("link", name="Try again").click()
    expect(page.locator(ROWS).first).to_be_visible()


def test_after_it_filled_itself_the_page_works_as_any_other(page: Page, slow: Slow) -> None:
    slow()
    page.goto(BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()
    opened = ids(page)[1]
    page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(page.locator("#drawer-body[aria-busy=false] article")).to_have_attribute("data-contact-id", opened)
    page.keyboard.press("Escape")
    at_address(page, BY_SMS)
    page.get_by_role("link", name="Next page").click()
    at_address(page, f"{BY_SMS}&page=2")
    page.go_back()
    at_address(page, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()


def test_without_javascript_the_page_waits_the_second_time(
    keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer, slow: Slow
) -> None:
    page = new_context.signed_in("admin", java_script_enabled=False)
    keeping_desk.forget()
    slow()
    page.goto(BY_SMS)
    expect(page.locator(ROWS)).to_have_count(50)
    at_address(page, f"{BY_SMS}&wait=1")
    assert _calls(sandbox) == 1


# --- Rows of what was asked before -----------------------------------------------------------------


def test_old_rows_say_what_they_are_of_until_the_new_ones_come(page: Page, slow: Slow) -> None:
    slow()
    choose_channel(page, "sms")
    expect(page.get_by_text("Still showing: all contacts")).to_be_visible()
    settled(page)
    expect(page.locator(".still")).not_to_be_visible()


def test_they_stay_busy_when_one_request_takes_the_place_of_another(page: Page, slow: Slow) -> None:
    slow(times=2)
    page.locator("#search").press_sequentially("2")
    page.wait_for_timeout(500)  # the first request is under way
    page.locator("#search").press_sequentially("0")
    page.wait_for_timeout(500)  # the second took its place
    expect(page.locator(BUSY)).to_be_visible()
    expect(page.locator("#live")).to_have_text("Loading contacts")
    at_address(page, "?search=20")
    settled(page)


def test_a_search_that_took_the_place_of_a_page_leaves_the_focus_in_the_box(page: Page, slow: Slow) -> None:
    slow()
    page.get_by_role("link", name="Next page").click()
    page.locator("#search").press_sequentially("20")
    at_address(page, "?search=20")
    settled(page)
    expect(page.locator("#search")).to_be_focused()
