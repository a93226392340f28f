"""Sign-in in a browser: by keyboard, without JavaScript, with Back, and with a required second factor."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.desk_template import PASSWORD, DeskTemplate
from testing.running_desk import UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer
from testing.totp import code_now
from tests.browser.conftest import NewContext, sign_in

from .page_helpers import ROWS, wait_for_results

LIST = "/account/contacts/"
SECURITY = "/you/second-factor/"


@pytest.fixture(scope="module")
def strict_desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Desk that requires a second factor of everyone."""
    settings = {"REQUIRE_MFA": "all", "SENT_FRESH_SECONDS": "0", **UNLIMITED}
    with running_desk(tmp_path_factory.mktemp("strict"), running_sandbox.url, template, **settings) as desk:
        yield desk


def delete_factors(desk: Desk) -> None:
    """Deletes the second factors of all users."""
    desk.sql("DELETE FROM mfa_authenticator")


def add_app(page: Page) -> str:
    """Adds an authenticator app, moments after a sign-in, which is the proof. Returns its secret."""
    page.get_by_role("link", name="Add an app").click()
    secret = page.locator(".secret code").inner_text().replace(" ", "").strip()
    page.get_by_label("Code").fill(code_now(secret))
    page.get_by_role("button", name="Add the app").click()
    return secret


def sign_out(page: Page) -> None:
    """Signs out by the account menu."""
    page.get_by_role("button", name=re.compile("Account menu")).click()
    page.get_by_role("button", name="Sign out", exact=True).click()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


def test_sign_in_by_keyboard_returns_to_requested_page(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context().new_page()
    page.goto(f"{LIST}?channel=sms")
    expect(page.get_by_label("User name or e-mail")).to_be_focused()
    page.keyboard.type("admin")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"**{LIST}?channel=sms")


@pytest.mark.parametrize(
    "shown", [LIST, *(pytest.param(path, marks=pytest.mark.exhaustive) for path in (SECURITY, "/you/sessions/"))]
)
def test_back_after_sign_out_shows_sign_in_page(new_context: NewContext, sandbox: SandboxServer, shown: str) -> None:
    page = new_context.signed_in("admin", at=shown)
    page.get_by_role("heading", level=1).wait_for()
    sign_out(page)
    page.go_back()
    expect(page.get_by_label("User name or e-mail")).to_be_visible()
    assert page.get_by_role("button", name=re.compile("Account menu")).count() == 0


def test_sign_out_clears_what_scripts_stored(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=SECURITY)
    page.evaluate("localStorage.setItem('number', '+442071838750')")
    sign_out(page)
    assert page.evaluate("localStorage.length") == 0


def test_sign_out_leaves_sign_in_form_in_other_tab_working(new_context: NewContext, sandbox: SandboxServer) -> None:
    context = new_context()
    form = context.new_page()
    form.goto("/sign-in/")
    page = new_context.signed_in("admin", at=SECURITY, context=context)
    context.add_cookies([{"name": "other", "value": "1", "url": page.url}])
    sign_out(page)
    form.get_by_label("User name or e-mail").fill("admin")
    form.get_by_label("Password", exact=True).fill(PASSWORD)
    form.get_by_role("button", name="Sign in", exact=True).click()
    form.wait_for_selector("main[data-profile-id]")
    assert "other" in {cookie["name"] for cookie in context.cookies()}


