"""Keyboard helpers: lists to press keys on, and assertions about what a key did."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .page_helpers import CLIPBOARD, CONTACT, ROWS, contact_ids, current_path, wait_page_time

LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"
SECOND = f"{LIST}?page=2&page_size=20"
KEYS = ("/", "j", "k", "[", "]", "p", "c", "m", "?")
MAX_KEY_DELAY_MS = 300  # a key has taken effect by then; the search debounces for 250 ms
# Records the id or class of each element that sends an htmx request.
WATCH = """window.askers = [];
document.addEventListener("htmx:before:request", ({ detail }) => {
    askers.push(detail.ctx.sourceElement.id || detail.ctx.sourceElement.className);
});"""


def second_page(new_context: NewContext) -> Page:
    """Second page of the admin's list, which has a previous and a next page, with access to the clipboard."""
    page = new_context.signed_in("admin", at=SECOND, permissions=CLIPBOARD)
    page.evaluate(WATCH)
    page.evaluate("navigator.clipboard.writeText('nothing')")
    return page


def fresh_list(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer, **options: object) -> Page:
    """Opens the admin's list on an empty cache, then clears the sandbox's log of requests."""
    caching_desk.clear_cache()
    page = new_context.signed_in("admin", at=FEW, **options)  # type: ignore[arg-type]  # Playwright's
    sandbox.reset_requests()
    return page


def row_link(page: Page, at: int) -> Locator:
    """Link of the row at index `at`."""
    return page.locator(f"{ROWS} .phone__link").nth(at)


def clipboard_text(page: Page) -> str:
    """Text in the clipboard."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def open_by_keyboard(page: Page, at: int) -> str:
    """Opens the row at index `at` with Enter. Returns its contact id."""
    contact_id = contact_ids(page)[at]
    row_link(page, at).focus()
    page.keyboard.press("Enter")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    return contact_id


def assert_nothing_requested(page: Page, *, but: str = "") -> None:
    """Fails if the page sent a request, except one by the element `but`."""
    wait_page_time(page, MAX_KEY_DELAY_MS)
    assert set(page.evaluate("askers")) <= {but}


def assert_nothing_happened(page: Page, *, but: str = "") -> None:
    """Fails if a key had any effect: navigation, popover, dialog, copy, or a request not by the element `but`."""
    assert_nothing_requested(page, but=but)
    assert current_path(page) == SECOND
    assert page.locator(":popover-open, dialog[open]").count() == 0
    assert clipboard_text(page) == "nothing"
