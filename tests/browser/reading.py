"""What a person would read off the page, for tests to compare."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Request, Route, expect

from testing.sandbox_server import SandboxServer

ROWS = "tr[data-contact-id]"
CONTACT = "#drawer-body[aria-busy=false] article"


def shown(page: Page) -> dict[str, str]:
    """The contacts on the page: id to the number that its copy button copies."""
    found: dict[str, str] = page.eval_on_selector_all(
        ROWS,
        """all => Object.fromEntries(all.map(row => {
            const copy = row.querySelector("[data-copy]"), text = row.querySelector(".c-phone")?.textContent ?? "";
            return [row.dataset.contactId, copy ? copy.dataset.copy || "+" + text.replace(/\\D/g, "") : undefined];
        }))""",
    )
    return found


def ids(page: Page) -> list[str]:
    """The ids of the contacts on the page, in order."""
    return list(shown(page))


def claimed(page: Page) -> set[str]:
    """Every profile the page says it is of."""
    return set(page.eval_on_selector_all("[data-profile-id]", "all => all.map(e => e.dataset.profileId)"))


def settled(page: Page) -> None:
    """Until nothing is loading into the results."""
    expect(page.locator("#results[aria-busy=false]")).to_be_attached()


def open_list(page: Page, address: str) -> None:
    """Goes there and waits for the rows: a page whose answer is slow comes without them, and fills itself."""
    page.goto(address)
    settled(page)


@contextmanager
def held(
    page: Page, url: str | re.Pattern[str], only: Callable[[Request], bool] = lambda _request: True
) -> Iterator[None]:
    """Keeps every request for `url`, or those of them that `only` wants, on its way until the block ends."""
    waiting: list[Route] = []

    def hold(route: Route) -> None:
        if only(route.request):
            waiting.append(route)
        else:
            route.fallback()

    page.route(url, hold)
    yield
    for route in waiting:
        route.continue_()
    page.unroute(url)


def path(page: Page) -> str:
    """The address without its host, as the page itself has it now."""
    return str(page.evaluate("location.pathname + location.search + location.hash"))


def at_address(page: Page, ending: str) -> None:
    """Waits until the address ends so."""
    expect(page).to_have_url(re.compile(re.escape(ending) + "$"))


def more_filters(page: Page) -> None:
    """Opens what stands behind "More filters"."""
    if page.locator("details.more:not([open])").count():
        page.get_by_text("More filters").click()


def choose_channel(page: Page, channel: str) -> None:
    """Clicks the channel's name, as a person would: the radio button itself lies unseen beneath it."""
    page.locator("#channels label", has=page.locator(f"[value={channel}]")).click()


def open_contact(page: Page, at: int = 2) -> str:
    """Opens a row by a click; the id of its contact, which stands in the drawer then."""
    contact_id = ids(page)[at]
    page.locator(f"{ROWS} .phone__link").nth(at).click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    return contact_id


def calls_for_contacts(sandbox: SandboxServer) -> list[str]:
    """What the API was asked, /v3/me left out, each without what all have in common."""
    return [call["path"].split("/v3/contacts", 1)[-1] for call in sandbox.requests() if call["path"] != "/v3/me"]
