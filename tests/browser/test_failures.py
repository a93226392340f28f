"""Failures: each shows its own sentence, never "No contacts", and a way to retry or go on."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Page, Route, expect

from testing.desk_template import PASSWORD
from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext
from tests.test_error_pages import FAILURES

from .page_helpers import ROWS, choose_channel, contact_ids, install_clock, wait_for_address

LIST = "/account/contacts/"
FEW = f"{LIST}?page_size=20"
BY_SMS = f"{LIST}?channel=sms&page_size=20"
EACH = pytest.mark.parametrize(("fault", "sentence"), [(f, s) for f, _, s in FAILURES.values()], ids=FAILURES)
SOME = {"rate limited", "unreachable"}  # of fragments; tests/test_error_pages.py has those of each failure


@pytest.fixture
def page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """The admin's list."""
    return new_context.signed_in("admin", at=FEW)


@pytest.mark.parametrize(
    ("fault", "sentence"),
    [
        pytest.param(fault, sentence, id=name, marks=() if name in SOME else pytest.mark.exhaustive)
        for name, (fault, _, sentence) in FAILURES.items()
    ],
)
def test_failure_of_fragment_has_its_own_sentence(
    page: Page, sandbox: SandboxServer, fault: dict[str, Any], sentence: str
) -> None:
    sandbox.clear()
    sandbox.fault(route="contacts", **fault)
    choose_channel(page, "sms")
    expect(page.locator("#results [data-error]")).to_contain_text(sentence)
    expect(page.locator("#summary")).to_have_text(sentence)
    expect(page.locator("#results")).to_contain_text("Request ID")
    expect(page.locator("#results")).not_to_contain_text("No contacts")
    wait_for_address(page, "?channel=sms&page_size=20")
    assert sandbox.faults()["fired"]


@pytest.mark.exhaustive  # page states cover each failure too
@EACH
def test_failure_of_page_has_its_own_sentence(
    new_context: NewContext, sandbox: SandboxServer, fault: dict[str, Any], sentence: str
) -> None:
    # After a slow failure the page arrives without rows and requests them again: the fault must apply to that too.
    sandbox.fault(route="contacts", **({"times": 4} | fault))
    page = new_context.signed_in("admin", at=FEW)
    expect(page.locator("[data-error]").filter(has_text=sentence)).to_be_visible()
    expect(page.locator("main")).not_to_contain_text("No contacts")


def test_profile_unknown_to_api_has_its_own_sentence(new_context: NewContext, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=404, code="RESOURCE_004", times=3)
    page = new_context.signed_in("admin", at=f"/p/{sandbox.profiles()[1]['id']}/contacts/")
    expect(page.locator("#results")).to_contain_text("does not know this profile")


def test_unknown_contact_has_its_own_sentence(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}6ba7b810-9dad-11d1-80b4-00c04fd430c8/")
    expect(page.locator("main")).to_contain_text("Contact not found")


def test_response_for_other_profile_is_never_shown(new_context: NewContext, sandbox: SandboxServer) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": other}, times=3)
    page = new_context.signed_in("admin", at=f"/p/{one}/contacts/")
    expect(page.locator("#results")).to_contain_text("An answer for another profile was refused")
    assert contact_ids(page) == []


def test_retry_link_brings_rows_back(new_context: NewContext, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500, times=3)
    page = new_context.signed_in("admin", at=BY_SMS)
    expect(page.locator("[data-error]")).to_be_visible()
    sandbox.clear()
    page.get_by_role("link", name="Try again").click()
    expect(page.locator(ROWS).first).to_be_visible()
    wait_for_address(page, "?channel=sms&page_size=20")


def test_rate_limit_counts_down_and_retries_automatically(page: Page, sandbox: SandboxServer, desk: Desk) -> None:
    page = page.context.new_page()  # the script would stay in the tab that tests share
    install_clock(page)
    sandbox.fault(route="contacts", kind="rate_limited", retry_after="3")
    page.add_init_script("""addEventListener("DOMContentLoaded", () => { window.counted = [];
        new MutationObserver(() => {
            const text = document.querySelector("[data-countdown]")?.textContent;
            if (text && text !== counted.at(-1)) counted.push(text);
        }).observe(document.body, { childList: true, characterData: true, subtree: true }); })""")
    page.goto(FEW)
    expect(page.locator("[data-countdown]")).to_be_visible()
    desk.forget_limits()  # the three seconds pass for the desk too
    page.clock.run_for(8000)  # three seconds and up to two of jitter
    expect(page.locator(ROWS).first).to_be_visible()
    counted = page.evaluate("counted")
    assert counted[counted.index("in 0:02") :][:3] == ["in 0:02", "in 0:01", "now"]


def test_ended_session_replaces_rows_by_signed_out(page: Page) -> None:
    """Rows are personal data: they stayed readable in the browser of somebody whose sessions an admin had ended."""
    page.context.clear_cookies()
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#notice")).to_contain_text("Your session has ended")
    expect(page.locator("#results")).to_contain_text("Signed out")
    expect(page.locator("#summary")).to_have_text("Signed out")
    assert contact_ids(page) == []
    page.locator("#results").get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/sign-in/?next=**")


