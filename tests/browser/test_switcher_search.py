"""Profile switcher of an organization with more profiles than it is sent: the server finds the others by name."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.desk_template import DeskTemplate
from testing.running_desk import Desk, running_desk
from testing.sandbox_server import SandboxServer
from tests.browser.conftest import SHORT_TIMEOUT, NewContext

from .page_helpers import hold_requests, wait_for_address
from .test_accessibility import check
from .test_switcher import FIND, LINK, OPTIONS

HERE = "/account/contacts/?page_size=20"
FOOT = "#profiles .popover__foot"
SEARCHES = re.compile(r"/profiles/\?find=")
PROFILES = 120


@pytest.fixture(scope="module")
def many(
    template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Desk, list[dict[str, str]]]]:
    """A desk whose key has many profiles, and these in the order of their names."""
    folder = tmp_path_factory.mktemp("many-profiles")
    with (
        SandboxServer(contacts=20, profiles=PROFILES) as sandbox,
        running_desk(folder, sandbox.url, template, **SHORT_TIMEOUT) as desk,
    ):
        yield desk, sorted(sandbox.profiles(), key=lambda profile: profile["name"].casefold())


@pytest.fixture
def desk(many: tuple[Desk, list[dict[str, str]]]) -> Desk:
    """The desk that `new_context` opens."""
    return many[0]


@pytest.fixture
def last(many: tuple[Desk, list[dict[str, str]]]) -> dict[str, str]:
    """One of the last profiles by name, which is not among those that are sent: no other test has visited it."""
    return many[1].pop()


@pytest.fixture
def switcher(new_context: NewContext) -> Page:
    """The admin's list with the switcher open and its field focused."""
    page = new_context.signed_in("admin", at=HERE)
    page.locator(LINK).click()
    expect(page.locator(FIND)).to_be_focused()
    return page


def test_first_fifty_are_shown_of_all(switcher: Page) -> None:
    expect(switcher.locator(OPTIONS)).to_have_count(50)
    expect(switcher.locator(FOOT)).to_contain_text(f"50 of {PROFILES + 1} profiles")
    check(switcher)


def test_profile_beyond_the_fifty_is_found_by_keyboard(switcher: Page, last: dict[str, str]) -> None:
    switcher.keyboard.type(last["name"])
    option = switcher.locator(OPTIONS)
    expect(option).to_have_count(1)
    expect(option).to_have_attribute("aria-selected", "true")
    expect(switcher.locator(FIND)).to_have_attribute("aria-activedescendant", option.get_attribute("id") or "")
    expect(switcher.locator(FOOT)).to_contain_text(f"1 of {PROFILES + 1} profiles")
    expect(switcher.locator("#live")).to_have_text("1 profile")
    check(switcher)
    switcher.keyboard.press("Enter")
    wait_for_address(switcher, f"/p/{last['id']}/contacts/?page_size=20")


@pytest.mark.exhaustive
def test_enter_before_the_answer_opens_the_only_match(switcher: Page, last: dict[str, str]) -> None:
    with hold_requests(switcher, SEARCHES):
        switcher.keyboard.insert_text(last["name"])
        expect(switcher.locator(OPTIONS)).to_have_count(0)
        switcher.keyboard.press("Enter")
    wait_for_address(switcher, f"/p/{last['id']}/contacts/?page_size=20")


def test_nothing_is_said_to_be_missing_before_the_answer(switcher: Page, last: dict[str, str]) -> None:
    with hold_requests(switcher, SEARCHES):
        switcher.keyboard.insert_text(last["name"])
        expect(switcher.locator(OPTIONS)).to_have_count(0)
        expect(switcher.locator("#profile-none")).to_be_hidden()
    expect(switcher.locator(OPTIONS)).to_have_count(1)


def test_corrected_name_is_not_said_to_be_missing_before_the_answer(switcher: Page, last: dict[str, str]) -> None:
    switcher.keyboard.insert_text("zebra crossing")
    expect(switcher.locator("#profile-none")).to_be_visible()
    with hold_requests(switcher, SEARCHES):
        switcher.locator(FIND).fill(last["name"])
        expect(switcher.locator("#profile-none")).to_be_hidden()
    expect(switcher.locator(OPTIONS)).to_have_count(1)


@pytest.mark.exhaustive
def test_unknown_name_is_said_after_the_answer(switcher: Page) -> None:
    switcher.keyboard.insert_text("zebra crossing")
    expect(switcher.locator("#profile-none")).to_have_text("No profile is called “zebra crossing”.")
    expect(switcher.locator(FIND)).to_have_attribute("aria-expanded", "false")
    expect(switcher.locator("#live")).to_have_text("No profile is called “zebra crossing”.")


@pytest.mark.exhaustive
def test_cleared_search_shows_the_first_fifty_again(switcher: Page, last: dict[str, str]) -> None:
    switcher.keyboard.insert_text(last["name"])
    expect(switcher.locator(OPTIONS)).to_have_count(1)
    switcher.locator(FIND).fill("")
    expect(switcher.locator(OPTIONS)).to_have_count(50)
    expect(switcher.locator(FIND)).to_be_focused()


@pytest.mark.exhaustive
def test_failed_search_closes_switcher_and_is_told(switcher: Page) -> None:
    switcher.route(SEARCHES, lambda route: route.fulfill(status=500, body="out of order"))
    switcher.keyboard.insert_text("z")
    expect(switcher.locator("#notice")).to_be_visible()


def test_search_works_without_javascript(new_context: NewContext, last: dict[str, str]) -> None:
    page = new_context.signed_in("admin", at=HERE, java_script_enabled=False)
    page.locator(LINK).click()
    expect(page.locator("#main .popover__foot")).to_contain_text("find the others by name")
    page.fill("#find", last["name"])
    page.press("#find", "Enter")
    page.get_by_role("link", name=last["name"]).click()
    wait_for_address(page, f"/p/{last['id']}/contacts/?page_size=20")


def test_command_list_hands_typed_name_to_switcher(new_context: NewContext, last: dict[str, str]) -> None:
    page = new_context.signed_in("admin", at=HERE)
    page.keyboard.press("Control+K")
    expect(page.get_by_role("combobox", name="Go to")).to_be_focused()
    expect(page.locator("#commands [data-kind=profiles] [role=option]")).to_have_count(50)
    page.keyboard.insert_text(last["name"])
    expect(page.locator("#commands [role=option]:visible")).to_have_text(f"Find “{last['name']}” in all profiles")
    check(page)
    page.keyboard.press("Enter")
    expect(page.locator(FIND)).to_have_value(last["name"])
    expect(page.locator(OPTIONS)).to_have_count(1)
    page.keyboard.press("Enter")
    wait_for_address(page, f"/p/{last['id']}/contacts/?page_size=20")


def test_audit_filter_suggests_profiles_by_what_is_typed(new_context: NewContext, last: dict[str, str]) -> None:
    page = new_context.signed_in("admin", at="/audit/")
    suggested = page.locator(f"#profiles option[value='{last['name']}']")
    expect(suggested).to_have_count(0)
    page.locator("#profile").press_sequentially(last["name"])
    expect(suggested).to_be_attached()
    expect(page.locator("#profile")).to_be_focused()
