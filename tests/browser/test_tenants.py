"""Profile isolation: every row shown is compared with the sandbox's contacts of that profile."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import (
    ROWS,
    choose_channel,
    open_list,
    profile_ids,
    shown_numbers,
    wait_for_address,
    wait_for_results,
)


def _options(page: Page) -> list[str]:
    """Opens the switcher and returns the targets of its links."""
    page.locator("[data-popover=profiles]").click()
    expect(page.locator("#profiles .menu-item").first).to_be_visible()
    links: list[str] = page.eval_on_selector_all("#profiles .menu-item", "all => all.map(a => a.getAttribute('href'))")
    page.keyboard.press("Escape")
    return links


def _switch(page: Page, link: str) -> None:
    page.locator("[data-popover=profiles]").click()
    page.locator(f"#profiles .menu-item[href='{link}']").click()
    page.wait_for_url(lambda url: url.endswith(link))


def _check_every_page(page: Page, sandbox: SandboxServer, profile_id: str | None) -> int:
    """Pages through the list and compares every row with the sandbox. Returns the number of rows."""
    held, seen = sandbox.contacts(profile_id), 0
    while True:
        wait_for_results(page)
        rows = shown_numbers(page)
        for contact_id, number in rows.items():
            assert contact_id in held
            assert held[contact_id] in {number, None}
        assert profile_ids(page) == {profile_id or ""}
        seen += len(rows)
        following = page.locator("a[rel=next]")
        if not following.count():
            return seen
        first = next(iter(rows))
        following.click()
        expect(page.locator(ROWS).first).not_to_have_attribute("data-contact-id", first)


@pytest.mark.parametrize("every", [4, pytest.param(1, marks=pytest.mark.exhaustive)])
def test_admin_sees_exactly_the_contacts_of_each_profile(admin_page: Page, sandbox: SandboxServer, every: int) -> None:
    admin_page.goto("/account/contacts/?page_size=100")
    links = _options(admin_page)
    profiles = {f"/p/{p['id']}/contacts/?page_size=100": p["id"] for p in sandbox.profiles()}
    assert set(links) == {"/account/contacts/?page_size=100", *profiles}
    for link, profile_id in list(profiles.items())[::every]:
        _switch(admin_page, link)
        assert _check_every_page(admin_page, sandbox, profile_id) == len(sandbox.contacts(profile_id))


def test_support_sees_exactly_the_contacts_of_assigned_profiles(support_page: Page, sandbox: SandboxServer) -> None:
    links = _options(support_page)
    assert len(links) == 3
    for link in links:
        _switch(support_page, link)
        profile_id = link.split("/")[2]
        assert _check_every_page(support_page, sandbox, profile_id) == len(sandbox.contacts(profile_id))


@pytest.mark.parametrize("turns", [6, pytest.param(50, marks=pytest.mark.exhaustive)])
def test_two_tabs_on_two_profiles_never_mix_contacts(
    new_context: NewContext, sandbox: SandboxServer, turns: int
) -> None:
    context = new_context()
    tabs = [new_context.signed_in("admin", context=context), context.new_page()]
    big = sorted(sandbox.profiles(), key=lambda p: -len(sandbox.contacts(p["id"])))[:3]
    held = {p["id"]: set(sandbox.contacts(p["id"])) for p in big}
    at = [big[0]["id"], big[1]["id"]]
    for tab, profile_id in zip(tabs, at, strict=True):
        open_list(tab, f"/p/{profile_id}/contacts/?page_size=20")
    for turn in range(turns):
        tab = tabs[turn % 2]
        tab.bring_to_front()
        if turn % 5 == 4:  # every fifth turn a tab switches to another profile
            at[turn % 2] = next(p["id"] for p in big if p["id"] not in at)
            _switch(tab, f"/p/{at[turn % 2]}/contacts/?page_size=20")
        else:
            before = next(iter(shown_numbers(tab)))
            tab.locator("a[rel=next], a[rel=first]").last.click()
            expect(tab.locator(ROWS).first).not_to_have_attribute("data-contact-id", before)
        for page, profile_id in zip(tabs, at, strict=True):
            wait_for_results(page)
            assert set(shown_numbers(page)) <= held[profile_id]
            assert shown_numbers(page)
            assert profile_ids(page) == {profile_id}


def test_switcher_links_keep_filters_of_address(admin_page: Page) -> None:
    admin_page.goto("/account/contacts/?page_size=20")
    choose_channel(admin_page, "whatsapp")
    expect(admin_page).to_have_url(re.compile("channel=whatsapp"))
    assert all(link.endswith("/contacts/?channel=whatsapp&page_size=20") for link in _options(admin_page))


def test_profile_typed_by_name_opens_with_enter(admin_page: Page, sandbox: SandboxServer) -> None:
    wanted = sandbox.profiles()[4]
    admin_page.goto("/account/contacts/")
    admin_page.locator("[data-popover=profiles]").click()
    expect(admin_page.locator("#find")).to_be_focused()
    admin_page.keyboard.type(wanted["name"])
    expect(admin_page.locator("#profiles .menu-item:visible")).to_have_count(1)
    admin_page.keyboard.press("Enter")
    admin_page.wait_for_url(lambda url: f"/p/{wanted['id']}/contacts/" in url)
    expect(admin_page.locator("h1")).to_contain_text(wanted["name"])


def test_switcher_without_javascript_is_a_page(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", java_script_enabled=False)
    page.goto("/account/contacts/?channel=sms")
    page.locator(".switcher").click()
    page.get_by_role("link", name=sandbox.profiles()[2]["name"]).click()
    wait_for_address(page, f"/p/{sandbox.profiles()[2]['id']}/contacts/?channel=sms")
