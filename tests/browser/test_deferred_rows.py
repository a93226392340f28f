"""Deferred rows: rows below the window are appended a frame later, and never to another list."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import ROWS, open_list, shown_numbers, wait_for_address, wait_for_results, wait_page_time

LIST = "/account/contacts/?page_size=50"
HOLD = """() => {
  const post = MessagePort.prototype.postMessage, held = [];
  MessagePort.prototype.postMessage = function () { held.push(this); };
  window.release = () => {
    MessagePort.prototype.postMessage = post; // later frames post without being held
    held.forEach((port) => post.call(port, null));
    const last = new MessageChannel();
    return new Promise((arrived) => { last.port1.onmessage = arrived; last.port2.postMessage(null); });
  };
}"""


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, with more rows than fit into the window."""
    return new_context.signed_in("admin", at=LIST)


def _next_page(page: Page) -> None:
    first = next(iter(shown_numbers(page)))
    page.click("a[rel=next]")
    expect(page.locator(ROWS).first).not_to_have_attribute("data-contact-id", first)


def test_page_has_all_rows_in_response_order(page: Page) -> None:
    open_list(page, f"{LIST}&page=2")
    whole = list(shown_numbers(page))
    open_list(page, LIST)
    _next_page(page)
    wait_for_results(page)
    assert list(shown_numbers(page)) == whole


def test_list_is_busy_until_deferred_rows_arrive(page: Page) -> None:
    page.evaluate(HOLD)
    _next_page(page)
    expect(page.locator("#results")).to_have_attribute("aria-busy", "true")
    assert 10 < len(shown_numbers(page)) < 50
    page.evaluate("release()")
    wait_for_results(page)
    assert len(shown_numbers(page)) == 50


def test_deferred_rows_never_join_list_restored_by_back(page: Page) -> None:
    before = list(shown_numbers(page))
    page.evaluate(HOLD)
    _next_page(page)
    page.go_back()
    expect(page.locator(ROWS).first).to_have_attribute("data-contact-id", before[0])
    wait_for_results(page)
    page.evaluate("release()")
    wait_page_time(page)
    assert list(shown_numbers(page)) == before


def test_deferred_rows_never_join_results_of_later_search(page: Page) -> None:
    """A search keeps the table element and replaces its rows."""
    page.evaluate(HOLD)
    _next_page(page)
    page.fill("#search", "20")
    wait_for_address(page, "?search=20")
    page.evaluate("release()")
    wait_page_time(page)
    wait_for_results(page)
    found = list(shown_numbers(page))
    open_list(page, page.url)
    assert found == list(shown_numbers(page))


def test_list_does_not_stay_busy_when_next_request_fails(page: Page) -> None:
    page.evaluate(HOLD)
    _next_page(page)
    page.context.set_offline(True)
    page.click("a[rel=next]")
    expect(page.locator("#notice")).to_contain_text("You are offline")
    page.evaluate("release()")
    wait_for_results(page)


def test_drawer_position_counts_deferred_rows_once_they_arrive(page: Page) -> None:
    page.evaluate(HOLD)
    _next_page(page)
    page.locator(f"{ROWS} .phone__link").nth(1).click()
    expect(page.locator("#drawer-position")).to_have_text(re.compile("^2 of [1-4][0-9] on this page$"))
    page.evaluate("release()")
    expect(page.locator("#drawer-position")).to_have_text("2 of 50 on this page")
