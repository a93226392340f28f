"""Browser fixtures: running desks (granian, SQLite file) on the worker's sandbox, and Chromium profiles."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import cast

import pytest
import redis
from playwright.sync_api import (
    Browser,
    BrowserContext,
    CDPSession,
    ConsoleMessage,
    Page,
    ViewportSize,
    WebError,
    expect,
)
from playwright.sync_api import Error as PlaywrightError

from testing.accounts import assign_profiles, create_session, preferences
from testing.chromium import FRUGAL, running_chromium
from testing.desk_template import PASSWORD, DeskTemplate
from testing.redis_server import running_redis
from testing.running_desk import COOKIE, NOTHING_KEPT, UNLIMITED, Desk, running_desk
from testing.sandbox_server import SandboxServer

from .page_helpers import WITH_CLOCK

TIMEOUT_MS = 60_000  # how long a test waits: long, for busy machines
expect.set_options(timeout=TIMEOUT_MS / 2)
ASSIGNED = 3  # profiles of the support agent: the first ones of the sandbox
# Ends the requests and the last thousand timers of a page, which would go on in the next test. Numbers of timers are
# consecutive; those of Playwright's clock begin at 10¹².
STOP = """() => {
  stop();
  for (let last = setTimeout(() => {}), timer = last; timer > last - 1000; timer--) clearTimeout(timer);
}"""
EMULATED = "['print', '(forced-colors: active)'].some((query) => matchMedia(query).matches)"
SHORT_TIMEOUT = {"SENT_DEADLINE": "3", **UNLIMITED}


@dataclass(frozen=True, slots=True)
class CachingDesk:
    """Running desk that caches responses, and the Redis it caches them in."""

    desk: Desk
    cache: redis.Redis

    def clear_cache(self) -> None:
        """Deletes all cached responses."""
        self.cache.flushdb()

    def preferences(self, username: str, **values: object) -> AbstractContextManager[None]:
        """Sets the preferences of a user until the block ends, then deletes them."""
        return preferences(self.desk, username, **values)


def assign(desk: Desk, sandbox: SandboxServer) -> None:
    """Assigns the support agent the profiles that demo_accounts assigns."""
    assign_profiles(desk, "support", [profile["id"] for profile in sandbox.profiles()[:ASSIGNED]])


@pytest.fixture(scope="session")
def shared_desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Desk of the worker: caches nothing, and its API calls time out after three seconds."""
    folder = tmp_path_factory.mktemp("desk")
    with running_desk(
        folder, running_sandbox.url, template, host="localhost", **SHORT_TIMEOUT, **NOTHING_KEPT
    ) as desk:  # passkeys need a host name
        assign(desk, running_sandbox)
        yield desk


