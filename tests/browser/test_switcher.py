"""Profile switcher: a combobox over plain links, by keyboard, by mouse and without JavaScript."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext
from tests.browser.test_accessibility import SIZES, check

from .page_helpers import ROWS, contact_ids, hold_requests, wait_for_address, wait_page_time

BY_SMS = "/account/contacts/?channel=sms&page_size=20"
KEPT = "/contacts/?channel=sms&page_size=20"  # the same filters in another profile
LINK = "[data-popover=profiles]"
FIND = "#profiles #find"
OPTIONS = "#profiles [role=option]:visible"
SPELLED = ("lumiere", "LUMIÈRE", "opticians lum", "lumie\u0300re")  # each alone


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, filtered by channel."""
    return new_context.signed_in("admin", at=BY_SMS)


@pytest.fixture
def switcher(page: Page) -> Page:
    """The same page with the switcher open and its field focused."""
    _open(page)
    return page


def _open(page: Page) -> None:
    page.locator(LINK).focus()
    page.keyboard.press("Enter")
    expect(page.locator(FIND)).to_be_focused()


def _active(page: Page) -> Locator:
    return page.locator("#profiles [role=option][aria-selected=true]")


def _titles(page: Page) -> list[str]:
    # `inner_text` of an option outside the viewport is empty until the frame after it is scrolled into view.
    return page.locator(f"{OPTIONS} > span").all_text_contents()


def test_profile_switch_by_keyboard_keeps_filters(switcher: Page, sandbox: SandboxServer) -> None:
    wanted = sandbox.profiles()[4]
    switcher.keyboard.type(wanted["name"][:3])
    titles = _titles(switcher)
    for _ in range(titles.index(wanted["name"])):
        switcher.keyboard.press("ArrowDown")
    expect(_active(switcher)).to_contain_text(wanted["name"])
    switcher.keyboard.press("Enter")
    wait_for_address(switcher, f"/p/{wanted['id']}{KEPT}")
    expect(switcher.locator("main")).to_have_attribute("data-profile-id", wanted["id"])


def test_combobox_references_active_option(switcher: Page) -> None:
    expect(switcher.locator(FIND)).not_to_have_attribute("aria-activedescendant", re.compile("."))
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("End", -1), ("ArrowDown", 0), ("ArrowUp", -1), ("Home", 0)):
        switcher.keyboard.press(key)
        option = switcher.locator(OPTIONS).nth(at)
        expect(option).to_have_attribute("aria-selected", "true")
        expect(switcher.locator(FIND)).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
        expect(_active(switcher)).to_have_count(1)


def test_page_down_moves_by_visible_options_and_stops_at_end(switcher: Page) -> None:
    switcher.keyboard.press("Home")
    switcher.keyboard.press("PageDown")
    at = _titles(switcher).index(_active(switcher).locator("span").text_content() or "")
    assert 1 < at < 12
    switcher.keyboard.press("PageDown")
    switcher.keyboard.press("PageDown")
    expect(switcher.locator(OPTIONS).last).to_have_attribute("aria-selected", "true")


def test_active_option_is_scrolled_into_view(switcher: Page) -> None:
    switcher.keyboard.press("End")
    expect(_active(switcher)).to_be_in_viewport(ratio=1)


def test_enter_without_active_option_does_nothing(switcher: Page) -> None:
    expect(_active(switcher)).to_have_count(0)
    switcher.keyboard.press("Enter")
    wait_page_time(switcher, 200)
    expect(switcher.locator(FIND)).to_be_focused()
    wait_for_address(switcher, BY_SMS)


