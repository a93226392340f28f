"""Passkeys and authenticator apps, with Chromium's virtual authenticator, on http://localhost."""

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
    """New user with a browser profile and a virtual authenticator."""

    def __init__(self, username: str, context: BrowserContext) -> None:
        self.username = username
        self.context = context
        self.page = context.new_page()
        self._devtools: CDPSession = context.new_cdp_session(self.page)
        self._devtools.send("WebAuthn.enable")
        self._authenticator = ""
        self.replace_authenticator()

    def replace_authenticator(self, verified: bool = True) -> None:
        """Replaces the authenticator by one without passkeys."""
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
        """Number of passkeys in the authenticator."""
        asked = {"authenticatorId": self._authenticator}
        return len(self._devtools.send("WebAuthn.getCredentials", asked)["credentials"])

    def enter_password(self) -> None:
        """Submits username and password on the sign-in page."""
        self.page.goto("/sign-in/")
        self.page.fill("[name=login]", self.username)
        self.page.fill("[name=password]", PASSWORD)
        self.page.press("[name=password]", "Enter")
        self.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/")

    def open_confirmed(self, path: str) -> None:
        """Opens a security page, and confirms the password when asked."""
        self.page.goto(path)
        if "/sign-in/again/" in self.page.url:
            self.page.fill("[name=password]", PASSWORD)
            self.page.press("[name=password]", "Enter")
            self.page.wait_for_url(f"**{path}")

    def add_passkey(self, passwordless: bool = True) -> None:
        """Adds a passkey; the desk then shows the recovery codes."""
        self.open_confirmed(ADD)
        if passwordless and self.page.locator("[name=passwordless][type=checkbox]").count():
            self.page.check("[name=passwordless]")
        self.page.click(ADD_PASSKEY)
        self.page.wait_for_url("**/recovery-codes/")

    def enter_code(self, code: str) -> None:
        """Submits a code on the second page of signing in and waits for the response."""
        self.page.fill("[name=code]", code)
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.press("[name=code]", "Enter")

    def end_session(self) -> None:
        """Deletes the cookies, as closing the browser does."""
        self.context.clear_cookies()

    def is_signed_in(self) -> bool:
        """Whether the session is signed in."""
        return self.context.request.get("/preferences/", max_redirects=0).status == 200


@pytest.fixture
def person(new_context: NewContext, desk: Desk, sandbox: SandboxServer) -> Person:
    """New user with the role `support`, used by no other test."""
    username = "".join(random.choices(ascii_lowercase, k=10))
    create_account(desk, username, "support")
    return Person(username, new_context())


def test_added_passkey_signs_in_without_password(person: Person) -> None:
    person.enter_password()
    person.add_passkey()
    assert person.passkeys() == 1
    person.end_session()
    person.page.goto("/sign-in/?next=/preferences/%3Ffrom%3Dpasskey")
    person.page.click(SIGN_IN_BY_PASSKEY)
    person.page.wait_for_url("**/preferences/?from=passkey")
    assert person.is_signed_in()


def test_passkey_sign_in_stays_on_site(person: Person) -> None:
    person.enter_password()
    person.add_passkey()
    person.end_session()
    person.page.goto("/sign-in/?next=//evil.example/")
    person.page.click(SIGN_IN_BY_PASSKEY)
    person.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/")
    assert urlsplit(person.page.url).hostname == "localhost"
    assert person.is_signed_in()


def test_passkey_sign_in_sets_http_only_session_cookie(person: Person) -> None:
    person.enter_password()
    person.add_passkey()
    person.end_session()
    person.page.goto("/sign-in/")
    person.page.click(SIGN_IN_BY_PASSKEY)
    person.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/")
    assert person.is_signed_in()
    kept = {cookie["name"]: cookie for cookie in person.context.cookies()}
    assert kept["session"]["httpOnly"]


def test_passkey_is_second_factor_after_password(person: Person) -> None:
    person.enter_password()
    person.add_passkey()
    person.end_session()
    person.enter_password()
    assert urlsplit(person.page.url).path == "/sign-in/code/"
    assert not person.is_signed_in()
    person.page.click(PROVE_BY_PASSKEY)
    person.page.wait_for_url(lambda url: urlsplit(url).path != "/sign-in/code/")
    assert person.is_signed_in()


def test_authenticator_without_passkey_cannot_sign_in(person: Person) -> None:
    person.enter_password()
    person.add_passkey()
    person.end_session()
    person.replace_authenticator()
    person.page.goto("/sign-in/")
    person.page.click(SIGN_IN_BY_PASSKEY)
    expect(person.page.get_by_text("No passkey was used.")).to_be_visible()
    assert urlsplit(person.page.url).path == "/sign-in/"
    assert not person.is_signed_in()


def test_recovery_code_replaces_passkey_once(person: Person) -> None:
    person.enter_password()
    person.add_passkey()
    code = _recovery_codes(person.page)[0]
    for good in (True, False):
        person.end_session()
        person.enter_password()
        person.enter_code(code)
        assert person.is_signed_in() is good


def test_authenticator_app_code_signs_in_once(person: Person) -> None:
    person.enter_password()
    person.open_confirmed(APP)
    secret = _secret(person.page)
    person.page.fill("[name=code]", code_now(secret, -1))  # the clock of the phone is half a minute late
    person.page.press("[name=code]", "Enter")
    person.page.wait_for_url("**/recovery-codes/")
    for code, good in ((code_now(secret), True), (code_now(secret), False), (code_now(secret, 1), True)):
        person.end_session()
        person.enter_password()
        person.enter_code(code)
        assert person.is_signed_in() is good


def _secret(page: Page) -> str:
    """Secret of the app, which the page shows beside its QR code."""
    return _found(page, r"(?:[A-Z2-7]{4} ?){8}")[0]


def _recovery_codes(page: Page) -> list[str]:
    """Recovery codes on the page."""
    return _found(page, r"\b\d{4} ?\d{4}\b")


def _found(page: Page, pattern: str) -> list[str]:
    """Matches of `pattern` in the text and the fields of the page, without spaces."""
    boxes = page.locator("input:not([type=hidden]), textarea").evaluate_all("all => all.map(e => e.value)")
    text = "\n".join([page.inner_text("body"), *boxes])
    return [found.replace(" ", "") for found in re.findall(pattern, text)]
