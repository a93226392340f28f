"""Rows that the window has no room for come a frame after the others, and never into another list."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.reading import ROWS, open_list, settled, shown

LIST = "/account/contacts/?page_size=50"
HOLD = """() => {
  const post = MessagePort.prototype.postMessage, held = [];
  MessagePort.prototype.postMessage = function () { held.push(this); };
  window.release = () => {
    MessagePort.prototype.postMessage = post; // a frame that is late posts by itself
    held.forEach((port) => post.call(port, null));
  };
}"""


def _next_page(page: Page) -> None:
    first = next(iter(shown(page)))
    page.click("a[rel=next]")
    expect(page.locator(ROWS).first).not_to_have_attribute("data-contact-id", first)


def test_all_rows_of_a_page_are_there_in_the_order_of_the_answer(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, f"{LIST}&page=2")
    whole = list(shown(admin_page))
    open_list(admin_page, LIST)
    _next_page(admin_page)
    settled(admin_page)
    assert list(shown(admin_page)) == whole


def test_the_list_is_busy_until_they_are_there(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, LIST)
    admin_page.evaluate(HOLD)
    _next_page(admin_page)
    expect(admin_page.locator("#results")).to_have_attribute("aria-busy", "true")
    assert 10 < len(shown(admin_page)) < 50
    admin_page.evaluate("release()")
    settled(admin_page)
    assert len(shown(admin_page)) == 50


def test_they_never_land_in_a_list_that_came_after_them(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, LIST)
    before = list(shown(admin_page))
    admin_page.evaluate(HOLD)
    _next_page(admin_page)
    admin_page.go_back()
    expect(admin_page.locator(ROWS).first).to_have_attribute("data-contact-id", before[0])
    settled(admin_page)
    admin_page.evaluate("release()")
    admin_page.wait_for_timeout(100)
    assert list(shown(admin_page)) == before


def test_the_list_does_not_stay_busy_when_what_was_asked_after_them_never_came(
    admin_page: Page, sandbox: SandboxServer
) -> None:
    open_list(admin_page, LIST)
    admin_page.evaluate(HOLD)
    _next_page(admin_page)
    admin_page.context.set_offline(True)
    admin_page.click("a[rel=next]")
    expect(admin_page.locator("#notice")).to_contain_text("You are offline")
    admin_page.evaluate("release()")
    settled(admin_page)


def test_a_contact_opened_before_they_came_knows_its_place_among_all(admin_page: Page, sandbox: SandboxServer) -> None:
    open_list(admin_page, LIST)
    admin_page.evaluate(HOLD)
    _next_page(admin_page)
    admin_page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(admin_page.locator("#drawer-place")).to_have_text(re.compile("^2 of [1-4][0-9] on this page$"))
    admin_page.evaluate("release()")
    expect(admin_page.locator("#drawer-place")).to_have_text("2 of 50 on this page")