def test_sign_in_without_javascript_works_except_passkeys(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = sign_in(new_context(java_script_enabled=False), "support")
    page.goto(SECURITY)
    add_app(page)
    expect(page.get_by_role("heading", name="Recovery codes")).to_be_visible()
    expect(page.locator(".codes li")).to_have_count(10)
    page.get_by_role("link", name="Done").click()
    page.get_by_role("link", name="Remove the app").click()
    page.get_by_role("button", name="Remove the app").click()
    expect(page.get_by_text("Authenticator app removed.")).to_be_visible()
    page.get_by_role("link", name="Add a passkey").click()
    expect(page.get_by_text("This browser can’t use passkeys.")).to_be_visible()
    page.goto("/sign-out/")
    page.locator("main").get_by_role("button", name="Sign out").click()
    expect(page.get_by_text("You’re signed out.")).to_be_visible()
    expect(page.get_by_role("button", name="Sign in with a passkey")).to_be_hidden()


def test_account_menu_links_to_security_page_and_back(admin_page: Page) -> None:
    admin_page.get_by_role("button", name=re.compile("Account menu")).click()
    admin_page.get_by_role("link", name="Sign-in and security").click()
    expect(admin_page.get_by_role("heading", name="Sign-in and security")).to_be_visible()
    admin_page.get_by_role("link", name="Back to your contacts").click()
    expect(admin_page.locator(ROWS).first).to_be_visible()


def test_theme_button_works_on_security_page(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=SECURITY)
    button = page.locator("[data-theme-toggle] button")
    wanted = button.get_attribute("value")
    with page.expect_response("**/preferences/theme/") as answered:
        button.click()
    assert answered.value.status == 204
    expect(page.locator("html")).to_have_attribute("data-theme", wanted or "")


def test_cancelled_passkey_shows_message_and_can_be_retried(new_context: NewContext) -> None:
    page = new_context().new_page()
    page.goto("/sign-in/")
    refused = "throw new DOMException('', 'NotAllowedError')"
    page.evaluate(f"() => {{ navigator.credentials.get = async () => {{ {refused}; }}; }}")
    button = page.get_by_role("button", name="Sign in with a passkey")
    button.click()
    expect(page.get_by_text("No passkey was used.")).to_be_visible()
    expect(button).to_be_enabled()


# --- Required second factor ----------------------------------------------------------------------


@pytest.fixture
def page_without_factor(strict_desk: Desk, new_context: NewContext, sandbox: SandboxServer) -> Page:
    """Tab of a user who signed in by password and has no second factor yet."""
    delete_factors(strict_desk)
    strict_desk.forget_limits()
    return sign_in(new_context(base_url=strict_desk.url), "admin")


def test_desk_opens_after_required_factor_is_added(page_without_factor: Page) -> None:
    expect(page_without_factor.get_by_text("Add a passkey or an authenticator app to continue.")).to_be_visible()
    page_without_factor.goto(LIST)
    expect(page_without_factor.get_by_text("Add a passkey or an authenticator app to continue.")).to_be_visible()
    add_app(page_without_factor)
    expect(page_without_factor.get_by_text("New recovery codes created.")).to_be_visible()
    page_without_factor.goto(LIST)
    wait_for_results(page_without_factor)


def test_next_sign_in_asks_for_added_factor(page_without_factor: Page) -> None:
    secret = add_app(page_without_factor)
    sign_out(page_without_factor)
    page_without_factor.get_by_label("User name or e-mail").fill("admin")
    page_without_factor.get_by_label("Password", exact=True).fill(PASSWORD)
    page_without_factor.get_by_role("button", name="Sign in", exact=True).click()
    expect(page_without_factor.get_by_role("heading", name="Two-step sign-in")).to_be_visible()
    page_without_factor.get_by_label("Code").fill(
        code_now(secret, 1)
    )  # the current code was used when the app was added
    page_without_factor.get_by_role("button", name="Sign in", exact=True).click()
    page_without_factor.wait_for_selector("main[data-profile-id]")


def test_open_page_is_redirected_when_factor_is_missing(page_without_factor: Page, strict_desk: Desk) -> None:
    add_app(page_without_factor)
    page_without_factor.goto(LIST)
    wait_for_results(page_without_factor)
    delete_factors(strict_desk)
    page_without_factor.get_by_role("link", name="Next page").click()
    page_without_factor.wait_for_url(f"**{SECURITY}")
    expect(page_without_factor.get_by_text("Add a passkey or an authenticator app to continue.")).to_be_visible()
