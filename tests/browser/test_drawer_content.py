"""What the drawer shows: messages, what went wrong, and the next contact; and that nothing takes the focus away."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import FEW, LIST, copied, fresh_list, link
from .page_helpers import (
    CLIPBOARD,
    CONTACT,
    at_address,
    calls_for_contacts,
    hold_requests,
    ids,
    later,
    open_contact,
    stop_clock,
)


@pytest.fixture(scope="module")
def desk(keeping_desk: CachingDesk) -> Desk:
    """The desk of these tests keeps answers, as in production."""
    return keeping_desk.desk


@pytest.fixture
def page(keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, fresh."""
    return fresh_list(keeping_desk, new_context, sandbox, permissions=CLIPBOARD)


# --- Messages --------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["m", "button"])
def test_what_was_sent_is_shown_on_demand_at_the_price_of_one_call(page: Page, sandbox: SandboxServer, by: str) -> None:
    contact_id = open_contact(page)
    assert calls_for_contacts(sandbox) == []
    if by == "m":
        page.keyboard.press("m")
    else:
        page.get_by_role("link", name="Show what was sent").click()
    expect(page.locator("#drawer .messages dl")).to_contain_text("Messages")
    expect(page.locator("#live")).to_have_text("What was sent is shown")
    assert calls_for_contacts(sandbox) == [f"/{contact_id}/message-summary"]
    at_address(page, f"{LIST}{contact_id}/")


def test_pressed_again_it_asks_no_second_time(page: Page, sandbox: SandboxServer) -> None:
    open_contact(page)
    for _ in range(3):
        page.keyboard.press("m")
    expect(page.locator("#drawer .messages dl")).to_be_visible()
    page.keyboard.press("m")
    assert len(calls_for_contacts(sandbox)) == 1


def test_the_messages_of_one_contact_are_not_shown_with_the_next(page: Page) -> None:
    open_contact(page)
    with hold_requests(page, "**/messages/"):
        with page.expect_request("**/messages/"):
            page.keyboard.press("m")
        page.keyboard.press("j")
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", ids(page)[3])
    later(page, 200)
    expect(page.locator("#drawer [data-messages]")).to_be_visible()
    expect(page.locator("#drawer .messages dl")).to_have_count(0)


def test_a_failure_of_the_messages_leaves_the_rest_and_can_be_tried_again(page: Page, sandbox: SandboxServer) -> None:
    contact_id = open_contact(page)
    sandbox.fault(route="message-summary", kind="status", status=500)
    page.keyboard.press("m")
    expect(page.locator("#drawer .messages")).to_contain_text("The messaging service has a fault")
    expect(page.locator("#live")).to_contain_text("The messaging service has a fault")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator(CONTACT)).to_contain_text("E.164")
    page.locator("#drawer .messages [data-retry]").click()
    expect(page.locator("#drawer .messages dl")).to_be_visible()


def test_the_focus_goes_to_the_messages_when_their_button_is_gone(page: Page) -> None:
    open_contact(page)
    page.locator("#drawer [data-messages]").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#drawer .messages")).to_be_focused()


# --- What went wrong -------------------------------------------------------------------------------


def test_a_contact_that_is_gone_is_said_in_the_drawer_and_closing_leads_back(
    page: Page, sandbox: SandboxServer, keeping_desk: CachingDesk
) -> None:
    keeping_desk.forget()  # the list is no longer fresh
    sandbox.fault(route="contact", kind="status", status=404, code="RESOURCE_001")
    before = ids(page)
    link(page, 2).click()
    expect(page.locator("#drawer-body")).to_contain_text("Contact not found")
    expect(page.locator("#live")).to_contain_text("Contact not found")
    expect(page.get_by_role("dialog", name="Contact not found")).to_be_visible()
    page.keyboard.press("Escape")
    at_address(page, FEW)
    assert ids(page) == before
    expect(link(page, 2)).to_be_focused()


def test_from_a_contact_that_is_gone_one_can_step_on(
    page: Page, sandbox: SandboxServer, keeping_desk: CachingDesk
) -> None:
    keeping_desk.forget()
    sandbox.fault(route="contact", kind="status", status=404, code="RESOURCE_001")
    link(page, 2).click()
    expect(page.locator("#drawer-body")).to_contain_text("Contact not found")
    page.keyboard.press("j")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", ids(page)[3])


