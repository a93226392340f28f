"""Drawer content: messages, errors, announcements, and the next contact while it loads."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import FEW, LIST, clipboard_text, fresh_list, row_link
from .page_helpers import (
    CLIPBOARD,
    CONTACT,
    contact_api_calls,
    contact_ids,
    hold_requests,
    open_contact,
    pause_clock,
    wait_for_address,
    wait_page_time,
)


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """The desk with a cache, as in production."""
    return caching_desk.desk


@pytest.fixture
def page(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, freshly cached."""
    return fresh_list(caching_desk, new_context, sandbox, permissions=CLIPBOARD)


# --- Messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["m", "button"])
def test_messages_are_loaded_on_demand_with_one_api_call(page: Page, sandbox: SandboxServer, by: str) -> None:
    contact_id = open_contact(page)
    assert contact_api_calls(sandbox) == []
    if by == "m":
        page.keyboard.press("m")
    else:
        page.get_by_role("link", name="Show message history").click()
    expect(page.locator("#drawer .messages dl")).to_contain_text("Messages")
    expect(page.locator("#live")).to_have_text("Message history shown")
    assert contact_api_calls(sandbox) == [f"/{contact_id}/message-summary"]
    wait_for_address(page, f"{LIST}{contact_id}/")


def test_repeated_messages_key_makes_one_api_call(page: Page, sandbox: SandboxServer) -> None:
    open_contact(page)
    for _ in range(3):
        page.keyboard.press("m")
    expect(page.locator("#drawer .messages dl")).to_be_visible()
    page.keyboard.press("m")
    assert len(contact_api_calls(sandbox)) == 1


def test_late_messages_are_not_shown_with_next_contact(page: Page) -> None:
    open_contact(page)
    with hold_requests(page, "**/messages/"):
        with page.expect_request("**/messages/"):
            page.keyboard.press("m")
        page.keyboard.press("j")
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_ids(page)[3])
    wait_page_time(page, 200)
    expect(page.locator("#drawer [data-messages]")).to_be_visible()
    expect(page.locator("#drawer .messages dl")).to_have_count(0)


def test_messages_failure_keeps_contact_and_can_be_retried(page: Page, sandbox: SandboxServer) -> None:
    contact_id = open_contact(page)
    sandbox.fault(route="message-summary", kind="status", status=500)
    page.keyboard.press("m")
    expect(page.locator("#drawer .messages")).to_contain_text("The messaging service returned an error")
    expect(page.locator("#live")).to_contain_text("The messaging service returned an error")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator(CONTACT)).to_contain_text("E.164")
    page.locator("#drawer .messages [data-retry]").click()
    expect(page.locator("#drawer .messages dl")).to_be_visible()


def test_focus_moves_to_messages_when_their_button_disappears(page: Page) -> None:
    open_contact(page)
    page.locator("#drawer [data-messages]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer .messages")).to_be_focused()


# --- Errors ----------------------------------------------------------------------------------------


def test_contact_not_found_is_shown_in_drawer_and_closes_to_list(
    page: Page, sandbox: SandboxServer, caching_desk: CachingDesk
) -> None:
    caching_desk.clear_cache()  # the contact is not in the cache
    sandbox.fault(route="contact", kind="status", status=404, code="RESOURCE_001")
    before = contact_ids(page)
    row_link(page, 2).click()
    expect(page.locator("#drawer-body")).to_contain_text("Contact not found")
    expect(page.locator("#live")).to_contain_text("Contact not found")
    expect(page.get_by_role("dialog", name="Contact not found")).to_be_visible()
    page.keyboard.press("Escape")
    wait_for_address(page, FEW)
    assert contact_ids(page) == before
    expect(row_link(page, 2)).to_be_focused()


def test_next_contact_opens_after_contact_not_found(
    page: Page, sandbox: SandboxServer, caching_desk: CachingDesk
) -> None:
    caching_desk.clear_cache()
    sandbox.fault(route="contact", kind="status", status=404, code="RESOURCE_001")
    row_link(page, 2).click()
    expect(page.locator("#drawer-body")).to_contain_text("Contact not found")
    page.keyboard.press("j")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_ids(page)[3])


