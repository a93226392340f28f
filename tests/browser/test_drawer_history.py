"""Contacts opened from lists, and Back and Forward through all of it: the rows are always those of the address."""

from __future__ import annotations

import re
import time

from playwright.sync_api import Error, Page, expect

from contacts_ui.sent.client import SentClient
from contacts_ui.sent.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.browser.reading import ROWS, at_address, choose_channel, held, ids, open_list, path, settled

LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"
SECOND = f"{LIST}?page=2&page_size=20"
BY_SMS = f"{LIST}?channel=sms&page_size=20"
QUERIES = {
    FEW: ContactQuery(page_size=20),
    SECOND: ContactQuery(page=2, page_size=20),
    BY_SMS: ContactQuery(page_size=20, channel="sms"),
}

LOOKS = """() => [
  location.pathname + location.search,
  Array.from(document.querySelectorAll("tr[data-contact-id]"), (row) => row.dataset.contactId),
  Boolean(document.querySelector("#results[aria-busy=false]")) && !document.querySelector("#drawer[open]"),
]"""


def _is_list(page: Page, sandbox: SandboxServer, address: str) -> None:
    """No drawer, this address, and exactly its rows."""
    at_address(page, address)
    expect(page.locator("#drawer")).not_to_be_visible()
    expected = _expected(sandbox, address)
    expect(page.locator(ROWS).first).to_have_attribute("data-contact-id", expected[0])
    settled(page)
    assert ids(page) == expected


def _expected(sandbox: SandboxServer, address: str) -> list[str]:
    client = SentClient(sandbox.url, "sandbox-organization")
    return [str(contact.id) for contact in client.contacts(QUERIES[address]).contacts]


def _is_open(page: Page, contact_id: str) -> None:
    expect(page.locator("#drawer-body[aria-busy=false] article")).to_have_attribute("data-contact-id", contact_id)
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
    settled(page)


def test_back_through_two_lists_with_a_contact_opened_in_each(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, FEW)
    _open(admin_page, 1)
    _shut(admin_page, FEW)
    _next_page(admin_page)
    opened = _open(admin_page, 2)
    admin_page.go_back()
    _is_list(admin_page, sandbox, SECOND)
    admin_page.go_back()
    _is_list(admin_page, sandbox, FEW)
    admin_page.go_forward()
    _is_list(admin_page, sandbox, SECOND)
    admin_page.go_forward()
    _is_open(admin_page, opened)
    admin_page.go_back()
    _is_list(admin_page, sandbox, SECOND)


def test_two_steps_back_at_once_from_a_contact(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, FEW)
    _next_page(admin_page)
    _open(admin_page, 2)
    admin_page.evaluate("history.go(-2)")
    _is_list(admin_page, sandbox, FEW)


def test_two_steps_forward_at_once_to_a_contact_and_back(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, FEW)
    _next_page(admin_page)
    opened = _open(admin_page, 2)
    admin_page.evaluate("history.go(-2)")
    _is_list(admin_page, sandbox, FEW)
    admin_page.evaluate("history.go(2)")
    _is_open(admin_page, opened)
    admin_page.keyboard.press("Escape")
    _is_list(admin_page, sandbox, SECOND)
    admin_page.go_back()
    _is_list(admin_page, sandbox, FEW)


def test_however_quickly_one_goes_back_the_rows_are_those_of_the_address(
    admin_page: Page, sandbox: SandboxServer
) -> None:
    open_list(admin_page, FEW)
    choose_channel(admin_page, "sms")
    at_address(admin_page, BY_SMS)
    settled(admin_page)
    _open(admin_page, 0)
    _shut(admin_page, BY_SMS)
    choose_channel(admin_page, '""')
    at_address(admin_page, FEW)
    settled(admin_page)
    _open(admin_page, 3)
    for _ in range(3):
        admin_page.evaluate("history.back()")
        admin_page.wait_for_timeout(30)
    rows = {address: _expected(sandbox, address) for address in QUERIES}
    right, until = 0, time.monotonic() + 20
    while right < 10 and time.monotonic() < until:  # wherever that many steps at once have led, and for a second
        admin_page.wait_for_timeout(100)
        try:
            address, shown, still = admin_page.evaluate(LOOKS)
        except Error:  # a page is just coming
            right = 0
        else:
            right = right + 1 if still and rows.get(address) == shown else 0
    assert right == 10


