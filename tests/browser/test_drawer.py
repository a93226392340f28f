"""Drawer: opening, stepping and closing, with the API calls it makes, and the address and focus afterwards."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import FEW, LIST, fresh_list, row_link
from .page_helpers import (
    CONTACT,
    ROWS,
    contact_api_calls,
    contact_ids,
    current_path,
    hold_requests,
    open_contact,
    wait_for_address,
    wait_for_results,
    wait_page_time,
)

NARROW: ViewportSize = {"width": 900, "height": 900}  # the drawer is a modal sheet below 960 px


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """The desk with a cache, as in production."""
    return caching_desk.desk


@pytest.fixture
def page(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The admin's list, freshly cached, with its rows marked so that a reload would show; no API call logged yet."""
    tab = fresh_list(caching_desk, new_context, sandbox, reduced_motion="no-preference")
    tab.evaluate("document.querySelector('#results tbody').dataset.mark = 'kept'")
    yield tab
    assert tab.locator("#live").count() == 1


def _assert_closed(page: Page, address: str) -> None:
    """The drawer is closed and empty, the address is that of the list, and the rows are the same elements."""
    expect(page.locator("#drawer")).not_to_be_visible()
    wait_for_address(page, address)
    assert page.locator("#results tbody[data-mark=kept]").count() == 1
    expect(page.locator("#drawer-body > *")).to_have_count(0)


# --- Opening ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["click", "Enter"])
def test_drawer_opens_from_fresh_list_without_api_call(page: Page, sandbox: SandboxServer, by: str) -> None:
    contact_id = contact_ids(page)[2]
    if by == "click":
        row_link(page, 2).click()
    else:
        row_link(page, 2).focus()
        page.keyboard.press("Enter")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    assert contact_api_calls(sandbox) == []


def test_open_drawer_sets_address_of_contact(page: Page) -> None:
    assert current_path(page) == FEW
    contact_id = open_contact(page, 2)
    assert current_path(page) == f"{LIST}{contact_id}/"


def test_drawer_is_dialog_named_by_number_with_focused_heading(page: Page) -> None:
    number = row_link(page, 2).inner_text()
    open_contact(page, 2)
    expect(page.get_by_role("dialog", name=number)).to_be_visible()
    expect(page.locator("#contact-h")).to_be_focused()


def test_drawer_shows_number_before_response(page: Page) -> None:
    number = row_link(page, 2).inner_text()
    with hold_requests(page, "**/contacts/*-*/"):
        row_link(page, 2).click()
        expect(page.locator("#drawer h1")).to_have_text(number)
        expect(page.locator("#drawer-body")).to_have_attribute("aria-busy", "true")


def test_drawer_shows_position_and_marks_row(page: Page) -> None:
    open_contact(page, 2)
    expect(page.locator("#drawer-position")).to_have_text("3 of 20 on this page")
    expect(page.locator(".phone__link[aria-current=true]")).to_have_count(1)


@pytest.mark.parametrize("with_", ["Control", pytest.param("Shift", marks=pytest.mark.exhaustive), "middle"])
def test_new_tab_click_opens_tab_without_drawer(page: Page, with_: str) -> None:
    contact_id = contact_ids(page)[2]
    with page.context.expect_page() as opened:
        if with_ == "middle":
            row_link(page, 2).click(button="middle")
        else:
            row_link(page, 2).click(modifiers=[with_])  # type: ignore[list-item]  # one of its literals
    expect(opened.value.locator("main article")).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator("#drawer")).not_to_be_visible()
    assert current_path(page) == FEW


# --- The whole row -----------------------------------------------------------------------------------


def _beside_number(page: Page, at: int) -> Locator:
    return page.locator(f"{ROWS} .c-channels").nth(at)


def test_click_beside_number_opens_contact(page: Page) -> None:
    contact_id = contact_ids(page)[2]
    _beside_number(page, 2).click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)


@pytest.mark.parametrize("with_", ["Control", pytest.param("middle", marks=pytest.mark.exhaustive)])
def test_new_tab_click_beside_number_opens_tab(page: Page, with_: str) -> None:
    contact_id = contact_ids(page)[2]
    with page.context.expect_page() as opened:
        if with_ == "middle":
            _beside_number(page, 2).click(button="middle")
        else:
            _beside_number(page, 2).click(modifiers=["Control"])
    expect(opened.value.locator("main article")).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator("#drawer")).not_to_be_visible()


def test_text_selected_in_row_does_not_open_it(page: Page) -> None:
    box = page.locator(f"{ROWS} .c-region").nth(2).bounding_box()
    assert box
    page.mouse.move(box["x"] + 17, box["y"] + 20)
    page.mouse.down()
    page.mouse.move(box["x"] + 60, box["y"] + 20, steps=4)
    page.mouse.up()
    assert page.evaluate("getSelection().toString()")
    wait_page_time(page)
    expect(page.locator("#drawer")).not_to_be_visible()