@pytest.mark.parametrize(
    "typed", ["OPTICIANS lumiere", *(pytest.param(typed, marks=pytest.mark.exhaustive) for typed in SPELLED)]
)
def test_filter_ignores_case_accents_and_word_order(page: Page, sandbox: SandboxServer, typed: str) -> None:
    name = html.escape(sandbox.profiles()[4]["name"])
    _modify_list(page, lambda body: body.replace(name, "Lumière Opticians"))
    _open(page)
    page.keyboard.insert_text(typed)
    expect(page.locator(OPTIONS)).to_have_count(1)
    expect(_active(page)).to_contain_text("Lumière Opticians")
    expect(page.locator("#profiles .popover__foot")).to_contain_text("1 of 13 profiles")


def test_cleared_filter_shows_all_profiles_with_none_active(switcher: Page) -> None:
    switcher.keyboard.type("z")
    switcher.keyboard.press("Backspace")
    expect(switcher.locator(OPTIONS)).to_have_count(13)
    expect(_active(switcher)).to_have_count(0)
    expect(switcher.locator("#profiles .popover__foot")).to_contain_text("13 profiles")


def test_unknown_name_is_shown_and_announced(switcher: Page) -> None:
    sentence = "No profile is called “<b>zzz”."
    switcher.keyboard.type("<b>zzz")
    expect(switcher.locator("#profile-none")).to_have_text(sentence)
    expect(switcher.locator(FIND)).to_have_attribute("aria-expanded", "false")
    expect(switcher.locator("#live")).to_have_text(sentence)
    switcher.keyboard.press("ArrowDown")
    switcher.keyboard.press("Enter")
    expect(switcher.locator(FIND)).to_be_focused()


def test_match_count_is_announced_once_after_last_key(switcher: Page) -> None:
    switcher.evaluate("""() => {
        window.said = [];
        new MutationObserver(() => { if ($("live").textContent) said.push($("live").textContent); })
            .observe($("live"), { childList: true });
    }""")
    switcher.evaluate("""() => { const box = document.activeElement; // no delay between inputs, on any machine
        for (const text of ["a", "an"]) {
            box.value = text;
            box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        } }""")
    found = len(_titles(switcher))
    expect(switcher.locator("#live")).to_have_text(f"{found} profiles" if found > 1 else "1 profile")
    assert switcher.evaluate("said.length") == 1


def test_escape_closes_switcher_and_restores_focus(switcher: Page) -> None:
    switcher.keyboard.type("a")
    switcher.keyboard.press("Escape")
    expect(switcher.locator("#profiles")).to_be_hidden()
    expect(switcher.locator(LINK)).to_be_focused()
    expect(switcher.locator(LINK)).to_have_attribute("aria-expanded", "false")


def test_second_click_on_link_closes_switcher(switcher: Page) -> None:
    switcher.locator(LINK).click()
    expect(switcher.locator("#profiles")).to_be_hidden()
    switcher.locator(LINK).click()
    expect(switcher.locator(FIND)).to_be_focused()


def test_tab_out_closes_switcher(switcher: Page) -> None:
    switcher.keyboard.press("Shift+Tab")
    expect(switcher.locator("#profiles")).to_be_hidden()


def test_response_after_close_leaves_switcher_empty(page: Page) -> None:
    with hold_requests(page, "**/profiles/**"):
        page.locator(LINK).click()
        expect(page.locator("#profiles:popover-open")).to_be_attached()
        page.keyboard.press("Escape")
        expect(page.locator("#profiles:popover-open")).not_to_be_attached()
    expect(page.locator("#busy.htmx-request")).to_have_count(0)
    expect(page.locator("#profiles > *")).to_have_count(0)


def test_failed_request_closes_switcher(page: Page) -> None:
    page.route("**/profiles/**", lambda route: route.abort())
    page.locator(LINK).click()
    expect(page.locator("#notice")).to_contain_text("cannot be reached")
    expect(page.locator(LINK)).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("button", ["left with Ctrl", pytest.param("middle", marks=pytest.mark.exhaustive)])
