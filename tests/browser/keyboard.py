"""The lists that tests open to press keys on, and what a person would see of their doing."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .page_helpers import CLIPBOARD, CONTACT, ROWS, ids, later, path

LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"
SECOND = f"{LIST}?page=2&page_size=20"
KEYS = ("/", "j", "k", "[", "]", "p", "c", "m", "?")
PUT_OFF = 300  # milliseconds by which whatever a key does has begun; the search waits 250 for the next letter
# What asks the desk for something is written down, by its id or its class.
WATCH = """window.askers = [];
document.addEventListener("htmx:before:request", ({ detail }) => {
    askers.push(detail.ctx.sourceElement.id || detail.ctx.sourceElement.className);
});"""


def second_page(new_context: NewContext) -> Page:
    """The second of the admin's pages, so that there is one before and one after, with a clipboard."""
    context = new_context(permissions=CLIPBOARD)
    context.add_init_script(WATCH)
    page = new_context.signed_in("admin", context=context, at=SECOND)
    page.evaluate("navigator.clipboard.writeText('nothing')")
    return page


def fresh_list(keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer, **options: object) -> Page:
    """A list that the admin has just opened, on a desk that kept nothing but it; and no call made since."""
    keeping_desk.forget()
    page = new_context.signed_in("admin", at=FEW, **options)  # type: ignore[arg-type]  # Playwright's
    sandbox.reset_requests()
    return page


def link(page: Page, at: int) -> Locator:
    """The link of a row."""
    return page.locator(f"{ROWS} .phone__link").nth(at)


def copied(page: Page) -> str:
    """What is in the clipboard."""
    return str(page.evaluate("navigator.clipboard.readText()"))


def opened(page: Page, at: int) -> str:
    """Opens a row by the keyboard; the id of its contact."""
    contact_id = ids(page)[at]
    link(page, at).focus()
    page.keyboard.press("Enter")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    return contact_id


def nothing_asked(page: Page, *, but: str = "") -> None:
    """The page has asked the desk for nothing, and will not; nothing but what this one part of it asks for."""
    later(page, PUT_OFF)
    assert set(page.evaluate("askers")) <= {but}


def nothing_happened(page: Page, *, but: str = "") -> None:
    """No other page, nothing opened, nothing copied; nothing asked for, except by this one part of the page."""
    nothing_asked(page, but=but)
    assert path(page) == SECOND
    assert page.locator(":popover-open, dialog[open]").count() == 0
    assert copied(page) == "nothing"
