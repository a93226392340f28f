"""User journeys through the list, with and without JavaScript: each step shows the right rows and address."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Request, expect

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import (
    CLIPBOARD,
    CONTACT,
    ROWS,
    choose_channel,
    contact_ids,
    current_path,
    hold_requests,
    wait_for_address,
    wait_for_results,
    wait_page_time,
)

LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list."""
    return new_context.signed_in("admin", at=FEW)


def _expected(sandbox: SandboxServer, query: ContactQuery) -> list[str]:
    client = SentClient(sandbox.url, "sandbox-organization")
    return [str(contact.id) for contact in client.contacts(query).contacts]


def _assert_list(page: Page, sandbox: SandboxServer, address: str, query: ContactQuery) -> None:
    wait_for_address(page, address)
    expected = _expected(sandbox, query)
    expect(page.locator(ROWS).first).to_have_attribute("data-contact-id", expected[0])
    wait_for_results(page)
    assert contact_ids(page) == expected
    expect(page.locator("#search")).to_have_value(query.search or "")
    expect(page.locator(f"#channels [value='{query.channel or ''}']")).to_be_checked()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_search_filter_paging_contact_and_back_show_right_rows(
    new_context: NewContext, sandbox: SandboxServer, javascript: bool
) -> None:
    page = new_context.signed_in("admin", at=FEW, java_script_enabled=javascript)

    if javascript:
        page.locator("#search").press_sequentially("2", delay=30)
    else:
        page.fill("#search", "2")
        page.press("#search", "Enter")
    searched = ContactQuery(page_size=20, search="2")
    _assert_list(page, sandbox, f"{LIST}?search=2&page_size=20" if javascript else "&page_size=20", searched)

    choose_channel(page, "sms")
    if not javascript:
        page.get_by_role("button", name="Apply").first.click()
    by_sms = f"{LIST}?search=2&channel=sms&page_size=20"
    _assert_list(page, sandbox, by_sms if javascript else "&page_size=20", ContactQuery(1, 20, "2", "sms"))

    second = f"{LIST}?search=2&channel=sms&page=2&page_size=20"
    third = f"{LIST}?search=2&channel=sms&page=3&page_size=20"
    page.get_by_role("link", name="Next page").click()
    _assert_list(page, sandbox, second, ContactQuery(2, 20, "2", "sms"))
    page.get_by_role("link", name="Next page").click()
    _assert_list(page, sandbox, third, ContactQuery(3, 20, "2", "sms"))

    opened = contact_ids(page)[1]
    page.locator(".phone__link").nth(1).click()
    expect(page.locator("article")).to_have_attribute("data-contact-id", opened)
    assert current_path(page) == f"{LIST}{opened}/"

    page.go_back()
    _assert_list(page, sandbox, third, ContactQuery(3, 20, "2", "sms"))
    page.go_back()
    _assert_list(page, sandbox, second, ContactQuery(2, 20, "2", "sms"))
    page.go_back()
    _assert_list(page, sandbox, by_sms if javascript else "&page_size=20", ContactQuery(1, 20, "2", "sms"))


def _is_history_restore(request: Request) -> bool:
    return request.headers.get("hx-history-restore-request") == "true"


@contextmanager
def _held_back_from_third_page(page: Page) -> Iterator[None]:
    """Goes on to the third page of the list, and back; the answer is held until the block ends."""
    for number in (2, 3):
        page.get_by_role("link", name="Next page").click()
        wait_for_address(page, f"?page={number}&page_size=20")
    wait_for_results(page)
    with hold_requests(page, "**/contacts/**", _is_history_restore):
        with page.expect_request(_is_history_restore):
            page.evaluate("history.back()")
        yield


@pytest.mark.parametrize("then", ["a channel", pytest.param("the next page", marks=pytest.mark.exhaustive)])
def test_slow_back_never_overwrites_later_request(page: Page, sandbox: SandboxServer, then: str) -> None:
    with _held_back_from_third_page(page):
        if then == "a channel":
            choose_channel(page, "sms")
            wanted = ContactQuery(1, 20, None, "sms")
            wait_for_address(page, "?channel=sms&page_size=20")
        else:
            page.get_by_role("link", name="Next page").click()
            wanted = ContactQuery(4, 20)
            wait_for_address(page, "?page=4&page_size=20")
        wait_for_results(page)
    wait_page_time(page, 200)
    assert contact_ids(page) == _expected(sandbox, wanted)


