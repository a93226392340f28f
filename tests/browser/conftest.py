"""A real desk (the launcher, granian, SQLite on disk) on the sandbox, and a real Chromium in front of it."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import redis
import requests
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Page, expect, sync_playwright

from bench.desk import free_port, running_desk, running_redis
from tests.sandbox_server import SandboxServer
from tools.programs import find

ROOT = Path(__file__).resolve().parent.parent.parent
PASSWORD = "a long demo password"
RUNNING: list[Path] = []  # the databases of the desks that run
PATIENCE_MS = 30_000  # until a test gives up what it waits for: a busy machine is no fault
expect.set_options(timeout=PATIENCE_MS / 2)
NO_LIMIT = {"SENT_BUDGET_PER_MINUTE": "5000", "SENT_BUDGET_BURST": "5000"}
# The machine reaches no network but its own; without these Chromium tries.
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Everything here drives a browser, and comes last: the quick tests speak first."""
    for item in items:
        if Path(item.path).parent == Path(__file__).parent:
            item.add_marker(pytest.mark.browser)
    items.sort(key=lambda item: item.get_closest_marker("browser") is not None)


def wait_for(url: str, seconds: float = 60) -> None:
    """Until `url` answers 200."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if requests.get(url, timeout=2).status_code == 200:
                return
        except requests.RequestException:
            time.sleep(0.1)
    pytest.fail(f"{url} did not answer within {seconds} s")


def environment(folder: Path, port: int, **more: str) -> dict[str, str]:
    """The environment of a desk that keeps everything in `folder`."""
    kept = {name: value for name, value in os.environ.items() if name not in {"SECRET_KEY", "SENT_API_KEY", "SITE_URL"}}
    return kept | {
        "ENV_FILE": str(folder / ".env"),
        "DATABASE_URL": f"sqlite:///{folder / 'desk.sqlite3'}",
        "STATIC_ROOT": str(folder / "static"),
        "PORT": str(port),
        "DEMO_PASSWORD": PASSWORD,
        "SENT_DEADLINE": "3",
        "SENT_BUDGET_FILE": str(folder / "budget"),
        "SENT_BUDGET_PER_MINUTE": "5000",
        "SENT_BUDGET_BURST": "5000",
        "SENT_FRESH_SECONDS": "0",
        "SENT_STALE_SECONDS": "0",
        **more,
    }


@dataclass(frozen=True, slots=True)
class KeepingDesk:
    """A running desk that keeps answers, where it keeps them, and the environment of its commands."""

    url: str
    memory: redis.Redis
    settings: dict[str, str]

    def forget(self) -> None:
        """Nothing is kept any more."""
        self.memory.flushdb()

    @contextmanager
    def wishes(self, username: str, **wishes: object) -> Iterator[None]:
        """Has someone prefer this until the block ends, and then nothing."""
        self._prefer(username, f"Preferences.objects.create(user=user, **{wishes!r})")
        try:
            yield
        finally:
            self._prefer(username, "")

    def _prefer(self, username: str, made: str) -> None:
        code = f"""
from django.contrib.auth.models import User
from contacts_ui.models import Preferences
user = User.objects.get(username={username!r})
Preferences.objects.filter(user=user).delete()
{made}
"""
        command = [sys.executable, "manage.py", "shell", "--verbosity", "0", "-c", code]
        subprocess.run(command, cwd=ROOT, env=self.settings, check=True)


@pytest.fixture(scope="session")
def desk_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the running desk keeps everything."""
    return tmp_path_factory.mktemp("desk")


@pytest.fixture(autouse=True)
def _no_memory_of_limits(desk_folder: Path) -> None:
    """What one test made the desk hold back from is forgotten: zeros are a ledger nobody has written in."""
    ledger = desk_folder / "budget"
    if ledger.exists():
        with ledger.open("r+b") as file:
            file.write(bytes(8 * 64))
    for path in RUNNING:
        with closing(sqlite3.connect(path, timeout=20)) as database, database:
            database.execute("DELETE FROM desk_cache")  # how often somebody signed in


