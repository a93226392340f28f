"""The walk of a support agent, with JavaScript and without: every step shows the right rows and address."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, Request, expect

from contacts_ui.sent.client import SentClient
from contacts_ui.sent.queries import ContactQuery
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext
from tests.browser.reading import ROWS, at_address, choose_channel, held, ids, more_filters, open_list, path, settled

LIST = "/account/contacts/"


def _expected(sandbox: SandboxServer, query: ContactQuery) -> list[str]:
    client = SentClient(sandbox.url, "sandbox-organization")
    return [str(contact.id) for contact in client.contacts(query).contacts]


def _expect(page: Page, sandbox: SandboxServer, address: str, query: ContactQuery) -> None:
    at_address(page, address)
    expected = _expected(sandbox, query)
    expect(page.locator(ROWS).first).to_have_attribute("data-contact-id", expected[0])
    settled(page)
    assert ids(page) == expected
    expect(page.locator("#search")).to_have_value(query.search or "")
    expect(page.locator(f"#channels [value='{query.channel or ''}']")).to_be_checked()


@pytest.mark.parametrize("javascript", [True, False], ids=["with JavaScript", "without JavaScript"])
def test_search_channel_two_pages_a_contact_and_back_three_times(
    new_context: NewContext, sandbox: SandboxServer, javascript: bool
) -> None:
    page = new_context.signed_in("admin", java_script_enabled=javascript)
    page.goto(f"{LIST}?page_size=20")

    if javascript:
        page.locator("#search").press_sequentially("2", delay=30)
    else:
        page.fill("#search", "2")
        page.press("#search", "Enter")
    searched = ContactQuery(page_size=20, search="2")
    _expect(page, sandbox, f"{LIST}?search=2&page_size=20" if javascript else "&page_size=20", searched)

    choose_channel(page, "sms")
    if not javascript:
        page.get_by_role("button", name="Apply").first.click()
    by_sms = f"{LIST}?search=2&channel=sms&page_size=20"
    _expect(page, sandbox, by_sms if javascript else "&page_size=20", ContactQuery(1, 20, "2", "sms"))

    second = f"{LIST}?search=2&channel=sms&page=2&page_size=20"
    third = f"{LIST}?search=2&channel=sms&page=3&page_size=20"
    page.get_by_role("link", name="Next page").click()
    _expect(page, sandbox, second, ContactQuery(2, 20, "2", "sms"))
    page.get_by_role("link", name="Next page").click()
    _expect(page, sandbox, third, ContactQuery(3, 20, "2", "sms"))

    opened = ids(page)[1]
    page.locator(".phone__link").nth(1).click()
    expect(page.locator("article")).to_have_attribute("data-contact-id", opened)
    assert path(page) == f"{LIST}{opened}/"

    page.go_back()
    _expect(page, sandbox, third, ContactQuery(3, 20, "2", "sms"))
    page.go_back()
    _expect(page, sandbox, second, ContactQuery(2, 20, "2", "sms"))
    page.go_back()
    _expect(page, sandbox, by_sms if javascript else "&page_size=20", ContactQuery(1, 20, "2", "sms"))


def _is_back(request: Request) -> bool:
    return request.headers.get("hx-history-restore-request") == "true"


@pytest.mark.parametrize("then", ["a channel", "the next page"])
def test_a_slow_back_never_overwrites_what_was_asked_after_it(
    admin_page: Page, sandbox: SandboxServer, then: str
) -> None:
    open_list(admin_page, f"{LIST}?page_size=20")
    for number in (2, 3):
        admin_page.get_by_role("link", name="Next page").click()
        at_address(admin_page, f"?page={number}&page_size=20")
    settled(admin_page)
    with (
        admin_page.expect_response(lambda answer: _is_back(answer.request)),
        held(admin_page, "**/contacts/**", _is_back),
    ):
        with admin_page.expect_request(_is_back):
            admin_page.evaluate("history.back()")
        if then == "a channel":
            choose_channel(admin_page, "sms")
            wanted = ContactQuery(1, 20, None, "sms")
            at_address(admin_page, "?channel=sms&page_size=20")
        else:
            admin_page.get_by_role("link", name="Next page").click()
            wanted = ContactQuery(4, 20)
            at_address(admin_page, "?page=4&page_size=20")
        settled(admin_page)
    admin_page.wait_for_timeout(300)
    assert ids(admin_page) == _expected(sandbox, wanted)


def test_only_the_results_are_swapped(admin_page: Page) -> None:
    admin_page.goto(LIST)
    admin_page.evaluate("document.querySelector('header').dataset.mark = 'kept'")
    admin_page.get_by_role("link", name="Next page").click()
    at_address(admin_page, "?page=2")
    assert admin_page.locator("header[data-mark=kept]").count() == 1


def test_typing_leaves_one_step_in_the_history(admin_page: Page) -> None:
    admin_page.goto(LIST)
    before = admin_page.evaluate("history.length")
    for text in ("2", "20", "201"):
        admin_page.fill("#search", text)
        at_address(admin_page, f"?search={text}")
    assert admin_page.evaluate("history.length") == before + 1


def test_what_was_typed_before_the_scripts_came_is_searched(admin_page: Page) -> None:
    with held(admin_page, "**/htmx.min*.js"):
        admin_page.goto(LIST, wait_until="commit")
        admin_page.fill("#search", "998-8776")
    at_address(admin_page, "?search=998-8776")
    expect(admin_page.locator("#results")).to_contain_text("No contacts match")


def test_focus_stays_in_the_search_while_results_change(admin_page: Page) -> None:
    admin_page.goto(LIST)
    admin_page.locator("#search").press_sequentially("20", delay=20)
    at_address(admin_page, "?search=20")
    settled(admin_page)
    expect(admin_page.locator("#search")).to_be_focused()


def test_the_summary_follows_the_results(admin_page: Page) -> None:
    admin_page.goto(LIST)
    admin_page.fill("#search", "998-8776")
    expect(admin_page.locator("#results")).to_contain_text("No contacts match")
    expect(admin_page.locator("#summary")).to_have_text("0 contacts match")


def test_choosing_the_page_size_starts_at_the_first_page(admin_page: Page) -> None:
    admin_page.goto(f"{LIST}?page=2")
    admin_page.select_option("#page-size", "20")
    at_address(admin_page, f"{LIST}?page_size=20")
    expect(admin_page.locator(ROWS)).to_have_count(20)


def test_the_page_size_outlives_an_empty_result(admin_page: Page) -> None:
    admin_page.goto(f"{LIST}?page_size=20")
    admin_page.fill("#search", "998-8776")
    expect(admin_page.locator("#results")).to_contain_text("No contacts match")
    admin_page.fill("#search", "")
    expect(admin_page.locator(ROWS)).to_have_count(20)


def test_going_to_a_page_by_its_number(admin_page: Page) -> None:
    admin_page.goto(f"{LIST}?page_size=20")
    admin_page.fill(".goto__page", "3")
    admin_page.press(".goto__page", "Enter")
    at_address(admin_page, f"{LIST}?page=3&page_size=20")


def test_a_lookup_finds_one_number_and_empties_the_search(admin_page: Page, sandbox: SandboxServer) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    admin_page.goto(f"{LIST}?search=2")
    more_filters(admin_page)
    admin_page.fill("#phone", number)
    admin_page.press("#phone", "Enter")
    expect(admin_page.locator(ROWS)).to_have_count(1)
    assert ids(admin_page) == [contact_id]
    expect(admin_page.locator("#search")).to_have_value("")


def test_a_lookup_that_finds_nothing_names_the_number(admin_page: Page) -> None:
    admin_page.goto(LIST)
    more_filters(admin_page)
    admin_page.fill("#phone", "+1 202-555-0143")
    admin_page.press("#phone", "Enter")
    expect(admin_page.locator("#results")).to_contain_text("+1 202-555-0143 is not among these contacts")
    assert admin_page.locator("[data-problem]").count() == 0


def test_ctrl_click_opens_a_page_in_a_new_tab(admin_page: Page) -> None:
    admin_page.goto(LIST)
    with admin_page.context.expect_page() as opened:
        admin_page.get_by_role("link", name="Next page").click(modifiers=["Control"])
    expect(opened.value).to_have_url(re.compile(re.escape(f"{LIST}?page=2") + "$"))
    assert path(admin_page) == LIST


def test_a_copy_button_copies_the_number(new_context: NewContext, sandbox: SandboxServer) -> None:
    context = new_context()
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = new_context.signed_in("admin", context=context)
    page.goto(LIST)
    page.locator(".phone__link").first.click()
    button = page.get_by_role("button", name="Copy E.164")
    button.click()
    expect(page.locator("#live")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == button.get_attribute("data-copy")


def test_back_to_the_list_keeps_its_filters(admin_page: Page) -> None:
    admin_page.goto(f"{LIST}?channel=sms&page=2&page_size=20")
    admin_page.locator(".phone__link").first.click()
    expect(admin_page.locator("#drawer article")).to_be_visible()
    admin_page.reload()
    admin_page.locator("[data-back]").click()
    at_address(admin_page, "?channel=sms&page=2&page_size=20")
