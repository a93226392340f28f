"""Input latency benchmark: from a keystroke in the search box to painted rows, with the CPU throttled 4 times.

Usage: python -m bench.input_latency [--profiles 3] [--rate 4]. Ten keystrokes a profile that call the API, ten more
answered from the gateway's cache, and ten searches in Django's admin for comparison; the debounce of htmx (250 ms) is
subtracted.
"""

from __future__ import annotations

import argparse
import os
import secrets
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from playwright.sync_api import Browser, CDPSession, Page

from bench.browser import PAGE, largest_profiles, list_url, profile_of
from testing import ROOT
from testing.chromium import running_chromium
from testing.processes import free_port, running_program
from testing.running_desk import UNLIMITED, Desk, granian_command, launched_desk
from testing.sandbox_server import SandboxServer

from .paint_probes import ADMIN_PROBE, DESK_PROBE
from .statistics import Threshold, median, percentile, show_table, show_thresholds
from .workload_plan import DEBOUNCE_SECONDS

CONTACTS = 20_000
DIGITS = "0123456789"  # each occurs in far more than 50 numbers of a large profile
DEBOUNCE_MS = DEBOUNCE_SECONDS * 1000
MAX_MS = 100
LOOP = "(() => { const start = performance.now(); let n = 0; for (let i = 0; i < 2e7; i++) n += i % 7;"
LOOP += " return performance.now() - start + n * 0; })()"


@dataclass(frozen=True, slots=True)
class Keystroke:
    """Latency of one keystroke at the desk without the debounce, in ms, split into its phases."""

    cached: bool
    timer_delay: float
    network: float
    swap: float
    paint: float
    rest: float  # until the rows below the fold are painted too

    @property
    def took(self) -> float:
        """Milliseconds that the threshold limits: until the rows that fit the window are painted."""
        return self.timer_delay + self.network + self.swap + self.paint

    @property
    def whole(self) -> float:
        """Milliseconds until all rows are painted, those below the fold included."""
        return self.took + self.rest


class Tab:
    """Tab of a signed-in browser profile whose CPU can be throttled."""

    def __init__(self, page: Page, session: CDPSession, rate: float) -> None:
        self.page = page
        self._session, self._rate = session, rate

    @contextmanager
    def throttled(self) -> Iterator[None]:
        """Throttles the tab's CPU while it is measured.

        Chromium throttles with a busy loop in the tab, which takes most of a core even when idle: a tab left throttled
        takes that core from the servers and from the other tab.
        """
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": self._rate})
        try:
            yield
        finally:
            self._session.send("Emulation.setCPUThrottlingRate", {"rate": 1})

    def measured_slowdown(self) -> float:
        """Ratio of the time of a fixed loop with and without throttling."""
        fast = median(self.page.evaluate(LOOP) for _ in range(7))
        with self.throttled():
            slow = median(self.page.evaluate(LOOP) for _ in range(7))
        return float(slow / fast)

    def sample(self) -> dict[str, Any]:
        """Waits for the probe's measurement and returns it."""
        found: dict[str, Any] = self.page.evaluate(
            "Promise.race([window.benchSample, new Promise((_, no) => setTimeout(() => no('no rows'), 20000))])"
        )
        if found["rows"] != PAGE:
            raise RuntimeError(f"{found['rows']} rows instead of {PAGE}")
        return found


@contextmanager
def open_tab(browser: Browser, url: str, cookie: str, probe: str, rate: float) -> Iterator[Tab]:
    """Opens a tab that runs the probe in every page."""
    with profile_of(browser, url, cookie, "session" if probe == DESK_PROBE else "sessionid") as context:
        context.add_init_script(probe)
        page = context.new_page()
        yield Tab(page, context.new_cdp_session(page), rate)


def type_digit(tab: Tab, digit: str, sandbox: SandboxServer, rng: Random) -> Keystroke:
    """Replaces the text of the search box by one digit and measures it in the page."""
    tab.page.locator("#search").focus()
    tab.page.keyboard.press("Control+a")
    tab.page.evaluate("window.benchArm()")
    tab.page.wait_for_timeout(rng.uniform(100, 200))  # a random offset within a frame
    sandbox.reset_requests()
    tab.page.keyboard.press(digit)
    found = tab.sample()
    if found.get("asked") is None:
        raise RuntimeError("the rows came without a request: from the browser's own cache")
    calls = [call for call in sandbox.requests() if call["path"] == "/v3/contacts"]
    return Keystroke(
        cached=not calls,
        timer_delay=found["asked"] - found["typed"] - DEBOUNCE_MS,
        network=found["answered"] - found["asked"],
        swap=found["swapped"] - found["answered"],
        paint=found["painted"] - found["swapped"],
        rest=found["complete"] - found["painted"],
    )


def search(tab: Tab, digit: str) -> float:
    """Searches in Django's admin: milliseconds from Enter to painted rows."""
    tab.page.fill("#searchbar", digit)
    tab.page.wait_for_timeout(150)
    with tab.page.expect_navigation(wait_until="commit"):
        tab.page.press("#searchbar", "Enter")
    took = float(tab.sample()["painted"])
    tab.page.wait_for_load_state("load")
    return took