@pytest.fixture(scope="session")
def desk(running_sandbox: SandboxServer, desk_folder: Path) -> Iterator[str]:
    """The address of a running desk whose API is the sandbox, with both demo accounts."""
    folder, port = desk_folder, free_port()
    url = f"http://localhost:{port}"
    settings = environment(
        folder, port, SENT_API_KEY="sandbox-organization", SENT_API_URL=running_sandbox.url, SITE_URL=url
    )
    with (folder / "log").open("wb") as log:
        launcher = subprocess.Popen([sys.executable, "-m", "tools.launch"], cwd=ROOT, env=settings, stdout=log)
    try:
        wait_for(f"{url}/healthz")
        subprocess.run([sys.executable, "manage.py", "demo_accounts"], cwd=ROOT, env=_with_secret(settings), check=True)
        RUNNING.append(folder / "desk.sqlite3")
        yield url
    finally:
        launcher.terminate()
        launcher.wait(timeout=20)


def _with_secret(settings: dict[str, str]) -> dict[str, str]:
    """The launcher wrote the secret key into the desk's own `.env`; commands read it from there."""
    assert "SECRET_KEY=" in Path(settings["ENV_FILE"]).read_text()
    return settings


@pytest.fixture(scope="session")
def keeping_desk(running_sandbox: SandboxServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeepingDesk]:
    """A second desk, which keeps answers: in a Redis, so that it is one memory whichever process answers."""
    folder, more = tmp_path_factory.mktemp("keeping"), {"DEMO_PASSWORD": PASSWORD, "SENT_FRESH_SECONDS": "60"}
    with (
        running_redis(folder / "redis") as redis_url,
        running_desk(folder, running_sandbox.url, CACHE_URL=redis_url, SENT_DEADLINE="3", **NO_LIMIT, **more) as desk,
        redis.Redis.from_url(redis_url) as memory,
    ):
        subprocess.run([sys.executable, "manage.py", "demo_accounts"], cwd=ROOT, env=desk.settings, check=True)
        RUNNING.append(folder / "desk.sqlite3")
        yield KeepingDesk(desk.url, memory, desk.settings)


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=find("Chromium"), args=list(ARGUMENTS))
        yield browser
        browser.close()


NewContext = Callable[..., BrowserContext]


@pytest.fixture
def new_context(chromium: Browser, desk: str) -> Iterator[NewContext]:
    """Makes a fresh browser profile. A breach of the Content-Security-Policy or an uncaught error fails the test."""
    made: list[BrowserContext] = []
    faults: list[str] = []

    def note(message: ConsoleMessage) -> None:
        if "Content Security Policy" in message.text:
            faults.append(message.text)

    def make(**options: object) -> BrowserContext:
        context = chromium.new_context(**({"base_url": desk, "viewport": {"width": 1440, "height": 900}} | options))  # type: ignore[arg-type]  # a dictionary of options
        context.on("console", note)
        context.on("weberror", lambda error: faults.append(str(error.error)))
        context.set_default_timeout(PATIENCE_MS)
        made.append(context)
        return context

    yield make
    for context in made:
        context.close()
    assert faults == []


def sign_in(context: BrowserContext, username: str) -> Page:
    """A new tab with `username` signed in, on the page that follows."""
    page = context.new_page()
    page.goto("/sign-in/")
    page.fill("[name=login]", username)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_selector("main[data-profile-id]")
    page.wait_for_load_state()
    expect(page.locator("#results[aria-busy=true]")).to_have_count(0)  # what the next test asks is not asked for it
    return page


@pytest.fixture
def admin_page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """A tab with the admin signed in."""
    return sign_in(new_context(), "admin")


@pytest.fixture
def support_page(new_context: NewContext, sandbox: SandboxServer) -> Page:
    """A tab with the support agent signed in."""
    return sign_in(new_context(), "support")
