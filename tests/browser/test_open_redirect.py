"""What a real browser makes of every address that a trick in `next` is answered with: 0 of them off the site."""

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


def _off_site(page: Page, led: dict[str, str]) -> list[str]:
    """The tricks whose answer this browser would follow to another origin, or could not read."""
    found: list[str] = page.evaluate(_OFF_SITE, list(led.items()))
    return found


def _page(context: BrowserContext, desk: Desk) -> Page:
    """A tab on the desk, of somebody signed in."""
    add_session(context, desk, "support")
    page = context.new_page()
    page.goto("/healthz")
    return page


def _judged() -> dict[str, str]:
    """Where each trick leads who is in already, by the judge that the desk asks (tests/test_open_redirect.py)."""
    return {trick: safe_redirect_path(trick) or "/" for trick in tricks()}


def _answers(context: BrowserContext, desk: Desk, wishes: Iterable[str]) -> dict[str, str]:
    """Where the running desk leads with each of them whoever is signed in in this browser profile."""
    browser = requests.Session()
    browser.trust_env = False
    for cookie in context.cookies():
        browser.cookies.set(cookie["name"], cookie["value"])
    led = {}
    for wish in wishes:
        answer = browser.get(f"{desk.url}/sign-in/", params={"next": wish}, allow_redirects=False, timeout=60)
        assert answer.status_code == 302, wish
        led[wish] = answer.headers["Location"]
    return led


def test_no_trick_leads_a_browser_off_the_site(new_context: NewContext, desk: Desk) -> None:
    context, led = new_context(), _judged()
    page = _page(context, desk)
    assert _answers(context, desk, OF_EACH_FAMILY) == {trick: led[trick] for trick in OF_EACH_FAMILY}
    assert _off_site(page, led) == []
    # And they are tricks: unhindered, hundreds of them would lead this browser away.
    assert len(_off_site(page, {trick: trick for trick in led})) > 300


@pytest.mark.exhaustive
def test_running_desk_answers_each_trick_as_the_judge_says(new_context: NewContext, desk: Desk) -> None:
    context, led = new_context(), _judged()
    page = _page(context, desk)
    answers = _answers(context, desk, led)
    assert answers == led
    assert _off_site(page, answers) == []
