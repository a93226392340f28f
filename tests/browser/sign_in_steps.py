"""Sign-in steps: how to reach the page states of signing in (page_states.py)."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urljoin

from django.utils.crypto import get_random_string
from playwright.sync_api import Page

from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer

Reach = Callable[[Page, SandboxServer], object]


def sign_in(page: Page, username: str, password: str) -> None:
    """Submits the sign-in form."""
    page.goto("/sign-in/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def error(page: Page, _sandbox: SandboxServer) -> None:
    """Signs in with a wrong password."""
    sign_in(page, "mara", "not the password")


def locked(page: Page, _sandbox: SandboxServer) -> None:
    """Sends wrong passwords until the account is locked."""
    for _ in range(6):
        sign_in(page, "nobody-we-know", "not the password")
        page.wait_for_load_state()
        if "Too many" in page.locator("main").inner_text():
            break


def code(page: Page, _sandbox: SandboxServer) -> None:
    """Opens the second step of signing in."""
    sign_in(page, "kim", PASSWORD)


def code_wrong(page: Page, sandbox: SandboxServer) -> None:
    """Sends a wrong code in the second step."""
    code(page, sandbox)
    page.get_by_label("Code").fill("123 456")
    page.get_by_role("button", name="Sign in", exact=True).click()


def stale(page: Page, _sandbox: SandboxServer) -> None:
    """Saves preferences in a tab from before the browser's last sign-in."""
    page.goto("/preferences/")
    new_token(page)
    page.locator("main").get_by_role("button", name="Save").click()


def kept(page: Page, _sandbox: SandboxServer) -> None:
    """Saves preferences after the session has ended."""
    page.goto("/preferences/")
    page.context.clear_cookies(name="session")
    page.locator("main").get_by_role("button", name="Save").click()


def already_signed_in(page: Page, sandbox: SandboxServer) -> None:
    """Sends the sign-in form of somebody else in a tab from before the browser's last sign-in."""
    page.context.clear_cookies()
    sign_in(page, "nia", PASSWORD)
    page.wait_for_url(lambda url: "/sign-in/" not in url)
    cookies = page.context.cookies()
    page.context.clear_cookies()
    page.goto("/sign-in/")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]  # what cookies() gave
    page.fill("[name=login]", "mara")
    page.fill("[name=password]", PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()


def new_token(page: Page) -> None:
    """Gives the browser another CSRF token, as each sign-in does: the forms of its tabs are out of date."""
    token = get_random_string(32)  # a tab of the pool may have been here before
    page.context.add_cookies([{"name": "csrf", "value": token, "url": urljoin(page.url, "/")}])


def confirmed(address: str) -> Reach:
    """Opens a page that asks for a proof, which the sessions of page states have given."""
    return lambda page, _sandbox: page.goto(address)


def asked(page: Page, _sandbox: SandboxServer) -> None:
    """Asks for a link for somebody, in a session that has proved nothing yet."""
    page.goto("/people/?search=nia")
    page.locator("#people .phone__link").click()
    page.get_by_role("button", name="Create reset link").click()


def asked_and_confirmed(page: Page, sandbox: SandboxServer) -> None:
    """The same, up to the page that goes on after the proof."""
    asked(page, sandbox)
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()


def role_asked(page: Page, _sandbox: SandboxServer) -> None:
    """Saves another role for somebody, in a session that has proved nothing yet."""
    page.goto("/people/?search=nia")
    page.locator("#people .phone__link").click()
    page.get_by_role("radio", name="Exporter").check()
    page.locator("main").get_by_role("button", name="Save").click()


def passkey(does: str) -> Reach:
    """Opens the page that renames or removes a passkey."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        confirmed("/you/second-factor/passkeys/")(page, sandbox)
        page.get_by_role("link", name=f"{does} Work laptop").click()

    return go


def password_errors(page: Page, _sandbox: SandboxServer) -> None:
    """Sends a password change with an error in each field."""
    page.goto("/you/password/")
    for name in ("oldpassword", "password1", "password2"):
        page.fill(f"[name={name}]", "123")
    page.get_by_role("button", name="Change password").click()