@contextmanager
def running_admin(folder: Path, sandbox: SandboxServer) -> Iterator[tuple[str, str]]:
    """Starts Django's admin over a copy of the sandbox's contacts; yields its URL and the cookie of a session."""
    folder.mkdir(parents=True, exist_ok=True)
    port = free_port()
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "bench.admin_stub.settings",
        "STUB_FOLDER": str(folder),
        "SECRET_KEY": secrets.token_urlsafe(50),
    }
    fill = [sys.executable, "-m", "bench.admin_stub.fill", sandbox.url]
    done = subprocess.run(fill, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    command = granian_command(port, threads=64, application="bench.admin_stub.wsgi:application")
    health = f"http://127.0.0.1:{port}/admin/login/"
    with running_program(command, health=health, log=folder / "log", env=environment):
        yield f"http://127.0.0.1:{port}", done.stdout.split()[-1]


def run(folder: Path, profiles: int, rate: float, seed: int) -> tuple[list[Keystroke], list[float], list[float]]:
    """Returns the keystrokes at the desk, the times of the admin, and the median slowdown of each tab."""
    rng = Random(seed)  # noqa: S311
    with ExitStack() as stack:
        sandbox = stack.enter_context(SandboxServer(contacts=CONTACTS))
        desk = stack.enter_context(launched_desk(folder / "desk", sandbox.url, **UNLIMITED))
        url, cookie = stack.enter_context(running_admin(folder / "admin", sandbox))
        browser = stack.enter_context(running_chromium())
        selected = largest_profiles(sandbox, profiles)
        session = desk.people(1, selected, each=profiles)[0].session
        desk_tab = stack.enter_context(open_tab(browser, desk.url, session, DESK_PROBE, rate))
        admin_tab = stack.enter_context(open_tab(browser, url, cookie, ADMIN_PROBE, rate))
        admin_tab.page.goto(f"{url}/admin/admin_stub/contact/")
        keystrokes, admin_times, slowdowns = [], [], []
        for profile in selected:
            keystrokes += at_desk(desk_tab, desk, profile, sandbox, rng)
            with admin_tab.throttled():
                admin_times += [search(admin_tab, digit) for digit in rng.sample(DIGITS, len(DIGITS))]
            slowdowns.append((desk_tab.measured_slowdown(), admin_tab.measured_slowdown()))
        return keystrokes, admin_times, [median(some) for some in zip(*slowdowns, strict=True)]


def at_desk(tab: Tab, desk: Desk, profile: str, sandbox: SandboxServer, rng: Random) -> list[Keystroke]:
    """Types each digit twice, in pairs: two new ones, and both again within the 15 s of the gateway's cache."""
    tab.page.goto(list_url(desk, profile))
    order = rng.sample(DIGITS, len(DIGITS))
    pairs = [order[at : at + 2] * 2 for at in range(0, len(order), 2)]
    with tab.throttled():
        return [type_digit(tab, digit, sandbox, rng) for pair in pairs for digit in pair]


def show(keystrokes: Sequence[Keystroke], admin_times: Sequence[float], slowdowns: Sequence[float], rate: float) -> int:
    """Prints two tables, the ratio and the thresholds; returns the exit code."""
    groups = {
        "desk, API called": [keystroke for keystroke in keystrokes if not keystroke.cached],
        "desk, cached by the gateway": [keystroke for keystroke in keystrokes if keystroke.cached],
        "desk, both": list(keystrokes),
    }
    print(f"\nFrom keystroke (plus {DEBOUNCE_MS:g} ms) or Enter to painted rows, processor ÷ {rate:g}")
    took = {name: [keystroke.took for keystroke in some] for name, some in groups.items()} | {
        "Django's admin": admin_times
    }
    whole = {name: [keystroke.whole for keystroke in some] for name, some in groups.items()} | {
        "Django's admin": admin_times
    }
    show_table(
        ("page", "times", "median ms", "p90 ms", "all 50 rows: median ms"),
        [
            (name, len(some), f"{median(some):.1f}", f"{percentile(some, 0.9):.1f}", f"{median(whole[name]):.1f}")
            for name, some in took.items()
        ],
    )
    print("\nIts parts, medians in ms")
    parts = ("timer_delay", "network", "swap", "paint", "rest")
    show_table(
        ("page", "timer late", "request to answer", "answer to swapped", "swapped to painted", "then the rest"),
        [(name, *(f"{median(getattr(s, part) for s in some):.1f}" for part in parts)) for name, some in groups.items()],
    )
    desk, admin = median(took["desk, both"]), median(admin_times)
    print(
        f"\n* desk ÷ admin: {desk / admin:.2f}; all 50 rows: {median(whole['desk, both']) / admin:.2f}; "
        f"with the debounce: {(desk + DEBOUNCE_MS) / admin:.2f}"
    )
    print(
        f"* a fixed loop took {slowdowns[0]:.1f} (desk) and {slowdowns[1]:.1f} (admin) times as long as unthrottled\n"
    )
    names = list(groups)[:2]
    return show_thresholds([Threshold(f"median of {name}, ms", round(median(took[name]), 1), MAX_MS) for name in names])


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, default=3, help="ten new and ten cached keystrokes in each")
    parser.add_argument("--rate", type=float, default=4, help="factor of CPU throttling")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    print(f"* the machine's load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; other processes count too")
    with tempfile.TemporaryDirectory(prefix="bench-input-latency-") as folder:
        keystrokes, admin_times, slowdowns = run(Path(folder), options.profiles, options.rate, options.seed)
    return show(keystrokes, admin_times, slowdowns, options.rate)


if __name__ == "__main__":
    sys.exit(main())
