"""State of a page: how to bring it about with the sandbox, and the text it shows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from playwright.sync_api import Page, expect

from testing.accounts import create_session
from testing.sandbox_server import SandboxServer
from tests.browser.places import DeskUnderTest

Reach = Callable[[Page, SandboxServer], object]


@dataclass(frozen=True, slots=True)
class State:
    """State of a page. `shows`: text that must be visible; `person`: username, None without a session.

    `patient`: needs the desk with a long timeout that keeps stale data. `empty`: may say "No contacts". `unproven`: in
    a new session, whose sign-in was too long ago to prove anything.
    """

    name: str
    shows: tuple[str, ...]
    reach: Reach
    person: str | None = "mara"
    patient: bool = False
    empty: bool = False
    unproven: bool = False


def go_to_state(state: State, place: DeskUnderTest, page: Page) -> None:
    """Brings a tab whose base URL is that of `place` into the state."""
    place.reset()
    if state.person:
        value = (
            create_session(place.desk, state.person, proven=False) if state.unproven else place.sessions[state.person]
        )
        page.context.add_cookies([{"name": "session", "value": value, "url": place.url}])
    state.reach(page, place.sandbox)
    assert_visible(page, state)


def assert_visible(page: Page, state: State) -> None:
    """Waits until all text of the state is visible."""
    for words in state.shows:
        expect(page.get_by_text(words).filter(visible=True).first).to_be_visible()


def at(address: str) -> Reach:
    """Opens this address."""
    return lambda page, _sandbox: page.goto(address)
