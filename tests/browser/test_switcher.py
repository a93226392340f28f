"""The profile switcher, by keyboard and by mouse: a combobox over plain links."""

from __future__ import annotations

import html
import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext
from tests.browser.test_accessibility import SIZES, check

from .page_helpers import ROWS, at_address, hold_requests, ids, later

BY_SMS = "/account/contacts/?channel=sms&page_size=20"
KEPT = "/contacts/?channel=sms&page_size=20"  # of it, in another profile
LINK = "[data-popover=profiles]"
FIND = "#profiles #find"
OPTIONS = "#profiles [role=option]:visible"


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list of contacts."""
    return new_context.signed_in("admin", at=BY_SMS)


@pytest.fixture
def switcher(page: Page) -> Page:
    """The same with the switcher open and the focus in its box."""
    _open(page)
    return page


def _open(page: Page) -> None:
    page.locator(LINK).focus()
    page.keyboard.press("Enter")
    expect(page.locator(FIND)).to_be_focused()


def _active(page: Page) -> Locator:
    return page.locator("#profiles [role=option][aria-selected=true]")


def _titles(page: Page) -> list[str]:
    # An option out of sight has no inner text until the frame after it comes into sight.
    return page.locator(f"{OPTIONS} > span").all_text_contents()


def test_by_keyboard_alone_one_lands_in_another_profile_with_the_filters_kept(
    switcher: Page, sandbox: SandboxServer
) -> None:
    wanted = sandbox.profiles()[4]
    switcher.keyboard.type(wanted["name"][:3])
    titles = _titles(switcher)
    for _ in range(titles.index(wanted["name"])):
        switcher.keyboard.press("ArrowDown")
    expect(_active(switcher)).to_contain_text(wanted["name"])
    switcher.keyboard.press("Enter")
    at_address(switcher, f"/p/{wanted['id']}{KEPT}")
    expect(switcher.locator("main")).to_have_attribute("data-profile-id", wanted["id"])


def test_the_box_points_at_the_active_option(switcher: Page) -> None:
    expect(switcher.locator(FIND)).not_to_have_attribute("aria-activedescendant", re.compile("."))
    for key, at in (("ArrowDown", 0), ("ArrowDown", 1), ("End", -1), ("ArrowDown", 0), ("ArrowUp", -1), ("Home", 0)):
        switcher.keyboard.press(key)
        option = switcher.locator(OPTIONS).nth(at)
        expect(option).to_have_attribute("aria-selected", "true")
        expect(switcher.locator(FIND)).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
        expect(_active(switcher)).to_have_count(1)


def test_a_page_down_moves_by_what_is_seen_and_stops_at_the_end(switcher: Page) -> None:
    switcher.keyboard.press("Home")
    switcher.keyboard.press("PageDown")
    at = _titles(switcher).index(_active(switcher).locator("span").text_content() or "")
    assert 1 < at < 12
    switcher.keyboard.press("PageDown")
    switcher.keyboard.press("PageDown")
    expect(switcher.locator(OPTIONS).last).to_have_attribute("aria-selected", "true")


def test_the_active_option_is_always_in_sight(switcher: Page) -> None:
    switcher.keyboard.press("End")
    expect(_active(switcher)).to_be_in_viewport(ratio=1)


def test_nothing_is_active_and_enter_does_nothing_until_one_types_or_moves(switcher: Page) -> None:
    expect(_active(switcher)).to_have_count(0)
    switcher.keyboard.press("Enter")
    later(switcher, 200)
    expect(switcher.locator(FIND)).to_be_focused()
    at_address(switcher, BY_SMS)


@pytest.mark.parametrize("typed", ["lumiere", "LUMIÈRE", "opticians lum", "lumie\u0300re"])
def test_typing_minds_neither_case_nor_accents_nor_the_order_of_words(
    page: Page, sandbox: SandboxServer, typed: str
) -> None:
    name = html.escape(sandbox.profiles()[4]["name"])
    _change(page, lambda body: body.replace(name, "Lumière Opticians"))
    _open(page)
    page.keyboard.insert_text(typed)
    expect(page.locator(OPTIONS)).to_have_count(1)
    expect(_active(page)).to_contain_text("Lumière Opticians")
    expect(page.locator("#profiles .popover__foot")).to_contain_text("1 of 13 profiles")


def test_emptying_the_box_brings_every_profile_back_with_none_active(switcher: Page) -> None:
    switcher.keyboard.type("z")
    switcher.keyboard.press("Backspace")
    expect(switcher.locator(OPTIONS)).to_have_count(13)
    expect(_active(switcher)).to_have_count(0)
    expect(switcher.locator("#profiles .popover__foot")).to_contain_text("13 profiles")


def test_a_name_that_nobody_has_is_said_and_shown(switcher: Page) -> None:
    sentence = "No profile is called “<b>zzz”."
    switcher.keyboard.type("<b>zzz")
    expect(switcher.locator("#profile-none")).to_have_text(sentence)
    expect(switcher.locator(FIND)).to_have_attribute("aria-expanded", "false")
    expect(switcher.locator("#live")).to_have_text(sentence)
    switcher.keyboard.press("ArrowDown")
    switcher.keyboard.press("Enter")
    expect(switcher.locator(FIND)).to_be_focused()


def test_how_many_fit_is_said_once_after_the_last_key(switcher: Page) -> None:
    switcher.evaluate("""() => {
        window.said = [];
        new MutationObserver(() => { if ($("live").textContent) said.push($("live").textContent); })
            .observe($("live"), { childList: true });
    }""")
    switcher.evaluate("""() => { const box = document.activeElement; // as fast on any machine
        for (const text of ["a", "an"]) {
            box.value = text;
            box.dispatchEvent(new InputEvent("input", { bubbles: true }));
        } }""")
    found = len(_titles(switcher))
    expect(switcher.locator("#live")).to_have_text(f"{found} profiles" if found > 1 else "1 profile")
    assert switcher.evaluate("said.length") == 1


def test_escape_closes_and_gives_the_focus_back(switcher: Page) -> None:
    switcher.keyboard.type("a")
    switcher.keyboard.press("Escape")
    expect(switcher.locator("#profiles")).to_be_hidden()
    expect(switcher.locator(LINK)).to_be_focused()
    expect(switcher.locator(LINK)).to_have_attribute("aria-expanded", "false")


def test_a_second_click_on_the_link_closes(switcher: Page) -> None:
    switcher.locator(LINK).click()
    expect(switcher.locator("#profiles")).to_be_hidden()
    switcher.locator(LINK).click()
    expect(switcher.locator(FIND)).to_be_focused()


def test_leaving_by_tab_closes(switcher: Page) -> None:
    switcher.keyboard.press("Shift+Tab")
    expect(switcher.locator("#profiles")).to_be_hidden()


def test_closing_before_the_answer_leaves_nothing_behind(page: Page) -> None:
    with hold_requests(page, "**/profiles/**"):
        page.locator(LINK).click()
        expect(page.locator("#profiles:popover-open")).to_be_attached()
        page.keyboard.press("Escape")
        expect(page.locator("#profiles:popover-open")).not_to_be_attached()
    expect(page.locator("#busy.htmx-request")).to_have_count(0)
    expect(page.locator("#profiles > *")).to_have_count(0)


def test_a_failure_closes_what_would_be_empty(page: Page) -> None:
    page.route("**/profiles/**", lambda route: route.abort())
    page.locator(LINK).click()
    expect(page.locator("#notice")).to_contain_text("cannot be reached")
    expect(page.locator(LINK)).to_have_attribute("aria-expanded", "false")


@pytest.mark.parametrize("button", ["left with Ctrl", "middle"])
def test_a_click_for_a_new_tab_opens_one_and_stays(switcher: Page, sandbox: SandboxServer, button: str) -> None:
    before, wanted = ids(switcher), sandbox.profiles()[2]
    option = switcher.locator(f"#profiles [href^='/p/{wanted['id']}/']")
    with switcher.context.expect_page() as opened:
        if button == "middle":
            option.click(button="middle")
        else:
            option.click(modifiers=["Control"])
    expect(opened.value.locator("main")).to_have_attribute("data-profile-id", wanted["id"])
    switcher.bring_to_front()
    expect(switcher.locator(FIND)).to_be_focused()
    assert ids(switcher) == before


@pytest.mark.parametrize("by", ["Enter", "click"])
def test_leaving_is_said_with_the_name_of_where_one_goes(switcher: Page, sandbox: SandboxServer, by: str) -> None:
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
    at_address(switcher, f"/p/{wanted['id']}{KEPT}")


def test_where_one_was_last_stands_first_the_next_time(page: Page, sandbox: SandboxServer) -> None:
    one, other = (profile["id"] for profile in sandbox.profiles()[6:8])
    for profile_id in (one, other):
        page.goto(f"/p/{profile_id}/contacts/?page_size=20")
    _open(page)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    at_address(page, f"/p/{one}/contacts/?page_size=20")


def test_a_thousand_profiles_narrow_to_the_one_that_is_meant(page: Page) -> None:
    _change(page, _a_thousand)
    _open(page)
    expect(page.locator(OPTIONS)).to_have_count(1000)
    page.keyboard.press("End")
    expect(_active(page)).to_be_in_viewport(ratio=1)
    page.keyboard.type("no 731")
    assert _titles(page) == ["Profile no 731"]
    expect(page.locator("#profiles .popover__foot")).to_contain_text("1 of 1,000 profiles")


@pytest.mark.parametrize(("scheme", "size"), [("light", "desktop"), ("dark", "phone")])
def test_every_state_of_it_passes_axe(new_context: NewContext, sandbox: SandboxServer, scheme: str, size: str) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    at = f"/p/{profile_id}/contacts/?page_size=20"
    page = new_context.signed_in("admin", at=at, color_scheme=scheme, viewport=SIZES[size])
    _open(page)
    for keys in (("ArrowDown",), ("a",), ("z", "z", "z")):
        for key in keys:
            page.keyboard.press(key)
        check(page)


def test_without_javascript_a_name_is_found_by_a_form(new_context: NewContext, sandbox: SandboxServer) -> None:
    wanted = sandbox.profiles()[2]
    page = new_context.signed_in("admin", at=BY_SMS, java_script_enabled=False)
    page.locator(LINK).click()
    page.fill("#find", wanted["name"].upper())
    page.press("#find", "Enter")
    page.get_by_role("link", name=wanted["name"]).click()
    at_address(page, f"/p/{wanted['id']}{KEPT}")
    expect(page.locator(ROWS).first).to_be_visible()


def _change(page: Page, change: Callable[[str], str]) -> None:
    """Has the switcher's list changed on its way to the browser."""

    def answer(route: Route) -> None:
        response = route.fetch()
        route.fulfill(response=response, body=change(response.text()))

    page.route("**/profiles/**", answer)


def _a_thousand(body: str) -> str:
    """The list with its last group replaced by a thousand profiles."""
    head, last = body.rsplit('role="presentation">', 1)
    option = (
        '<a class="menu-item" href="/account/contacts/?page={0}" id="n{0}" role="option" tabindex="-1"'
        ' aria-selected="false" data-letter="P"><span>Profile no {0}</span></a>'
    )
    before = head.split('<div role="group"', 1)[0] + '<div role="group" aria-labelledby="group-z"><p id="group-z" '
    options = "".join(option.format(number) for number in range(1000))
    return f'{before}role="presentation">All profiles</p>{options}</div></div>{last.split("</div>", 2)[2]}'
