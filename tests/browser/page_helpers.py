"""What a person would read off the page, for tests to compare."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from playwright.sync_api import Page, Request, Route, expect

from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

ROWS = "tr[data-contact-id]"
CONTACT = "#drawer-body[aria-busy=false] article"
CLIPBOARD = ["clipboard-read", "clipboard-write"]  # what a page that copies has to be allowed
LATER = """(milliseconds) => new Promise((done) => {
    setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), milliseconds);
})"""


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


def profile_ids(page: Page) -> set[str]:
    """Every profile the page says it is of."""
    return set(page.eval_on_selector_all("[data-profile-id]", "all => all.map(e => e.dataset.profileId)"))


def wait_for_results(page: Page) -> None:
    """Until nothing is loading into the results."""
    expect(page.locator("#results[aria-busy=false]")).to_be_attached()


def open_list(page: Page, address: str) -> None:
    """Goes there and waits for the rows: a page whose answer is slow comes without them, and fills itself."""
    page.goto(address)
    wait_for_results(page)


@contextmanager
def hold_requests(
    page: Page, url: str | re.Pattern[str], only: Callable[[Request], bool] = lambda _request: True
) -> Iterator[None]:
    """Keeps every request for `url`, or those of them that `only` wants, on its way until the block ends.

    After it each of them is answered, or the page has given it up.
    """
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
    for route in waiting:
        route.request.response()


def later(page: Page, milliseconds: int = 0) -> None:
    """Waits by the page's own clock, and until it was painted twice: whatever it had put off for less is done.

    A page that is slow makes this longer and never shorter, so what has not happened by then does not happen.
    """
    page.evaluate(LATER, milliseconds)


def stop_clock(page: Page) -> None:
    """No time passes for the page from here on, but what `page.clock` lets pass."""
    page.clock.install()
    page.clock.pause_at(time.time() + 60)  # it takes no time that is over


def let_answer(sandbox: SandboxServer, calls: int = 1) -> None:
    """Waits until so many calls met a fault that holds their answers back, and lets them be answered now."""
    wait_until(lambda: len(sandbox.fired()) >= calls)
    while any(call["ms"] is None for call in sandbox.requests()):
        sandbox.release()
    sandbox.release()  # of a call that never gets an answer the log knows no end


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
