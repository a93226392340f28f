"""Open redirects in a browser: no redirect target of any `next` payload leads to another origin."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
import requests
from playwright.sync_api import BrowserContext, Page

from contacts_ui.sign_in.redirects import safe_redirect_path
from testing.running_desk import Desk
from tests.browser.conftest import NewContext, add_session
from tests.open_redirects import OF_EACH_FAMILY, tricks

_OFF_SITE = """all => all.map(([trick, led]) => {
  try { return new URL(led, location.href).origin === location.origin ? null : trick }
  catch { return trick }
}).filter(trick => trick !== null)"""


def _off_site(page: Page, targets: dict[str, str]) -> list[str]:
    """Payloads whose target this browser resolves to another origin, or cannot parse."""
    found: list[str] = page.evaluate(_OFF_SITE, list(targets.items()))
    return found


def _page(context: BrowserContext, desk: Desk) -> Page:
    """Tab on the desk with the support agent signed in."""
    add_session(context, desk, "support")
    page = context.new_page()
    page.goto("/healthz")
    return page


def _expected_targets() -> dict[str, str]:
    """Payload -> redirect target by safe_redirect_path, which the desk uses (tests/test_open_redirect.py)."""
    return {trick: safe_redirect_path(trick) or "/" for trick in tricks()}


def _actual_targets(context: BrowserContext, desk: Desk, payloads: Iterable[str]) -> dict[str, str]:
    """Payload -> redirect target of the running desk, for the user of this browser profile."""
    browser = requests.Session()
    browser.trust_env = False
    for cookie in context.cookies():
        browser.cookies.set(cookie["name"], cookie["value"])
    targets = {}
    for payload in payloads:
        answer = browser.get(f"{desk.url}/sign-in/", params={"next": payload}, allow_redirects=False, timeout=60)
        assert answer.status_code == 302, payload
        targets[payload] = answer.headers["Location"]
    return targets


def test_no_redirect_trick_leaves_site(new_context: NewContext, desk: Desk) -> None:
    context, expected = new_context(), _expected_targets()
    page = _page(context, desk)
    assert _actual_targets(context, desk, OF_EACH_FAMILY) == {trick: expected[trick] for trick in OF_EACH_FAMILY}
    assert _off_site(page, expected) == []
    # The payloads are effective: unchecked, hundreds of them would leave the site in this browser.
    assert len(_off_site(page, {trick: trick for trick in expected})) > 300


@pytest.mark.exhaustive
def test_desk_redirects_each_trick_as_safe_redirect_path_says(new_context: NewContext, desk: Desk) -> None:
    context, expected = new_context(), _expected_targets()
    page = _page(context, desk)
    actual = _actual_targets(context, desk, expected)
    assert actual == expected
    assert _off_site(page, actual) == []
