"""Command list and saved views in a browser: keys, the combobox, a typed number, and all of it without JavaScript."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from contacts_ui.models import SavedView
from testing.accounts import insert, user_id
from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import FEW, LIST, open_by_keyboard, row_link
from .page_helpers import current_path, wait_for_address, wait_for_results

INPUT = "#command"
OPTIONS = "#commands [role=option]:visible"
ACTIVE = "#commands [role=option][aria-selected=true]"


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Iterator[Desk]:
    """The desk with two saved views of the admin."""
    desk = caching_desk.desk
    owner = user_id(desk, "admin")
    insert(
        desk,
        *(SavedView(owner_id=owner, name=f"By {name}", channel=name, page_size=20) for name in ("sms", "whatsapp")),
    )
    yield desk
    desk.sql("DELETE FROM contacts_ui_savedview")
    desk.sql("DELETE FROM contacts_ui_pinnedprofile")


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list."""
    return new_context.signed_in("admin", at=FEW)


def _open(page: Page) -> None:
    page.keyboard.press("Control+k")
    expect(page.locator(INPUT)).to_be_focused()


# --- Views -----------------------------------------------------------------------------------------


def test_digit_opens_view_without_reload_and_marks_it(page: Page) -> None:
    page.evaluate("window.stays = true")
    page.keyboard.press("2")
    wait_for_address(page, f"{LIST}?channel=whatsapp&page_size=20")
    wait_for_results(page)
    expect(page.locator("#views [aria-current] > span")).to_have_text("By whatsapp")
    expect(page.locator("#channels [value=whatsapp]")).to_be_checked()
    expect(page.get_by_role("link", name="Save view")).to_have_attribute(
        "href", "/account/views/new/?channel=whatsapp&page_size=20"
    )
    page.locator("#channels label").first.click()
    expect(page.locator("#views [aria-current] > span")).to_have_text("All contacts")
    assert page.evaluate("window.stays")


def test_v_lists_views_alone_and_filters_them(page: Page) -> None:
    page.keyboard.press("v")
    expect(page.locator(INPUT)).to_be_focused()
    expect(page.locator(f"{OPTIONS} > span")).to_have_text(["All contacts", "By sms", "By whatsapp"])
    page.keyboard.type("WHAT")
    expect(page.locator(f"{OPTIONS} > span")).to_have_text(["By whatsapp"])
    page.keyboard.press("Enter")
    wait_for_address(page, f"{LIST}?channel=whatsapp&page_size=20")
    page.wait_for_load_state()  # before it, the key follows the link to the page
    _open(page)
    assert page.locator(OPTIONS).count() > 10


