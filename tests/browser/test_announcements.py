"""What a screen reader hears, by the one status region, and where the focus is after each thing."""

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
    at_address,
    choose_channel,
    hold_requests,
    later,
    let_answer,
    more_filters,
    stop_clock,
    wait_for_results,
)

LIST = "/account/contacts/"
LIVE = "#live"
BY_SMS = re.compile(r"/contacts/\?.*channel=sms")
SHOWN = {  # what is seen of a state that an address leads to
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
def desk(keeping_desk: CachingDesk) -> Desk:
    """A desk that waits three seconds for an answer: longer than any wait that is worth a word."""
    return keeping_desk.desk


@pytest.fixture(autouse=True)
def _nothing_kept(keeping_desk: CachingDesk) -> None:
    keeping_desk.forget()


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, with what is said written down."""
    page = new_context.signed_in("admin", at=LIST)
    _write_down(page)
    return page


def _write_down(page: Page) -> None:
    page.evaluate("""() => {
        window.said = [];
        new MutationObserver(() => { if ($("live").textContent) said.push($("live").textContent); })
            .observe($("live"), { childList: true });
    }""")


def _said(page: Page) -> list[str]:
    later(page, 100)  # words follow what they are about by 60 ms
    found: list[str] = page.evaluate("said")
    return found


def _answers(page: Page) -> list[str]:
    """What was said, without the word that a long wait is worth: on a busy machine any can be long."""
    return [words for words in _said(page) if words != "Loading contacts"]


# --- One voice -------------------------------------------------------------------------------------


def test_in_every_state_there_is_one_status_region(
    page: Page, sandbox: SandboxServer, keeping_desk: CachingDesk
) -> None:
    for state in STATES:  # the last two cut the page off
        keeping_desk.forget()
        _reach(page, sandbox, state)
        assert page.evaluate(REGIONS) == ["live"], state


def _reach(page: Page, sandbox: SandboxServer, state: str) -> None:
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


def test_a_search_says_how_many_match(page: Page) -> None:
    page.fill("#search", "20")
    at_address(page, "?search=20")
    wait_for_results(page)
    expect(page.locator(LIVE)).to_have_text(re.compile(r"^\d+ contacts match$"))
    expect(page.locator(LIVE)).to_have_text(page.locator("#summary").inner_text())


def test_a_search_that_finds_nothing_says_so(page: Page) -> None:
    page.fill("#search", "998-8776")
    expect(page.locator(LIVE)).to_have_text("0 contacts match")


def test_one_answer_is_said_once(page: Page) -> None:
    page.fill("#search", "20")
    at_address(page, "?search=20")
    wait_for_results(page)
    expect(page.locator(LIVE)).to_have_text(page.locator("#summary").inner_text())
    assert len(_answers(page)) == 1


def test_the_same_words_are_said_again_for_another_answer(page: Page) -> None:
    for nth, text in enumerate(("998-8776", "887-7665"), 1):
        page.fill("#search", text)
        at_address(page, f"?search={text}")
        wait_for_results(page)
        page.wait_for_function("nth => said.filter((words) => words !== 'Loading contacts').length === nth", arg=nth)
    assert _answers(page) == ["0 contacts match", "0 contacts match"]


def test_a_long_wait_is_said_before_the_answer(page: Page) -> None:
    page.clock.install()
    with hold_requests(page, BY_SMS):
        choose_channel(page, "sms")
        expect(page.locator("#results[aria-busy=true]")).to_be_attached()
        page.clock.fast_forward(900)
        expect(page.locator(LIVE)).to_have_text("Loading contacts")
    at_address(page, "?channel=sms")
    wait_for_results(page)
    summary = page.locator("#summary").inner_text()
    expect(page.locator(LIVE)).to_have_text(summary)
    assert _said(page) == ["Loading contacts", summary]


def test_a_short_wait_is_not_worth_a_word(page: Page) -> None:
    stop_clock(page)
    with hold_requests(page, BY_SMS):
        choose_channel(page, "sms")
        expect(page.locator("#results[aria-busy=true]")).to_be_attached()
        page.clock.run_for(800)
    page.clock.resume()
    at_address(page, "?channel=sms")
    wait_for_results(page)
    page.clock.run_for(2000)
    assert _said(page) == [page.locator("#summary").inner_text()]


def test_an_error_is_said_with_its_title_and_what_to_do(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    choose_channel(page, "sms")
    expect(page.locator("#results [data-error]")).to_be_visible()
    expect(page.locator(LIVE)).to_contain_text("The messaging service has a fault")
    expect(page.locator(LIVE)).to_contain_text("Try again in a moment")


def test_the_seconds_of_a_countdown_are_not_said_one_by_one(page: Page, sandbox: SandboxServer) -> None:
    page.clock.install()
    page.reload()
    _write_down(page)
    sandbox.fault(route="contacts", kind="rate_limited", retry_after="40")
    choose_channel(page, "sms")
    expect(page.locator("[data-countdown]")).to_have_text(re.compile("^0:(40|3[0-9])$"))
    page.clock.run_for(10_000)
    expect(page.locator("[data-countdown]")).to_have_text(re.compile("^0:[0-2][0-9]|0:30$"))
    assert len(_answers(page)) == 1


def test_going_back_says_what_one_came_back_to(page: Page) -> None:
    all_of_them = page.locator("#summary").inner_text()
    choose_channel(page, "sms")
    at_address(page, "?channel=sms")
    wait_for_results(page)
    page.go_back()
    at_address(page, LIST)
    expect(page.locator(LIVE)).to_have_text(all_of_them)


def test_after_a_slow_first_page_the_count_is_said(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="slow", seconds=60)
    page.goto(f"{LIST}?channel=sms", wait_until="commit")
    let_answer(sandbox)
    expect(page.locator(ROWS).first).to_be_visible()
    wait_for_results(page)
    expect(page.locator(LIVE)).to_have_text(page.locator("#summary").inner_text())


# --- Where the focus is ----------------------------------------------------------------------------


def test_while_one_types_the_focus_and_the_caret_stay(page: Page) -> None:
    page.locator("#search").press_sequentially("20", delay=20)
    at_address(page, "?search=20")
    wait_for_results(page)
    expect(page.locator("#search")).to_be_focused()
    assert page.locator("#search").evaluate("box => box.selectionStart") == 2


def test_an_error_leaves_the_focus_where_one_types(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    page.locator("#search").press_sequentially("2")
    expect(page.locator("#results [data-error]")).to_be_visible()
    expect(page.locator("#search")).to_be_focused()


@pytest.mark.parametrize("name", ["Next page", "Last page"])
def test_after_paging_the_focus_is_on_the_heading_of_the_results(page: Page, name: str) -> None:
    page.get_by_role("link", name=name).focus()
    page.keyboard.press("Enter")
    expect(page.locator("#results-h")).to_be_focused()
    expect(page.locator("#results-h")).to_have_text(re.compile(r"^All contacts, page \d$"))


def test_after_going_to_a_page_by_its_number_the_focus_is_on_the_heading(page: Page) -> None:
    page.fill(".page-jump__page", "2")
    page.press(".page-jump__page", "Enter")
    at_address(page, "?page=2")
    expect(page.locator("#results-h")).to_be_focused()


def test_after_choosing_the_rows_the_focus_stays_on_the_choice(page: Page) -> None:
    page.locator("#page-size").focus()
    page.select_option("#page-size", "20")
    at_address(page, "?page_size=20")
    wait_for_results(page)
    expect(page.locator("#page-size")).to_be_focused()


def test_after_a_channel_the_focus_stays_on_it(page: Page) -> None:
    page.locator("#channels [value='']").focus()
    page.keyboard.press("ArrowRight")
    at_address(page, "?channel=sms")
    wait_for_results(page)
    expect(page.locator("#channels [value=sms]")).to_be_focused()


def test_trying_again_moves_the_focus_to_what_came(page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    choose_channel(page, "sms")
    page.locator("[data-retry]").focus()
    page.keyboard.press("Enter")
    expect(page.locator(ROWS).first).to_be_visible()
    expect(page.locator("#results-h")).to_be_focused()


def test_refreshing_does_not_lose_the_focus(page: Page) -> None:
    page.locator(".table-footer__age").focus()
    page.keyboard.press("Enter")
    wait_for_results(page)
    expect(page.locator("#results :focus")).to_have_count(1)


# --- Chips -----------------------------------------------------------------------------------------


def test_clearing_a_chip_moves_the_focus_to_the_heading_and_empties_the_box(page: Page) -> None:
    page.locator("#search").press_sequentially("20")
    page.get_by_role("link", name="Clear Search 20").focus()
    page.keyboard.press("Enter")
    at_address(page, LIST)
    expect(page.locator("#results-h")).to_be_focused()
    expect(page.locator("#search")).to_have_value("")
    expect(page.locator(".chip")).to_have_count(0)


def test_clearing_one_of_two_leaves_the_other(page: Page) -> None:
    page.fill("#search", "20")
    at_address(page, "?search=20")
    choose_channel(page, "sms")
    page.get_by_role("link", name="Clear Channel SMS").click()
    at_address(page, "?search=20")
    expect(page.locator("#channels [value='']")).to_be_checked()
    expect(page.locator("#search")).to_have_value("20")


def test_after_clearing_a_chip_the_same_search_can_be_typed_again(page: Page) -> None:
    page.locator("#search").press_sequentially("20")
    page.get_by_role("link", name="Clear Search 20").click()
    at_address(page, LIST)
    wait_for_results(page)
    page.locator("#search").press_sequentially("20")
    at_address(page, "?search=20")
    expect(page.get_by_role("link", name="Clear Search 20")).to_be_visible()


def test_clearing_a_number_shows_all_contacts_and_empties_its_box(page: Page) -> None:
    more_filters(page)
    page.fill("#phone", "+1 202-555-0143")
    page.press("#phone", "Enter")
    page.get_by_role("link", name="Clear Number +12025550143").click()
    at_address(page, LIST)
    expect(page.locator("#phone")).to_have_value("")
    expect(page.locator(ROWS)).to_have_count(50)
