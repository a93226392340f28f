"""Browser tests: real desks (granian, SQLite on disk) on the worker's sandbox, and a real Chromium in front of them."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast

import pytest
import redis
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, WebError, expect

from testing.accounts import assign_profiles, create_session, preferences
from testing.chromium import FRUGAL, running_chromium
from testing.desk_template import PASSWORD, DeskTemplate
from testing.redis_server import running_redis
from testing.running_desk import COOKIE, NOTHING_KEPT, UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer

TIMEOUT_MS = 60_000  # until a test gives up what it waits for: a busy machine is no fault
expect.set_options(timeout=TIMEOUT_MS / 2)
ASSIGNED = 3  # profiles that the support agent has, the first ones
QUICK = {"SENT_DEADLINE": "3", **UNLIMITED}


@dataclass(frozen=True, slots=True)
class CachingDesk:
    """A running desk that keeps answers, and where it keeps them."""

    desk: Desk
    memory: redis.Redis

    def forget(self) -> None:
        """Nothing is kept any more."""
        self.memory.flushdb()

    def wishes(self, username: str, **wishes: object) -> AbstractContextManager[None]:
        """Has someone prefer this until the block ends, and then nothing."""
        return preferences(self.desk, username, **wishes)


def assign(desk: Desk, sandbox: SandboxServer) -> None:
    """Gives the support agent the profiles that demo_accounts would give."""
    assign_profiles(desk, "support", [profile["id"] for profile in sandbox.profiles()[:ASSIGNED]])


@pytest.fixture(scope="session")
def shared_desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """The worker's desk: it keeps no answers, and failures come soon."""
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(
        folder, running_sandbox.url, template, host="localhost", **QUICK, **NOTHING_KEPT
    ) as desk:  # passkeys need a name
        assign(desk, running_sandbox)
        yield desk


@pytest.fixture(scope="session")
def keeping_desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CachingDesk]:
    """A second desk, which keeps answers: in a Redis, so that it is one memory whichever process answers."""
    folder, more = tmp_path_factory.mktemp("keeping"), {"SENT_FRESH_SECONDS": "60"}
    with (
        running_redis(folder / "redis") as redis_url,
        running_desk(folder, running_sandbox.url, template, CACHE_URL=redis_url, **QUICK, **more) as desk,
        redis.Redis.from_url(redis_url) as memory,
    ):
        assign(desk, running_sandbox)
        yield CachingDesk(desk, memory)


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    """The desk that a test's browser profiles open; a module that needs another one overrides this."""
    return shared_desk


@pytest.fixture(autouse=True)
def _no_memory_of_limits(request: pytest.FixtureRequest) -> None:
    """What one test made the desk hold back from is forgotten: wrong passwords, failures, spent calls."""
    if "desk" in request.fixturenames:
        request.getfixturevalue("desk").forget_limits()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests of a worker."""
    with running_chromium(*FRUGAL) as browser:
        yield browser


class SharedContexts:
    """Browser profiles used by one test after the other: a new one and its renderer cost 0.3 CPU seconds.

    A test gets a tab of its own in one that has no cookie, route or permission left. A tab nobody looks at stays open,
    or the renderer would end with the last one.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[tuple[BrowserContext, Page, list[str]]]] = {}
        self._used: list[tuple[str, BrowserContext, Page, list[str]]] = []

    def take(self, options: dict[str, object]) -> BrowserContext:
        """A browser profile made with these options that no other tab of this test has."""
        name = repr(sorted(options.items(), key=lambda option: option[0]))
        idle = self._idle.setdefault(name, [])
        context, anchor, faults = idle.pop() if idle else self._made(options)
        if permissions := options.get("permissions"):
            context.grant_permissions(cast("list[str]", permissions))
        self._used.append((name, context, anchor, faults))
        return context

    def give_back(self) -> list[str]:
        """All that were taken, emptied; the faults that were seen in them."""
        seen: list[str] = []
        for name, context, anchor, faults in self._used:
            for page in context.pages:
                if page is not anchor:
                    page.close()
            context.set_offline(False)
            context.clear_cookies()
            context.clear_permissions()
            seen += faults
            faults.clear()
            self._idle[name].append((context, anchor, faults))
        self._used.clear()
        return seen

    def close(self) -> None:
        """Ends all."""
        for context, _, _ in itertools.chain(*self._idle.values()):
            context.close()

    def _made(self, options: dict[str, object]) -> tuple[BrowserContext, Page, list[str]]:
        context = self._browser.new_context(**options)  # type: ignore[arg-type]  # a dictionary of options
        faults: list[str] = []
        watch_faults(context, faults)
        anchor = context.new_page()
        anchor.goto("/static/img/icon.svg")
        return context, anchor, faults


