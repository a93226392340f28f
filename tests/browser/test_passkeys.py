"""Passkeys and the authenticator app in Chromium, with its own virtual authenticator, on http://localhost."""

from __future__ import annotations

import random
import re
from string import ascii_lowercase
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import BrowserContext, CDPSession, Page, expect

from testing.accounts import create_account
from testing.desk_template import PASSWORD
from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from testing.totp import code_now
from tests.browser.conftest import NewContext

SIGN_IN_BY_PASSKEY = '[data-passkey="sign-in"] button, #passkey_login'
ADD_PASSKEY = '[data-passkey="add"] button, #mfa_webauthn_add'
PROVE_BY_PASSKEY = '[data-passkey="use"] button, #mfa_webauthn_authenticate'
ADD = "/you/second-factor/passkeys/add/"
APP = "/you/second-factor/totp/activate/"


class Person:
    """Somebody new, with a browser whose machine holds their passkeys."""

    def __init__(self, username: str, context: BrowserContext) -> None:
        self.username = username
        self.context = context
        self.page = context.new_page()
        self._devtools: CDPSession = context.new_cdp_session(self.page)
        self._devtools.send("WebAuthn.enable")
        self._authenticator = ""
        self.takes_authenticator()

    def takes_authenticator(self, verified: bool = True) -> None:
        """A new authenticator in place of the old; it holds no passkeys."""
        if self._authenticator:
            self._devtools.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self._authenticator})
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": verified,
            "automaticPresenceSimulation": True,
        }
        answer = self._devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
        self._authenticator = answer["authenticatorId"]

    def passkeys(self) -> int:
        """How many the authenticator holds."""
        asked = {"authenticatorId": self._authenticator}
        return len(self._devtools.send("WebAuthn.getCredentials", asked)["credentials"])

    def gives_password(self) -> None:
        """Fills the first page of signing in."""
        self.page.goto("/sign-in/")
        self.page.fill("[name=login]", self.username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/")

    def opens(self, path: str) -> None:
        """Opens a page of their own sign-in, and proves on the way that it is still them."""
        self.page.goto(path)
        if "/sign-in/again/" in self.page.url:
            self.page.fill("[name=password]", PASSWORD)
            self.page.press("[name=password]", "Enter")
            self.page.wait_for_url(f"**{path}")

    def adds_passkey(self, passwordless: bool = True) -> None:
        """Makes a passkey on this machine; the desk then shows the recovery codes."""
        self.opens(ADD)
        if passwordless and self.page.locator("[name=passwordless][type=checkbox]").count():
            self.page.check("[name=passwordless]")
        self.page.click(ADD_PASSKEY)
        self.page.wait_for_url("**/recovery-codes/")

    def sends_code(self, code: str) -> None:
        """Fills the second page of signing in, until the desk has answered."""
        self.page.fill("[name=code]", code)
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.press("[name=code]", "Enter")

    def signs_out(self) -> None:
        """As if the browser had been closed."""
        self.context.clear_cookies()

    def is_in(self) -> bool:
        """Whether the desk knows them."""
        return self.context.request.get("/preferences/", max_redirects=0).status == 200


@pytest.fixture
def person(new_context: NewContext, desk: Desk, sandbox: SandboxServer) -> Person:
    """Somebody of the role `support` whom no other test knows."""
    username = "".join(random.choices(ascii_lowercase, k=10))
    create_account(desk, username, "support")
    return Person(username, new_context())


def test_a_passkey_is_added_and_signs_in_without_a_password(person: Person) -> None:
    person.gives_password()
    person.adds_passkey()
    assert person.passkeys() == 1
    person.signs_out()
    person.page.goto("/sign-in/?next=/preferences/%3Ffrom%3Dpasskey")
    person.page.click(SIGN_IN_BY_PASSKEY)
    person.page.wait_for_url("**/preferences/?from=passkey")
    assert person.is_in()


def test_a_passkey_leads_to_no_other_site(person: Person) -> None:
    person.gives_password()
    person.adds_passkey()
    person.signs_out()
    person.page.goto("/sign-in/?next=//evil.example/")
    person.page.click(SIGN_IN_BY_PASSKEY)
    person.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/")
    assert urlsplit(person.page.url).hostname == "localhost"
    assert person.is_in()


def test_the_session_has_another_key_after_a_passkey(person: Person) -> None:
    person.gives_password()
    person.adds_passkey()
    person.signs_out()
    person.page.goto("/sign-in/")
    person.page.click(SIGN_IN_BY_PASSKEY)
    person.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/")
    assert person.is_in()
    kept = {cookie["name"]: cookie for cookie in person.context.cookies()}
    assert kept["session"]["httpOnly"]


def test_after_a_password_the_passkey_is_the_second_factor(person: Person) -> None:
    person.gives_password()
    person.adds_passkey()
    person.signs_out()
    person.gives_password()
    assert urlsplit(person.page.url).path == "/sign-in/code/"
    assert not person.is_in()
    person.page.click(PROVE_BY_PASSKEY)
    person.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/code/")
    assert person.is_in()


def test_a_machine_without_the_passkey_does_not_come_in(person: Person) -> None:
    person.gives_password()
    person.adds_passkey()
    person.signs_out()
    person.takes_authenticator()
    person.page.goto("/sign-in/")
    person.page.click(SIGN_IN_BY_PASSKEY)
    expect(person.page.get_by_text("No passkey was used.")).to_be_visible()
    assert urlsplit(person.page.url).path == "/sign-in/"
    assert not person.is_in()


def test_a_recovery_code_stands_in_for_the_passkey_once(person: Person) -> None:
    person.gives_password()
    person.adds_passkey()
    code = _recovery_codes(person.page)[0]
    for good in (True, False):
        person.signs_out()
        person.gives_password()
        person.sends_code(code)
        assert person.is_in() is good


def test_an_authenticator_app_is_added_and_its_codes_sign_in_once(person: Person) -> None:
    person.gives_password()
    person.opens(APP)
    secret = _secret(person.page)
    person.page.fill("[name=code]", code_now(secret, -1))  # a phone that is half a minute late
    person.page.press("[name=code]", "Enter")
    person.page.wait_for_url("**/recovery-codes/")
    for code, good in ((code_now(secret), True), (code_now(secret), False), (code_now(secret, 1), True)):
        person.signs_out()
        person.gives_password()
        person.sends_code(code)
        assert person.is_in() is good


def _secret(page: Page) -> str:
    """The secret that the page shows for those who cannot take a picture of it."""
    return _found(page, r"(?:[A-Z2-7]{4} ?){8}")[0]


def _recovery_codes(page: Page) -> list[str]:
    """The codes that the page shows."""
    return _found(page, r"\b\d{4} ?\d{4}\b")


def _found(page: Page, pattern: str) -> list[str]:
    """What looks like this in the text and the boxes of the page, without spaces."""
    boxes = page.locator("input:not([type=hidden]), textarea").evaluate_all("all => all.map(e => e.value)")
    text = "\n".join([page.inner_text("body"), *boxes])
    return [found.replace(" ", "") for found in re.findall(pattern, text)]
