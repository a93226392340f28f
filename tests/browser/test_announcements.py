"""Announcements: what the live region tells a screen reader, and where the focus is after each action."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .page_helpers import (
    CONTACT,
    ROWS,
    choose_channel,
    hold_requests,
    install_clock,
    pause_clock,
    release_responses,
    wait_for_address,
    wait_for_results,
    wait_page_time,
)

LIST = "/account/contacts/"
LIVE = "#live"
BY_SMS = re.compile(r"/contacts/\?.*channel=sms")
SHOWN = {  # state -> selector that is visible in it
    "list": ROWS,
    "nothing": "#results .state",
    "number": "[role=note]",
    "contact": "main article",
    "failure": "#results [data-error]",
    "slow": "#results[aria-busy=true]",
    "notice": ROWS,
}
STATES = ("list", "nothing", "number", "contact", "drawer", "messages failed", "failure", "slow", "notice")
REGIONS = """() => Array.from(
  document.querySelectorAll("[role=status], [role=alert], [role=log], [aria-live]:not([aria-live=off]), output"),
  (region) => region.id || region.outerHTML)"""


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """Desk whose API calls time out after three seconds: later than waiting is announced."""
    return caching_desk.desk


@pytest.fixture(autouse=True)
def _empty_cache(caching_desk: CachingDesk) -> None:
    caching_desk.clear_cache()


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, with announcements recorded."""
    page = new_context.signed_in("admin", at=LIST)
    _record_announcements(page)
    return page


def _record_announcements(page: Page) -> None:
    page.evaluate("""() => {
        window.said = [];
        new MutationObserver(() => { if ($("live").textContent) said.push($("live").textContent); })
            .observe($("live"), { childList: true });
    }""")


def _announcements(page: Page) -> list[str]:
    wait_page_time(page, 100)  # announcements are delayed by 60 ms
    found: list[str] = page.evaluate("said")
    return found


def _result_announcements(page: Page) -> list[str]:
    """Announcements without that of a long wait, which any request can need on a busy machine."""
    return [words for words in _announcements(page) if words != "Loading contacts"]


# --- The live region -------------------------------------------------------------------------------


@pytest.mark.exhaustive  # the tests below go to each state, and look at what is said there
def test_each_state_has_exactly_one_live_region(page: Page, sandbox: SandboxServer, caching_desk: CachingDesk) -> None:
    for state in STATES:  # the last two leave the page unusable
        caching_desk.clear_cache()
        _go_to_state(page, sandbox, state)
        assert page.evaluate(REGIONS) == ["live"], state


def _go_to_state(page: Page, sandbox: SandboxServer, state: str) -> None:
    contact_id = next(iter(sandbox.contacts(None)))
    if state == "failure":
        sandbox.fault(route="contacts", kind="rate_limited", retry_after="40")
    elif state == "messages failed":
        sandbox.fault(route="message-summary", kind="status", status=500)
    elif state == "slow":
        sandbox.fault(route="contacts", kind="slow", seconds=60)
        page.route(BY_SMS, lambda route: route.fallback() if route.request.is_navigation_request() else None)
    address = {
        "nothing": f"{LIST}?search=998-8776",
        "number": f"{LIST}?phone=12",
        "contact": f"{LIST}{contact_id}/",
        "failure": f"{LIST}?channel=sms",
        "slow": f"{LIST}?channel=sms",
    }
    page.goto(address.get(state, LIST))
    if state in SHOWN:
        expect(page.locator(SHOWN[state]).first).to_be_visible()
    if state in {"drawer", "messages failed"}:
        page.locator(f"{ROWS} .phone__link").first.click()
        expect(page.locator(CONTACT)).to_be_visible()
    if state == "messages failed":
        page.keyboard.press("m")
        expect(page.locator("#drawer .messages [data-error]")).to_be_visible()
    if state == "notice":
        page.context.set_offline(True)
        page.get_by_role("link", name="Next page").click()
        expect(page.locator("#notice")).to_be_visible()


def test_search_announces_number_of_matches(page: Page) -> None:
    page.fill("#search", "20")
    wait_for_address(page, "?search=20")
    wait_for_results(page)
    expect(page.locator(LIVE)).to_have_text(re.compile(r"^\d+ results\b"))
    expect(page.locator(LIVE)).to_have_text(page.locator("#summary").inner_text())


def test_search_without_matches_announces_zero(page: Page) -> None:
    page.fill("#search", "998-8776")
    expect(page.locator(LIVE)).to_have_text("0 results")


def test_result_is_announced_once(page: Page) -> None:
    page.fill("#search", "20")
    wait_for_address(page, "?search=20")
    wait_for_results(page)
    expect(page.locator(LIVE)).to_have_text(page.locator("#summary").inner_text())
    assert len(_result_announcements(page)) == 1


def test_same_text_is_announced_again_for_new_result(page: Page) -> None:
    for nth, text in enumerate(("998-8776", "887-7665"), 1):
        page.fill("#search", text)
        wait_for_address(page, f"?search={text}")
        wait_for_results(page)
        page.wait_for_function("nth => said.filter((words) => words !== 'Loading contacts').length === nth", arg=nth)
    assert _result_announcements(page) == ["0 results", "0 results"]


