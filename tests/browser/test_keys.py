"""Single-key shortcuts: what each key does."""

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
    WATCH,
    assert_nothing_happened,
    assert_nothing_requested,
    clipboard_text,
    open_by_keyboard,
    row_link,
    second_page,
)
from .page_helpers import ROWS, contact_ids, current_path, shown_numbers, wait_for_address, wait_for_results


@pytest.fixture(scope="module")
def desk(caching_desk: CachingDesk) -> Desk:
    """The desk whose preferences tests can set."""
    return caching_desk.desk


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """Second page of the admin's list, which has a previous and a next page."""
    return second_page(new_context)


@pytest.fixture
def masked(caching_desk: CachingDesk, new_context: NewContext, sandbox: SandboxServer) -> Iterator[Page]:
    """The same page with masked numbers."""
    with caching_desk.preferences("admin", mask_numbers=True):
        yield second_page(new_context)


# --- Other keyboards -------------------------------------------------------------------------------

PRESS = """(init) => document.activeElement.dispatchEvent(
    new KeyboardEvent("keydown", { bubbles: true, cancelable: true, ...init }))"""


@pytest.mark.parametrize(
    "pressed",
    [
        {"key": "]", "code": "Digit9", "ctrlKey": True, "altKey": True, "modifierAltGraph": True},  # German, Windows
        pytest.param(
            {"key": "]", "code": "Digit9", "modifierAltGraph": True}, marks=pytest.mark.exhaustive
        ),  # elsewhere
        {"key": "ъ", "code": "BracketRight"},  # Russian
    ],
)
def test_bracket_of_other_keyboard_turns_page(page: Page, pressed: dict[str, object]) -> None:
    page.evaluate(PRESS, pressed)
    wait_for_address(page, f"{LIST}?page=3&page_size=20")


@pytest.mark.parametrize(
    "pressed",
    [
        {"key": "J", "code": "KeyJ", "modifierCapsLock": True},
        {"key": "о", "code": "KeyJ"},  # Russian
        pytest.param({"key": "ο", "code": "KeyJ"}, marks=pytest.mark.exhaustive),  # Greek
    ],
)
def test_letter_of_other_keyboard_moves_along_rows(page: Page, pressed: dict[str, object]) -> None:
    page.evaluate(PRESS, pressed)
    expect(row_link(page, 0)).to_be_focused()


def test_key_that_means_something_else_moves_nothing(page: Page) -> None:
    for pressed in (
        {"key": "J", "code": "KeyJ", "shiftKey": True},
        {"key": "j", "code": "KeyJ", "ctrlKey": True},
        {"key": "j", "code": "KeyJ", "altKey": True},
        {"key": "о", "code": "KeyJ", "ctrlKey": True},
        {"key": "q", "code": "KeyJ"},  # a Latin keyboard of another order: the character counts
    ):
        page.evaluate(PRESS, pressed)
        assert page.locator(f"{ROWS} :focus").count() == 0, pressed


# --- Copying ---------------------------------------------------------------------------------------


def test_copied_number_is_that_of_contact_whatever_extensions_write(page: Page) -> None:
    number = next(iter(shown_numbers(page).values()))
    page.evaluate("document.querySelector('#results .c-phone').append(' Call with 3CX')")
    page.locator(f"{ROWS} [data-copy]").first.click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert clipboard_text(page) == number


@pytest.mark.parametrize(
    "text", ["+123456", *(pytest.param(text, marks=pytest.mark.exhaustive) for text in ("+", "+1234567890123456"))]
)
def test_text_that_is_no_whole_number_is_not_copied(page: Page, text: str) -> None:
    page.evaluate("text => { document.querySelector('#results [data-copy]').dataset.copy = text; }", text)
    page.locator(f"{ROWS} [data-copy]").first.click()
    expect(page.locator("#live")).to_have_text("This isn’t a whole phone number, so it wasn’t copied")
    assert clipboard_text(page) == "nothing"


# --- Effect of each key ----------------------------------------------------------------------------


def test_slash_focuses_search_and_is_not_typed(page: Page) -> None:
    page.keyboard.press("/")
    expect(page.locator("#search")).to_be_focused()
    expect(page.locator("#search")).to_have_value("")


def test_escape_leaves_empty_search(page: Page) -> None:
    page.keyboard.press("/")
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    expect(row_link(page, 0)).to_be_focused()


@pytest.mark.parametrize(("down", "up"), [("j", "k"), ("ArrowDown", "ArrowUp")])
def test_keys_move_along_rows_and_stop_at_ends(page: Page, down: str, up: str) -> None:
    page.keyboard.press("j")
    expect(row_link(page, 0)).to_be_focused()
    page.keyboard.press(up)
    expect(row_link(page, 0)).to_be_focused()
    for at in (1, 2):
        page.keyboard.press(down)
        expect(row_link(page, at)).to_be_focused()
    page.keyboard.press(up)
    expect(row_link(page, 1)).to_be_focused()
    row_link(page, 19).focus()
    page.keyboard.press(down)
    expect(row_link(page, 19)).to_be_focused()


def test_k_starts_at_last_row(page: Page) -> None:
    page.keyboard.press("k")
    expect(row_link(page, 19)).to_be_focused()


