"""Older tabs in a browser: what was opened before the last sign-in works, or takes one click, and says what is so."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext, sign_in

from .page_helpers import ROWS
from .sign_in_steps import new_token

LIST = "/account/contacts/?page_size=20"


def _menu(page: Page, name: str) -> None:
    page.get_by_role("button", name=re.compile("Account menu")).click()
    page.get_by_role("button", name=name, exact=True).click()


def test_tabs_from_before_the_last_sign_in_work(new_context: NewContext, sandbox: SandboxServer) -> None:
    context = new_context()
    form = context.new_page()
    form.goto(f"/sign-in/?next={LIST}")
    older = sign_in(context, "admin")
    newer = context.new_page()
    newer.goto("/preferences/")
    _menu(newer, "Sign out")
    sign_in(context, "admin")
    with older.expect_response(lambda answer: answer.url.endswith("/theme/") and answer.status == 204):
        older.locator("[data-theme-toggle] button").click()
    expect(older.locator("#notice")).to_be_hidden()
    form.fill("[name=login]", "admin")
    form.fill("[name=password]", PASSWORD)
    form.get_by_role("button", name="Sign in", exact=True).click()
    expect(form.locator(ROWS).first).to_be_visible()
    _menu(older, "Sign out")
    expect(older.get_by_text("You’re signed out.")).to_be_visible()
    form.reload()
    expect(form.get_by_role("heading", name="Sign in")).to_be_visible()


def test_theme_button_without_javascript_takes_one_more_click(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=LIST, java_script_enabled=False)
    new_token(page)
    wanted = page.locator("[data-theme-toggle] button").get_attribute("value") or ""
    page.locator("[data-theme-toggle] button").click()
    expect(page.get_by_text("You’re signed in as admin.")).to_be_visible()
    page.get_by_role("button", name=f"{wanted.capitalize()} theme").click()
    expect(page.locator("html")).to_have_attribute("data-theme", wanted)
    expect(page.locator(ROWS).first).to_be_visible()
