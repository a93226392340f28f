"""Lookup of a number in all profiles, in Chromium: from an empty result, and with a worker behind it."""

from __future__ import annotations

import sys

import pytest
from playwright.sync_api import Page, expect

from testing.processes import start_program, stop_program
from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer

from .conftest import NewContext
from .page_states import shared_number, start_sweep


def _empty_result(new_context: NewContext, sandbox: SandboxServer, number: str) -> Page:
    """The last profile has no contacts, so it has not this number."""
    empty = sandbox.profiles()[-1]["id"]
    page = new_context.signed_in("admin", at=f"/p/{empty}/contacts/")
    page.fill("#search", number)
    expect(page.get_by_role("button", name="Look in my other profiles")).to_be_visible()
    return page


def test_number_of_two_profiles_is_found_from_empty_result(new_context: NewContext, sandbox: SandboxServer) -> None:
    number = shared_number(sandbox)
    page = _empty_result(new_context, sandbox, number)
    page.get_by_role("button", name="Look in my other profiles").click()
    first, second = sandbox.profiles()[:2]
    found = page.locator("[data-answer=here]")
    for profile in (first, second):
        expect(found.filter(has_text=profile["name"])).to_have_count(1)
    assert number.strip("+") not in page.url
    page.get_by_role("link", name=second["name"]).click()
    expect(page.locator("#contact-h")).to_be_visible()
    assert page.url.split("/p/")[1].startswith(second["id"])


def test_second_number_replaces_first_without_new_page(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at="/lookup/")
    page.fill("#lookup-number", "+1 202-555-0143")
    page.press("#lookup-number", "Enter")
    expect(page.locator("main").get_by_text("Not in any of your profiles")).to_be_visible()
    page.evaluate("document.body.dataset.same = '1'")
    page.fill("#lookup-number", shared_number(sandbox))
    page.press("#lookup-number", "Enter")
    expect(page.locator("[data-answer=here]").first).to_be_visible()
    assert page.evaluate("document.body.dataset.same") == "1"
    assert page.url.rstrip("/").rpartition("/")[0].endswith("/lookup")  # the address of this answer


def test_back_shows_each_answer_again_without_a_call(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at="/lookup/")
    page.fill("#lookup-number", "+1 202-555-0143")
    page.press("#lookup-number", "Enter")
    expect(page.locator("main").get_by_text("Not in any of your profiles")).to_be_visible()
    number = shared_number(sandbox)
    page.fill("#lookup-number", number)
    page.press("#lookup-number", "Enter")
    found = page.locator("[data-answer=here]")
    expect(found.first).to_be_visible()
    left = page.locator("#lookups-left").inner_text()
    found.first.get_by_role("link").click()
    expect(page.locator("#contact-h")).to_be_visible()
    sandbox.reset_requests()
    page.go_back()
    expect(found.first).to_be_visible()
    expect(page.locator("#lookup-number")).to_have_value(number)
    expect(page.locator("#lookups-left")).to_have_text(left)
    page.go_back()
    expect(page.locator("main").get_by_text("Not in any of your profiles")).to_be_visible()
    expect(page.locator("#lookup-number")).to_have_value("+1 202-555-0143")
    page.go_back()
    expect(page.locator("main").get_by_text("Enter a phone number")).to_be_visible()
    assert [call for call in sandbox.requests() if call["path"] == "/v3/contacts"] == []


def test_country_is_asked_for_and_chosen_with_one_click(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at="/lookup/")
    page.fill("#lookup-number", "07403 965801")
    page.press("#lookup-number", "Enter")
    expect(page.locator("main").get_by_text("Which country is this number from?")).to_be_visible()
    page.get_by_role("button", name="+44 7403 965801").click()
    expect(page.locator("#lookup-h")).to_have_text("+44 7403 965801")


def test_answers_appear_while_worker_asks(new_context: NewContext, sandbox: SandboxServer, desk: Desk) -> None:
    page = new_context.signed_in("admin", at="/lookup/")
    start_sweep(page, shared_number(sandbox))
    expect(page.locator("main").get_by_text("0 of 13 asked")).to_be_visible()
    worker = start_program([sys.executable, "manage.py", "desk_worker"], env=desk.settings)
    try:
        expect(page.locator("main").get_by_text("13 of 13 asked")).to_be_visible()
    finally:
        stop_program(worker)
    expect(page.locator("[data-answer=here]").filter(has_text=sandbox.profiles()[1]["name"])).to_have_count(1)
    expect(page.get_by_role("button", name="Stop")).to_have_count(0)


@pytest.mark.exhaustive  # the same script as for exports, whose page is tested alike
def test_page_that_nobody_sees_does_not_poll(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at="/lookup/")
    start_sweep(page, shared_number(sandbox))
    expect(page.locator("main").get_by_text("0 of 13 asked")).to_be_visible()
    next_poll = """(hidden) => {
      Object.defineProperty(document, "hidden", { value: hidden, configurable: true });
      const stopped = (resolve) => (event) => resolve(event.defaultPrevented);
      const wait = (resolve) => document.addEventListener("htmx:before:request", stopped(resolve), { once: true });
      return new Promise(wait);
    }"""
    assert [page.evaluate(next_poll, hidden) for hidden in (True, False)] == [True, False]
