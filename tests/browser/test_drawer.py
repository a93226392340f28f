"""One contact in the drawer beside its list: opened, stepped through, closed; what it costs and where one is after."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import FEW, LIST, fresh_list, link
from .page_helpers import (
    CONTACT,
    at_address,
    calls_for_contacts,
    hold_requests,
    ids,
    later,
    open_contact,
    path,
    wait_for_results,
)


@pytest.fixture(scope="module")
def desk(keeping_desk: CachingDesk) -> Desk:
    """The desk of these tests keeps answers, as in production."""
    return keeping_desk.desk


@pytest.fixture
def page(keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The admin's list, fresh, in a page that remembers if it was loaded again; and no call made since."""
    tab = fresh_list(keeping_desk, new_context, sandbox, reduced_motion="no-preference")
    tab.evaluate("document.querySelector('#results tbody').dataset.mark = 'kept'")
    yield tab
    assert tab.locator("#live").count() == 1


def _closed(page: Page, address: str) -> None:
    """The drawer is shut, the list's address back, and the very rows are still there."""
    expect(page.locator("#drawer")).not_to_be_visible()
    at_address(page, address)
    assert page.locator("#results tbody[data-mark=kept]").count() == 1
    expect(page.locator("#drawer-body > *")).to_have_count(0)


# --- Opening ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("by", ["click", "Enter"])
def test_it_opens_from_the_fresh_list_without_a_call(page: Page, sandbox: SandboxServer, by: str) -> None:
    contact_id = ids(page)[2]
    if by == "click":
        link(page, 2).click()
    else:
        link(page, 2).focus()
        page.keyboard.press("Enter")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    assert calls_for_contacts(sandbox) == []


def test_the_address_becomes_the_contacts_own(page: Page) -> None:
    assert path(page) == FEW
    contact_id = open_contact(page, 2)
    assert path(page) == f"{LIST}{contact_id}/"


def test_it_is_a_dialog_named_by_the_number_with_the_focus_on_it(page: Page) -> None:
    number = link(page, 2).inner_text()
    open_contact(page, 2)
    expect(page.get_by_role("dialog", name=number)).to_be_visible()
    expect(page.locator("#contact-h")).to_be_focused()


def test_it_says_at_once_which_contact_it_is_of(page: Page) -> None:
    number = link(page, 2).inner_text()
    with hold_requests(page, "**/contacts/*-*/"):
        link(page, 2).click()
        expect(page.locator("#drawer h1")).to_have_text(number)
        expect(page.locator("#drawer-body")).to_have_attribute("aria-busy", "true")


def test_it_says_where_the_contact_stands_on_the_page(page: Page) -> None:
    open_contact(page, 2)
    expect(page.locator("#drawer-position")).to_have_text("3 of 20 on this page")
    expect(page.locator(".phone__link[aria-current=true]")).to_have_count(1)


@pytest.mark.parametrize("with_", ["Control", "Shift", "middle"])
def test_a_click_for_a_new_tab_opens_one_and_no_drawer(page: Page, with_: str) -> None:
    contact_id = ids(page)[2]
    with page.context.expect_page() as opened:
        if with_ == "middle":
            link(page, 2).click(button="middle")
        else:
            link(page, 2).click(modifiers=[with_])  # type: ignore[list-item]  # one of its literals
    expect(opened.value.locator("main article")).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator("#drawer")).not_to_be_visible()
    assert path(page) == FEW


# --- Closing ---------------------------------------------------------------------------------------


def _close(page: Page, by: str) -> None:
    if by == "Escape":
        page.keyboard.press("Escape")
    elif by == "button":
        page.locator("#drawer [data-close]").click()
    elif by == "beside":
        page.mouse.click(200, 500)
    else:
        page.go_back()


ALL_WAYS = pytest.mark.parametrize("by", ["Escape", "button", "beside", "Back"])
# A page's own way and the browser's; the others differ from the first by what is pressed alone.
WAYS = pytest.mark.parametrize(
    "by", ["Escape", "Back", *(pytest.param(by, marks=pytest.mark.exhaustive) for by in ("button", "beside"))]
)


@ALL_WAYS
def test_closing_keeps_list_and_address_and_gives_the_focus_back(page: Page, sandbox: SandboxServer, by: str) -> None:
    open_contact(page, 2)
    _close(page, by)
    _closed(page, FEW)
    expect(link(page, 2)).to_be_focused()
    later(page, 200)  # the browser has its own idea of the focus after Back, a little later
    expect(link(page, 2)).to_be_focused()
    assert calls_for_contacts(sandbox) == []


def test_what_gets_the_focus_while_it_closes_keeps_it(page: Page) -> None:
    open_contact(page, 2)
    page.keyboard.press("Escape")
    page.keyboard.press("p")
    expect(page.locator("#profiles #find")).to_be_focused()
    at_address(page, FEW)
    later(page, 200)  # the browser takes the focus away after Back, a little later
    expect(page.locator("#profiles #find")).to_be_focused()