def test_contact_failure_is_retried_in_drawer(page: Page, sandbox: SandboxServer, caching_desk: CachingDesk) -> None:
    caching_desk.clear_cache()
    sandbox.fault(route="contact", kind="status", status=500)
    row_link(page, 2).click()
    page.locator("#drawer [data-retry]").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_ids(page)[2])
    expect(page.locator("#contact-h")).to_be_focused()
    page.keyboard.press("Escape")
    wait_for_address(page, FEW)


def test_contact_of_other_profile_is_refused_with_notice(page: Page, sandbox: SandboxServer) -> None:
    other = sandbox.profiles()[1]["id"]
    body = f'<article class="panel" data-profile-id="{other}"><h1 id="contact-h">+44 FOREIGN</h1></article>'
    headers = {"X-Fragment": "1", "X-Desk-Profile": other, "Content-Type": "text/html"}
    page.route("**/contacts/*-*/", lambda route: route.fulfill(status=200, headers=headers, body=body))
    row_link(page, 2).click()
    expect(page.locator("#notice")).to_contain_text("An answer for another profile was refused")
    expect(page.locator("#drawer")).not_to_contain_text("FOREIGN")


# --- Last request wins -----------------------------------------------------------------------------


def test_ten_fast_steps_end_on_last_contact(page: Page) -> None:
    """Earlier requests are answered after the last one."""
    on_page = contact_ids(page)
    with hold_requests(page, "**/contacts/*-*/", lambda request: on_page[12] not in request.url):
        row_link(page, 2).click()
        for _ in range(10):
            page.keyboard.press("j")
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[12])
        wait_for_address(page, f"{LIST}{on_page[12]}/")
    wait_page_time(page, 200)
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[12])
    expect(page.locator("#drawer-body")).to_have_attribute("aria-busy", "false")


# --- Announcements and copying ---------------------------------------------------------------------


def test_live_region_moves_into_modal_sheet_and_back(page: Page) -> None:
    """Screen readers ignore content outside an open modal dialog."""
    page.set_viewport_size({"width": 900, "height": 900})
    open_contact(page)
    assert page.locator("#drawer #live").count() == 1
    page.keyboard.press("Escape")
    expect(page.locator("body > #live")).to_have_count(1)


def test_next_button_announces_contact_and_keeps_focus(page: Page) -> None:
    open_contact(page)
    number = row_link(page, 3).inner_text()
    page.get_by_role("button", name="Next contact").click()
    expect(page.locator("#live")).to_have_text(f"{number}, 4 of 20 on this page")
    expect(page.get_by_role("button", name="Next contact")).to_be_focused()


def test_copy_link_copies_address_of_contact(page: Page, desk: Desk) -> None:
    contact_id = open_contact(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert clipboard_text(page) == f"{desk.url}{LIST}{contact_id}/"


# --- While the next contact loads ------------------------------------------------------------------


def test_previous_contact_cannot_be_copied_while_next_loads(page: Page, sandbox: SandboxServer) -> None:
    on_page = contact_ids(page)
    open_contact(page)
    page.evaluate("navigator.clipboard.writeText('nothing')")
    with hold_requests(page, f"**/contacts/{on_page[3]}/"):
        page.keyboard.press("j")
        page.keyboard.press("c")
        expect(page.locator("#live")).to_have_text("The contact is still on its way")
        assert clipboard_text(page) == "nothing"
        assert page.locator("#drawer article:not([inert])").count() == 0
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[3])
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert clipboard_text(page) == sandbox.contacts(None)[on_page[3]]


def test_held_next_key_requests_only_last_contact(
    page: Page, sandbox: SandboxServer, caching_desk: CachingDesk
) -> None:
    on_page = contact_ids(page)
    open_contact(page, 0)
    caching_desk.clear_cache()
    pause_clock(page)  # repeats of a held key take no time, on any machine
    page.evaluate("""async () => { for (let step = 0; step < 15; step++) {
        document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key: "j", repeat: step > 0, bubbles: true, cancelable: true }));
        await null;
    } }""")
    page.clock.resume()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[15])
    assert len(contact_api_calls(sandbox)) <= 2


def test_response_after_close_is_discarded(page: Page) -> None:
    with hold_requests(page, f"**/contacts/{contact_ids(page)[2]}/"):
        row_link(page, 2).click()
        expect(page.locator("#drawer-body[aria-busy=true]")).to_be_visible()
        page.keyboard.press("Escape")
        wait_for_address(page, FEW)
    wait_page_time(page, 200)
    assert page.locator("#drawer-body > *").count() == 0
    expect(row_link(page, 2)).to_be_focused()
