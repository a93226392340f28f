"""People pages: a person is added, signs in by a link, sees assigned contacts only, and is deactivated."""

from __future__ import annotations

import re
import time
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from testing.desk_template import PASSWORD
from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import NewContext, add_session

NEW_PASSWORD = "a password of their own"


def _add(page: Page, username: str) -> str:
    """Adds a support agent and opens their page, where profiles are assigned. Returns the password link."""
    page.get_by_role("link", name="Add a person").click()
    page.fill("#username", username)
    page.fill("#name", "Ada Lovelace")
    page.check("[name=role][value=support]")
    page.get_by_role("button", name="Create and get link").click()
    link = page.locator("#password-link").inner_text()
    page.get_by_role("link", name="Assign profiles").click()
    _wait_for_form(page)
    return link


@pytest.fixture
def person(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """Page of the support agent, opened by an admin."""
    page = new_context.signed_in("admin", at="/people/?search=support")
    page.locator("#people .phone__link").click()
    _wait_for_form(page)
    return page


def _wait_for_form(page: Page) -> None:
    """Waits for the form and its scripts: text typed earlier is not looked up."""
    page.locator("#find").wait_for()
    page.wait_for_load_state()


def _assign(page: Page, name: str) -> None:
    """Finds a profile by name, ticks it and saves."""
    page.fill("#find", name)
    if page.locator("#find[hx-post]").count() and page.evaluate("typeof htmx === 'undefined'"):
        page.get_by_role("button", name="Find").click()
    expect(page.locator(".profile-picker .check")).to_have_count(1)
    page.get_by_label(name, exact=True).check()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved. Applies immediately.")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", pytest.param("dark", marks=pytest.mark.exhaustive)])
def test_copied_link_is_said_on_its_button(person: Page, theme: Literal["light", "dark"]) -> None:
    person.context.grant_permissions(["clipboard-read", "clipboard-write"])
    person.get_by_role("button", name=re.compile("Create (reset|password) link")).click()
    person.emulate_media(color_scheme=theme)
    button = person.locator(".prefs__end [data-copy]")
    button.click()
    expect(button).to_have_text("Copied")
    expect(person.locator("#live")).to_have_text("Copied")
    colours = button.evaluate("b => [getComputedStyle(b).color, getComputedStyle(b.querySelector('svg')).color]")
    assert colours[0] == colours[1], theme
    expect(button).to_have_text("Copy link")


def test_list_of_twelve_profiles_is_shown_whole(person: Page) -> None:
    box = person.locator(".profile-picker__list")
    person.locator(".profile-picker__list ul").evaluate(
        "ul => ul.replaceChildren(...Array.from({ length: 12 }, () => ul.children[0].cloneNode(true)))"
    )
    assert box.evaluate("b => [b.querySelectorAll('li').length, b.scrollHeight <= b.clientHeight]") == [12, True]


def _sign_in_by_link(page: Page, link: str) -> None:
    """Opens the password link and sets a password, which signs in."""
    page.goto(link)
    page.fill("[name=password1]", NEW_PASSWORD)
    page.fill("[name=password2]", NEW_PASSWORD)
    page.press("[name=password2]", "Enter")
    page.wait_for_selector("main[data-profile-id]")


@pytest.mark.parametrize(
    "javascript",
    [True, pytest.param(False, marks=pytest.mark.exhaustive)],
    ids=["with JavaScript", "without JavaScript"],
)
def test_person_is_added_signs_in_by_link_and_is_switched_off(
    new_context: NewContext, sandbox: SandboxServer, javascript: bool
) -> None:
    username, profile = f"ada-{time.time_ns()}", sandbox.profiles()[5]
    admin = new_context.signed_in("admin", at="/people/", java_script_enabled=javascript)
    link = _add(admin, username)
    admin.fill("#name", "Ada King")  # not saved yet: finding profiles must keep it
    _assign(admin, profile["name"])
    expect(admin.get_by_role("heading", name="Ada King")).to_be_visible()

    support = new_context().new_page()
    _sign_in_by_link(support, link)
    expect(support.locator(".page-header__scope")).to_have_text(profile["name"])
    assert support.locator("main").get_attribute("data-profile-id") == profile["id"]
    assert support.request.get(f"/p/{sandbox.profiles()[4]['id']}/contacts/").status == 404
    assert support.request.get("/account/contacts/").status == 404

    admin.get_by_role("button", name="Deactivate").click()
    expect(admin.get_by_role("heading", name="Deactivate Ada King?")).to_be_visible()
    admin.get_by_role("button", name="Deactivate Ada King").click()
    expect(admin.get_by_text("Ada King is deactivated and signed out everywhere.")).to_be_visible()
    support.reload()
    expect(support).to_have_url(re.compile("/sign-in/"))


def test_people_search_filters_on_input_and_back_undoes_it(new_context: NewContext, sandbox: SandboxServer) -> None:
    admin_page = new_context.signed_in("admin", at="/people/")
    admin_page.get_by_role("combobox", name="Role").select_option("support")
    admin_page.wait_for_url(re.compile(r"/people/\?role=support$"))
    admin_page.locator("#people-search").press_sequentially("supp", delay=30)
    admin_page.wait_for_url(re.compile(r"\?search=supp&role=support$"))
    expect(admin_page.locator("#people .phone__link")).to_have_text(["support"])
    count, box = admin_page.locator("#people-count"), admin_page.locator("#people-search")
    for ending, said in ((r"/people/\?role=support$", re.compile("match(es)?$")), ("/people/$", re.compile("people$"))):
        admin_page.go_back()
        admin_page.wait_for_url(re.compile(ending))
        expect(box).to_have_value("")
        expect(count).to_have_text(said)


def test_enter_in_profile_search_saves_nothing(person: Page) -> None:
    before = person.locator("#selected").inner_text()
    person.locator(".profile-picker [name=profiles]:not(:checked)").first.check()
    person.fill("#find", "a")
    person.press("#find", "Enter")
    expect(person.locator("[name=found]")).to_have_value("a")
    assert person.locator("#selected").inner_text() == str(int(before) + 1)
    person.reload()
    expect(person.locator("#selected")).to_have_text(before)


def test_role_without_assignments_shows_warning_when_chosen(person: Page) -> None:
    warning = person.get_by_text("Auditors see no contacts")
    expect(warning).to_be_hidden()
    person.check("[name=role][value=auditor]")
    expect(warning).to_be_visible()


@pytest.mark.parametrize(
    "javascript",
    [True, pytest.param(False, marks=pytest.mark.exhaustive)],
    ids=["with JavaScript", "without JavaScript"],
)
def test_person_typed_before_the_proof_ran_out_is_not_lost(
    new_context: NewContext, desk: Desk, sandbox: SandboxServer, javascript: bool
) -> None:
    username = f"ada-{time.time_ns()}"
    page = new_context.signed_in("admin", at="/people/new/", java_script_enabled=javascript)
    page.fill("#username", username)
    page.fill("#name", "Ada “the first” Lovelace & <daughters>")
    page.check("[name=role][value=exporter]")
    # Meanwhile five minutes pass: the form is sent in a session that has proved nothing.
    add_session(page.context, desk, "admin", proven=False)
    page.get_by_role("button", name="Create and get link").click()
    page.get_by_label("Your password").fill(PASSWORD)
    page.get_by_role("button", name="Confirm").click()
    page.get_by_role("button", name="Add this person").click()
    expect(page.locator("#password-link")).to_be_visible()
    expect(page.get_by_role("heading", name="Ada “the first” Lovelace & <daughters> added")).to_be_visible()
