"""An answer of another profile, wherever it comes from, is never swapped into the list; and a notice says so."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.reading import at_address, choose_channel, ids, settled

LIST = "/account/contacts/"
LIVE = "#live"
BY_SMS = re.compile(r"/contacts/\?.*channel=sms")


@pytest.mark.parametrize("at", ["account", "profile"])
def test_a_fragment_of_another_profile_is_never_swapped_in_and_that_is_said(
    admin_page: Page, sandbox: SandboxServer, at: str
) -> None:
    mine, theirs = (profile["id"] for profile in sandbox.profiles()[1:3])
    address = LIST if at == "account" else f"/p/{mine}/contacts/"
    admin_page.goto(address)
    settled(admin_page)
    before = ids(admin_page)
    body = f'<div class="results" data-profile-id="{theirs}"><p>FOREIGN</p></div>'
    headers = {"X-Fragment": "1", "X-Desk-Profile": theirs, "Content-Type": "text/html"}
    admin_page.route(BY_SMS, lambda route: route.fulfill(headers=headers, body=body))
    choose_channel(admin_page, "sms")
    expect(admin_page.locator("#notice")).to_contain_text("An answer for another profile was refused")
    expect(admin_page.locator(LIVE)).to_contain_text("An answer for another profile was refused")
    assert ids(admin_page) == before
    expect(admin_page.locator("body")).not_to_contain_text("FOREIGN")
    at_address(admin_page, address)


def test_a_fragment_of_the_account_is_never_swapped_into_a_profile(admin_page: Page, sandbox: SandboxServer) -> None:
    admin_page.goto(f"/p/{sandbox.profiles()[1]['id']}/contacts/")
    settled(admin_page)
    before = ids(admin_page)
    answer = admin_page.context.request.get(LIST, headers={"HX-Request": "true", "HX-Request-Type": "partial"})
    assert answer.headers["x-fragment"] == "1"
    admin_page.route(BY_SMS, lambda route: route.fulfill(response=answer))
    choose_channel(admin_page, "sms")
    expect(admin_page.locator("#notice")).to_contain_text("An answer for another profile was refused")
    assert ids(admin_page) == before


def test_after_a_refusal_the_next_good_answer_is_shown(admin_page: Page, sandbox: SandboxServer) -> None:
    theirs = sandbox.profiles()[2]["id"]
    admin_page.goto(LIST)
    settled(admin_page)
    headers = {"X-Fragment": "1", "X-Desk-Profile": theirs, "Content-Type": "text/html"}
    admin_page.route(BY_SMS, lambda route: route.fulfill(headers=headers, body="<p>FOREIGN</p>"))
    choose_channel(admin_page, "sms")
    expect(admin_page.locator("#notice")).to_be_visible()
    choose_channel(admin_page, "whatsapp")
    at_address(admin_page, "?channel=whatsapp")
    expect(admin_page.locator("#notice")).not_to_be_visible()
