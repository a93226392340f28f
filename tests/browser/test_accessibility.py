"""The desk without a mouse, on paper, and in the colours a system forces; and what axe-core is asked in other tests."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe, AxeResults
from playwright.sync_api import Page, ViewportSize, expect

from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import CONTACT, ROWS, at_address, open_list, shown, wait_for_results

RULES: dict[str, Any] = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# The only ones that a theme can break.
COLOUR_RULES: dict[str, Any] = {"runOnly": {"type": "rule", "values": ["color-contrast", "link-in-text-block"]}}
SIZES: dict[str, ViewportSize] = {"desktop": {"width": 1440, "height": 900}, "phone": {"width": 390, "height": 844}}
MORE_ROWS = "tbody tr:nth-child(n+4)"
LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"
DURATIONS = """all => all.flatMap((element) => {
  const { animationDuration, transitionDuration } = getComputedStyle(element);
  return `${animationDuration}, ${transitionDuration}`.split(", ");
})"""


def check(page: Page, *, whole: bool = False, rules: dict[str, Any] = RULES) -> None:
    """Fails with axe-core's own report when it finds anything. Loads it once a page.

    Of a table it looks at the first rows, which are like the others, unless the `whole` page is wanted: contrast is
    measured text by text, and 50 rows cost three times as much as all the rest.
    """
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    context = {"include": [["html"]], "exclude": [] if whole else [[MORE_ROWS]]}
    given = [context, rules | {"resultTypes": ["violations"]}]
    results = AxeResults(page.evaluate("([context, options]) => axe.run(context, options)", given))
    assert results.violations_count == 0, results.generate_report()


def _tab_to(page: Page, selector: str, key: str = "Tab") -> None:
    """Presses Tab until what `selector` means has the focus, as someone would who sees where it is."""
    for _ in range(30):
        page.keyboard.press(key)
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    pytest.fail(f"{selector} is not reached by {key}")


def test_the_whole_way_of_an_agent_is_walked_by_keyboard_alone(new_context: NewContext, sandbox: SandboxServer) -> None:
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
    at_address(page, "?search=20")
    wait_for_results(page)
    number = next(iter(shown(page).values()))
    _tab_to(page, "#results .phone__link")
    page.keyboard.press("Enter")
    expect(page.locator(CONTACT)).to_contain_text("Number formats")
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == number

    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    at_address(page, "?search=20")
    page.keyboard.press("p")
    expect(page.get_by_role("combobox", name="Find a profile")).to_be_focused()
    page.keyboard.type(other["name"])
    page.keyboard.press("Enter")
    at_address(page, f"/p/{other['id']}/contacts/?search=20")
    expect(page.locator("h1")).to_contain_text(other["name"])
    page.wait_for_load_state()
    wait_for_results(page)  # rows that come late take the focus with them
    page.locator(".skip").focus()

    _tab_to(page, "[popovertarget=account-menu]")
    page.keyboard.press("Enter")
    _tab_to(page, "[action='/sign-out/'] button")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()


WIDTHS = (1440, 900, 390, 320)


def test_at_any_width_each_cell_is_read_out_under_its_own_header(admin_page: Page) -> None:
    for width in WIDTHS:
        admin_page.set_viewport_size({"width": width, "height": 800})
        open_list(admin_page, FEW)
        headers = ["Phone number", "Region", "Channels", "Opt-out", *(["Created"] if width == 1440 else []), "Updated"]
        expect(admin_page.get_by_role("columnheader")).to_have_text([re.compile(f"^{name}") for name in headers])
        rows = admin_page.locator(ROWS)
        expect(rows.get_by_role("cell")).to_have_count(len(headers) * rows.count())
        opted_out = rows.first.get_by_role("cell").nth(headers.index("Opt-out"))
        expect(opted_out).to_have_text(re.compile("^(No|Opted out|—)$"))


def test_at_any_width_the_age_of_the_list_is_seen_and_can_be_pressed(admin_page: Page) -> None:
    for width in WIDTHS:
        admin_page.set_viewport_size({"width": width, "height": 800})
        open_list(admin_page, FEW)
        refresh = admin_page.get_by_role("link", name=re.compile("^Updated .*, refresh$"))
        expect(refresh).to_be_visible()
        with admin_page.expect_response(re.compile(r"/account/contacts/\?.*refresh=1")):
            refresh.click()


@pytest.mark.parametrize("width", [1440, 700], ids=["a wide window", "the width of a sheet"])
def test_on_paper_there_is_the_heading_and_the_table_and_nothing_to_press(admin_page: Page, width: int) -> None:
    admin_page.set_viewport_size({"width": width, "height": 900})
    admin_page.goto(f"{LIST}?channel=sms")
    admin_page.emulate_media(media="print")
    for seen in ("h1", "table", "thead", f"{ROWS} .c-region"):
        expect(admin_page.locator(seen).first).to_be_visible()
    expect(admin_page.get_by_text(re.compile("Contacts on SMS, printed"))).to_be_visible()
    for unseen in (".topbar", ".filters", ".pager", ".chips", ".table-footer", "#results button"):
        expect(admin_page.locator(unseen).filter(visible=True)).to_have_count(0)


def test_in_forced_colors_the_chosen_channel_and_the_open_row_can_be_told(admin_page: Page) -> None:
    admin_page.emulate_media(forced_colors="active")
    admin_page.goto(f"{LIST}?channel=sms")
    expect(admin_page.locator(ROWS).first).to_be_visible()
    borders = "all => all.map(label => parseFloat(getComputedStyle(label).borderTopWidth))"
    assert admin_page.eval_on_selector_all("#channels label", borders) == [0, 1, 0]
    assert admin_page.eval_on_selector(f"{ROWS} .badge", "badge => getComputedStyle(badge).borderTopStyle") == "solid"


def test_with_reduced_motion_nothing_moves(admin_page: Page) -> None:
    admin_page.emulate_media(reduced_motion="reduce")
    admin_page.goto(LIST)
    admin_page.locator(".phone__link").first.click()
    expect(admin_page.get_by_role("dialog").get_by_text("Number formats")).to_be_visible()
    assert set(admin_page.eval_on_selector_all("*", DURATIONS)) == {"0s"}
