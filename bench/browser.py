"""Browser benchmark helpers: signed-in browser profiles, list URLs and the largest profiles of a sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from playwright.sync_api import Browser, BrowserContext

from testing.running_desk import Desk
from testing.sandbox_server import SandboxServer

if TYPE_CHECKING:  # playwright keeps this one to itself
    from playwright._impl._api_structures import SetCookieParam

ROWS = "tr[data-contact-id]"
PAGE = 50  # rows, the desk's default page size
WINDOW = {"width": 1440, "height": 900}


def cookie(url: str, session: str, name: str = "session") -> SetCookieParam:
    """Session cookie that signs a browser profile in at `url`."""
    return {"name": name, "value": session, "url": url}


@contextmanager
def profile_of(browser: Browser, url: str, session: str, name: str = "session") -> Iterator[BrowserContext]:
    """Yields a signed-in browser profile with an empty cache."""
    context = browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]  # a dictionary of two numbers
    context.add_cookies([cookie(url, session, name)])
    try:
        yield context
    finally:
        context.close()


def largest_profiles(sandbox: SandboxServer, number: int) -> list[str]:
    """Ids of the `number` profiles with the most contacts of their own."""
    ordered = sorted(sandbox.profiles(), key=lambda profile: -int(profile["contacts"]))
    return [str(profile["id"]) for profile in ordered[:number]]


def list_url(desk: Desk, profile: str, query: str = "") -> str:
    """URL of a profile's contact list."""
    return f"{desk.url}/p/{profile}/contacts/{query}"
