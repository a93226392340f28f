"""Theme: changed by one press, saved on the server, and set in the first tag of every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .page_helpers import ROWS, hold_requests, wait_for_address, wait_for_results

LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"
SECOND_BY_SMS = f"{LIST}?channel=sms&page=2&page_size=20"
CANVAS = "getComputedStyle(document.documentElement).colorScheme"


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """The desk whose preferences tests can set."""
    return caching_desk.desk


@pytest.fixture
def light(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The admin's list with the light theme preferred, on a system with a dark theme."""
    with caching_desk.preferences("admin", theme="light"):
        yield new_context.signed_in("admin", at=FEW, color_scheme="dark")


def _press(page: Page, theme: str) -> None:
    with page.expect_response("**/preferences/theme/") as answered:
        page.get_by_role("button", name=f"{theme} theme").click()
    assert answered.value.status == 204


def test_theme_changes_before_response(light: Page) -> None:
    assert light.evaluate(CANVAS) == "light"
    with hold_requests(light, "**/preferences/theme/"):
        light.get_by_role("button", name="Dark theme").click()
        assert light.evaluate("document.documentElement.dataset.theme") == "dark"
        assert light.evaluate(CANVAS) == "dark"
        expect(light.locator("meta[name=color-scheme]")).to_have_attribute("content", "dark")


def test_two_quick_presses_restore_theme(light: Page) -> None:
    button = light.locator("[data-theme-toggle] button")
    with hold_requests(light, "**/preferences/theme/"):
        button.click()
        button.click()
        assert light.evaluate("document.documentElement.dataset.theme") == "light"
        expect(button).to_have_attribute("aria-label", "Dark theme")


def test_theme_persists_across_pages(light: Page) -> None:
    _press(light, "Dark")
    for address in (FEW, "/preferences/", f"{FEW}&page=2"):
        light.goto(address)
        assert light.evaluate("document.documentElement.dataset.theme") == "dark"
    expect(light.get_by_role("button", name="Light theme")).to_be_visible()


def test_every_page_is_served_with_theme_attribute(light: Page) -> None:
    _press(light, "Dark")
    for address in (LIST, f"{LIST}?search=998-8776", f"{LIST}?page=900", "/account/profiles/", "/preferences/"):
        served = light.context.request.get(address).text()
        assert 'data-theme="dark"' in served.split("<head>")[0]


def test_no_page_is_painted_in_other_theme(light: Page) -> None:
    _press(light, "Dark")
    page = light.context.new_page()  # the script would stay in the tab that tests share
    page.add_init_script(f"""
        window.schemes = new Set();
        const look = () => {{ if (document.body) schemes.add({CANVAS}); requestAnimationFrame(look); }};
        look();
    """)
    page.goto(FEW)
    expect(page.locator(ROWS).first).to_be_visible()
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    assert page.evaluate("[...schemes]") == ["dark"]


def test_theme_change_keeps_page_and_rows(light: Page) -> None:
    light.goto(SECOND_BY_SMS)
    wait_for_results(light)
    light.locator(f"{ROWS} .phone__link").first.focus()
    light.evaluate("document.querySelector('#results tbody').dataset.mark = 'kept'")
    _press(light, "Dark")
    wait_for_address(light, SECOND_BY_SMS)
    assert light.locator("#results tbody[data-mark=kept]").count() == 1


def test_theme_changes_in_account_menu_of_phone(light: Page) -> None:
    light.set_viewport_size({"width": 390, "height": 844})
    light.get_by_role("button", name="Account menu").click()
    _press(light, "Dark")
    assert light.evaluate("document.documentElement.dataset.theme") == "dark"
    _press(light, "Light")
    expect(light.get_by_role("button", name="Dark theme")).to_be_visible()
    light.set_viewport_size({"width": 1440, "height": 900})
    expect(light.locator("[data-theme-toggle] button")).to_have_attribute("aria-label", "Dark theme")
    expect(light.get_by_role("button", name="Dark theme")).to_have_count(1)


def test_theme_that_cannot_be_saved_shows_notice(light: Page) -> None:
    light.context.set_offline(True)
    light.get_by_role("button", name="Dark theme").click()
    expect(light.locator("#notice")).to_contain_text("cannot be reached")


def test_ended_session_shows_notice(light: Page) -> None:
    light.context.clear_cookies()
    light.get_by_role("button", name="Dark theme").click()
    expect(light.locator("#notice")).to_contain_text("Your session has ended")


def test_theme_button_without_javascript_returns_to_same_list(
    caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer
) -> None:
    with caching_desk.preferences("admin", theme="light"):
        page = new_context.signed_in("admin", at=SECOND_BY_SMS, java_script_enabled=False)
        page.get_by_role("button", name="Dark theme").click()
        wait_for_address(page, SECOND_BY_SMS)
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
