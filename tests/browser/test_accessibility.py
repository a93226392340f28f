"""Accessibility: keyboard only, print, forced colours, reduced motion; and the axe-core check of other tests."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe, AxeResults
from playwright.sync_api import Page, ViewportSize, expect

from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import CONTACT, ROWS, open_list, shown_numbers, wait_for_address, wait_for_results

RULES: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# All but contrast, which costs as much as all others: the sample of page states has each colour of each element.
UNCOLOURED: dict[str, Any] = RULES | {"rules": {"color-contrast": {"enabled": False}}}
# Rules that depend on the theme.
COLOUR_RULES: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
# What passed is left in the page: to send it here costs a third of the run.
VIOLATIONS = """async ([context, options]) => {
  const { violations, url, timestamp } = await axe.run(context, options);
  return { violations, url, timestamp, passes: [], incomplete: [], inapplicable: [] };
}"""
AXE = Axe().axe_script
MORE_ROWS = "tbody tr:nth-child(n+4)"
LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"
DURATIONS = """all => all.flatMap((element) => {
  const { animationDuration, transitionDuration } = getComputedStyle(element);
  return `${animationDuration}, ${transitionDuration}`.split(", ");
})"""


def check(page: Page, *, whole: bool = False, rules: dict[str, Any] = RULES) -> None:
    """Runs axe-core and fails with its report when it finds a violation. Loads axe-core once per page.

    Checks only the first rows of a table unless `whole`: contrast is measured for each text, and 50 rows cost three
    times as much as the rest of the page.
    """
    if not page.evaluate("'axe' in window"):
        devtools = page.context.new_cdp_session(page)  # Playwright's evaluate takes three times as long for half a MB
        devtools.send("Runtime.evaluate", {"expression": AXE})
        devtools.detach()
    context = {"include": [["html"]], "exclude": [] if whole else [[MORE_ROWS]]}
    given = [context, rules | {"resultTypes": ["violations"]}]
    results = AxeResults(page.evaluate(VIOLATIONS, given))
    assert results.violations_count == 0, results.generate_report()


def _tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Presses Tab until an element that matches `selector` has the focus."""
    for _ in range(30):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by {key}")


def test_agent_journey_works_by_keyboard_alone(new_context: NewContext, sandbox: SandboxServer) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page, other = context.new_page(), sandbox.profiles()[4]
    page.goto("/sign-in/")
    expect(page.locator("[name=login]")).to_be_focused()
    for text, key in (("admin", "Tab"), (PASSWORD, "Enter")):
        page.keyboard.type(text)
        page.keyboard.press(key)
    expect(page.locator(ROWS).first).to_be_visible()
    page.wait_for_load_state()
    wait_for_results(page)

    page.keyboard.press("/")
    page.keyboard.type("20")
    wait_for_address(page, "?search=20")
    wait_for_results(page)
    number = next(iter(shown_numbers(page).values()))
    _tab_to(page, "#results .phone__link")
    page.keyboard.press("Enter")
    expect(page.locator(CONTACT)).to_contain_text("Number formats")
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == number

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    wait_for_address(page, "?search=20")
    page.keyboard.press("p")
    expect(page.get_by_role("combobox", name="Find a profile")).to_be_focused()
    page.keyboard.type(other["name"])
    page.keyboard.press("Enter")
    wait_for_address(page, f"/p/{other['id']}/contacts/?search=20")
    expect(page.locator("h1")).to_contain_text(other["name"])
    page.wait_for_load_state()
    wait_for_results(page)  # late rows would move the focus
    page.locator(".skip").focus()

    _tab_to(page, "[popovertarget=account-menu]")
    page.keyboard.press("Enter")
    _tab_to(page, "[action='/sign-out/'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


WIDTHS = (1440, 900, 390, 320)


def test_table_cells_match_column_headers_at_each_width(admin_page: Page) -> None:
    for width in WIDTHS:
        admin_page.set_viewport_size({"width": width, "height": 800})
        open_list(admin_page, FEW)
        headers = [
            "Phone number",
            "Owner",
            "Region",
            "Channels",
            "Opt-out",
            *(["Created"] if width == 1440 else []),
            "Updated",
        ]
        expect(admin_page.get_by_role("columnheader")).to_have_text([re.compile(f"^{name}") for name in headers])
        rows = admin_page.locator(ROWS)
        expect(rows.get_by_role("cell")).to_have_count(len(headers) * rows.count())
        opted_out = rows.first.get_by_role("cell").nth(headers.index("Opt-out"))
        expect(opted_out).to_have_text(re.compile("^(Opted out|—|)$"))


def test_refresh_link_is_visible_and_works_at_each_width(admin_page: Page) -> None:
    for width in WIDTHS:
        admin_page.set_viewport_size({"width": width, "height": 800})
        open_list(admin_page, FEW)
        refresh = admin_page.get_by_role("link", name=re.compile("^Refreshed .*, refresh again$"))
        expect(refresh).to_be_visible()
        with admin_page.expect_response(re.compile(r"/account/contacts/\?.*refresh=1")):
            refresh.click()


@pytest.mark.parametrize("width", [1440, 700], ids=["a wide window", "the width of a sheet"])
def test_print_shows_heading_and_table_without_controls(admin_page: Page, width: int) -> None:
    admin_page.set_viewport_size({"width": width, "height": 900})
    admin_page.goto(f"{LIST}?channel=sms")
    admin_page.emulate_media(media="print")
    for seen in ("h1", "table", "thead", f"{ROWS} .c-region"):
        expect(admin_page.locator(seen).first).to_be_visible()
    expect(admin_page.get_by_text(re.compile("Contacts on SMS, printed"))).to_be_visible()
    for unseen in (".topbar", ".filters", ".pager", ".chips", ".table-footer", "#results button"):
        expect(admin_page.locator(unseen).filter(visible=True)).to_have_count(0)


def test_forced_colors_mark_chosen_channel_and_badges(admin_page: Page) -> None:
    admin_page.emulate_media(forced_colors="active")
    admin_page.goto(f"{LIST}?channel=sms")
    expect(admin_page.locator(ROWS).first).to_be_visible()
    borders = "all => all.map(label => parseFloat(getComputedStyle(label).borderTopWidth))"
    assert admin_page.eval_on_selector_all("#channels label", borders) == [0, 1, 0]
    assert admin_page.eval_on_selector(f"{ROWS} .badge", "badge => getComputedStyle(badge).borderTopStyle") == "solid"


def test_reduced_motion_disables_animations(admin_page: Page) -> None:
    admin_page.emulate_media(reduced_motion="reduce")
    admin_page.goto(LIST)
    admin_page.locator(".phone__link").first.click()
    expect(admin_page.get_by_role("dialog").get_by_text("Number formats")).to_be_visible()
    assert set(admin_page.eval_on_selector_all("*", DURATIONS)) == {"0s"}
