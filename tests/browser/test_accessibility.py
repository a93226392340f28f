"""axe-core over the pages there are, light and dark, desktop and phone."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.conftest import NewContext, sign_in
from tests.browser.reading import ROWS
from tests.sandbox_server import SandboxServer

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
SIZES = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}


def _check(page: Page) -> None:
    results = Axe().run(page, options=RULES)
    assert results.violations_count == 0, results.generate_report()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES)
def test_every_page_passes_axe(new_context: NewContext, sandbox: SandboxServer, scheme: str, size: str) -> None:
    context = new_context(color_scheme=scheme, viewport=SIZES[size])
    gate = context.new_page()
    gate.goto("/sign-in/")
    _check(gate)
    page = sign_in(context, "admin")
    for path in (
        "/account/contacts/",
        "/account/contacts/?search=zzz",
        "/account/profiles/",
        "/account/contacts/?page=0",
    ):
        page.goto(path)
        _check(page)
    page.goto("/account/contacts/")
    page.locator("[data-opens=profiles]").click()
    expect(page.locator("#profiles .opt").first).to_be_visible()
    _check(page)
    page.keyboard.press("Escape")
    page.locator(".phone__link").first.click()
    expect(page.locator("article")).to_be_visible()
    _check(page)
    sandbox.fault(route="contacts", kind="rate_limited", retry_after="60")
    page.goto("/account/contacts/")
    _check(page)


@pytest.mark.parametrize("width", [320, 390, 768, 1440])
def test_no_page_scrolls_sideways(new_context: NewContext, sandbox: SandboxServer, width: int) -> None:
    page = sign_in(new_context(viewport={"width": width, "height": 800}), "admin")
    for path in ("/account/contacts/", "/account/profiles/"):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.goto("/account/contacts/")
    page.locator(ROWS).first.locator("a").click()
    expect(page.locator("article")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
