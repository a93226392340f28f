"""`make run`: one command starts a working demo, and Ctrl-C stops all its processes."""

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

# Start make and the launcher. tests/test_launcher.py has a demo of make test, without a browser.
pytestmark = [pytest.mark.outside, pytest.mark.exhaustive]
LAST_LINE = "Ctrl-C stops it."


@dataclass(frozen=True, slots=True)
class Demo:
    """Running `make run` without an API key: process, folder, output, and URLs of desk and sandbox."""

    process: subprocess.Popen[bytes]
    folder: Path
    printed: str
    url: str
    sandbox_url: str


@contextmanager
def running_demo(folder: Path) -> Iterator[Demo]:
    """Starts the demo and waits for the last line of its output."""
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
    """Demo shared by the tests of this module."""
    with running_demo(tmp_path_factory.mktemp("demo")) as running:
        yield running


def test_demo_prints_its_accounts_and_shows_contacts(demo: Demo, chromium: Browser) -> None:
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


def test_secret_key_file_is_readable_by_owner_only(demo: Demo) -> None:
    made = demo.folder / ".env"
    assert made.stat().st_mode & 0o077 == 0
    (line,) = [line for line in made.read_text().splitlines() if line.startswith("SECRET_KEY=")]
    assert len(line) > 60


@pytest.mark.browser  # runs after the tests that need the demo running
def test_ctrl_c_stops_all_processes(demo: Demo) -> None:
    _assert_stops(demo, "INT")


def test_closed_terminal_stops_all_processes(tmp_path: Path) -> None:
    with running_demo(tmp_path) as demo:
        _assert_stops(demo, "HUP")


def _assert_stops(demo: Demo, signal_name: str) -> None:
    # As a terminal: the signal goes to the whole foreground group; twice, for users who press Ctrl-C again.
    for _ in range(2):
        subprocess.run(["kill", f"-{signal_name}", "--", f"-{demo.process.pid}"], check=False)
    demo.process.wait(timeout=120)
    wait_until(lambda: not _answers(f"{demo.url}/healthz"))
    wait_until(lambda: not _answers(f"{demo.sandbox_url}/_sandbox/health"))


def test_killed_make_stops_all_processes(tmp_path: Path) -> None:
    """After SIGKILL no process is left to handle Ctrl-C."""
    with running_demo(tmp_path) as demo:
        demo.process.send_signal(signal.SIGKILL)
        wait_until(lambda: not _answers(f"{demo.url}/healthz"))
        wait_until(lambda: not _answers(f"{demo.sandbox_url}/_sandbox/health"))


def _answers(address: str) -> bool:
    with suppress(requests.RequestException):
        return requests.get(address, timeout=2).ok
    return False