@pytest.fixture(scope="session")
def shared_contexts(chromium: Browser) -> Iterator[SharedContexts]:
    """The browser profiles of a worker."""
    made = SharedContexts(chromium)
    yield made
    made.close()


class NewContext:
    """Makes fresh browser profiles on a desk. `faults`: breaches of the Content-Security-Policy, uncaught errors."""

    def __init__(self, browser: Browser, desk: Desk, shared: SharedContexts) -> None:
        self._browser, self._desk, self._shared = browser, desk, shared
        self.made: list[BrowserContext] = []
        self.faults: list[str] = []

    def __call__(self, **options: object) -> BrowserContext:
        """A browser profile of somebody not signed in; `options` are Playwright's. Nothing moves unless it is to."""
        context = self._browser.new_context(**self._options(options))  # type: ignore[arg-type]  # a dictionary
        watch_faults(context, self.faults)
        self.made.append(context)
        return context

    def signed_in(
        self, username: str, *, at: str = "/", context: BrowserContext | None = None, **options: object
    ) -> Page:
        """A tab of somebody who signed in a moment ago, on the page `at`. No form is filled in."""
        context = context or self._shared.take(self._options(options))
        add_session(context, self._desk, username)
        page = context.new_page()
        page.goto(at)
        arrived(page)
        return page

    def _options(self, options: dict[str, object]) -> dict[str, object]:
        window = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
        return {"base_url": self._desk.url} | window | options


def add_session(context: BrowserContext, desk: Desk, username: str) -> None:
    """Gives a browser profile the cookie of a new session."""
    context.add_cookies([{"name": COOKIE, "value": create_session(desk, username), "url": desk.url}])


def watch_faults(context: BrowserContext, faults: list[str]) -> None:
    """Collects breaches of the Content-Security-Policy and uncaught errors, and sets the patience of the tests."""

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    context.on("console", note)
    context.on("weberror", lambda error: faults.append(str(error.error)) if not _is_chromiums(error) else None)
    context.set_default_timeout(TIMEOUT_MS)


def _is_chromiums(error: WebError) -> bool:
    """Whether it is not the page's fault: a navigation overtook the transition that the stylesheet asks for."""
    return str(error.error).startswith(("Transition was aborted", "Transition was skipped"))


@pytest.fixture
def new_context(chromium: Browser, desk: Desk, shared_contexts: SharedContexts) -> Iterator[NewContext]:
    """Makes fresh browser profiles. A breach of the Content-Security-Policy or an uncaught error fails the test."""
    made = NewContext(chromium, desk, shared_contexts)
    yield made
    for context in made.made:
        context.close()
    assert made.faults + shared_contexts.give_back() == []


def sign_in(context: BrowserContext, username: str) -> Page:
    """A new tab in which `username` signed in by the form, on the page that follows."""
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    arrived(page)
    return page


def arrived(page: Page) -> None:
    """Waits for the desk's first page and for what it still fetches: what the next test asks is not asked for it."""
    page.wait_for_selector("main[data-profile-id]")
    page.wait_for_load_state()
    expect(page.locator("#results[aria-busy=true]")).to_have_count(0)


@pytest.fixture
def admin_page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """A tab with the admin signed in."""
    return new_context.signed_in("admin")


@pytest.fixture
def support_page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """A tab with the support agent signed in."""
    return new_context.signed_in("support")
