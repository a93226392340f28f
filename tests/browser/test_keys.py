"""Single-key shortcuts: what each of them does."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import CachingDesk, NewContext

from .keyboard import (
    FEW,
    KEYS,
    LIST,
    SECOND,
    copied,
    link,
    nothing_asked,
    nothing_happened,
    opened,
    second_page,
)
from .page_helpers import ROWS, at_address, ids, path, wait_for_results


@pytest.fixture(scope="module")
def desk(keeping_desk: CachingDesk) -> Desk:
    """Any desk will do; this one lets tests set preferences."""
    return keeping_desk.desk


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The second of the admin's pages, so that there is one before and one after."""
    return second_page(new_context)


@pytest.fixture
def masked(keeping_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The same for whom numbers are masked."""
    with keeping_desk.wishes("admin", mask_numbers=True):
        yield second_page(new_context)


# --- What each does --------------------------------------------------------------------------------


def test_slash_goes_to_the_search_and_is_not_typed(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("")


def test_escape_leaves_an_empty_search_for_the_rows(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(link(page, 0)).to_be_focused()


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("ArrowDown", "ArrowUp")])
def test_one_walks_along_the_rows_and_stops_at_their_ends(page: Page, down: str, up: str) -> None:
    page.keyboard.press("j")
    expect(link(page, 0)).to_be_focused()
    page.keyboard.press(up)
    expect(link(page, 0)).to_be_focused()
    for at in (1, 2):
        page.keyboard.press(down)
        expect(link(page, at)).to_be_focused()
    page.keyboard.press(up)
    expect(link(page, 1)).to_be_focused()
    link(page, 19).focus()
    page.keyboard.press(down)
    expect(link(page, 19)).to_be_focused()


def test_k_begins_at_the_last_row(page: Page) -> None:
    page.keyboard.press("k")
    expect(link(page, 19)).to_be_focused()


def test_one_walks_on_from_any_part_of_a_row(page: Page) -> None:
    page.locator(f"{ROWS} [data-copy]").nth(4).focus()
    page.keyboard.press("j")
    expect(link(page, 5)).to_be_focused()


def test_arrows_anywhere_else_scroll_the_page(page: Page) -> None:
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{ROWS} :focus")).to_have_count(0)


def test_enter_opens_the_row_and_escape_comes_back_to_it(page: Page) -> None:
    opened(page, 3)
    page.keyboard.press("Escape")
    expect(link(page, 3)).to_be_focused()
    at_address(page, SECOND)


@pytest.mark.parametrize(("key", "address"), [("[", FEW), ("]", f"{LIST}?page=3&page_size=20")])
def test_brackets_turn_the_page(page: Page, key: str, address: str) -> None:
    page.keyboard.press(key)
    at_address(page, address)
    expect(page.locator("#results-h")).to_be_focused()


def test_at_the_first_page_there_is_none_before(page: Page) -> None:
    page.goto(FEW)
    wait_for_results(page)
    page.keyboard.press("[")
    nothing_asked(page)
    assert path(page) == FEW


def test_p_opens_the_switcher(page: Page) -> None:
    page.keyboard.press("p")
    expect(page.locator("#profiles #find")).to_be_focused()
    expect(page.locator("#profiles #find")).to_have_value("")


def test_the_question_mark_opens_the_help_and_escape_closes_it(page: Page) -> None:
    link(page, 2).focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    for key in KEYS:
        expect(dialog.locator("kbd").get_by_text(key, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(link(page, 2)).to_be_focused()


def test_while_the_help_is_open_no_other_shortcut_works(page: Page) -> None:
    page.keyboard.press("?")
    for key in ("/", "j", "]", "p", "c"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    nothing_happened(page)


def test_c_copies_the_number_of_the_row_one_is_on(page: Page, sandbox: SandboxServer) -> None:
    number = sandbox.contacts(None)[ids(page)[2]]
    assert number
    assert number.startswith("+")
    link(page, 2).focus()
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert copied(page) == number


def test_c_without_a_row_says_to_choose_one(page: Page) -> None:
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Choose a contact first")
    assert copied(page) == "nothing"


def test_c_copies_the_number_of_the_open_contact(page: Page, sandbox: SandboxServer) -> None:
    contact_id = opened(page, 2)
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert copied(page) == sandbox.contacts(None)[contact_id]


def test_c_copies_the_number_on_the_page_of_a_contact(page: Page, sandbox: SandboxServer) -> None:
    contact_id = ids(page)[2]
    page.goto(f"{LIST}{contact_id}/")
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert copied(page) == sandbox.contacts(None)[contact_id]


@pytest.mark.parametrize("where", ["row", "drawer", "page"])
def test_c_on_a_masked_number_says_to_reveal_it_first(masked: Page, where: str) -> None:
    if where == "row":
        link(masked, 2).focus()
    elif where == "drawer":
        opened(masked, 2)
    else:
        masked.goto(f"{LIST}{ids(masked)[2]}/")
    masked.keyboard.press("c")
    expect(masked.locator("#live")).to_have_text("Reveal the number first")
    assert copied(masked) == "nothing"


def test_c_copies_a_number_once_it_is_revealed(masked: Page, sandbox: SandboxServer) -> None:
    contact_id = ids(masked)[2]
    masked.get_by_role("button", name="Reveal").nth(2).click()
    expect(link(masked, 2)).to_be_focused()
    masked.keyboard.press("c")
    expect(masked.locator("#live")).to_have_text("Copied")
    assert copied(masked) == sandbox.contacts(None)[contact_id]


def test_c_of_a_contact_without_a_number_says_so(page: Page, sandbox: SandboxServer, keeping_desk: CachingDesk) -> None:
    keeping_desk.forget()
    formats = ("phone_number", "format_e164", "format_international", "format_national", "format_rfc")
    sandbox.fault(route="contacts", kind="patch", set={f"data.contacts.*.{name}": None for name in formats})
    page.goto(f"{FEW}&channel=sms")
    link(page, 0).focus()
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("There is no number to copy")
    keeping_desk.forget()


def test_m_works_on_the_page_of_a_contact_too(page: Page) -> None:
    page.goto(f"{LIST}{ids(page)[2]}/")
    page.keyboard.press("m")
    expect(page.locator("main .messages dl")).to_be_visible()


def test_in_the_drawer_keys_of_the_list_do_nothing(page: Page) -> None:
    contact_id = opened(page, 2)
    for key in ("/", "]", "[", "p", "?"):
        page.keyboard.press(key)
    nothing_asked(page, but="drawer-body")
    assert path(page) == f"{LIST}{contact_id}/"
    assert page.locator(":popover-open").count() == 0
