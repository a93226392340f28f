"""Single-key shortcuts that must not fire: in fields, with a modifier key, during composition, when switched off."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import KEYS, SECOND, assert_nothing_happened, open_by_keyboard, row_link, second_page
from .page_helpers import open_lookup, wait_for_results


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """The desk whose preferences tests can set."""
    return caching_desk.desk


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """Second page of the admin's list, which has a previous and a next page."""
    return second_page(new_context)


@pytest.fixture
def switched_off(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The same page with shortcuts switched off."""
    with caching_desk.preferences("admin", shortcuts=False):
        yield second_page(new_context)


# --- Not a shortcut --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "field", ["#search", pytest.param(".page-jump__page", marks=pytest.mark.exhaustive), "#page-size"]
)
def test_no_shortcut_fires_while_typing(page: Page, field: str) -> None:
    page.route("**/contacts/?*", lambda route: route.abort() if "search=" in route.request.url else route.continue_())
    open_lookup(page)
    page.locator(field).focus()
    for key in KEYS:
        page.keyboard.press(key)
    expect(page.locator(field)).to_be_focused()
    if field != "#page-size":
        expect(page.locator(field)).to_have_value(re.compile(re.escape("".join(KEYS))))
    assert_nothing_happened(page, but="filters" if field == "#search" else "")


def test_no_shortcut_fires_with_modifier_key(page: Page) -> None:
    row_link(page, 2).focus()
    # Dispatched in the page, because the browser has its own: Ctrl+J shows downloads, Ctrl+P prints.
    page.evaluate("addEventListener('keydown', (event) => { window.prevented ||= event.defaultPrevented; })")
    for key, held in product(KEYS, ("ctrlKey", "altKey", "metaKey")):
        if (key, held) == ("k", "ctrlKey"):
            continue  # the command list (test_command_list.py)
        page.evaluate(
            "([key, held]) => document.activeElement.dispatchEvent("
            "new KeyboardEvent('keydown', { key, [held]: true, bubbles: true, cancelable: true }))",
            [key, held],
        )
    assert not page.evaluate("window.prevented")
    expect(row_link(page, 2)).to_be_focused()
    assert_nothing_happened(page)


def test_no_shortcut_fires_during_composition(page: Page) -> None:
    page.evaluate(
        "document.body.dispatchEvent(new KeyboardEvent('keydown', { key: '/', isComposing: true, bubbles: true }))"
    )
    expect(page.locator("#search")).not_to_be_focused()


# --- Switched off ----------------------------------------------------------------------------------


def test_no_shortcut_fires_when_switched_off(switched_off: Page) -> None:
    row_link(switched_off, 2).focus()
    for key in KEYS:
        switched_off.keyboard.press(key)
    expect(row_link(switched_off, 2)).to_be_focused()
    assert_nothing_happened(switched_off)


def test_arrows_move_along_rows_with_shortcuts_off(switched_off: Page) -> None:
    row_link(switched_off, 2).focus()
    switched_off.keyboard.press("ArrowDown")
    expect(row_link(switched_off, 3)).to_be_focused()
    switched_off.keyboard.press("ArrowUp")
    expect(row_link(switched_off, 2)).to_be_focused()


def test_enter_and_escape_work_with_shortcuts_off(switched_off: Page) -> None:
    open_by_keyboard(switched_off, 2)
    switched_off.keyboard.press("Escape")
    expect(row_link(switched_off, 2)).to_be_focused()


def test_shortcuts_off_hides_key_hints_and_help_says_so(switched_off: Page) -> None:
    expect(switched_off.locator("kbd:visible")).to_have_count(0)
    switched_off.get_by_role("button", name="Keyboard shortcuts").click()
    expect(switched_off.locator("#keys")).to_contain_text("Keyboard shortcuts are off")


def test_switching_shortcuts_off_takes_effect_at_once(page: Page, caching_desk: CachingDesk) -> None:
    with caching_desk.preferences("admin"):
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