def test_copy_button_of_row_does_not_open_it(page: Page) -> None:
    page.locator(f"{ROWS} [data-copy]").nth(2).click()
    wait_page_time(page)
    expect(page.locator("#drawer")).not_to_be_visible()


# --- The panel beside the list -----------------------------------------------------------------------


def test_another_row_replaces_contact_in_panel(page: Page, sandbox: SandboxServer) -> None:
    on_page = contact_ids(page)
    open_contact(page, 2)
    _beside_number(page, 5).click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[5])
    assert current_path(page) == f"{LIST}{on_page[5]}/"
    page.go_back()
    _assert_closed(page, FEW)
    assert contact_api_calls(sandbox) == []


def test_arrows_in_list_go_on_beside_open_panel(page: Page) -> None:
    on_page = contact_ids(page)
    open_contact(page, 2)
    row_link(page, 3).focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[3])
    page.keyboard.press("ArrowDown")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[4])
    expect(row_link(page, 4)).to_be_focused()


def test_search_beside_open_panel_closes_it_and_searches(page: Page) -> None:
    open_contact(page, 2)
    page.locator("#search").press_sequentially("20")
    wait_for_address(page, f"{LIST}?search=20&page_size=20")
    expect(page.locator("#drawer")).not_to_be_visible()
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("20")
    page.go_back()
    wait_for_address(page, FEW)


def test_next_page_beside_open_panel_closes_it_and_turns(page: Page) -> None:
    open_contact(page, 2)
    page.keyboard.press("]")
    wait_for_address(page, "?page=2&page_size=20")
    wait_for_results(page)
    expect(page.locator("#drawer")).not_to_be_visible()
    page.go_back()
    wait_for_address(page, FEW)


def test_list_behind_modal_sheet_stays_as_it_is(page: Page) -> None:
    page.set_viewport_size(NARROW)
    contact_id = open_contact(page, 2)
    page.keyboard.press("]")
    wait_page_time(page, 300)
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)


def test_open_page_link_leads_to_page_of_contact(page: Page) -> None:
    contact_id = open_contact(page, 2)
    page.get_by_role("link", name="Open page").click()
    expect(page.locator("main > .card--panel article")).to_have_attribute("data-contact-id", contact_id)
    page.go_back()
    wait_for_address(page, FEW)
    wait_for_results(page)


# --- Closing ---------------------------------------------------------------------------------------


def _close(page: Page, by: str) -> None:
    if by == "Escape":
        page.keyboard.press("Escape")
    elif by == "button":
        page.locator("#drawer [data-close]").click()
    elif by == "beside":  # only a modal sheet closes so
        page.mouse.click(200, 500)
    else:
        page.go_back()


ALL_WAYS = pytest.mark.parametrize("by", ["Escape", "button", "beside", "Back"])
# What follows a close is the same whatever closed the drawer; the test above has all ways.
WAYS = pytest.mark.parametrize(
    "by", ["Escape", *(pytest.param(by, marks=pytest.mark.exhaustive) for by in ("Back", "button", "beside"))]
)


@ALL_WAYS
def test_close_restores_list_address_and_focus(page: Page, sandbox: SandboxServer, by: str) -> None:
    if by == "beside":
        page.set_viewport_size(NARROW)
    open_contact(page, 2)
    _close(page, by)
    _assert_closed(page, FEW)
    expect(row_link(page, 2)).to_be_focused()
    wait_page_time(page, 200)  # after Back the browser moves the focus too, a little later
    expect(row_link(page, 2)).to_be_focused()
    assert contact_api_calls(sandbox) == []


def test_focus_moved_while_drawer_closes_stays(page: Page) -> None:
    open_contact(page, 2)
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#profiles #find")).to_be_focused()
    wait_for_address(page, FEW)
    wait_page_time(page, 200)  # after Back the browser moves the focus too, a little later
    expect(page.locator("#profiles #find")).to_be_focused()


def test_row_clicked_while_drawer_closes_opens(page: Page) -> None:
    wanted = contact_ids(page)[5]
    open_contact(page, 2)
    page.evaluate("""() => {
        document.getElementById("drawer").close();
        return new Promise((closed) => document.addEventListener("close", () => {
            document.querySelectorAll("#results .phone__link")[5].click();
            closed();
        }, { once: true, capture: true }));
    }""")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", wanted)
    wait_for_address(page, f"{LIST}{wanted}/")
    wait_page_time(page, 600)  # longer than the drawer waits for history.back()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", wanted)
    page.keyboard.press("Escape")
    _assert_closed(page, FEW)
    expect(row_link(page, 5)).to_be_focused()


