"""What a real browser makes of every address that a trick in `next` is answered with: 0 of them off the site."""

from __future__ import annotations

import requests
from playwright.sync_api import Page

from testing.running_desk import Desk
from tests.browser.conftest import NewContext
from tests.open_redirects import tricks

_OFF_SITE = """all => all.map(([trick, led]) => {
  try { return new URL(led, location.href).origin === location.origin ? null : trick }
  catch { return trick }
}).filter(trick => trick !== null)"""


def _off_site(page: Page, led: dict[str, str]) -> list[str]:
    """The tricks whose answer this browser would follow to another origin, or could not read."""
    found: list[str] = page.evaluate(_OFF_SITE, list(led.items()))
    return found


def test_no_trick_leads_a_browser_off_the_site(new_context: NewContext, desk: Desk) -> None:
    context = new_context()
    page = new_context.signed_in("support", context=context)
    browser = requests.Session()
    browser.trust_env = False
    for cookie in context.cookies():
        browser.cookies.set(cookie["name"], cookie["value"])
    led = {}
    for trick in tricks():
        answer = browser.get(f"{desk.url}/sign-in/", params={"next": trick}, allow_redirects=False, timeout=20)
        assert answer.status_code == 302, trick
        led[trick] = answer.headers["Location"]
    assert _off_site(page, led) == []
    # And they are tricks: unhindered, hundreds of them would lead this browser away.
    assert len(_off_site(page, {trick: trick for trick in led})) > 300
