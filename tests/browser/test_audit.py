"""Audit log page in a browser: the number stays in its box while the log is filtered, and lists apply by themselves."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext


def test_number_and_focus_stay_while_the_log_is_filtered(new_context: NewContext, sandbox: SandboxServer) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    page = new_context.signed_in("admin", at=f"/account/contacts/{contact_id}/")
    page.goto("/audit/")
    box, chips, action = page.locator("#number"), page.locator("#log .chips"), page.locator("#action")
    box.fill(number)
    box.press("Enter")
    expect(chips).to_contain_text("the one typed")
    expect(page).to_have_url(re.compile(r"/audit/\?number=[0-9a-f-]+$"))
    expect(box).to_have_value(number)
    page.get_by_role("link", name="Today").click()
    expect(page.locator(".presets [aria-current]")).to_have_text("Today")
    expect(box).to_have_value(number)

    action.focus()
    for label in ("Viewed the contact list", "Tried to view the contact list", "Searched contacts"):
        action.press("ArrowDown")
        expect(chips).to_contain_text(label)
        expect(action).to_be_focused()
    expect(action).to_have_value("contacts.searched")
    chips.get_by_role("link", name="Searched contacts").click()
    expect(action).to_have_value("")
    expect(box).to_have_value(number)

    chips.get_by_role("link", name="the one typed").click()
    expect(chips).not_to_contain_text("the one typed")
    expect(box).to_have_value("")
    page.go_back()
    expect(chips).to_contain_text("the one typed")
    stored = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, history.state, location.href])")
    assert number.lstrip("+") not in stored
