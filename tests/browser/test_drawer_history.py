"""Contacts opened from lists, and Back and Forward through all of it: the rows are always those of the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .keyboard import FEW, LIST, PUT_OFF, SECOND
from .page_helpers import CONTACT, ROWS, at_address, choose_channel, hold_requests, ids, later, path, wait_for_results

BY_SMS = f"{LIST}?channel=sms&page_size=20"
QUERIES = {
    FEW: ContactQuery(page_size=20),
    SECOND: ContactQuery(page=2, page_size=20),
    BY_SMS: ContactQuery(page_size=20, channel="sms"),
}

# Whether nothing is on its way, nothing open, and the rows are those of the address; and that for half a second.
IS_RIGHT = """(rows) => {
    const shown = Array.from(document.querySelectorAll("tr[data-contact-id]"), (row) => row.dataset.contactId);
    const right = document.querySelector("#results[aria-busy=false]") && !document.querySelector("#drawer[open]")
        && String(rows[location.pathname + location.search]) === String(shown);
    if (!right) window.rightSince = undefined;
    else window.rightSince ??= performance.now();
    return right && performance.now() - window.rightSince > 500;
}"""


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list."""
    return new_context.signed_in("admin", at=FEW, reduced_motion="no-preference")


def _is_list(page: Page, sandbox: SandboxServer, address: str) -> None:
    """No drawer, this address, and exactly its rows."""
    at_address(page, address)
    expect(page.locator("#drawer")).not_to_be_visible()
    expected = _expected(sandbox, address)
    expect(page.locator(ROWS).first).to_have_attribute("data-contact-id", expected[0])
    wait_for_results(page)
    assert ids(page) == expected


def _expected(sandbox: SandboxServer, address: str) -> list[str]:
    client = SentClient(sandbox.url, "sandbox-organization")
    return [str(contact.id) for contact in client.contacts(QUERIES[address]).contacts]


def _is_open(page: Page, contact_id: str) -> None:
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    at_address(page, f"{LIST}{contact_id}/")


def _open(page: Page, at: int) -> str:
    contact_id = ids(page)[at]
    page.locator(f"{ROWS} .phone__link").nth(at).click()
    _is_open(page, contact_id)
    return contact_id


def _shut(page: Page, address: str) -> None:
    page.keyboard.press("Escape")
    at_address(page, address)
    expect(page.locator("#drawer")).not_to_be_visible()


def _next_page(page: Page) -> None:
    page.get_by_role("link", name="Next page").click()
    at_address(page, SECOND)
    wait_for_results(page)


def test_back_through_two_lists_with_a_contact_opened_in_each(page: Page, sandbox: SandboxServer) -> None:
    _open(page, 1)
    _shut(page, FEW)
    _next_page(page)
    opened = _open(page, 2)
    page.go_back()
    _is_list(page, sandbox, SECOND)
    page.go_back()
    _is_list(page, sandbox, FEW)
    page.go_forward()
    _is_list(page, sandbox, SECOND)
    page.go_forward()
    _is_open(page, opened)
    page.go_back()
    _is_list(page, sandbox, SECOND)