def test_a_row_pressed_while_it_closes_is_the_one_that_opens(page: Page) -> None:
    wanted = ids(page)[5]
    open_contact(page, 2)
    page.evaluate("""() => {
        document.getElementById("drawer").close();
        return new Promise((closed) => document.addEventListener("close", () => {
            document.querySelectorAll("#results .phone__link")[5].click();
            closed();
        }, { once: true, capture: true }));
    }""")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", wanted)
    at_address(page, f"{LIST}{wanted}/")
    later(page, 600)  # longer than the step back of the one that closed can still be waited for
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", wanted)
    page.keyboard.press("Escape")
    _closed(page, FEW)
    expect(link(page, 5)).to_be_focused()


@WAYS
def test_after_closing_one_step_back_leaves_the_list(page: Page, by: str) -> None:
    page.goto(f"{LIST}?channel=sms")
    page.goto(FEW)
    wait_for_results(page)
    open_contact(page, 2)
    _close(page, by)
    at_address(page, FEW)
    expect(page.locator("#drawer")).not_to_be_visible()
    page.go_back()
    at_address(page, "?channel=sms")


@WAYS
def test_closed_it_opens_again_for_another_contact(page: Page, by: str) -> None:
    open_contact(page, 2)
    _close(page, by)
    expect(page.locator("#drawer")).not_to_be_visible()
    at_address(page, FEW)
    other = open_contact(page, 5)
    assert path(page) == f"{LIST}{other}/"
    page.keyboard.press("Escape")
    _closed(page, FEW)
    expect(link(page, 5)).to_be_focused()


def test_forward_opens_it_again(page: Page, sandbox: SandboxServer) -> None:
    contact_id = open_contact(page, 2)
    page.go_back()
    expect(page.locator("#drawer")).not_to_be_visible()
    page.go_forward()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator("#contact-h")).to_be_focused()
    assert path(page) == f"{LIST}{contact_id}/"
    page.keyboard.press("Escape")
    _closed(page, FEW)
    assert calls_for_contacts(sandbox) == []


# --- Along the page --------------------------------------------------------------------------------


def test_next_and_previous_step_along_the_page_without_a_call(page: Page, sandbox: SandboxServer) -> None:
    on_page = ids(page)
    open_contact(page, 2)
    for key, at in (("j", 3), ("j", 4), ("k", 3)):
        page.keyboard.press(key)
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[at])
        assert path(page) == f"{LIST}{on_page[at]}/"
    page.get_by_role("button", name="Next contact").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[4])
    page.get_by_role("button", name="Previous contact").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[3])
    expect(page.locator("#drawer-position")).to_have_text("4 of 20 on this page")
    assert calls_for_contacts(sandbox) == []


def test_however_far_one_stepped_back_closes_at_once(page: Page) -> None:
    on_page = ids(page)
    open_contact(page, 2)
    for at in (3, 4, 5):
        page.keyboard.press("j")
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[at])
    page.go_back()
    _closed(page, FEW)
    expect(link(page, 5)).to_be_focused()


@pytest.mark.parametrize(("at", "name", "key"), [(0, "Previous contact", "k"), (19, "Next contact", "j")])
def test_at_the_end_of_the_page_there_is_no_step_further(page: Page, at: int, name: str, key: str) -> None:
    contact_id = open_contact(page, at)
    expect(page.get_by_role("button", name=name)).to_be_disabled()
    page.keyboard.press(key)
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    assert path(page) == f"{LIST}{contact_id}/"


def test_the_focus_is_not_lost_at_the_end_of_the_page(page: Page) -> None:
    on_page = ids(page)
    open_contact(page, 18)
    page.get_by_role("button", name="Next contact").click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[19])
    expect(page.locator("#drawer :focus")).to_have_count(1)
    page.keyboard.press("k")
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", on_page[18])


def test_after_paging_it_finds_the_contacts_of_the_new_page(page: Page, sandbox: SandboxServer) -> None:
    page.get_by_role("link", name="Next page").click()
    at_address(page, "?page=2&page_size=20")
    wait_for_results(page)
    page.evaluate("document.querySelector('#results tbody').dataset.mark = 'kept'")
    sandbox.reset_requests()
    contact_id = open_contact(page, 0)
    assert path(page) == f"{LIST}{contact_id}/"
    assert calls_for_contacts(sandbox) == []
    page.keyboard.press("Escape")
    _closed(page, "?page=2&page_size=20")


@pytest.mark.parametrize("by", ["double click", "a drag out of it"])
def test_a_press_that_did_not_begin_and_end_beside_it_does_not_close_it(page: Page, by: str) -> None:
    """Some people click everything twice, and a number is selected by dragging past its beginning."""
    contact_id = ids(page)[2]
    if by == "double click":
        link(page, 2).dblclick()
        expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    else:
        open_contact(page, 2)
        box = page.locator("#contact-h").bounding_box()
        assert box
        page.mouse.move(box["x"] + 60, box["y"] + 10)
        page.mouse.down()
        page.mouse.move(200, 500)
        page.mouse.up()
    later(page)
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    expect(page.locator("#drawer")).to_be_visible()
