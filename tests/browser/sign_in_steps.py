"""Ways to the states of signing in (states.py)."""

from __future__ import annotations

from collections.abc import Callable

from playwright.sync_api import Page

from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer

Reach = Callable[[Page, SandboxServer], object]


def sign_in(page: Page, username: str, password: str) -> None:
    """Sends the form of the gate."""
    page.goto("/sign-in/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", password)
    page.get_by_role("button", name="Sign in", exact=True).click()


def error(page: Page, _sandbox: SandboxServer) -> None:
    """A wrong password."""
    sign_in(page, "mara", "not the password")


def locked(page: Page, _sandbox: SandboxServer) -> None:
    """As many wrong passwords as it takes."""
    for _ in range(6):
        sign_in(page, "nobody-we-know", "not the password")
        page.wait_for_load_state()
        if "Too many" in page.locator("main").inner_text():
            break


def code(page: Page, _sandbox: SandboxServer) -> None:
    """The second step."""
    sign_in(page, "kim", PASSWORD)


def code_wrong(page: Page, sandbox: SandboxServer) -> None:
    """The second step, with a code that is wrong."""
    code(page, sandbox)
    page.get_by_label("Code").fill("123 456")
    page.get_by_role("button", name="Sign in", exact=True).click()


def confirmed(address: str) -> Reach:
    """A page that is opened to whoever just gave their password once more."""

    def go(page: Page, _sandbox: SandboxServer) -> None:
        page.goto(f"/sign-in/again/?next={address}")
        page.get_by_label("Your password").fill(PASSWORD)
        page.get_by_role("button", name="Confirm").click()

    return go


def passkey(does: str) -> Reach:
    """What is done with a passkey one has."""

    def go(page: Page, sandbox: SandboxServer) -> None:
        confirmed("/you/second-factor/passkeys/")(page, sandbox)
        page.get_by_role("link", name=f"{does} Work laptop").click()

    return go


def password_errors(page: Page, _sandbox: SandboxServer) -> None:
    """A password that cannot be changed, for every reason."""
    page.goto("/you/password/")
    for name in ("oldpassword", "password1", "password2"):
        page.fill(f"[name={name}]", "123")
    page.get_by_role("button", name="Change the password").click()