def test_long_wait_is_announced_before_result(page: Page) -> None:
    install_clock(page)
    with hold_requests(page, BY_SMS):
        choose_channel(page, "sms")
        expect(page.locator("#results[aria-busy=true]")).to_be_attached()
        page.clock.fast_forward(900)
        expect(page.locator(LIVE)).to_have_text("Loading contacts")
    wait_for_address(page, "?channel=sms")
    wait_for_results(page)
    summary = page.locator("#summary").inner_text()
    expect(page.locator(LIVE)).to_have_text(summary)
    assert _announcements(page) == ["Loading contacts", summary]


def test_short_wait_is_not_announced(page: Page) -> None:
    pause_clock(page)
    with hold_requests(page, BY_SMS):
        choose_channel(page, "sms")
        expect(page.locator("#results[aria-busy=true]")).to_be_attached()
        page.clock.run_for(800)
    page.clock.resume()
    wait_for_address(page, "?channel=sms")
    wait_for_results(page)
    page.clock.run_for(2000)
    assert _announcements(page) == [page.locator("#summary").inner_text()]


def test_error_announcement_has_title_and_advice(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    choose_channel(page, "sms")
    expect(page.locator("#results [data-error]")).to_be_visible()
    expect(page.locator(LIVE)).to_contain_text("The messaging service returned an error")
    expect(page.locator(LIVE)).to_contain_text("Try again in a moment")


def test_countdown_is_announced_once(page: Page, sandbox: SandboxServer) -> None:
    install_clock(page)
    page.reload()
    _record_announcements(page)
    sandbox.fault(route="contacts", kind="rate_limited", retry_after="40")
    choose_channel(page, "sms")
    expect(page.locator("[data-countdown]")).to_have_text(re.compile("^in 0:(40|3[0-9])$"))
    page.clock.run_for(10_000)
    expect(page.locator("[data-countdown]")).to_have_text(re.compile("^in 0:([0-2][0-9]|30)$"))
    assert len(_result_announcements(page)) == 1


def test_back_announces_restored_list(page: Page) -> None:
    all_of_them = page.locator("#summary").inner_text()
    choose_channel(page, "sms")
    wait_for_address(page, "?channel=sms")
    wait_for_results(page)
    page.go_back()
    wait_for_address(page, LIST)
    expect(page.locator(LIVE)).to_have_text(all_of_them)


def test_slow_first_page_announces_count_when_filled(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="slow", seconds=60)
    page.goto(f"{LIST}?channel=sms", wait_until="commit")
    release_responses(sandbox)
    expect(page.locator(ROWS).first).to_be_visible()
    wait_for_results(page)
    expect(page.locator(LIVE)).to_have_text(page.locator("#summary").inner_text())


# --- Focus -----------------------------------------------------------------------------------------


def test_typing_keeps_focus_and_caret_in_search(page: Page) -> None:
    page.locator("#search").press_sequentially("20", delay=20)
    wait_for_address(page, "?search=20")
    wait_for_results(page)
    expect(page.locator("#search")).to_be_focused()
    assert page.locator("#search").evaluate("box => box.selectionStart") == 2


def test_error_keeps_focus_in_search(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    page.locator("#search").press_sequentially("2")
    expect(page.locator("#results [data-error]")).to_be_visible()
    expect(page.locator("#search")).to_be_focused()


@pytest.mark.parametrize("name", ["Next page", "Last page"])
def test_paging_moves_focus_to_results_heading(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results-h")).to_be_focused()
    expect(page.locator("#results-h")).to_have_text(re.compile(r"^All contacts, page \d+$"))


def test_page_jump_moves_focus_to_results_heading(page: Page) -> None:
    page.fill(".page-jump__page", "2")
    page.press(".page-jump__page", "Enter")
    wait_for_address(page, "?page=2")
    expect(page.locator("#results-h")).to_be_focused()


def test_page_size_select_keeps_focus(page: Page) -> None:
    page.locator("#page-size").focus()
    page.select_option("#page-size", "20")
    wait_for_address(page, "?page_size=20")
    wait_for_results(page)
    expect(page.locator("#page-size")).to_be_focused()


def test_chosen_channel_keeps_focus(page: Page) -> None:
    page.locator("#channels [value='']").focus()
    page.keyboard.press("ArrowRight")
    wait_for_address(page, "?channel=sms")
    wait_for_results(page)
    expect(page.locator("#channels [value=sms]")).to_be_focused()


def test_retry_moves_focus_to_results_heading(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    choose_channel(page, "sms")
    page.locator("[data-retry]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(ROWS).first).to_be_visible()
    expect(page.locator("#results-h")).to_be_focused()


def test_refresh_keeps_focus_within_results(page: Page) -> None:
    page.locator(".table-footer__age").focus()
    page.keyboard.press("Enter")
    wait_for_results(page)
    expect(page.locator("#results :focus")).to_have_count(1)


# --- Chips -----------------------------------------------------------------------------------------


def test_cleared_chip_focuses_heading(page: Page) -> None:
    choose_channel(page, "sms")
    page.get_by_role("link", name="Clear Channel SMS").focus()
    page.keyboard.press("Enter")
    wait_for_address(page, LIST)
    expect(page.locator("#results-h")).to_be_focused()
    expect(page.locator(".chip")).to_have_count(0)


def test_cleared_chip_leaves_other_filter(page: Page) -> None:
    page.fill("#search", "20")
    wait_for_address(page, "?search=20")
    choose_channel(page, "sms")
    page.get_by_role("link", name="Clear Channel SMS").click()
    wait_for_address(page, "?search=20")
    expect(page.locator("#channels [value='']")).to_be_checked()
    expect(page.locator("#search")).to_have_value("20")