def test_view_is_saved_found_and_deleted_without_javascript(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{FEW}&channel=sms&search=20", java_script_enabled=False)
    page.get_by_role("link", name="Save view").click()
    page.get_by_label("Name").fill("Mine")
    expect(page.get_by_label("Region")).to_be_hidden()
    page.locator(".segmented label", has_text="Chosen below").click()
    for title in ("Owner", "Channels", "Opt-out", "Created", "Updated"):
        page.get_by_label(title).uncheck()
    page.get_by_role("button", name="Save").click()
    wait_for_address(page, f"{LIST}?channel=sms&page_size=20&columns=region")
    expect(page.locator("#views [aria-current] > span")).to_have_text("Mine")
    page.get_by_role("link", name="Go to").click()
    page.locator("main").get_by_role("link", name="Mine").click()
    wait_for_address(page, f"{LIST}?channel=sms&page_size=20&columns=region")
    page.get_by_role("link", name="Manage").click()
    page.get_by_role("link", name="Delete Mine").click()
    page.get_by_role("button", name="Delete view").click()
    expect(page.get_by_text("Mine deleted.")).to_be_visible()
    page.get_by_role("link", name="Go to").click()
    page.get_by_label("Search phone numbers").fill("(20")
    page.get_by_role("button", name="Search").click()
    wait_for_address(page, f"{LIST}?search=%2820")


# --- The combobox --------------------------------------------------------------------------------


def test_combobox_references_active_option_and_escape_returns(page: Page) -> None:
    row_link(page, 2).focus()
    _open(page)
    expect(page.locator(INPUT)).not_to_have_attribute("aria-activedescendant", re.compile("."))
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("End", -1), ("Home", 0)):
        page.keyboard.press(key)
        option = page.locator(OPTIONS).nth(at)
        expect(option).to_have_attribute("aria-selected", "true")
        expect(page.locator(INPUT)).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
        expect(page.locator(ACTIVE)).to_have_count(1)
    page.keyboard.type("audit l")
    expect(page.locator(ACTIVE)).to_have_text("Audit log")
    page.keyboard.type("zzz")
    expect(page.get_by_text("Nothing is called “audit lzzz”.")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#commands")).not_to_be_visible()
    expect(row_link(page, 2)).to_be_focused()
    assert current_path(page) == FEW


def test_ctrl_k_works_while_typing_in_other_scripts_and_with_shortcuts_off(
    caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer
) -> None:
    with caching_desk.preferences("admin", shortcuts=False):
        page = new_context.signed_in("admin", at=FEW)
        page.locator("#search").focus()
        page.evaluate(
            "document.activeElement.dispatchEvent(new KeyboardEvent('keydown', "
            "{ key: 'л', code: 'KeyK', ctrlKey: true, bubbles: true, cancelable: true }))"
        )
        expect(page.locator(INPUT)).to_be_focused()
        page.keyboard.press("Control+k")
        expect(page.locator("#commands")).not_to_be_visible()
        row_link(page, 2).focus()
        for key in ("v", "1"):
            page.keyboard.press(key)
        expect(row_link(page, 2)).to_be_focused()
        assert current_path(page) == FEW


def test_action_presses_button_of_page(page: Page) -> None:
    _open(page)
    page.keyboard.type("shortcuts")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()


def test_command_list_opens_over_contact_and_names_it_afterwards(page: Page) -> None:
    contact_id = open_by_keyboard(page, 3)
    _open(page)
    expect(page.locator(OPTIONS).first).to_have_attribute("href", f"{LIST}{contact_id}/")
    page.keyboard.press("Escape")
    expect(page.locator("#drawer")).to_be_visible()
    page.keyboard.press("Escape")
    wait_for_address(page, FEW)
    _open(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for_address(page, f"{LIST}{contact_id}/")


# --- A number ----------------------------------------------------------------------------------------


def test_typed_number_goes_to_search_of_list_and_nowhere_before(page: Page, sandbox: SandboxServer) -> None:
    seen: list[str] = []
    page.on("request", lambda request: seen.append(request.url))
    _open(page)
    page.keyboard.type("(20", delay=20)
    expect(page.get_by_text("Nothing is called")).to_be_visible()
    page.keyboard.type("2)")
    expect(page.locator(ACTIVE)).to_contain_text("Search for “(202)”")
    assert not any("20" in url.partition("go/")[2] or "search" in url for url in seen)
    page.keyboard.press("Enter")
    wait_for_address(page, f"{LIST}?search=%28202%29&page_size=20")
    wait_for_results(page)
    expect(page.locator("#search")).to_have_value("(202)")
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_typed_number_is_looked_up_in_all_profiles_by_post(page: Page) -> None:
    _open(page)
    page.keyboard.type("+1 202 555 9001")
    page.get_by_role("option", name="Look for “+1 202 555 9001” in all profiles").click()
    page.wait_for_url(re.compile(r"/lookup/[0-9a-f-]{36}/$"))  # the page of its answer: no number in the address
    expect(page.get_by_role("heading", name="+1 202-555-9001")).to_be_visible()


def test_number_typed_on_another_page_is_searched_in_last_profile(page: Page) -> None:
    page.goto("/preferences/")
    _open(page)
    page.keyboard.type("(202) ")
    expect(page.locator(ACTIVE)).to_contain_text("Search for “(202)”")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile(r"/account/contacts/\?search=%28202%29"))
    wait_for_results(page)


# --- Pins -----------------------------------------------------------------------------------------


def test_profile_is_pinned_from_switcher_by_keyboard(page: Page) -> None:
    page.keyboard.press("p")
    expect(page.locator("#find")).to_be_focused()
    page.get_by_role("button", name="Pin Meridian Group").press("Enter")
    expect(page.get_by_role("button", name="Unpin Meridian Group")).to_be_visible()
    expect(page.locator("#find")).to_be_focused()
    expect(page.locator("#profiles .popover__label").first).to_have_text("Pinned")
