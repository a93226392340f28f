"""From a keystroke in the search to painted rows, as many as fit the window, on a processor slowed down 4 times.

Usage: python -m bench.input_latency [--profiles 3] [--rate 4]. Ten keystrokes a profile that ask the API, ten more
whose answers the gateway kept, ten searches in Django's own admin beside it; the wait that htmx adds on purpose
(250 ms) is taken off.
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

from .statistics import Bar, median, percentile, show_bars, show_table
from .workload_plan import DEBOUNCE_SECONDS

CONTACTS = 20_000
DIGITS = "0123456789"  # each is in far more than 50 numbers of a large profile
DEBOUNCE_MS = DEBOUNCE_SECONDS * 1000
MOST_MS = 100
LOOP = "(() => { const start = performance.now(); let n = 0; for (let i = 0; i < 2e7; i++) n += i % 7;"
LOOP += " return performance.now() - start + n * 0; })()"

# Both probes begin with it. A message posted in a frame is delivered when that frame has been handed over for painting:
# `then` gets that moment and the rows of the frame, and answers whether it wants the next one.
EACH_FRAME = """(() => {
  if (!location.protocol.startsWith("http")) return;
  const eachFrame = (count, then) => {
    const channel = new MessageChannel();
    let rows = 0;
    const frame = () => requestAnimationFrame(() => { rows = count(); channel.port2.postMessage(null); });
    channel.port1.onmessage = () => { if (then(performance.now(), rows)) frame(); };
    frame();
  };
"""

# Rows below the fold come a frame after the others: how long until all are painted is measured too.
DESK_PROBE = (
    EACH_FRAME
    + """
  performance.setResourceTimingBufferSize(10000);
  const shown = () => Array.from(document.querySelectorAll("tr[data-contact-id]"), (row) => row.dataset.contactId);
  let typed = 0, before = "", settle = () => {};
  window.benchArm = () => { window.benchSample = new Promise((resolve) => { settle = resolve; }); };
  addEventListener("input", (event) => {
    if (event.target.id === "search") { typed = event.timeStamp; before = shown().join(); }
  }, true);
  new MutationObserver(() => {
    if (!typed) return;
    const swapped = performance.now();
    if (shown().join() === before) return;
    const started = typed;
    let painted = 0;
    typed = 0;
    eachFrame(() => shown().length, (now, rows) => {
      painted ||= now;
      if (rows < 50) return true;
      const fetched = performance.getEntriesByType("resource").filter(
        (entry) => entry.initiatorType === "fetch" && entry.startTime >= started).at(-1);
      settle({ typed: started, swapped, painted, complete: now, rows,
        asked: fetched?.startTime, answered: fetched?.responseEnd });
    });
  }).observe(document, { childList: true, subtree: true });
})()"""
)

ADMIN_PROBE = (
    EACH_FRAME
    + """
  const pressed = Number(sessionStorage.getItem("pressed"));
  sessionStorage.removeItem("pressed");
  addEventListener("keydown", (event) => {
    if (event.key === "Enter") sessionStorage.setItem("pressed", performance.timeOrigin + event.timeStamp);
  }, true);
  window.benchSample = new Promise((resolve) => {
    eachFrame(() => document.querySelectorAll("#result_list tbody tr").length, (now, rows) => {
      if (rows < 50) return true;
      resolve({ painted: performance.timeOrigin + now - pressed, rows });
    });
  });
})()"""
)


@dataclass(frozen=True, slots=True)
class Stroke:
    """One keystroke at the desk, in ms: the time it took without the debounce, and its parts in order."""

    kept: bool
    late: float
    network: float
    swap: float
    paint: float
    rest: float  # until the rows below the fold are painted too

    @property
    def took(self) -> float:
        """What the bar is about."""
        return self.late + self.network + self.swap + self.paint

    @property
    def whole(self) -> float:
        """Until all rows are painted, those below the fold too."""
        return self.took + self.rest


class Tab:
    """A tab of a signed-in browser profile that can be slowed down."""

    def __init__(self, page: Page, session: CDPSession, rate: float) -> None:
        self.page = page
        self._session, self._rate = session, rate

    @contextmanager
    def slowed(self) -> Iterator[None]:
        """For as long as it is measured. A tab is slowed by a loop in it, which takes most of a core, idle or not: one
        that is left slowed takes it from the servers and from the other tab."""
        self._session.send("Emulation.setCPUThrottlingRate", {"rate": self._rate})
        try:
            yield
        finally:
            self._session.send("Emulation.setCPUThrottlingRate", {"rate": 1})

    def slower(self) -> float:
        """How many times as long a fixed piece of work takes here as without the throttling."""
        fast = median(self.page.evaluate(LOOP) for _ in range(7))
        with self.slowed():
            slow = median(self.page.evaluate(LOOP) for _ in range(7))
        return float(slow / fast)

    def sample(self) -> dict[str, Any]:
        """What the probe measured, once it has."""
        found: dict[str, Any] = self.page.evaluate(
            "Promise.race([window.benchSample, new Promise((_, no) => setTimeout(() => no('no rows'), 20000))])"
        )
        if found["rows"] != PAGE:
            raise RuntimeError(f"{found['rows']} rows instead of {PAGE}")
        return found


@contextmanager
def open_tab(browser: Browser, url: str, cookie: str, probe: str, rate: float) -> Iterator[Tab]:
    """A tab with the probe in every page it shows."""
    with profile_of(browser, url, cookie, "session" if probe == DESK_PROBE else "sessionid") as context:
        context.add_init_script(probe)
        page = context.new_page()
        yield Tab(page, context.new_cdp_session(page), rate)


def stroke(tab: Tab, digit: str, sandbox: SandboxServer, chance: Random) -> Stroke:
    """One digit instead of what stands in the search, measured in the page."""
    tab.page.locator("#search").focus()
    tab.page.keyboard.press("Control+a")
    tab.page.evaluate("window.benchArm()")
    tab.page.wait_for_timeout(chance.uniform(100, 200))  # anywhere between two frames
    sandbox.reset_requests()
    tab.page.keyboard.press(digit)
    found = tab.sample()
    if found.get("asked") is None:
        raise RuntimeError("the browser answered by itself: the rows came without a request")
    calls = [call for call in sandbox.requests() if call["path"] == "/v3/contacts"]
    return Stroke(
        kept=not calls,
        late=found["asked"] - found["typed"] - DEBOUNCE_MS,
        network=found["answered"] - found["asked"],
        swap=found["swapped"] - found["answered"],
        paint=found["painted"] - found["swapped"],
        rest=found["complete"] - found["painted"],
    )


def search(tab: Tab, digit: str) -> float:
    """The same in the admin: from Enter to painted rows, in ms."""
    tab.page.fill("#searchbar", digit)
    tab.page.wait_for_timeout(150)
    with tab.page.expect_navigation(wait_until="commit"):
        tab.page.press("#searchbar", "Enter")
    took = float(tab.sample()["painted"])
    tab.page.wait_for_load_state("load")
    return took


@contextmanager
def running_admin(folder: Path, sandbox: SandboxServer) -> Iterator[tuple[str, str]]:
    """Django's admin over a copy of the sandbox's contacts; its address and the cookie of someone signed in."""
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


def run(folder: Path, profiles: int, rate: float, seed: int) -> tuple[list[Stroke], list[float], list[float]]:
    """The strokes at the desk, the times of the admin, and how much slower each of the two tabs was, as medians."""
    chance = Random(seed)  # noqa: S311
    with ExitStack() as stack:
        sandbox = stack.enter_context(SandboxServer(contacts=CONTACTS))
        desk = stack.enter_context(launched_desk(folder / "desk", sandbox.url, **UNLIMITED))
        url, cookie = stack.enter_context(running_admin(folder / "admin", sandbox))
        browser = stack.enter_context(running_chromium())
        chosen = largest_profiles(sandbox, profiles)
        session = desk.people(1, chosen, each=profiles)[0].session
        ours = stack.enter_context(open_tab(browser, desk.url, session, DESK_PROBE, rate))
        theirs = stack.enter_context(open_tab(browser, url, cookie, ADMIN_PROBE, rate))
        theirs.page.goto(f"{url}/admin/admin_stub/contact/")
        strokes, times, slower = [], [], []
        for profile in chosen:
            strokes += at_desk(ours, desk, profile, sandbox, chance)
            with theirs.slowed():
                times += [search(theirs, digit) for digit in chance.sample(DIGITS, len(DIGITS))]
            slower.append((ours.slower(), theirs.slower()))
        return strokes, times, [median(some) for some in zip(*slower, strict=True)]


def at_desk(tab: Tab, desk: Desk, profile: str, sandbox: SandboxServer, chance: Random) -> list[Stroke]:
    """Each digit twice, in pairs: two that are new, and both again within the 15 s for which the gateway keeps them."""
    tab.page.goto(list_url(desk, profile))
    order = chance.sample(DIGITS, len(DIGITS))
    pairs = [order[at : at + 2] * 2 for at in range(0, len(order), 2)]
    with tab.slowed():
        return [stroke(tab, digit, sandbox, chance) for pair in pairs for digit in pair]


def show(strokes: Sequence[Stroke], times: Sequence[float], slower: Sequence[float], rate: float) -> int:
    """Two tables, the ratio and the bars; the exit code."""
    sorts = {
        "desk, asked of the API": [stroke for stroke in strokes if not stroke.kept],
        "desk, kept by the gateway": [stroke for stroke in strokes if stroke.kept],
        "desk, both": list(strokes),
    }
    print(f"\nFrom keystroke (plus {DEBOUNCE_MS:g} ms) or Enter to painted rows, processor ÷ {rate:g}")
    took = {name: [stroke.took for stroke in some] for name, some in sorts.items()} | {"Django's admin": times}
    whole = {name: [stroke.whole for stroke in some] for name, some in sorts.items()} | {"Django's admin": times}
    show_table(
        ("page", "times", "median ms", "p90 ms", "all 50 rows: median ms"),
        [
            (name, len(some), f"{median(some):.1f}", f"{percentile(some, 0.9):.1f}", f"{median(whole[name]):.1f}")
            for name, some in took.items()
        ],
    )
    print("\nIts parts, medians in ms")
    parts = ("late", "network", "swap", "paint", "rest")
    show_table(
        ("page", "timer late", "request to answer", "answer to swapped", "swapped to painted", "then the rest"),
        [(name, *(f"{median(getattr(s, part) for s in some):.1f}" for part in parts)) for name, some in sorts.items()],
    )
    ours, admin = median(took["desk, both"]), median(times)
    print(
        f"\n* desk ÷ admin: {ours / admin:.2f}; all 50 rows: {median(whole['desk, both']) / admin:.2f}; "
        f"with the debounce: {(ours + DEBOUNCE_MS) / admin:.2f}"
    )
    print(
        f"* a fixed loop took {slower[0]:.1f} (desk) and {slower[1]:.1f} (admin) times as long as without throttling\n"
    )
    names = list(sorts)[:2]
    return show_bars([Bar(f"median of {name}, ms", round(median(took[name]), 1), MOST_MS) for name in names])


def main() -> int:
    """1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--profiles", type=int, default=3, help="ten fresh and ten kept keystrokes in each")
    parser.add_argument("--rate", type=float, default=4, help="how many times slower the processor is made")
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    print(
        f"* the machine's load before: {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; others' work counts as ours"
    )
    with tempfile.TemporaryDirectory(prefix="bench-keystroke-") as folder:
        strokes, times, slower = run(Path(folder), given.profiles, given.rate, given.seed)
    return show(strokes, times, slower, given.rate)


if __name__ == "__main__":
    sys.exit(main())
