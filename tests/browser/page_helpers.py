"""Page helpers: reads the list of contacts, waits for it, and holds requests back."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from weakref import WeakSet

from playwright.sync_api import BrowserContext, Page, Request, Route, expect

from testing.sandbox_server import SandboxServer
from testing.waiting import wait_until

ROWS = "tr[data-contact-id]"
CONTACT = "#drawer-body[aria-busy=false] article"
WITH_CLOCK: WeakSet[BrowserContext] = WeakSet()  # browser profiles in which timers wait for a test to drive them
CLIPBOARD = ["clipboard-read", "clipboard-write"]  # permissions for pages that copy
WAIT = """(milliseconds) => new Promise((done) => {
    setTimeout(() => requestAnimationFrame(() => requestAnimationFrame(done)), milliseconds);
})"""


def shown_numbers(page: Page) -> dict[str, str]:
    """Contacts on the page: id -> number that its copy button copies."""
    found: dict[str, str] = page.eval_on_selector_all(
        ROWS,
        """all => Object.fromEntries(all.map(row => {
            const copy = row.querySelector("[data-copy]"), digits = copy?.ariaLabel.replace(/\\D/g, "");
            return [row.dataset.contactId, copy ? copy.dataset.copy || "+" + digits : undefined];
        }))""",
    )
    return found


def contact_ids(page: Page) -> list[str]:
    """Contact ids on the page, in order."""
    return list(shown_numbers(page))


def profile_ids(page: Page) -> set[str]:
    """Profile ids that the page is marked with ("" is the account)."""
    return set(page.eval_on_selector_all("[data-profile-id]", "all => all.map(e => e.dataset.profileId)"))


def wait_for_results(page: Page) -> None:
    """Waits until the results are no longer busy."""
    expect(page.locator("#results[aria-busy=false]")).to_be_attached()


def open_list(page: Page, address: str) -> None:
    """Opens `address` and waits for the rows: with a slow API the page arrives without them and fills itself."""
    page.goto(address)
    wait_for_results(page)


@contextmanager
def hold_requests(
    page: Page, url: str | re.Pattern[str], only: Callable[[Request], bool] = lambda _request: True
) -> Iterator[None]:
    """Holds requests for `url` that match `only` until the block ends.

    Afterwards each of them has a response or was aborted by the page.
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


def wait_page_time(page: Page, milliseconds: int = 0) -> None:
    """Waits by a timer of the page, then for two animation frames: shorter timers of the page have fired by then.

    A slow page makes the wait longer, never shorter, so an effect that is absent afterwards will not happen.
    """
    page.evaluate(WAIT, milliseconds)


def install_clock(page: Page) -> None:
    """Gives the page a clock that `page.clock` drives. It stays in the browser profile, which is not reused then."""
    page.clock.install()
    WITH_CLOCK.add(page.context)


def pause_clock(page: Page) -> None:
    """Stops the clock of the page; only `page.clock` advances it."""
    install_clock(page)
    page.clock.pause_at(time.time() + 60)  # must lie in the future


def release_responses(sandbox: SandboxServer, calls: int = 1) -> None:
    """Waits until `calls` calls were delayed by a fault, then releases their responses."""
    wait_until(lambda: len(sandbox.fired()) >= calls)
    while any(call["ms"] is None for call in sandbox.requests()):
        sandbox.release()
    sandbox.release()  # calls without a response have no end in the log


def current_path(page: Page) -> str:
    """Path, query and fragment of the address."""
    return str(page.evaluate("location.pathname + location.search + location.hash"))


def wait_for_address(page: Page, ending: str) -> None:
    """Waits until the address ends with `ending`."""
    expect(page).to_have_url(re.compile(re.escape(ending) + "$"))


def open_lookup(page: Page) -> None:
    """Opens "Look up a list" if it is closed."""
    if page.locator("details.more:not([open])").count():
        page.get_by_text("Look up a list").click()


def choose_channel(page: Page, channel: str) -> None:
    """Clicks the label of a channel, which covers its radio button."""
    page.locator("#channels label", has=page.locator(f"[value={channel}]")).click()


def open_contact(page: Page, at: int = 2) -> str:
    """Opens the row at index `at` with a click and waits for the drawer. Returns its contact id."""
    contact_id = contact_ids(page)[at]
    page.locator(f"{ROWS} .phone__link").nth(at).click()
    expect(page.locator(CONTACT)).to_have_attribute("data-contact-id", contact_id)
    return contact_id


def contact_api_calls(sandbox: SandboxServer) -> list[str]:
    """Paths of the API calls, relative to /v3/contacts and without /v3/me."""
    return [call["path"].split("/v3/contacts", 1)[-1] for call in sandbox.requests() if call["path"] != "/v3/me"]
