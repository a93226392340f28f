"""`make run` from the user's side: one command to a working desk, and Ctrl-C ends all of it."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from testing.desk_template import PASSWORD
from testing.processes import free_port, start_program, stop_program
from testing.running_desk import desk_environment
from testing.waiting import wait_until

from .page_helpers import ROWS

pytestmark = pytest.mark.outside  # make and the launcher, which installs and migrates
LAST_LINE = "Ctrl-C stops it."


@dataclass(frozen=True, slots=True)
class Demo:
    """`make run` without a key: its process, its folder, what it printed, and its two addresses."""

    process: subprocess.Popen[bytes]
    folder: Path
    printed: str
    url: str
    sandbox_url: str


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Starts it and waits for its last line."""
    port, sandbox_port = free_port(), free_port()
    settings = desk_environment(folder, "", port, DEMO_PASSWORD=PASSWORD, SANDBOX_PORT=str(sandbox_port))
    for name in ("SENT_API_URL", "SENT_API_KEY", "SITE_URL"):
        settings.pop(name)
    process = start_program(["make", "run"], env=settings, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        printed = ""
        assert process.stdout
        while LAST_LINE not in printed:
            line = process.stdout.readline().decode()
            assert line, f"it ended: {printed}"
            printed += line
        yield Demo(process, folder, printed, f"http://localhost:{port}", f"http://127.0.0.1:{sandbox_port}")
    finally:
        stop_program(process)


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    """A running demo."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def test_the_demo_starts_names_its_accounts_and_shows_contacts(demo: Demo, chromium: Browser) -> None:
    assert demo.url in demo.printed
    assert f"support  {PASSWORD}" in demo.printed
    assert f"admin    {PASSWORD}" in demo.printed
    page = chromium.new_page(base_url=demo.url)
    page.goto("/")
    page.fill("[name=login]", "support")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(ROWS).first).to_be_visible()
    page.close()


def test_the_secret_key_is_made_for_its_owner_alone(demo: Demo) -> None:
    made = demo.folder / ".env"
    assert made.stat().st_mode & 0o077 == 0
    (line,) = [line for line in made.read_text().splitlines() if line.startswith("SECRET_KEY=")]
    assert len(line) > 60


@pytest.mark.browser  # so that it comes after those that look at the demo in a browser
def test_ctrl_c_stops_everything(demo: Demo) -> None:
    _check_stops(demo, "INT")


@pytest.mark.exhaustive
def test_closed_terminal_stops_everything(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        _check_stops(demo, "HUP")


def _check_stops(demo: Demo, signal_name: str) -> None:
    # As a terminal does it: the whole foreground group gets the signal, and an impatient person sends it twice.
    for _ in range(2):
        subprocess.run(["kill", f"-{signal_name}", "--", f"-{demo.process.pid}"], check=False)
    demo.process.wait(timeout=120)
    wait_until(lambda: not _answers(f"{demo.url}/healthz"))
    wait_until(lambda: not _answers(f"{demo.sandbox_url}/_sandbox/health"))


@pytest.mark.exhaustive
def test_killing_make_outright_stops_everything(tmp_path: Path) -> None:
    """Nobody is left then to press Ctrl-C."""
    with running_demo(tmp_path) as demo:
        demo.process.send_signal(signal.SIGKILL)
        wait_until(lambda: not _answers(f"{demo.url}/healthz"))
        wait_until(lambda: not _answers(f"{demo.sandbox_url}/_sandbox/health"))


def _answers(address: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(address, timeout=2).ok
    return False