def test_a_failure_is_tried_again_in_the_drawer(page: Page, sandbox: SandboxServer, keeping_desk: CachingDesk) -> None:
    keeping_desk.forget()
    sandbox.fault(route="contact", kind="status", status=500)
    link(page, 2).click()
    page.locator("#drawer [data-retry]").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", ids(page)[2])
    expect(page.locator("#contact-h")).to_be_focused()
    page.keyboard.press("Escape")
    at_address(page, FEW)


def test_a_foreign_contact_is_refused_and_said(page: Page, sandbox: SandboxServer) -> None:
    other = sandbox.profiles()[1]["id"]
    body = f'<article class="panel" data-profile-id="{other}"><h1 id="contact-h">+44 FOREIGN</h1></article>'
    headers = {"X-Fragment": "1", "X-Desk-Profile": other, "Content-Type": "text/html"}
    page.route("**/contacts/*-*/", lambda route: route.fulfill(status=200, headers=headers, body=body))
    link(page, 2).click()
    expect(page.locator("#notice")).to_contain_text("An answer for another profile was refused")
    expect(page.locator("#drawer")).not_to_contain_text("FOREIGN")


# --- The latest wins -------------------------------------------------------------------------------


def test_ten_fast_steps_end_on_the_right_contact(page: Page) -> None:
    """What was asked for before the last is answered after it."""
    on_page = ids(page)
    with hold_requests(page, "**/contacts/*-*/", lambda request: on_page[12] not in request.url):
        link(page, 2).click()
        for _ in range(10):
            page.keyboard.press("j")
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[12])
        at_address(page, f"{LIST}{on_page[12]}/")
    later(page, 200)
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[12])
    expect(page.locator("#drawer-body")).to_have_attribute("aria-busy", "false")


# --- Heard and pressed while the drawer is open ----------------------------------------------------


def test_what_is_said_is_said_inside_the_open_drawer_and_outside_a_closed_one(page: Page) -> None:
    """Screen readers hear nothing of what lies beside an open dialog."""
    open_contact(page)
    assert page.locator("#drawer #live").count() == 1
    page.keyboard.press("Escape")
    expect(page.locator("body > #live")).to_have_count(1)


def test_a_step_by_button_says_the_contact_it_leads_to(page: Page) -> None:
    open_contact(page)
    number = link(page, 3).inner_text()
    page.get_by_role("button", name="Next contact").click()
    expect(page.locator("#live")).to_have_text(f"{number}, 4 of 20 on this page")
    expect(page.get_by_role("button", name="Next contact")).to_be_focused()


def test_copy_link_copies_the_contacts_own_address(page: Page, desk: Desk) -> None:
    contact_id = open_contact(page)
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert copied(page) == f"{desk.url}{LIST}{contact_id}/"


# --- While the next contact is on its way ----------------------------------------------------------


def test_nothing_of_the_last_contact_can_be_copied_under_the_address_of_the_next(
    page: Page, sandbox: SandboxServer
) -> None:
    on_page = ids(page)
    open_contact(page)
    page.evaluate("navigator.clipboard.writeText('nothing')")
    with hold_requests(page, f"**/contacts/{on_page[3]}/"):
        page.keyboard.press("j")
        page.keyboard.press("c")
        expect(page.locator("#live")).to_have_text("The contact is still on its way")
        assert copied(page) == "nothing"
        assert page.locator("#drawer article:not([inert])").count() == 0
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[3])
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert copied(page) == sandbox.contacts(None)[on_page[3]]


def test_running_along_the_rows_asks_only_where_one_stops(
    page: Page, sandbox: SandboxServer, keeping_desk: CachingDesk
) -> None:
    on_page = ids(page)
    open_contact(page, 0)
    keeping_desk.forget()
    stop_clock(page)  # a key that is held, on any machine
    page.evaluate("""async () => { for (let step = 0; step < 15; step++) {
        document.activeElement.dispatchEvent(
            new KeyboardEvent("keydown", { key: "j", repeat: step > 0, bubbles: true, cancelable: true }));
        await null;
    } }""")
    page.clock.resume()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[15])
    assert len(calls_for_contacts(sandbox)) <= 2


def test_closed_before_the_answer_nothing_of_the_contact_comes(page: Page) -> None:
    with hold_requests(page, f"**/contacts/{ids(page)[2]}/"):
        link(page, 2).click()
        expect(page.locator("#drawer-body[aria-busy=true]")).to_be_visible()
        page.keyboard.press("Escape")
        at_address(page, FEW)
    later(page, 200)
    assert page.locator("#drawer-body > *").count() == 0
    expect(link(page, 2)).to_be_focused()