@WAYS
def test_back_after_close_leaves_list(page: Page, by: str) -> None:
    page.goto(f"{LIST}?channel=sms")
    page.goto(FEW)
    wait_for_results(page)
    if by == "beside":
        page.set_viewport_size(NARROW)
    open_contact(page, 2)
    _close(page, by)
    wait_for_address(page, FEW)
    expect(page.locator("#drawer")).not_to_be_visible()
    page.go_back()
    wait_for_address(page, "?channel=sms")


@WAYS
def test_drawer_opens_for_another_contact_after_close(page: Page, by: str) -> None:
    if by == "beside":
        page.set_viewport_size(NARROW)
    open_contact(page, 2)
    _close(page, by)
    expect(page.locator("#drawer")).not_to_be_visible()
    wait_for_address(page, FEW)
    other = open_contact(page, 5)
    assert current_path(page) == f"{LIST}{other}/"
    page.keyboard.press("Escape")
    _assert_closed(page, FEW)
    expect(row_link(page, 5)).to_be_focused()


def test_forward_reopens_drawer(page: Page, sandbox: SandboxServer) -> None:
    contact_id = open_contact(page, 2)
    page.go_back()
    expect(page.locator("#drawer")).not_to_be_visible()
    page.go_forward()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator("#contact-h")).to_be_focused()
    assert current_path(page) == f"{LIST}{contact_id}/"
    page.keyboard.press("Escape")
    _assert_closed(page, FEW)
    assert contact_api_calls(sandbox) == []


# --- Stepping --------------------------------------------------------------------------------------


def test_next_and_previous_contact_need_no_api_call(page: Page, sandbox: SandboxServer) -> None:
    on_page = contact_ids(page)
    open_contact(page, 2)
    for key, at in (("j", 3), ("j", 4), ("k", 3)):
        page.keyboard.press(key)
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[at])
        assert current_path(page) == f"{LIST}{on_page[at]}/"
    page.get_by_role("button", name="Next contact").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[4])
    page.get_by_role("button", name="Previous contact").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[3])
    expect(page.locator("#drawer-position")).to_have_text("4 of 20 on this page")
    assert contact_api_calls(sandbox) == []


def test_back_closes_drawer_after_several_steps(page: Page) -> None:
    on_page = contact_ids(page)
    open_contact(page, 2)
    for at in (3, 4, 5):
        page.keyboard.press("j")
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[at])
    page.go_back()
    _assert_closed(page, FEW)
    expect(row_link(page, 5)).to_be_focused()


@pytest.mark.parametrize(("at", "name", "key"), [(0, "Previous contact", "k"), (19, "Next contact", "j")])
def test_step_is_disabled_at_ends_of_page(page: Page, at: int, name: str, key: str) -> None:
    contact_id = open_contact(page, at)
    expect(page.get_by_role("button", name=name)).to_be_disabled()
    page.keyboard.press(key)
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    assert current_path(page) == f"{LIST}{contact_id}/"


def test_focus_stays_in_drawer_at_end_of_page(page: Page) -> None:
    on_page = contact_ids(page)
    open_contact(page, 18)
    page.get_by_role("button", name="Next contact").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[19])
    expect(page.locator("#drawer :focus")).to_have_count(1)
    page.keyboard.press("k")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[18])


def test_drawer_opens_contacts_of_next_page(page: Page, sandbox: SandboxServer) -> None:
    page.get_by_role("link", name="Next page").click()
    wait_for_address(page, "?page=2&page_size=20")
    wait_for_results(page)
    page.evaluate("document.querySelector('#results tbody').dataset.mark = 'kept'")
    sandbox.reset_requests()
    contact_id = open_contact(page, 0)
    assert current_path(page) == f"{LIST}{contact_id}/"
    assert contact_api_calls(sandbox) == []
    page.keyboard.press("Escape")
    _assert_closed(page, "?page=2&page_size=20")


@pytest.mark.parametrize("by", ["double click", "a drag out of it"])
def test_double_click_or_drag_out_does_not_close_drawer(page: Page, by: str) -> None:
    """Some people double-click everything, and dragging past its start selects a number."""
    page.set_viewport_size(NARROW)
    contact_id = contact_ids(page)[2]
    if by == "double click":
        row_link(page, 2).dblclick()
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    else:
        open_contact(page, 2)
        box = page.locator("#contact-h").bounding_box()
        assert box
        page.mouse.move(box["x"] + 60, box["y"] + 10)
        page.mouse.down()
        page.mouse.move(200, 500)
        page.mouse.up()
    wait_page_time(page)
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator("#drawer")).to_be_visible()
