"""What a person sees when something fails: its own sentence, never "no contacts", and the way out."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from testing.sandbox_server import SandboxServer
from tests.browser.reading import ROWS, at_address, choose_channel, ids, open_list, settled
from tests.test_problems import FAILURES

LIST = "/account/contacts/"
EACH = pytest.mark.parametrize(("fault", "sentence"), [(f, s) for f, _, s in FAILURES.values()], ids=FAILURES)


@EACH
def test_each_failure_is_seen_as_its_own_sentence_in_the_results(
    admin_page: Page, sandbox: SandboxServer, fault: dict[str, Any], sentence: str
) -> None:
    admin_page.goto(LIST)
    settled(admin_page)
    sandbox.clear()
    sandbox.fault(route="contacts", **fault)
    choose_channel(admin_page, "sms")
    expect(admin_page.locator("#results [data-problem]")).to_contain_text(sentence)
    expect(admin_page.locator("#summary")).to_have_text(sentence)
    expect(admin_page.locator("#results")).to_contain_text("Request ID")
    expect(admin_page.locator("#results")).not_to_contain_text("No contacts")
    at_address(admin_page, "?channel=sms")
    assert sandbox.faults()["fired"]


@EACH
def test_each_failure_is_seen_as_its_own_sentence_on_a_page(
    admin_page: Page, sandbox: SandboxServer, fault: dict[str, Any], sentence: str
) -> None:
    # A page that is slow to fail comes without its rows and asks once more: the fault waits for that too.
    sandbox.fault(route="contacts", **({"times": 4} | fault))
    admin_page.goto(LIST)
    expect(admin_page.locator("[data-problem]").filter(has_text=sentence)).to_be_visible()
    expect(admin_page.locator("main")).not_to_contain_text("No contacts")


def test_a_profile_the_api_no_longer_knows_has_its_own_sentence(admin_page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=404, code="RESOURCE_004", times=3)
    admin_page.goto(f"/p/{sandbox.profiles()[1]['id']}/contacts/")
    expect(admin_page.locator("#results")).to_contain_text("does not know this profile")


def test_an_unknown_contact_has_its_own_sentence(admin_page: Page) -> None:
    admin_page.goto(f"{LIST}6ba7b810-9dad-11d1-80b4-00c04fd430c8/")
    expect(admin_page.locator("main")).to_contain_text("Contact not found")


def test_an_answer_for_another_profile_is_never_shown(admin_page: Page, sandbox: SandboxServer) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": other}, times=3)
    admin_page.goto(f"/p/{one}/contacts/")
    expect(admin_page.locator("#results")).to_contain_text("An answer for another profile was refused")
    assert ids(admin_page) == []


def test_trying_again_brings_the_rows_back(admin_page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500, times=3)
    admin_page.goto(f"{LIST}?channel=sms")
    expect(admin_page.locator("[data-problem]")).to_be_visible()
    sandbox.clear()
    admin_page.get_by_role("link", name="Try again").click()
    expect(admin_page.locator(ROWS).first).to_be_visible()
    at_address(admin_page, "?channel=sms")


def test_too_many_requests_counts_down_and_tries_again_by_itself(admin_page: Page, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="rate_limited", retry_after="3")
    admin_page.add_init_script("""addEventListener("DOMContentLoaded", () => { window.counted = [];
        new MutationObserver(() => {
            const text = document.querySelector("[data-countdown]")?.textContent;
            if (text && text !== counted.at(-1)) counted.push(text);
        }).observe(document.body, { childList: true, characterData: true, subtree: true }); })""")
    admin_page.goto(LIST)
    expect(admin_page.locator(ROWS).first).to_be_visible()
    counted = admin_page.evaluate("counted")
    assert counted[counted.index("0:02") :][:2] == ["0:02", "0:01"]


def test_an_ended_session_is_a_notice_and_the_rows_stay(admin_page: Page) -> None:
    open_list(admin_page, LIST)
    before = ids(admin_page)
    admin_page.context.clear_cookies()
    admin_page.get_by_role("link", name="Next page").click()
    expect(admin_page.locator("#notice")).to_contain_text("Your session has ended")
    assert ids(admin_page) == before
    admin_page.get_by_role("button", name="Sign in again").click()
    admin_page.wait_for_url("**/sign-in/?next=**")


def test_a_page_that_is_no_fragment_is_never_swapped_in(admin_page: Page) -> None:
    open_list(admin_page, LIST)
    before = ids(admin_page)

    def broken(route: Route) -> None:
        route.fulfill(status=500, content_type="text/html", body="<h1>Server Error</h1><p>No contacts</p>")

    admin_page.route("**/contacts/?page=2", broken)
    admin_page.get_by_role("link", name="Next page").click()
    expect(admin_page.locator("#notice")).to_contain_text("Something went wrong on our side")
    assert ids(admin_page) == before
    expect(admin_page.locator("#results")).not_to_contain_text("Server Error")


def test_without_a_network_a_notice_says_so_and_the_rows_stay(admin_page: Page) -> None:
    open_list(admin_page, LIST)
    before = ids(admin_page)
    admin_page.context.set_offline(True)
    admin_page.get_by_role("link", name="Next page").click()
    expect(admin_page.locator("#notice")).to_contain_text("You are offline")
    assert ids(admin_page) == before


def test_going_back_to_a_list_that_fails_now_shows_the_failure(admin_page: Page, sandbox: SandboxServer) -> None:
    admin_page.goto(LIST)
    admin_page.get_by_role("link", name="Next page").click()
    at_address(admin_page, "?page=2")
    sandbox.fault(route="contacts", kind="status", status=500, times=3)
    admin_page.go_back()
    expect(admin_page.locator("#results")).to_contain_text("The messaging service has a fault")
    at_address(admin_page, LIST)


def test_going_back_after_the_session_ended_leads_to_sign_in(admin_page: Page) -> None:
    admin_page.goto(LIST)
    admin_page.get_by_role("link", name="Next page").click()
    at_address(admin_page, "?page=2")
    admin_page.context.clear_cookies()
    admin_page.go_back()
    admin_page.wait_for_url("**/sign-in/?next=**")
    assert admin_page.locator(ROWS).count() == 0


def test_after_sign_out_back_shows_no_contact(admin_page: Page) -> None:
    admin_page.goto(LIST)
    admin_page.get_by_role("button", name="Account menu for admin").click()
    admin_page.get_by_role("button", name="Sign out").click()
    admin_page.wait_for_url("**/sign-in/**")
    admin_page.go_back()
    expect(admin_page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert admin_page.locator(ROWS).count() == 0


def test_nothing_of_a_contact_is_kept_in_the_browser(admin_page: Page) -> None:
    admin_page.goto(f"{LIST}?search=2")
    admin_page.locator(".phone__link").first.click()
    expect(admin_page.locator("article")).to_be_visible()
    assert admin_page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert admin_page.evaluate("caches.keys()") == []
