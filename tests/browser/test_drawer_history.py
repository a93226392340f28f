"""Drawer history: Back, Forward and reload through lists and contacts; rows always match the address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .keyboard import FEW, LIST, MAX_KEY_DELAY_MS, SECOND
from .page_helpers import (
    CONTACT,
    ROWS,
    choose_channel,
    contact_ids,
    current_path,
    hold_requests,
    wait_for_address,
    wait_for_results,
    wait_page_time,
)

BY_SMS = f"{LIST}?channel=sms&page_size=20"
QUERIES = {
    FEW: ContactQuery(page_size=20),
    SECOND: ContactQuery(page=2, page_size=20),
    BY_SMS: ContactQuery(page_size=20, channel="sms"),
}

# True when for half a second nothing is loading, the drawer is closed, and the rows are those of the address.
IS_SETTLED = """(rows) => {
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


def _assert_list(page: Page, sandbox: SandboxServer, address: str) -> None:
    """The drawer is closed, and address and rows are those of the list."""
    expect(page).to_have_title("Meridian Group · Contacts · Contact Desk")
    wait_for_address(page, address)
    expect(page.locator("#drawer")).not_to_be_visible()
    expected = _expected(sandbox, address)
    expect(page.locator(ROWS).first).to_have_attribute("data-contact-id", expected[0])
    wait_for_results(page)
    assert contact_ids(page) == expected


def _expected(sandbox: SandboxServer, address: str) -> list[str]:
    client = SentClient(sandbox.url, "sandbox-organization")
    return [str(contact.id) for contact in client.contacts(QUERIES[address]).contacts]


def _assert_open(page: Page, contact_id: str) -> None:
    expect(page).to_have_title("Meridian Group · Contact · Contact Desk")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    wait_for_address(page, f"{LIST}{contact_id}/")


def _open(page: Page, at: int) -> str:
    contact_id = contact_ids(page)[at]
    page.locator(f"{ROWS} .phone__link").nth(at).click()
    _assert_open(page, contact_id)
    return contact_id


def _close(page: Page, address: str) -> None:
    page.keyboard.press("Escape")
    wait_for_address(page, address)
    expect(page.locator("#drawer")).not_to_be_visible()


def _next_page(page: Page) -> None:
    page.get_by_role("link", name="Next page").click()
    wait_for_address(page, SECOND)
    wait_for_results(page)


def test_back_and_forward_through_two_lists_and_their_contacts(page: Page, sandbox: SandboxServer) -> None:
    _open(page, 1)
    _close(page, FEW)
    _next_page(page)
    opened = _open(page, 2)
    page.go_back()
    _assert_list(page, sandbox, SECOND)
    page.go_back()
    _assert_list(page, sandbox, FEW)
    page.go_forward()
    _assert_list(page, sandbox, SECOND)
    page.go_forward()
    _assert_open(page, opened)
    page.go_back()
    _assert_list(page, sandbox, SECOND)


def test_two_steps_back_from_contact_restore_first_list(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    _open(page, 2)
    page.evaluate("history.go(-2)")
    _assert_list(page, sandbox, FEW)


def test_two_steps_forward_open_contact_and_close_to_its_list(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    opened = _open(page, 2)
    page.evaluate("history.go(-2)")
    _assert_list(page, sandbox, FEW)
    page.evaluate("history.go(2)")
    _assert_open(page, opened)
    page.keyboard.press("Escape")
    _assert_list(page, sandbox, SECOND)
    page.go_back()
    _assert_list(page, sandbox, FEW)


def test_rows_match_address_after_fast_back(page: Page, sandbox: SandboxServer) -> None:
    choose_channel(page, "sms")
    wait_for_address(page, BY_SMS)
    wait_for_results(page)
    _open(page, 0)
    _close(page, BY_SMS)
    choose_channel(page, '""')
    wait_for_address(page, FEW)
    wait_for_results(page)
    _open(page, 3)
    page.evaluate("() => { for (const ms of [0, 30, 60]) setTimeout(() => history.back(), ms); }")
    page.wait_for_function(IS_SETTLED, arg={address: _expected(sandbox, address) for address in QUERIES})


def test_list_restored_by_back_opens_its_own_contacts(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    page.go_back()
    _assert_list(page, sandbox, FEW)
    _open(page, 4)
    _close(page, FEW)
    _assert_list(page, sandbox, FEW)
    expect(page.locator(f"{ROWS} .phone__link").nth(4)).to_be_focused()


def test_reload_shows_contact_page_and_back_returns_to_list(page: Page, sandbox: SandboxServer) -> None:
    _next_page(page)
    opened = _open(page, 2)
    page.reload()
    expect(page.locator("main article")).to_have_attribute("data-contact-id", opened)
    assert page.locator("#drawer").count() == 0
    page.go_back()
    _assert_list(page, sandbox, SECOND)
    again = _open(page, 5)
    _close(page, SECOND)
    page.go_forward()
    _assert_open(page, again)


def test_forward_reopens_contact_after_reload(page: Page, sandbox: SandboxServer) -> None:
    opened = _open(page, 2)
    page.reload()
    expect(page.locator("main article")).to_have_attribute("data-contact-id", opened)
    page.go_back()
    _assert_list(page, sandbox, FEW)
    page.go_forward()
    expect(page.locator("article")).to_have_attribute("data-contact-id", opened)
    assert current_path(page) == f"{LIST}{opened}/"
    page.go_back()
    _assert_list(page, sandbox, FEW)


def test_back_link_works_after_reload(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=BY_SMS, reduced_motion="no-preference")
    _open(page, 2)
    page.reload()
    page.locator("[data-back]").click()
    wait_for_address(page, BY_SMS)
    expect(page.locator(ROWS).first).to_be_visible()


def test_pending_list_is_dropped_when_contact_opens(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, re.compile(r"\?page=2&page_size=20$")):
        page.get_by_role("link", name="Next page").click()
        opened = _open(page, 2)
    wait_page_time(page, 200)
    _assert_open(page, opened)
    _close(page, FEW)
    _assert_list(page, sandbox, FEW)


def test_pending_search_is_dropped_when_contact_opens(page: Page, sandbox: SandboxServer) -> None:
    with hold_requests(page, re.compile("[?&]search=")):
        page.locator("#search").press_sequentially("20")
        opened = _open(page, 2)
        wait_page_time(page, MAX_KEY_DELAY_MS)
    wait_page_time(page, 200)
    _assert_open(page, opened)
    _close(page, FEW)
    _assert_list(page, sandbox, FEW)
    expect(page.locator("#search")).to_have_value("")


def test_drawer_closes_to_list_after_skip_link(page: Page, sandbox: SandboxServer) -> None:
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    _open(page, 1)
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).not_to_be_visible()
    expect(page).to_have_url(re.compile(re.escape(FEW) + "(#main)?$"))
    wait_for_results(page)
    assert len(contact_ids(page)) == 20


def test_key_pressed_before_htmx_is_ready_keeps_the_drawer(page: Page) -> None:
    """htmx shows new content a moment before it makes it alive: the key must not follow the link's href meanwhile."""
    page.evaluate("""() => document.addEventListener("htmx:before:settle", (event) => {
        event.target.dispatchEvent(new KeyboardEvent("keydown", { key: "m", code: "KeyM", bubbles: true }));
    }, { once: true })""")
    opened = contact_ids(page)[1]
    page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(page.locator("#drawer .messages [data-messages]")).to_have_count(0)
    expect(page.locator("#drawer article")).to_be_visible()
    assert current_path(page) == f"{LIST}{opened}/"


# --- Ended session ---------------------------------------------------------------------------------


def test_ended_session_empties_list_and_open_contact(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=SECOND, reduced_motion="no-preference")
    page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(page.locator("#drawer-body article")).to_be_visible()
    page.context.clear_cookies()
    page.keyboard.press("m")
    expect(page.locator("#notice")).to_contain_text("Your session has ended")
    expect(page.locator("#drawer article")).to_have_count(0)
    expect(page.get_by_role("dialog", name="Signed out")).to_be_visible()
    page.keyboard.press("Escape")
    wait_for_address(page, SECOND)
    expect(page.locator("#drawer")).not_to_be_visible()
    expect(page.locator("#results")).to_contain_text("Signed out")
    assert contact_ids(page) == []


def test_ended_session_notice_is_clickable_over_drawer(page: Page) -> None:
    """Content outside an open modal dialog is inert, so the notice has to be inside."""
    opened = contact_ids(page)[2]
    page.context.clear_cookies()
    page.locator(f"{ROWS} .phone__link").nth(2).click()
    page.get_by_role("button", name="Sign in again").click()
    page.wait_for_url(f"**/sign-in/?next={LIST}{opened}/")