def test_two_steps_back_at_once_from_a_contact(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    _open(page, 2)
    page.evaluate("history.go(-2)")
    _is_list(page, sandbox, FEW)


def test_two_steps_forward_at_once_to_a_contact_and_back(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    opened = _open(page, 2)
    page.evaluate("history.go(-2)")
    _is_list(page, sandbox, FEW)
    page.evaluate("history.go(2)")
    _is_open(page, opened)
    page.keyboard.press("Escape")
    _is_list(page, sandbox, SECOND)
    page.go_back()
    _is_list(page, sandbox, FEW)


def test_however_quickly_one_goes_back_the_rows_are_those_of_the_address(page: Page, sandbox: SandboxServer) -> None:
    choose_channel(page, "sms")
    at_address(page, BY_SMS)
    wait_for_results(page)
    _open(page, 0)
    _shut(page, BY_SMS)
    choose_channel(page, '""')
    at_address(page, FEW)
    wait_for_results(page)
    _open(page, 3)
    page.evaluate("() => { for (const ms of [0, 30, 60]) setTimeout(() => history.back(), ms); }")
    page.wait_for_function(IS_RIGHT, arg={address: _expected(sandbox, address) for address in QUERIES})


def test_a_list_restored_by_back_opens_its_own_contacts(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    page.go_back()
    _is_list(page, sandbox, FEW)
    _open(page, 4)
    _shut(page, FEW)
    _is_list(page, sandbox, FEW)
    expect(page.locator(f"{ROWS} .phone__link").nth(4)).to_be_focused()


def test_loaded_again_the_address_shows_the_page_and_back_leads_to_the_list(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    opened = _open(page, 2)
    page.reload()
    expect(page.locator("main article")).to_have_attribute("data-contact-id", opened)
    assert page.locator("#drawer").count() == 0
    page.go_back()
    _is_list(page, sandbox, SECOND)
    again = _open(page, 5)
    _shut(page, SECOND)
    page.go_forward()
    _is_open(page, again)


def test_forward_to_a_contact_after_its_page_was_loaded_again(page: Page, sandbox: SandboxServer) -> None:
    opened = _open(page, 2)
    page.reload()
    expect(page.locator("main article")).to_have_attribute("data-contact-id", opened)
    page.go_back()
    _is_list(page, sandbox, FEW)
    page.go_forward()
    expect(page.locator("article")).to_have_attribute("data-contact-id", opened)
    assert path(page) == f"{LIST}{opened}/"
    page.go_back()
    _is_list(page, sandbox, FEW)


def test_the_links_of_the_contact_page_work_after_it_was_loaded_again(
    new_context: NewContext, sandbox: SandboxServer
) -> None:
    page = new_context.signed_in("admin", at=BY_SMS, reduced_motion="no-preference")
    _open(page, 2)
    page.reload()
    page.locator("[data-back]").click()
    at_address(page, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()


def test_a_list_still_on_its_way_does_not_come_while_a_contact_is_open(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, re.compile(r"\?page=2&page_size=20$")):
        page.get_by_role("link", name="Next page").click()
        opened = _open(page, 2)
    later(page, 200)
    _is_open(page, opened)
    _shut(page, FEW)
    _is_list(page, sandbox, FEW)


def test_a_search_just_typed_does_not_run_while_a_contact_is_open(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, re.compile("[?&]search=")):
        page.locator("#search").press_sequentially("20")
        opened = _open(page, 2)
        later(page, PUT_OFF)
    later(page, 200)
    _is_open(page, opened)
    _shut(page, FEW)
    _is_list(page, sandbox, FEW)
    expect(page.locator("#search")).to_have_value("")


def test_the_skip_link_does_not_disturb_it(page: Page, sandbox: SandboxServer) -> None:
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    _open(page, 1)
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).not_to_be_visible()
    expect(page).to_have_url(re.compile(re.escape(FEW) + "(#main)?$"))
    wait_for_results(page)
    assert len(ids(page)) == 20


# --- When the session has ended --------------------------------------------------------------------


def test_after_the_session_ended_opening_says_so_and_closing_leaves_everything_right(
    new_context: NewContext, sandbox: SandboxServer
) -> None:
    page = new_context.signed_in("admin", at=SECOND, reduced_motion="no-preference")
    before = ids(page)
    page.context.clear_cookies()
    page.locator(f"{ROWS} .phone__link").nth(2).click()
    expect(page.locator("#notice")).to_contain_text("Your session has ended")
    page.keyboard.press("Escape")
    at_address(page, SECOND)
    expect(page.locator("#drawer")).not_to_be_visible()
    assert ids(page) == before


def test_after_the_session_ended_the_notice_can_be_pressed_while_a_contact_is_open(page: Page) -> None:
    """What lies beside an open dialog cannot: the notice has to be in it."""
    opened = ids(page)[2]
    page.context.clear_cookies()
    page.locator(f"{ROWS} .phone__link").nth(2).click()
    page.get_by_role("button", name="Sign in again").click()
    page.wait_for_url(f"**/sign-in/?next={LIST}{opened}/")
