"""Masked numbers revealed one by one: in the row, in the drawer, without JavaScript; what it costs, and the focus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import FEW, LIST, fresh_list, link
from .page_helpers import CONTACT, ROWS, at_address, calls_for_contacts, ids, open_contact, shown


@pytest.fixture(scope="module")
def desk(keeping_desk: CachingDesk) -> Desk:
    """The desk of these tests keeps answers, as in production."""
    return keeping_desk.desk


@pytest.fixture
def masked(keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The list, fresh, of the admin for whom numbers are masked."""
    with keeping_desk.wishes("admin", mask_numbers=True):
        yield fresh_list(keeping_desk, new_context, sandbox)


def test_revealing_in_the_row_shows_this_number_alone_without_a_call(masked: Page, sandbox: SandboxServer) -> None:
    contact_id = ids(masked)[2]
    masked.get_by_role("button", name="Reveal").nth(2).click()
    expect(masked.locator(f"[data-contact-id='{contact_id}'] [data-copy]")).to_be_attached()
    assert shown(masked)[contact_id] == sandbox.contacts(None)[contact_id]
    expect(masked.locator(f"{ROWS} [data-copy]")).to_have_count(1)
    assert calls_for_contacts(sandbox) == []
    at_address(masked, FEW)


def test_revealing_in_the_row_leaves_the_focus_on_the_number(masked: Page) -> None:
    masked.get_by_role("button", name="Reveal").nth(2).focus()
    masked.keyboard.press("Enter")
    expect(link(masked, 2)).not_to_contain_text("••••")
    expect(link(masked, 2)).to_be_focused()


def test_revealing_in_the_drawer_shows_every_format_without_a_call(masked: Page, sandbox: SandboxServer) -> None:
    contact_id = open_contact(masked)
    expect(masked.locator(CONTACT)).not_to_contain_text("RFC 3966")
    masked.get_by_role("button", name="Reveal number").click()
    number = sandbox.contacts(None)[contact_id] or ""
    expect(masked.locator("#drawer [data-copy-number]")).to_have_attribute("data-copy", number)
    expect(masked.locator(CONTACT)).to_contain_text("RFC 3966")
    expect(masked.locator("#contact-h")).to_be_focused()
    assert calls_for_contacts(sandbox) == []


def test_closed_and_opened_again_it_is_masked(masked: Page) -> None:
    open_contact(masked)
    masked.get_by_role("button", name="Reveal number").click()
    expect(masked.locator("#drawer [data-copy-number]")).to_be_visible()
    masked.keyboard.press("Escape")
    at_address(masked, FEW)
    open_contact(masked)
    expect(masked.locator("#contact-h")).to_contain_text("••••")
    expect(masked.locator("#drawer [data-copy-number]")).to_have_count(0)


@pytest.mark.parametrize("where", ["list", "contact"])
def test_without_javascript_revealing_shows_the_page_of_the_contact(
    keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer, where: str
) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    with keeping_desk.wishes("admin", mask_numbers=True):
        at = FEW if where == "list" else f"{LIST}{contact_id}/"
        page = new_context.signed_in("admin", at=at, java_script_enabled=False)
        page.locator(f"[formaction='{LIST}{contact_id}/reveal/']").click()
        expect(page.locator(f"article[data-contact-id='{contact_id}']")).to_contain_text(number)


def test_a_reveal_that_failed_in_the_row_names_its_request_and_can_be_tried_again(
    masked: Page, sandbox: SandboxServer, keeping_desk: CachingDesk
) -> None:
    contact_id = ids(masked)[2]
    row = masked.locator(f"[data-contact-id='{contact_id}']")
    keeping_desk.forget()
    sandbox.fault(route="contact", kind="status", status=500)
    row.get_by_role("button", name="Reveal").click()
    expect(row.get_by_role("link")).to_have_text("The messaging service has a fault")
    expect(row.get_by_role("link")).to_have_attribute("title", re.compile("^Request ID req_"))
    expect(masked.locator("#live")).to_have_text("The messaging service has a fault")
    row.get_by_role("button", name="Try again").click()
    expect(row.locator("[data-copy]")).to_be_attached()
    assert shown(masked)[contact_id] == sandbox.contacts(None)[contact_id]
    expect(row.locator(".phone__link")).to_be_focused()


def test_a_failed_reveal_is_said_and_keeps_the_focus(
    masked: Page, sandbox: SandboxServer, keeping_desk: CachingDesk
) -> None:
    open_contact(masked)
    keeping_desk.forget()
    sandbox.fault(route="contact", kind="status", status=500)
    masked.get_by_role("button", name="Reveal number").click()
    expect(masked.locator("#drawer [data-error]")).to_be_visible()
    expect(masked.locator("#live")).to_contain_text("The messaging service has a fault")
    expect(masked.locator("#contact-h")).to_be_focused()