def test_a_list_restored_by_back_opens_its_own_contacts(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, FEW)
    _next_page(admin_page)
    admin_page.go_back()
    _is_list(admin_page, sandbox, FEW)
    _open(admin_page, 4)
    _shut(admin_page, FEW)
    _is_list(admin_page, sandbox, FEW)
    expect(admin_page.locator(f"{ROWS} .phone__link").nth(4)).to_be_focused()


def test_loaded_again_the_address_shows_the_page_and_back_leads_to_the_list(
    admin_page: Page, sandbox: SandboxServer
) -> None:
    open_list(admin_page, FEW)
    _next_page(admin_page)
    opened = _open(admin_page, 2)
    admin_page.reload()
    expect(admin_page.locator("main article")).to_have_attribute("data-contact-id", opened)
    assert admin_page.locator("#drawer").count() == 0
    admin_page.go_back()
    _is_list(admin_page, sandbox, SECOND)
    again = _open(admin_page, 5)
    _shut(admin_page, SECOND)
    admin_page.go_forward()
    _is_open(admin_page, again)


def test_forward_to_a_contact_after_its_page_was_loaded_again(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, FEW)
    opened = _open(admin_page, 2)
    admin_page.reload()
    expect(admin_page.locator("main article")).to_have_attribute("data-contact-id", opened)
    admin_page.go_back()
    _is_list(admin_page, sandbox, FEW)
    admin_page.go_forward()
    expect(admin_page.locator("article")).to_have_attribute("data-contact-id", opened)
    assert path(admin_page) == f"{LIST}{opened}/"
    admin_page.go_back()
    _is_list(admin_page, sandbox, FEW)


def test_the_links_of_the_contact_page_work_after_it_was_loaded_again(admin_page: Page) -> None:
    open_list(admin_page, BY_SMS)
    _open(admin_page, 2)
    admin_page.reload()
    admin_page.locator("[data-back]").click()
    at_address(admin_page, BY_SMS)
    expect(admin_page.locator(ROWS).first).to_be_visible()


def test_a_list_still_on_its_way_does_not_come_while_a_contact_is_open(
    admin_page: Page, sandbox: SandboxServer
) -> None:
    open_list(admin_page, FEW)
    with held(admin_page, re.compile(r"\?page=2&page_size=20$")):
        admin_page.get_by_role("link", name="Next page").click()
        opened = _open(admin_page, 2)
    admin_page.wait_for_timeout(600)
    _is_open(admin_page, opened)
    _shut(admin_page, FEW)
    _is_list(admin_page, sandbox, FEW)


def test_a_search_just_typed_does_not_run_while_a_contact_is_open(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, FEW)
    with held(admin_page, re.compile("[?&]search=")):
        admin_page.locator("#search").press_sequentially("20")
        opened = _open(admin_page, 2)
    admin_page.wait_for_timeout(600)
    _is_open(admin_page, opened)
    _shut(admin_page, FEW)
    _is_list(admin_page, sandbox, FEW)
    expect(admin_page.locator("#search")).to_have_value("")


def test_the_skip_link_does_not_disturb_it(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, FEW)
    admin_page.locator(".skip").focus()
    admin_page.keyboard.press("Enter")
    _open(admin_page, 1)
    admin_page.keyboard.press("Escape")
    expect(admin_page.locator("#drawer")).not_to_be_visible()
    expect(admin_page).to_have_url(re.compile(re.escape(FEW) + "(#main)?$"))
    settled(admin_page)
    assert len(ids(admin_page)) == 20


# --- When the session has ended --------------------------------------------------------------------


def test_after_the_session_ended_opening_says_so_and_closing_leaves_everything_right(
    admin_page: Page, sandbox: SandboxServer
) -> None:
    open_list(admin_page, SECOND)
    before = ids(admin_page)
    admin_page.context.clear_cookies()
    admin_page.locator(f"{ROWS} .phone__link").nth(2).click()
    expect(admin_page.locator("#notice")).to_contain_text("Your session has ended")
    admin_page.keyboard.press("Escape")
    at_address(admin_page, SECOND)
    expect(admin_page.locator("#drawer")).not_to_be_visible()
    assert ids(admin_page) == before


def test_after_the_session_ended_the_notice_can_be_pressed_while_a_contact_is_open(admin_page: Page) -> None:
    """What lies beside an open dialog cannot: the notice has to be in it."""
    open_list(admin_page, FEW)
    opened = ids(admin_page)[2]
    admin_page.context.clear_cookies()
    admin_page.locator(f"{ROWS} .phone__link").nth(2).click()
    admin_page.get_by_role("button", name="Sign in again").click()
    admin_page.wait_for_url(f"**/sign-in/?next={LIST}{opened}/")
