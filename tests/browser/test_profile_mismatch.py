"""Profile mismatch: the page swaps in no response that is marked with another profile, and shows a notice."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import choose_channel, contact_ids, wait_for_address

FEW = "/account/contacts/?page_size=20"
LIVE = "#live"
BY_SMS = re.compile(r"/contacts/\?.*channel=sms")


@pytest.mark.parametrize("at", ["account", "profile"])
def test_fragment_of_other_profile_is_refused_with_notice(
    new_context: NewContext, sandbox: SandboxServer, at: str
) -> None:
    mine, theirs = (profile["id"] for profile in sandbox.profiles()[1:3])
    address = FEW if at == "account" else f"/p/{mine}/contacts/?page_size=20"
    page = new_context.signed_in("admin", at=address)
    before = contact_ids(page)
    body = f'<div class="results" data-profile-id="{theirs}"><p>FOREIGN</p></div>'
    headers = {"X-Fragment": "1", "X-Desk-Profile": theirs, "Content-Type": "text/html"}
    page.route(BY_SMS, lambda route: route.fulfill(headers=headers, body=body))
    choose_channel(page, "sms")
    expect(page.locator("#notice")).to_contain_text("An answer for another profile was refused")
    expect(page.locator(LIVE)).to_contain_text("An answer for another profile was refused")
    assert contact_ids(page) == before
    expect(page.locator("body")).not_to_contain_text("FOREIGN")
    wait_for_address(page, address)


def test_fragment_of_account_is_not_swapped_into_profile(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"/p/{sandbox.profiles()[1]['id']}/contacts/?page_size=20")
    before = contact_ids(page)
    answer = page.context.request.get(FEW, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.headers["x-fragment"] == "1"
    page.route(BY_SMS, lambda route: route.fulfill(response=answer))
    choose_channel(page, "sms")
    expect(page.locator("#notice")).to_contain_text("An answer for another profile was refused")
    assert contact_ids(page) == before


def test_valid_response_after_refusal_is_shown(new_context: NewContext, sandbox: SandboxServer) -> None:
    theirs = sandbox.profiles()[2]["id"]
    page = new_context.signed_in("admin", at=FEW)
    headers = {"X-Fragment": "1", "X-Desk-Profile": theirs, "Content-Type": "text/html"}
    page.route(BY_SMS, lambda route: route.fulfill(headers=headers, body="<p>FOREIGN</p>"))
    choose_channel(page, "sms")
    expect(page.locator("#notice")).to_be_visible()
    choose_channel(page, "whatsapp")
    wait_for_address(page, "?channel=whatsapp&page_size=20")
    expect(page.locator("#notice")).not_to_be_visible()
