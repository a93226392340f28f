"""Rows that the window has no room for come a frame after the others, and never into another list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import ROWS, at_address, later, open_list, shown, wait_for_results

LIST = "/account/contacts/?page_size=50"
HOLD = """() => {
  const post = MessagePort.prototype.postMessage, held = [];
  MessagePort.prototype.postMessage = function () { held.push(this); };
  window.release = () => {
    MessagePort.prototype.postMessage = post; // a frame that is late posts by itself
    held.forEach((port) => post.call(port, null));
    const last = new MessageChannel();
    return new Promise((arrived) => { last.port1.onmessage = arrived; last.port2.postMessage(null); });
  };
}"""


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, with more rows than the window has room for."""
    return new_context.signed_in("admin", at=LIST)


def _next_page(page: Page) -> None:
    first = next(iter(shown(page)))
    page.click("a[rel=next]")
    expect(page.locator(ROWS).first).not_to_have_attribute("data-contact-id", first)


def test_all_rows_of_a_page_are_there_in_the_order_of_the_answer(page: Page) -> None:
    open_list(page, f"{LIST}&page=2")
    whole = list(shown(page))
    open_list(page, LIST)
    _next_page(page)
    wait_for_results(page)
    assert list(shown(page)) == whole


def test_the_list_is_busy_until_they_are_there(page: Page) -> None:
    page.evaluate(HOLD)
    _next_page(page)
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    assert 10 < len(shown(page)) < 50
    page.evaluate("release()")
    wait_for_results(page)
    assert len(shown(page)) == 50


def test_they_never_land_in_a_list_that_came_after_them(page: Page) -> None:
    before = list(shown(page))
    page.evaluate(HOLD)
    _next_page(page)
    page.go_back()
    expect(page.locator(ROWS).first).to_have_attribute("data-contact-id", before[0])
    wait_for_results(page)
    page.evaluate("release()")
    later(page)
    assert list(shown(page)) == before


def test_they_never_land_in_a_list_that_was_searched_for_after_them(page: Page) -> None:
    """Of a search the table stays, and its rows change."""
    page.evaluate(HOLD)
    _next_page(page)
    page.fill("#search", "20")
    at_address(page, "?search=20")
    page.evaluate("release()")
    later(page)
    wait_for_results(page)
    found = list(shown(page))
    open_list(page, page.url)
    assert found == list(shown(page))


def test_the_list_does_not_stay_busy_when_what_was_asked_after_them_never_came(page: Page) -> None:
    page.evaluate(HOLD)
    _next_page(page)
    page.context.set_offline(True)
    page.click("a[rel=next]")
    expect(page.locator("#notice")).to_contain_text("You are offline")
    page.evaluate("release()")
    wait_for_results(page)


def test_a_contact_opened_before_they_came_knows_its_place_among_all(page: Page) -> None:
    page.evaluate(HOLD)
    _next_page(page)
    page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(page.locator("#drawer-position")).to_have_text(re.compile("^2 of [1-4][0-9] on this page$"))
    page.evaluate("release()")
    expect(page.locator("#drawer-position")).to_have_text("2 of 50 on this page")
