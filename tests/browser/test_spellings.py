"""Spellings: numbers pasted or typed in any form find their contact, and the page shows the interpretation."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext

from .keyboard import clipboard_text
from .page_helpers import CLIPBOARD, ROWS, hold_requests, wait_for_address, wait_for_results

FEW = "/account/contacts/?page_size=20"
SPELLINGS = {
    "as stored": "{e164}",
    "with a label and an extension": "Mobile: ({a}) {b}-{c} ext. 5",
    "between invisible marks": "\u202a+1 {a} {b} {c}\u202c\u200b",
}
MORE_SPELLINGS = {  # read in the same way: tests/test_phone_corpus.py has thousands
    "with punctuation": "({a}) {b}-{c}",
    "with dots": "{a}.{b}.{c}",
    "a tel link": "tel:+1-{a}-{b}-{c}",
    "a WhatsApp link": "https://wa.me/1{a}{b}{c}",
    "a WhatsApp id": "1{a}{b}{c}@s.whatsapp.net",
    "with no-break spaces": "+1\u00a0{a}\u00a0{b}\u00a0{c}",
    "with zeros instead of a plus": "001 {a} {b} {c}",
}


def _us_contact(sandbox: SandboxServer) -> tuple[str, str]:
    held = sandbox.contacts(None).items()
    return next((i, n) for i, n in held if n and n.startswith("+1") and len(n) == 12)


def _paste(page: Page, text: str) -> None:
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    page.locator("#search").focus()
    page.keyboard.press("Control+V")


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list, with access to the clipboard."""
    return new_context.signed_in("admin", at=FEW, permissions=CLIPBOARD)


@pytest.mark.parametrize(
    "spellings", [SPELLINGS, pytest.param(MORE_SPELLINGS, marks=pytest.mark.exhaustive)], ids=["some", "more"]
)
def test_pasted_number_finds_contact_and_shows_interpretation(
    page: Page, sandbox: SandboxServer, spellings: dict[str, str]
) -> None:
    contact_id, number = _us_contact(sandbox)
    for spelling in spellings.values():
        page.goto(FEW)
        wait_for_results(page)
        expect(page.locator(ROWS)).to_have_count(20)
        typed = spelling.format(e164=number, a=number[2:5], b=number[5:8], c=number[8:])
        _paste(page, typed)
        expect(page.locator(ROWS)).to_have_count(1)
        expect(page.locator(ROWS)).to_have_attribute("data-contact-id", contact_id)
        expect(page.locator("#search-interpretation")).to_contain_text("Showing results for +1 ")
        expect(page.locator("#search")).to_have_value(typed)


def test_last_seven_digits_find_contact_and_stay_in_field(page: Page, sandbox: SandboxServer) -> None:
    contact_id, number = _us_contact(sandbox)
    page.locator("#search").press_sequentially(number[-7:], delay=20)
    expect(page.locator("#search-interpretation")).to_contain_text(f"Showing results for “{number[-7:-4]}-")
    expect(page.locator(f"tr[data-contact-id='{contact_id}']")).to_be_visible()
    expect(page.locator("#search")).to_have_value(number[-7:])
    wait_for_address(page, f"?search={number[-7:]}&page_size=20")