def test_second_back_during_the_first_shows_rows_of_its_address(page: Page, sandbox: SandboxServer) -> None:
    with _held_back_from_third_page(page):
        page.evaluate("history.back()")
        wait_for_address(page, FEW)
    _assert_list(page, sandbox, FEW, ContactQuery(1, 20))


def test_only_results_are_swapped(page: Page) -> None:
    page.evaluate("document.querySelector('header').dataset.mark = 'kept'")
    page.get_by_role("link", name="Next page").click()
    wait_for_address(page, "?page=2&page_size=20")
    assert page.locator("header[data-mark=kept]").count() == 1


def test_typing_adds_one_history_entry(page: Page) -> None:
    before = page.evaluate("history.length")
    for text in ("2", "20", "201"):
        page.fill("#search", text)
        wait_for_address(page, f"?search={text}&page_size=20")
    assert page.evaluate("history.length") == before + 1


def test_text_typed_before_scripts_load_is_searched(page: Page) -> None:
    with hold_requests(page, "**/htmx.min*.js"):
        page.goto(FEW, wait_until="commit")
        page.fill("#search", "998-8776")
    wait_for_address(page, "?search=998-8776&page_size=20")
    expect(page.locator("#results")).to_contain_text("No contacts match")


def test_focus_stays_in_search_while_results_change(page: Page) -> None:
    page.locator("#search").press_sequentially("20", delay=20)
    wait_for_address(page, "?search=20&page_size=20")
    wait_for_results(page)
    expect(page.locator("#search")).to_be_focused()


def test_summary_follows_results(page: Page) -> None:
    page.fill("#search", "998-8776")
    expect(page.locator("#results")).to_contain_text("No contacts match")
    expect(page.locator("#summary")).to_have_text("0 results")


def test_page_size_change_starts_at_first_page(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}?page=2")
    page.select_option("#page-size", "20")
    wait_for_address(page, f"{LIST}?page_size=20")
    expect(page.locator(ROWS)).to_have_count(20)


def test_page_size_survives_empty_result(page: Page) -> None:
    page.fill("#search", "998-8776")
    expect(page.locator("#results")).to_contain_text("No contacts match")
    page.fill("#search", "")
    expect(page.locator(ROWS)).to_have_count(20)


def test_page_jump_opens_page_by_number(page: Page) -> None:
    page.fill(".page-jump__page", "3")
    page.press(".page-jump__page", "Enter")
    wait_for_address(page, f"{LIST}?page=3&page_size=20")


def test_exact_number_of_address_is_searched_anew_from_the_box(new_context: NewContext, sandbox: SandboxServer) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    page = new_context.signed_in("admin", at=f"{LIST}?phone={number.replace('+', '%2B')}")
    assert contact_ids(page) == [contact_id]
    expect(page.locator("#search")).to_have_value(number)
    page.fill("#search", "20")
    wait_for_address(page, f"{LIST}?search=20")


def test_ctrl_click_opens_page_in_new_tab(page: Page) -> None:
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Next page").click(modifiers=["Control"])
    expect(opened.value).to_have_url(re.compile(re.escape(f"{LIST}?page=2&page_size=20") + "$"))
    assert current_path(page) == FEW


def test_copy_button_copies_number(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=FEW, permissions=CLIPBOARD)
    page.locator(".phone__link").first.click()
    page.get_by_text("Number formats").click()
    button = page.get_by_role("button", name="Copy E.164")
    button.click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == button.get_attribute("data-copy")


def test_back_link_keeps_filters(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}?channel=sms&page=2&page_size=20")
    page.locator(".phone__link").first.click()
    expect(page.locator(CONTACT)).to_be_visible()
    page.reload()
    page.locator("[data-back]").click()
    wait_for_address(page, "?channel=sms&page=2&page_size=20")
