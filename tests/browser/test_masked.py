"""Masked numbers: reveal in the row, in the drawer and without JavaScript, with its API calls and the focus."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import FEW, LIST, fresh_list, row_link
from .page_helpers import CONTACT, ROWS, contact_api_calls, contact_ids, open_contact, shown_numbers, wait_for_address
from .sign_in_steps import new_token


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """The desk with a cache, as in production."""
    return caching_desk.desk


@pytest.fixture
def masked(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The admin's list, freshly cached, with masked numbers."""
    with caching_desk.preferences("admin", mask_numbers=True):
        yield fresh_list(caching_desk, new_context, sandbox)


def test_reveal_in_row_shows_one_number_without_api_call(masked: Page, sandbox: SandboxServer) -> None:
    contact_id = contact_ids(masked)[2]
    masked.get_by_role("button", name="Reveal").nth(2).click()
    expect(masked.locator(f"[data-contact-id='{contact_id}'] [data-copy]")).to_be_attached()
    assert shown_numbers(masked)[contact_id] == sandbox.contacts(None)[contact_id]
    expect(masked.locator(f"{ROWS} [data-copy]")).to_have_count(1)
    assert contact_api_calls(sandbox) == []
    wait_for_address(masked, FEW)


def test_reveal_in_older_tab_says_so_and_works_after_reload(masked: Page) -> None:
    new_token(masked)
    masked.get_by_role("button", name="Reveal").nth(2).click()
    expect(masked.locator("#notice")).to_contain_text("This page is out of date: you signed in again in another tab.")
    masked.get_by_role("button", name="Reload").click()
    masked.get_by_role("button", name="Reveal").nth(2).click()
    expect(masked.locator(f"{ROWS} [data-copy]")).to_have_count(1)


def test_reveal_in_row_moves_focus_to_number(masked: Page) -> None:
    masked.get_by_role("button", name="Reveal").nth(2).focus()
    masked.keyboard.press("Enter")
    expect(row_link(masked, 2)).not_to_contain_text("••••")
    expect(row_link(masked, 2)).to_be_focused()


def test_reveal_in_drawer_shows_all_formats_without_api_call(masked: Page, sandbox: SandboxServer) -> None:
    contact_id = open_contact(masked)
    expect(masked.locator(CONTACT)).not_to_contain_text("RFC 3966")
    masked.get_by_role("button", name="Reveal number").click()
    number = sandbox.contacts(None)[contact_id] or ""
    expect(masked.locator("#drawer [data-copy-number]")).to_have_attribute("data-copy", number)
    expect(masked.locator(CONTACT)).to_contain_text("RFC 3966")
    expect(masked.locator("#contact-h")).to_be_focused()
    assert contact_api_calls(sandbox) == []


def test_reopened_drawer_is_masked_again(masked: Page) -> None:
    open_contact(masked)
    masked.get_by_role("button", name="Reveal number").click()
    expect(masked.locator("#drawer [data-copy-number]")).to_be_visible()
    masked.keyboard.press("Escape")
    wait_for_address(masked, FEW)
    open_contact(masked)
    expect(masked.locator("#contact-h")).to_contain_text("••••")
    expect(masked.locator("#drawer [data-copy-number]")).to_have_count(0)


@pytest.mark.parametrize("where", ["list", pytest.param("contact", marks=pytest.mark.exhaustive)])
def test_reveal_without_javascript_shows_contact_page(
    caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer, where: str
) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    with caching_desk.preferences("admin", mask_numbers=True):
        at = FEW if where == "list" else f"{LIST}{contact_id}/"
        page = new_context.signed_in("admin", at=at, java_script_enabled=False)
        page.locator(f"[formaction='{LIST}{contact_id}/reveal/']").click()
        expect(page.locator(f"article[data-contact-id='{contact_id}']")).to_contain_text(number)


def test_failed_reveal_in_row_has_request_id_and_can_be_retried(
    masked: Page, sandbox: SandboxServer, caching_desk: CachingDesk
) -> None:
    contact_id = contact_ids(masked)[2]
    row = masked.locator(f"[data-contact-id='{contact_id}']")
    caching_desk.clear_cache()
    sandbox.fault(route="contact", kind="status", status=500)
    row.get_by_role("button", name="Reveal").click()
    expect(row.get_by_role("link")).to_have_text("The messaging service returned an error")
    expect(row.get_by_role("link")).to_have_attribute("title", re.compile("^Request ID req_"))
    expect(masked.locator("#live")).to_have_text("The messaging service returned an error")
    row.get_by_role("button", name="Try again").click()
    expect(row.locator("[data-copy]")).to_be_attached()
    assert shown_numbers(masked)[contact_id] == sandbox.contacts(None)[contact_id]
    expect(row.locator(".phone__link")).to_be_focused()


def test_failed_reveal_in_drawer_is_announced_and_keeps_focus(
    masked: Page, sandbox: SandboxServer, caching_desk: CachingDesk
) -> None:
    open_contact(masked)
    caching_desk.clear_cache()
    sandbox.fault(route="contact", kind="status", status=500)
    masked.get_by_role("button", name="Reveal number").click()
    expect(masked.locator("#drawer [data-error]")).to_be_visible()
    expect(masked.locator("#live")).to_contain_text("The messaging service returned an error")
    expect(masked.locator("#contact-h")).to_be_focused()