def test_j_continues_from_any_control_of_row(page: Page) -> None:
    page.locator(f"{ROWS} [data-copy]").nth(4).focus()
    page.keyboard.press("j")
    expect(row_link(page, 5)).to_be_focused()


def test_arrow_outside_rows_focuses_no_row(page: Page) -> None:
    page.keyboard.press("ArrowDown")
    expect(page.locator(f"{ROWS} :focus")).to_have_count(0)


def test_enter_opens_row_and_escape_returns_to_it(page: Page) -> None:
    open_by_keyboard(page, 3)
    page.keyboard.press("Escape")
    expect(row_link(page, 3)).to_be_focused()
    wait_for_address(page, SECOND)


@pytest.mark.parametrize(("key", "address"), [("[", FEW), ("]", f"{LIST}?page=3&page_size=20")])
def test_brackets_turn_page(page: Page, key: str, address: str) -> None:
    page.keyboard.press(key)
    wait_for_address(page, address)
    expect(page.locator("#results-h")).to_be_focused()


def test_left_bracket_on_first_page_does_nothing(page: Page) -> None:
    page.goto(FEW)
    wait_for_results(page)
    page.evaluate(WATCH)
    page.keyboard.press("[")
    assert_nothing_requested(page)
    assert current_path(page) == FEW


def test_p_opens_switcher(page: Page) -> None:
    page.keyboard.press("p")
    expect(page.locator("#profiles #find")).to_be_focused()
    expect(page.locator("#profiles #find")).to_have_value("")


def test_question_mark_opens_help_and_escape_closes_it(page: Page) -> None:
    row_link(page, 2).focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(dialog).to_be_visible()
    for key in KEYS:
        expect(dialog.locator("kbd").get_by_text(key, exact=True)).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).not_to_be_visible()
    expect(row_link(page, 2)).to_be_focused()


def test_shortcuts_do_nothing_while_help_is_open(page: Page) -> None:
    page.keyboard.press("?")
    for key in ("/", "j", "]", "p", "c"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    assert_nothing_happened(page)


def test_c_copies_number_of_focused_row(page: Page, sandbox: SandboxServer) -> None:
    number = sandbox.contacts(None)[contact_ids(page)[2]]
    assert number
    assert number.startswith("+")
    row_link(page, 2).focus()
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert clipboard_text(page) == number


def test_c_without_focused_row_asks_to_choose_contact(page: Page) -> None:
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Choose a contact first")
    assert clipboard_text(page) == "nothing"


def test_c_copies_number_of_open_contact(page: Page, sandbox: SandboxServer) -> None:
    contact_id = open_by_keyboard(page, 2)
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert clipboard_text(page) == sandbox.contacts(None)[contact_id]


def test_c_copies_number_on_contact_page(page: Page, sandbox: SandboxServer) -> None:
    contact_id = contact_ids(page)[2]
    page.goto(f"{LIST}{contact_id}/")
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("Copied")
    assert clipboard_text(page) == sandbox.contacts(None)[contact_id]


@pytest.mark.parametrize("where", ["row", pytest.param("drawer", marks=pytest.mark.exhaustive), "page"])
def test_c_on_masked_number_asks_to_reveal_it(masked: Page, where: str) -> None:
    if where == "row":
        row_link(masked, 2).focus()
    elif where == "drawer":
        open_by_keyboard(masked, 2)
    else:
        masked.goto(f"{LIST}{contact_ids(masked)[2]}/")
    masked.keyboard.press("c")
    expect(masked.locator("#live")).to_have_text("Reveal the number first")
    assert clipboard_text(masked) == "nothing"


def test_c_copies_revealed_number(masked: Page, sandbox: SandboxServer) -> None:
    contact_id = contact_ids(masked)[2]
    masked.get_by_role("button", name="Reveal").nth(2).click()
    expect(row_link(masked, 2)).to_be_focused()
    masked.keyboard.press("c")
    expect(masked.locator("#live")).to_have_text("Copied")
    assert clipboard_text(masked) == sandbox.contacts(None)[contact_id]


def test_c_on_contact_without_number_says_so(page: Page, sandbox: SandboxServer, caching_desk: CachingDesk) -> None:
    caching_desk.clear_cache()
    formats = ("phone_number", "format_e164", "format_international", "format_national", "format_rfc")
    sandbox.fault(route="contacts", kind="patch", set={f"data.contacts.*.{name}": None for name in formats})
    page.goto(f"{FEW}&channel=sms")
    row_link(page, 0).focus()
    page.keyboard.press("c")
    expect(page.locator("#live")).to_have_text("There is no number to copy")
    caching_desk.clear_cache()


def test_m_shows_messages_on_contact_page(page: Page) -> None:
    page.goto(f"{LIST}{contact_ids(page)[2]}/")
    page.keyboard.press("m")
    expect(page.locator("main .messages dl")).to_be_visible()


def test_list_shortcuts_do_nothing_in_modal_sheet(page: Page) -> None:
    page.set_viewport_size({"width": 900, "height": 900})
    contact_id = open_by_keyboard(page, 2)
    for key in ("/", "]", "[", "p", "?"):
        page.keyboard.press(key)
    assert_nothing_requested(page, but="drawer-body")
    assert current_path(page) == f"{LIST}{contact_id}/"
    assert page.locator(":popover-open").count() == 0