@pytest.fixture(scope="session")
def caching_desk(
    running_sandbox: SandboxServer, template: DeskTemplate, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[CachingDesk]:
    """Second desk of the worker, with a cache in Redis that its processes share."""
    folder, more = tmp_path_factory.mktemp("caching-desk"), {"SENT_FRESH_SECONDS": "60"}
    with (
        running_redis(folder / "redis") as redis_url,
        running_desk(folder, running_sandbox.url, template, CACHE_URL=redis_url, **SHORT_TIMEOUT, **more) as desk,
        redis.Redis.from_url(redis_url) as cache,
    ):
        assign(desk, running_sandbox)
        yield CachingDesk(desk, cache)


@pytest.fixture
def desk(shared_desk: Desk) -> Desk:
    """Desk that `new_context` opens; modules that need another desk override this fixture."""
    return shared_desk


@pytest.fixture(autouse=True)
def _reset_limits(request: pytest.FixtureRequest) -> None:
    """Resets counters of earlier tests: wrong passwords, failed API calls, the rate limit."""
    if "desk" in request.fixturenames:
        request.getfixturevalue("desk").forget_limits()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Chromium of the worker."""
    with running_chromium(*FRUGAL) as browser:
        yield browser


@dataclass(frozen=True, slots=True)
class _Profile:
    """Browser profile of the pool with its one tab. `faults`: what its pages reported; `options` are Playwright's."""

    options: dict[str, object]
    context: BrowserContext
    tab: Page
    devtools: CDPSession
    faults: list[str]


class SharedProfiles:
    """Pool of browser profiles and their tabs, reused by later tests: a new profile costs 0.3 CPU seconds, a tab 0.1.

    Cookies, permissions and further tabs of a test are removed when it ends, its timers and requests stopped. The
    document stays until the next test opens another: from a blank one, a page of the desk costs half as much again.
    """

    def __init__(self, browser: Browser) -> None:
        self._browser = browser
        self._idle: dict[str, list[_Profile]] = {}
        self._used: list[_Profile] = []

    def take(self, options: dict[str, object]) -> Page:
        """The tab of a profile with these options that this test does not use yet."""
        idle = self._idle.setdefault(_name(options), [])
        profile = idle.pop() if idle else self._create(options)
        if permissions := options.get("permissions"):
            profile.context.grant_permissions(cast("list[str]", permissions))
        self._used.append(profile)
        return profile.tab

    def forget_history(self, tab: Page) -> None:
        """Removes what earlier tests visited, so that Back leads nowhere. For a tab that opened its first page."""
        for profile in self._used:
            if profile.tab is tab:
                profile.devtools.send("Page.resetNavigationHistory")

    def give_back(self) -> list[str]:
        """Cleans all taken profiles and returns them to the pool. Returns the faults seen in them."""
        seen: list[str] = []
        for profile in self._used:
            for page in profile.context.pages:
                if page is not profile.tab:
                    page.close()
            profile.context.set_offline(False)
            profile.context.clear_cookies()
            profile.context.clear_permissions()
            if profile.tab.is_closed() or profile.context in WITH_CLOCK:
                profile.context.close()
            else:
                _clean(profile)
                self._idle[_name(profile.options)].append(profile)
            seen += profile.faults
            profile.faults.clear()
        self._used.clear()
        return seen

    def close(self) -> None:
        """Closes all profiles."""
        for profile in itertools.chain(*self._idle.values()):
            profile.context.close()

    def _create(self, options: dict[str, object]) -> _Profile:
        context = self._browser.new_context(**options)  # type: ignore[arg-type]  # a dictionary of options
        faults: list[str] = []
        watch_faults(context, faults)
        tab = context.new_page()
        return _Profile(options, context, tab, context.new_cdp_session(tab), faults)


def _name(options: dict[str, object]) -> str:
    return repr(sorted(options.items(), key=lambda option: option[0]))


def _clean(profile: _Profile) -> None:
    """Stops what a test left running in its tab, and takes back what it set there."""
    tab = profile.tab
    tab.unroute_all(behavior="ignoreErrors")
    if profile.options.get("java_script_enabled", True):
        try:
            tab.evaluate(STOP)
        except PlaywrightError:  # a page that was restoring a list loads itself anew when that is stopped
            tab.wait_for_load_state()
            tab.evaluate(STOP)
    else:
        tab.goto("about:blank")
    tab.mouse.move(0, 0)
    if tab.viewport_size != profile.options["viewport"]:
        tab.set_viewport_size(cast("ViewportSize", profile.options["viewport"]))
    if tab.evaluate(EMULATED):  # seldom, and it styles the page anew
        tab.emulate_media(media="null", forced_colors="none")


@pytest.fixture(scope="session")
def shared_profiles(chromium: Browser) -> Iterator[SharedProfiles]:
    """Pool of browser profiles of the worker."""
    made = SharedProfiles(chromium)
    yield made
    made.close()


class NewContext:
    """Opens browser profiles on a desk. `faults`: violations of the Content-Security-Policy and uncaught errors."""

    def __init__(self, browser: Browser, desk: Desk, shared: SharedProfiles) -> None:
        self._browser, self._desk, self._shared = browser, desk, shared
        self.made: list[BrowserContext] = []
        self.faults: list[str] = []

    def __call__(self, **options: object) -> BrowserContext:
        """New profile without a session; `options` are Playwright's. Motion is reduced by default."""
        context = self._browser.new_context(**self._options(options))  # type: ignore[arg-type]  # a dictionary
        watch_faults(context, self.faults)
        self.made.append(context)
        return context

    def signed_in(
        self, username: str, *, at: str = "/", context: BrowserContext | None = None, **options: object
    ) -> Page:
        """Tab with `username` signed in, on the page `at`. The session is created in the database, not by the form.

        A new tab of `context` when one is given, otherwise the tab of a profile of the pool.
        """
        page = context.new_page() if context else self._shared.take(self._options(options))
        add_session(page.context, self._desk, username)
        page.goto(at)
        wait_until_loaded(page)
        self._shared.forget_history(page)
        return page

    def _options(self, options: dict[str, object]) -> dict[str, object]:
        window = {"viewport": {"width": 1440, "height": 900}, "reduced_motion": "reduce"}
        return {"base_url": self._desk.url} | window | options


def add_session(context: BrowserContext, desk: Desk, username: str, *, proven: bool = True) -> None:
    """Adds the cookie of a new session to a browser profile. `proven`: as for testing.accounts.create_session."""
    session = create_session(desk, username, proven=proven)
    context.add_cookies([{"name": COOKIE, "value": session, "url": desk.url}])


def watch_faults(context: BrowserContext, faults: list[str]) -> None:
    """Collects violations of the Content-Security-Policy and uncaught errors in `faults`; sets the default timeout."""

    def on_console(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    context.on("console", on_console)
    context.on("weberror", lambda error: faults.append(str(error.error)) if not _is_aborted_transition(error) else None)
    context.set_default_timeout(TIMEOUT_MS)


def _is_aborted_transition(error: WebError) -> bool:
    """Whether a navigation cancelled a view transition of the stylesheet, which is no fault of the page."""
    return str(error.error).startswith(("Transition was aborted", "Transition was skipped"))


@pytest.fixture
def new_context(chromium: Browser, desk: Desk, shared_profiles: SharedProfiles) -> Iterator[NewContext]:
    """Opens browser profiles. Violations of the Content-Security-Policy and uncaught errors fail the test."""
    made = NewContext(chromium, desk, shared_profiles)
    yield made
    for context in made.made:
        context.close()
    assert made.faults + shared_profiles.give_back() == []


def sign_in(context: BrowserContext, username: str) -> Page:
    """New tab in which `username` signed in by the form."""
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    wait_until_loaded(page)
    return page


def wait_until_loaded(page: Page) -> None:
    """Waits for a page of the desk and its pending requests, so that a test logs only the API calls it causes."""
    page.wait_for_selector("main[data-profile-id]")
    page.wait_for_load_state()
    expect(page.locator("#results[aria-busy=true]")).to_have_count(0)


@pytest.fixture
def admin_page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """Tab with the admin signed in."""
    return new_context.signed_in("admin")


@pytest.fixture
def support_page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """Tab with the support agent signed in."""
    return new_context.signed_in("support")
