"""`make run` from the user's side: one command to a working desk, and Ctrl-C ends all of it."""

from __future__ import annotations

import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from playwright.sync_api import Browser, expect

from bench.desk import free_port
from tests.browser.conftest import PASSWORD, ROOT, environment, wait_for
from tests.browser.reading import ROWS
from tests.patience import until


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[str], str]]:
    """`make run` without a key: its address, the process, and the sandbox's address."""
    port, sandbox_port = free_port(), free_port()
    settings = environment(tmp_path, port, SANDBOX_PORT=str(sandbox_port))
    settings.pop("SENT_API_URL")
    process = subprocess.Popen(
        ["make", "run"],
        cwd=ROOT,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        wait_for(f"http://localhost:{port}/healthz", 120)
        yield f"http://localhost:{port}", process, f"http://127.0.0.1:{sandbox_port}"
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=60)


def test_the_demo_starts_names_its_accounts_and_shows_contacts(
    demo: tuple[str, subprocess.Popen[str], str], chromium: Browser
) -> None:
    url, process, _ = demo
    assert process.stdout
    printed = ""
    while "Ctrl-C stops it." not in printed:
        line = process.stdout.readline()
        assert line, f"it ended: {printed}"
        printed += line
    assert url in printed
    assert f"support  {PASSWORD}" in printed
    assert f"admin    {PASSWORD}" in printed
    page = chromium.new_page(base_url=url)
    page.goto("/")
    page.fill("[name=login]", "support")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator(ROWS).first).to_be_visible()
    page.close()


@pytest.mark.parametrize("stop", ["INT", "HUP"], ids=["Ctrl-C", "a closed terminal"])
def test_stopping_it_stops_everything(demo: tuple[str, subprocess.Popen[str], str], stop: str) -> None:
    url, process, sandbox_url = demo
    time.sleep(1)
    # As a terminal does it: the whole foreground group gets the signal, and an impatient person sends it twice.
    for _ in range(2):
        subprocess.run(["kill", f"-{stop}", "--", f"-{process.pid}"], check=False)
        time.sleep(0.1)
    process.wait(timeout=60)
    until(lambda: not _answers(f"{url}/healthz"))
    until(lambda: not _answers(f"{sandbox_url}/_sandbox/health"))


def _answers(address: str) -> bool:
    try:
        return requests.get(address, timeout=2).ok
    except requests.RequestException:
        return False


def test_the_secret_key_is_made_for_its_owner_alone(
    demo: tuple[str, subprocess.Popen[str], str], tmp_path: Path
) -> None:
    made = tmp_path / ".env"
    assert made.stat().st_mode & 0o077 == 0
    (line,) = [line for line in made.read_text().splitlines() if line.startswith("SECRET_KEY=")]
    assert len(line) > 60
