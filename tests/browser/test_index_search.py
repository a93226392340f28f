"""Search with the number index in a browser: any digits of a number find it, marked; sixty-six pasted numbers."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from testing.desk_template import DeskTemplate
from testing.running_desk import UNLIMITED, Desk, manage, running_desk
from testing.sandbox_server import Json, SandboxServer
from tests.browser.conftest import NewContext

from .page_helpers import ROWS, open_lookup, wait_for_results

FEW = "/account/contacts/?page_size=20"
MIDDLE = slice(3, 8)


@pytest.fixture(scope="module")
def indexed_desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Desk whose account is indexed completely."""
    folder, more = tmp_path_factory.mktemp("indexed-desk"), {"NUMBER_INDEX_MOST_CONTACTS": "50000"}
    with running_desk(folder, running_sandbox.url, template, **UNLIMITED, **more) as desk:
        manage(desk.settings, "index_numbers", "--account", "--wait")
        yield desk


@pytest.fixture
def desk(indexed_desk: Desk) -> Desk:
    return indexed_desk


@pytest.fixture
def page(new_context: NewContext) -> Page:
    """The admin's list."""
    return new_context.signed_in("admin", at=FEW)


def _digits(row: Json) -> str:
    return "".join(filter(str.isdigit, row["format_national"]))


def _contacts(sandbox: SandboxServer, region: str) -> list[Json]:
    found: list[Json] = sandbox.get("/v3/contacts", page=1, page_size=100).json()["data"]["contacts"]
    return [row for row in found if row["region_code"] == region and row.get("format_national")]


def test_five_middle_digits_find_the_contact_with_the_digits_marked(page: Page, sandbox: SandboxServer) -> None:
    contact = _contacts(sandbox, "GB")[0]
    digits = _digits(contact)[MIDDLE]
    page.locator("#search").press_sequentially(digits, delay=20)
    row = page.locator(f"tr[data-contact-id='{contact['id']}']")
    expect(row.locator("mark")).to_have_text(f"{digits[:2]} {digits[2:]}")
    expect(row.locator(".phone__link")).to_have_text(contact["format_international"])  # as a screen reader reads it
    expect(page.locator("#search-interpretation")).to_be_empty()
    expect(page.locator("#summary")).to_contain_text("result")


def test_mark_is_gone_with_the_search(page: Page, sandbox: SandboxServer) -> None:
    page.locator("#search").fill(_digits(_contacts(sandbox, "GB")[0])[MIDDLE])
    expect(page.locator("mark").first).to_be_visible()
    page.locator("#search").fill("")
    expect(page.locator(ROWS)).to_have_count(20)
    expect(page.locator("mark")).to_have_count(0)


def test_sixty_six_pasted_numbers_are_all_looked_up(page: Page, sandbox: SandboxServer) -> None:
    """As the desk shows them nationally: of regions that it does not know."""
    rows: list[Json] = sandbox.get("/v3/contacts", page=1, page_size=100).json()["data"]["contacts"]
    shown = [row["format_national"] for row in rows if row.get("format_national") and row.get("format_e164")][:66]
    open_lookup(page)
    page.locator("#numbers").fill("\n".join(shown))
    page.get_by_role("button", name="Look up all").click()
    expect(page.locator("main").get_by_text("50 of 66 looked up.")).to_be_visible()
    expect(page.locator("[data-looked-up='found']")).to_have_count(50)
    page.get_by_role("link", name="Look up the next 16").click()
    expect(page.locator("[data-looked-up='found']")).to_have_count(66)
    expect(page.locator("#numbers")).to_have_value("\n".join(shown))
    wait_for_results(page)