def test_alternative_interpretation_is_one_click_away(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{FEW}&search=2055")
    link = page.locator("#search-interpretation a").first
    wanted = link.inner_text()
    link.click()
    expect(page.locator("main")).to_contain_text(re.compile(rf"(?:Showing results for|matches) {re.escape(wanted)}"))
    expect(page.locator("#search")).to_have_value("2055")


def test_bulk_lookup_of_twenty_numbers_finds_fifteen(page: Page, sandbox: SandboxServer) -> None:
    known = [number for number in sandbox.contacts(None).values() if number][:15]
    unknown = [f"+1202555{nth}" for nth in range(9000, 9005)]
    mixed = [*known[:7], *unknown[:2], *known[7:], *unknown[2:]]
    _paste(page, "\n".join(mixed))
    expect(page.locator("#summary")).to_have_text("15 found, 5 not found")
    assert page.locator("[data-looked-up=found]").count() == 15
    assert page.locator("[data-looked-up=not-found]").count() == 5
    assert page.locator("[data-looked-up] .c-typed").all_inner_texts() == mixed
    assert page.locator("#search").input_value() == ""
    assert page.locator("#numbers").input_value() == "\n".join(mixed)


def test_bulk_lookup_works_without_javascript(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=FEW, java_script_enabled=False)
    known = [number for number in sandbox.contacts(None).values() if number][:7]
    page.get_by_text("Look up a list").click()
    page.fill("#numbers", "\n".join(known))
    page.get_by_role("button", name="Look up all").click()
    expect(page.locator("[data-looked-up=found]")).to_have_count(5)
    page.get_by_role("link", name="Look up the next ones").click()
    expect(page.locator("[data-looked-up=found]")).to_have_count(2)


@pytest.mark.parametrize(
    ("kind", "label"),
    [("found", "Copy found (3)"), pytest.param("not-found", "Copy not found (2)", marks=pytest.mark.exhaustive)],
)
def test_list_of_found_or_missing_numbers_is_copied(
    new_context: NewContext, sandbox: SandboxServer, kind: str, label: str
) -> None:
    known = [number for number in sandbox.contacts(None).values() if number][:3]
    numbers = {"found": known, "not-found": ["+1 202-555-9001", "+1 202-555-9002"]}
    page = new_context.signed_in("admin", at=FEW, permissions=CLIPBOARD)
    _paste(page, "\n".join([*numbers["found"], *numbers["not-found"]]))
    page.get_by_role("button", name=label).click()
    expect(page.locator("#live")).to_have_text(f"{len(numbers[kind])} numbers copied")
    assert clipboard_text(page) == "\n".join(numbers[kind])


def test_unfinished_list_says_how_far_it_is(page: Page, sandbox: SandboxServer) -> None:
    known = [number for number in sandbox.contacts(None).values() if number][:6]
    with hold_requests(page, re.compile("from=5")):
        _paste(page, "\n".join([*known, "+12025559001"]))
        expect(page.locator("#summary")).to_contain_text("5 found, 0 not found so far: 5 of 7")
        expect(page.get_by_role("button", name="Copy found so far (5)")).to_be_visible()
        page.evaluate("document.querySelector('.lookup-pending-row').dataset.wait = 10; countLookedUp()")
        expect(page.locator("#summary")).to_contain_text("about 10 s left. Your customers’ messages go first.")
    expect(page.get_by_role("button", name="Copy found (6)")).to_be_visible()
    expect(page.get_by_role("button", name="Copy not found (1)")).to_be_visible()


def test_wait_that_server_asks_for_is_counted_for_the_rest(page: Page) -> None:
    left = page.evaluate("timeLeft(60, 66, { dataset: { wait: '10' } })")
    assert left == ", about 20 s left"


def test_list_can_be_copied_after_reload(page: Page, sandbox: SandboxServer) -> None:
    _paste(page, "+12025559001, +12025559002")
    expect(page.get_by_role("button", name="Copy not found (2)")).to_be_visible()
    page.reload()
    expect(page.get_by_role("button", name="Copy not found (2)")).to_be_visible()


def test_found_and_missing_are_texts_without_javascript(new_context: NewContext, sandbox: SandboxServer) -> None:
    known = [number for number in sandbox.contacts(None).values() if number][:2]
    listed = "%0A".join([*(number.replace("+", "%2B") for number in known), "%2B12025559001"])
    page = new_context.signed_in("admin", at=f"{FEW}&search={listed}", java_script_enabled=False)
    expect(page.get_by_label("Found (2)", exact=True)).to_have_value("\n".join(known))
    expect(page.get_by_label("Not found (1)")).to_have_value("+12025559001")


def test_back_from_bulk_lookup_shows_list(page: Page, sandbox: SandboxServer) -> None:
    _paste(page, "+12025559001, +12025559002")
    expect(page.locator("[data-looked-up=not-found]")).to_have_count(2)
    page.go_back()
    expect(page.locator("[data-looked-up]")).to_have_count(0)
    expect(page.locator(ROWS).first).to_be_visible()
    expect(page.locator("#numbers")).to_have_value("")