def test_new_tab_click_opens_tab_and_keeps_switcher_open(switcher: Page, sandbox: SandboxServer, button: str) -> None:
    before, wanted = contact_ids(switcher), sandbox.profiles()[2]
    option = switcher.locator(f"#profiles [href^='/p/{wanted['id']}/']")
    with switcher.context.expect_page() as opened:
        if button == "middle":
            option.click(button="middle")
        else:
            option.click(modifiers=["Control"])
    expect(opened.value.locator("main")).to_have_attribute("data-profile-id", wanted["id"])
    switcher.bring_to_front()
    expect(switcher.locator(FIND)).to_be_focused()
    assert contact_ids(switcher) == before


@pytest.mark.parametrize("by", ["Enter", "click"])
def test_profile_change_event_has_profile_name(switcher: Page, sandbox: SandboxServer, by: str) -> None:
    wanted = sandbox.profiles()[2]
    switcher.evaluate(
        "document.addEventListener('desk:profile-change', (e) => console.log(`leaving ${e.detail.title}`))"
    )
    with switcher.expect_console_message(lambda message: message.text == f"leaving {wanted['name']}"):
        if by == "Enter":
            switcher.keyboard.insert_text(wanted["name"])
            switcher.keyboard.press("Enter")
        else:
            switcher.locator(f"#profiles [href^='/p/{wanted['id']}/']").click()
    wait_for_address(switcher, f"/p/{wanted['id']}{KEPT}")


def test_rows_of_one_profile_are_gone_while_the_next_one_loads(switcher: Page, sandbox: SandboxServer) -> None:
    wanted = sandbox.profiles()[2]
    before = switcher.locator(ROWS).count()
    # In one step: Playwright waits for a page that is being opened before it looks.
    summary, rows, busy = switcher.locator(f"#profiles [href^='/p/{wanted['id']}/']").evaluate(
        """(link, rows) => {
            link.click();
            const [summary, results] = ["summary", "results"].map((id) => document.getElementById(id));
            return [summary.textContent, document.querySelectorAll(rows).length, results.ariaBusy];
        }""",
        ROWS,
    )
    assert (before, summary, rows, busy) == (20, f"Opening {wanted['name']}", 0, "true")
    wait_for_address(switcher, f"/p/{wanted['id']}{KEPT}")


def test_most_recent_other_profile_is_first(page: Page, sandbox: SandboxServer) -> None:
    one, other = (profile["id"] for profile in sandbox.profiles()[6:8])
    for profile_id in (one, other):
        page.goto(f"/p/{profile_id}/contacts/?page_size=20")
    _open(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    wait_for_address(page, f"/p/{one}/contacts/?page_size=20")


@pytest.mark.exhaustive  # the switcher is a page state too
@pytest.mark.parametrize(("scheme", "size"), [("light", "desktop"), ("dark", "phone")])
def test_switcher_states_pass_axe(new_context: NewContext, sandbox: SandboxServer, scheme: str, size: str) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    at = f"/p/{profile_id}/contacts/?page_size=20"
    page = new_context.signed_in("admin", at=at, color_scheme=scheme, viewport=SIZES[size])
    _open(page)
    for keys in (("ArrowDown",), ("a",), ("z", "z", "z")):
        for key in keys:
            page.keyboard.press(key)
        check(page)


def test_profile_search_works_without_javascript(new_context: NewContext, sandbox: SandboxServer) -> None:
    wanted = sandbox.profiles()[2]
    page = new_context.signed_in("admin", at=BY_SMS, java_script_enabled=False)
    page.locator(LINK).click()
    page.fill("#find", wanted["name"].upper())
    page.press("#find", "Enter")
    page.get_by_role("link", name=wanted["name"]).click()
    wait_for_address(page, f"/p/{wanted['id']}{KEPT}")
    expect(page.locator(ROWS).first).to_be_visible()


def _modify_list(page: Page, change: Callable[[str], str]) -> None:
    """Applies `change` to responses with the switcher's list."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=change(response.text()))

    page.route("**/profiles/**", answer)
