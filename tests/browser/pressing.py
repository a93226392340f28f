"""The list on which single keys are pressed, and what a person would see of their doing."""

from __future__ import annotations

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import NewContext
from tests.browser.reading import ROWS, ids, path, settled

LIST = "/account/contacts/"
SECOND = f"{LIST}?page=2&page_size=20"
KEYS = ("/", "j", "k", "[", "]", "p", "c", "m", "?")


def second_page(new_context: NewContext) -> Page:
    """The second of the admin's pages, so that there is one before and one after, with a clipboard."""
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = new_context.signed_in("admin", context=context)
    page.goto(SECOND)
    settled(page)
    page.evaluate("navigator.clipboard.writeText('nothing')")
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
    expect(page.locator("#drawer-body[aria-busy=false] article")).to_have_attribute("data-contact-id", contact_id)
    return contact_id


def nothing_happened(page: Page) -> None:
    """No other page, nothing opened, nothing copied."""
    page.wait_for_timeout(250)
    assert path(page) == SECOND
    assert page.locator(":popover-open, dialog[open]").count() == 0
    assert copied(page) == "nothing"
