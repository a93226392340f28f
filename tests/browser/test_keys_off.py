"""Where single-key shortcuts do nothing: in a field, with another key held, and for whoever switched them off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import KEYS, SECOND, link, nothing_happened, opened, second_page
from .page_helpers import more_filters, wait_for_results


@pytest.fixture(scope="module")
def desk(keeping_desk: CachingDesk) -> Desk:
    """Any desk will do; this one lets tests set preferences."""
    return keeping_desk.desk


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The second of the admin's pages, so that there is one before and one after."""
    return second_page(new_context)


@pytest.fixture
def switched_off(keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The same for whom there are no shortcuts."""
    with keeping_desk.wishes("admin", shortcuts=False):
        yield second_page(new_context)


# --- Where none does anything ----------------------------------------------------------------------


@pytest.mark.parametrize("field", ["#search", "#phone", ".page-jump__page", "#page-size"])
def test_none_fires_while_one_types(page: Page, field: str) -> None:
    page.route("**/contacts/?*", lambda route: route.abort() if "search=" in route.request.url else route.continue_())
    more_filters(page)
    page.locator(field).focus()
    for key in KEYS:
        page.keyboard.press(key)
    expect(page.locator(field)).to_be_focused()
    if field != "#page-size":
        expect(page.locator(field)).to_have_value(re.compile(re.escape("".join(KEYS))))
    nothing_happened(page, but="filters" if field == "#search" else "")


def test_none_fires_with_another_key_held(page: Page) -> None:
    link(page, 2).focus()
    # The browser's own: Ctrl+J shows downloads, Ctrl+P prints. What the page would do is asked of the page alone.
    page.evaluate("addEventListener('keydown', (event) => { window.prevented ||= event.defaultPrevented; })")
    for key, held in product(KEYS, ("ctrlKey", "altKey", "metaKey")):
        page.evaluate(
            "([key, held]) => document.activeElement.dispatchEvent("
            "new KeyboardEvent('keydown', { key, [held]: true, bubbles: true, cancelable: true }))",
            [key, held],
        )
    assert not page.evaluate("window.prevented")
    expect(link(page, 2)).to_be_focused()
    nothing_happened(page)


def test_none_fires_in_the_middle_of_a_composition(page: Page) -> None:
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', isComposing: true, bubbles: true }))"
    )
    expect(page.locator("#search")).not_to_be_focused()


# --- Switched off ----------------------------------------------------------------------------------


def test_switched_off_none_fires(switched_off: Page) -> None:
    link(switched_off, 2).focus()
    for key in KEYS:
        switched_off.keyboard.press(key)
    expect(link(switched_off, 2)).to_be_focused()
    nothing_happened(switched_off)


def test_switched_off_arrows_still_walk_along_the_rows(switched_off: Page) -> None:
    link(switched_off, 2).focus()
    switched_off.keyboard.press("ArrowDown")
    expect(link(switched_off, 3)).to_be_focused()
    switched_off.keyboard.press("ArrowUp")
    expect(link(switched_off, 2)).to_be_focused()


def test_switched_off_enter_and_escape_open_and_close(switched_off: Page) -> None:
    opened(switched_off, 2)
    switched_off.keyboard.press("Escape")
    expect(link(switched_off, 2)).to_be_focused()


def test_switched_off_no_hint_of_a_key_is_shown_and_the_help_says_why(switched_off: Page) -> None:
    expect(switched_off.locator("kbd:visible")).to_have_count(0)
    switched_off.get_by_role("button", name="Keyboard shortcuts").click()
    expect(switched_off.locator("#keys")).to_contain_text("Single-key shortcuts are switched off")


def test_switching_them_off_in_the_preferences_works_at_once(page: Page, keeping_desk: CachingDesk) -> None:
    with keeping_desk.wishes("admin"):
        page.goto("/preferences/")
        page.get_by_label("Single-key shortcuts").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Saved.")).to_be_visible()
        page.goto(SECOND)
        wait_for_results(page)
        page.keyboard.press("/")
        page.keyboard.press("?")
        expect(page.locator("#search")).not_to_be_focused()
        expect(page.locator("#keys")).not_to_be_visible()