def test_response_that_is_no_fragment_is_not_swapped_in(page: Page) -> None:
    before = contact_ids(page)

    def broken(route: Route) -> None:
        route.fulfill(status=500, content_type="text/html", body="<h1>Server Error</h1><p>No contacts</p>")

    page.route("**/contacts/?page=2&page_size=20", broken)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#notice")).to_contain_text("Something went wrong on our side")
    assert contact_ids(page) == before
    expect(page.locator("#results")).not_to_contain_text("Server Error")


def test_channel_is_that_of_rows_after_failure(page: Page) -> None:
    page.context.set_offline(True)
    page.locator("#channels").get_by_text("SMS", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("You are offline")
    expect(page.locator("#channels [value='']")).to_be_checked()


def test_channel_is_that_of_rows_after_response_that_is_no_fragment(page: Page) -> None:
    page.route("**/contacts/?*channel=sms*", lambda route: route.fulfill(status=500, body="Server Error"))
    page.locator("#channels").get_by_text("SMS", exact=True).click()
    expect(page.locator("#notice")).to_contain_text("Something went wrong on our side")
    expect(page.locator("#channels [value='']")).to_be_checked()


def test_desk_that_cannot_be_reached_is_told_beside_the_rows(page: Page) -> None:
    before = contact_ids(page)
    page.route("**/contacts/?page=2&page_size=20", lambda route: route.abort("connectionrefused"))
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#notice")).to_contain_text("The desk cannot be reached")
    expect(page.locator("#live")).to_have_text("The desk cannot be reached. Check your connection.")
    expect(page.locator("#notice").get_by_role("button", name="Reload")).to_be_visible()
    assert contact_ids(page) == before


def test_offline_shows_notice_and_keeps_rows(page: Page) -> None:
    before = contact_ids(page)
    page.context.set_offline(True)
    page.get_by_role("link", name="Next page").click()
    expect(page.locator("#notice")).to_contain_text("You are offline")
    assert contact_ids(page) == before


def test_back_to_failing_list_shows_failure(page: Page, sandbox: SandboxServer) -> None:
    page.get_by_role("link", name="Next page").click()
    wait_for_address(page, "?page=2&page_size=20")
    sandbox.fault(route="contacts", kind="status", status=500, times=3)
    page.go_back()
    expect(page.locator("#results")).to_contain_text("The messaging service returned an error")
    wait_for_address(page, FEW)


def test_text_typed_after_session_ended_is_searched_after_sign_in(page: Page) -> None:
    page.context.clear_cookies()
    page.locator("#search").press_sequentially("2025550")
    expect(page.locator("#notice")).to_contain_text("Your session has ended")
    page.get_by_role("button", name="Sign in again").click()
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#search")).to_have_value("2025550")


def test_list_pasted_after_session_ended_is_looked_up_after_sign_in(page: Page) -> None:
    page.context.clear_cookies()
    page.get_by_text("Look up a list").click()
    page.fill("#numbers", "2025550143\n2025550144")
    page.get_by_role("button", name="Look up all").click()
    page.locator("#results").get_by_role("button", name="Sign in").click()
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#numbers")).to_have_value("2025550143\n2025550144")


def test_channel_chosen_after_session_ended_is_shown_after_sign_in(page: Page) -> None:
    page.context.clear_cookies()
    page.locator("#channels").get_by_text("SMS", exact=True).click()
    page.locator("#results").get_by_role("button", name="Sign in").click()
    page.fill("[name=login]", "admin")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    wait_for_address(page, "?search=&channel=sms&page_size=20")


@pytest.mark.parametrize("minutes", [pytest.param(-10, marks=pytest.mark.exhaustive), 10])
def test_age_does_not_depend_on_clock_of_browser(new_context: NewContext, sandbox: SandboxServer, minutes: int) -> None:
    page = new_context.signed_in("admin", at=LIST).context.new_page()  # the script would stay in the shared tab
    page.add_init_script(f"const now = Date.now; Date.now = () => now() + {minutes * 60_000};")
    page.goto(LIST)
    page.wait_for_function("() => document.querySelector('time[data-age]').textContent.endsWith(' s ago')")


def test_back_after_ended_session_leads_to_sign_in(page: Page) -> None:
    page.get_by_role("link", name="Next page").click()
    wait_for_address(page, "?page=2&page_size=20")
    page.context.clear_cookies()
    page.go_back()
    page.wait_for_url("**/sign-in/?next=**")
    assert page.locator(ROWS).count() == 0


def test_back_after_sign_out_shows_no_contact(page: Page) -> None:
    page.get_by_role("button", name="Account menu for admin").click()
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_url("**/sign-in/**")
    page.go_back()
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    assert page.locator(ROWS).count() == 0


def test_browser_storage_holds_no_contact_data(new_context: NewContext, sandbox: SandboxServer) -> None:
    page = new_context.signed_in("admin", at=f"{LIST}?search=2&page_size=20")
    page.locator(".phone__link").first.click()
    expect(page.locator("article")).to_be_visible()
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert page.evaluate("caches.keys()") == []
