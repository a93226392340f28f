"""Typing race benchmark: the last query's rows must be shown after ten fast keystrokes with API latency 0 to 800 ms.

Usage: python -m bench.typing_race [--rounds 200] [--tabs 4] [--seed 3]. Its short form is tests/browser/test_race.py.
"""

from __future__ import annotations

import argparse
import asyncio
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import phonenumbers
from playwright.async_api import Browser, Page, Request, async_playwright

from bench.browser import ROWS, WINDOW, cookie, largest_profiles, list_url
from contacts_ui import phone_search
from testing.chromium import launch_options
from testing.running_desk import NOTHING_KEPT, UNLIMITED, Desk, launched_desk
from testing.sandbox_server import SandboxServer

from .statistics import Threshold, median, percentile, show_table, show_thresholds
from .workload_plan import DEBOUNCE_SECONDS

CONTACTS = 20_000
LATENCY_MS = "0-800"
KEYS = 10
GAP_SECONDS = (0.030, 0.090)
PAUSE_SECONDS = (0.260, 0.400)  # longer than the debounce: a request is sent mid-word
MOST_ROWS = 100  # the largest page size
SETTLE_SECONDS = 20
BACKSPACE = "Backspace"
READ = f"""() => ({{
  rows: Array.from(document.querySelectorAll("{ROWS}"), (row) => row.dataset.contactId),
  box: document.getElementById("search").value,
  address: new URLSearchParams(location.search).get("search"),
  focus: document.hasFocus() && document.activeElement.id,
}})"""


@dataclass(frozen=True, slots=True)
class Round:
    """Ten keys, the seconds before each, and the text they leave in the search box."""

    keys: tuple[str, ...]
    gaps: tuple[float, ...]
    text: str

    @property
    def kind(self) -> str:
        """Category for the table: backspaces, pauses."""
        pauses = any(gap > GAP_SECONDS[1] for gap in self.gaps)
        return f"{'backspaces' if BACKSPACE in self.keys else 'only forward'}, {'pauses' if pauses else 'no pause'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of a round: requests sent, requests overtaken (aborted), and the names of wrong values."""

    round: Round
    asked: int
    overtaken: int
    rows: int
    gaps: tuple[float, ...]
    wrong: tuple[str, ...]


def plan(numbers: Sequence[str], rounds: int, seed: int) -> list[Round]:
    """Plans rounds whose texts match 1 to 100 of the `numbers`: two in three pause, five in seven have backspaces."""
    rng = Random(seed)  # noqa: S311
    return [_round(numbers, rng) for _ in range(rounds)]


def _round(numbers: Sequence[str], rng: Random) -> Round:
    typos = rng.choice((0, 0, 1, 2, 2, 3, 3))
    texts = [_text(numbers, KEYS - 2 * typos, rng) for _ in range(3)]
    _rows, text = max(texts)  # most texts match a single row: take the one of three that matches most
    return Round(_keys(text, typos, rng), _gaps(rng), text)


def _text(numbers: Sequence[str], length: int, rng: Random) -> tuple[int, str]:
    """Random substring of a number, preceded by the count of numbers that contain it."""
    while True:
        number = rng.choice(numbers)
        start = rng.randrange(max(1, len(number) - length))
        text = number[start : start + length]
        rows = sum(text in each for each in numbers)
        if length < len(number) and text == text.strip() and rows <= MOST_ROWS:
            return rows, text


def _keys(text: str, typos: int, rng: Random) -> tuple[str, ...]:
    """Keys of the text with `typos` wrong digits, each followed by a backspace."""
    keys = list(text)
    for _ in range(typos):
        at = rng.randint(1, len(keys))
        keys[at:at] = [rng.choice("0123456789"), BACKSPACE]
    return tuple(keys)


def _gaps(rng: Random) -> tuple[float, ...]:
    gaps = [rng.uniform(*GAP_SECONDS) for _ in range(KEYS)]
    for at in rng.sample(range(2, KEYS), rng.choice((0, 1, 2))):
        gaps[at] = rng.uniform(*PAUSE_SECONDS)
    return tuple(gaps)


# As many as the desk uses: regions learned from responses then change no search plan, and `_expected` can build it too.
REGIONS = ("US", "GB", "CA", "DE", "FR", "AU", "IN", "BR", "ES", "IE")


class Tab:
    """Tab on the contacts of one profile, with a count of its list requests."""

    def __init__(self, page: Page, sandbox: SandboxServer, profile: str) -> None:
        self._page, self._sandbox, self._profile = page, sandbox, profile
        self._in_flight: set[Request] = set()
        self._asked = self._overtaken = 0
        page.on("request", self._sent)
        page.on("requestfinished", self._finished)
        page.on("requestfailed", self._failed)

    async def play(self, round_: Round) -> Outcome:
        """Types the keys, waits until no request is in flight, and compares the page with the API's own rows."""
        self._asked = self._overtaken = 0
        expected = asyncio.create_task(asyncio.to_thread(self._expected, round_.text))
        gaps = await self._type(round_)
        await self._wait_until_settled()
        found: dict[str, Any] = await self._page.evaluate(READ)
        wanted = {"rows": await expected, "box": round_.text, "address": round_.text, "focus": "search"}
        wrong = tuple(name for name, value in wanted.items() if found[name] != value)
        return Outcome(round_, self._asked, self._overtaken, len(wanted["rows"]), gaps, wrong)

    async def _type(self, round_: Round) -> tuple[float, ...]:
        """Types the keys, the first replacing the old text; returns the measured gaps without pauses."""
        await self._page.locator("#search").focus()
        await self._page.keyboard.press("Control+a")
        gaps: list[float] = []
        last = time.monotonic()
        for key, gap in zip(round_.keys, round_.gaps, strict=True):
            await asyncio.sleep(max(0.0, last + gap - time.monotonic()))
            now = time.monotonic()
            gaps += [now - last] if gap <= GAP_SECONDS[1] else []
            last = now
            await self._page.keyboard.press(key)
        return tuple(gaps)

    async def _wait_until_settled(self) -> None:
        """Waits until the debounce is over, no request is in flight and the last response was swapped in."""
        until = time.monotonic() + SETTLE_SECONDS
        wait = DEBOUNCE_SECONDS + 0.05  # a timer in the page fires after all earlier ones
        while time.monotonic() < until:
            await self._page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", wait * 1000)
            if not self._in_flight and await self._page.locator("#results[aria-busy=false]").count():
                if wait < DEBOUNCE_SECONDS:
                    return
                wait = 0.1  # once more, for requests that a response triggers
            else:
                wait = max(wait, 0.1)
        raise RuntimeError(f"the page did not settle within {SETTLE_SECONDS} s")

    def _expected(self, text: str) -> list[str]:
        """Contact ids the text matches: runs the search plan against the API, as contacts/search.py does."""
        for attempt in phone_search.build_plan(text, REGIONS).attempts:
            params: dict[str, Any] = {"page": 1, "page_size": MOST_ROWS, attempt.kind: attempt.value}
            data = self._sandbox.get("/v3/contacts", profile=self._profile, **params).json()["data"]
            if data and data["contacts"]:
                return [contact["id"] for contact in data["contacts"]]
        return []

    def _sent(self, request: Request) -> None:
        if request.resource_type == "fetch" and "/contacts/?" in request.url:
            self._asked += 1
            self._in_flight.add(request)

    def _finished(self, request: Request) -> None:
        self._in_flight.discard(request)

    def _failed(self, request: Request) -> None:
        if request in self._in_flight:
            self._in_flight.discard(request)
            self._overtaken += request.failure == "net::ERR_ABORTED"


def run(folder: Path, *, rounds: int, tabs: int, seed: int) -> list[Outcome]:
    """Plays all rounds in `tabs` tabs at a time, each in its own browser profile."""
    with SandboxServer(contacts=CONTACTS, latency_ms=LATENCY_MS) as sandbox:
        profile = largest_profiles(sandbox, 1)[0]
        planned = plan(_nationals(sandbox, profile), rounds, seed)
        with launched_desk(folder, sandbox.url, **UNLIMITED, **NOTHING_KEPT, DESK_REGIONS=",".join(REGIONS)) as desk:
            setup = _Setup(sandbox, desk, profile, desk.people(1, [profile])[0].session)
            with ThreadPoolExecutor(1) as pool:  # pytest's main thread already runs Playwright's event loop
                return pool.submit(asyncio.run, _race(setup, planned, tabs)).result()


@dataclass(frozen=True, slots=True)
class _Setup:
    """Sandbox, desk and profile of a run, and the session cookie's value."""

    sandbox: SandboxServer
    desk: Desk
    profile: str
    session: str


async def _race(setup: _Setup, planned: Sequence[Round], tabs: int) -> list[Outcome]:
    waiting, outcomes = iter(planned), list[Outcome]()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]  # options
        try:
            opened = [await _open(browser, setup) for _ in range(tabs)]
            async with asyncio.TaskGroup() as group:
                for tab in opened:
                    group.create_task(_play_all(tab, waiting, outcomes))
        finally:
            await browser.close()
    return outcomes


async def _open(browser: Browser, setup: _Setup) -> Tab:
    context = await browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]  # a dictionary of two numbers
    await context.add_cookies([cookie(setup.desk.url, setup.session)])
    page = await context.new_page()
    await page.goto(list_url(setup.desk, setup.profile, f"?page_size={MOST_ROWS}"))
    await page.locator(ROWS).first.wait_for()
    return Tab(page, setup.sandbox, setup.profile)


async def _play_all(tab: Tab, waiting: Iterator[Round], outcomes: list[Outcome]) -> None:
    for round_ in waiting:
        outcome = await tab.play(round_)
        outcomes.append(outcome)


def _nationals(sandbox: SandboxServer, profile: str) -> list[str]:
    """National formats of a profile's contacts, the field that the API searches."""
    return [
        phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL)
        for number in sandbox.contacts(profile).values()
        if number
    ]


def show(outcomes: Sequence[Outcome]) -> int:
    """Prints the table, the wrong rounds and the thresholds; returns the exit code."""
    kinds = Counter(outcome.round.kind for outcome in outcomes)
    print(f"\n{len(outcomes)} rounds of {KEYS} keystrokes, the API takes {LATENCY_MS} ms")
    table = []
    for kind in (*sorted(kinds), "all"):
        some = [outcome for outcome in outcomes if kind in {"all", outcome.round.kind}]
        asked, overtaken = sum(one.asked for one in some), sum(one.overtaken for one in some)
        table.append((kind, len(some), asked, overtaken, sum(not one.wrong for one in some)))
    show_table(("keys", "rounds", "requests", "of them overtaken", "right in the end"), table)
    gaps = [gap * 1000 for outcome in outcomes for gap in outcome.gaps]
    rows = [outcome.rows for outcome in outcomes]
    print(f"\n* between keys: median {median(gaps):.0f} ms, p90 {percentile(gaps, 0.9):.0f} ms")
    print(f"* the last texts find {min(rows)} to {max(rows)} rows, median {median(rows):g}")
    for outcome in outcomes:
        if outcome.wrong:
            keys = " ".join(outcome.round.keys)
            print(f"* wrong {', '.join(outcome.wrong)} after {keys} ({outcome.round.text})")
    print()
    right = sum(not outcome.wrong for outcome in outcomes)
    overtaken = sum(outcome.overtaken for outcome in outcomes)
    return show_thresholds(
        [
            Threshold(
                f"rounds of {len(outcomes)} that end as the last query says", right, len(outcomes), at_least=True
            ),
            Threshold("requests overtaken: the race took setup", overtaken, len(outcomes) / 10, at_least=True),
        ]
    )


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--tabs", type=int, default=4, help="browser profiles typing concurrently")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-typing-race-") as folder:
        outcomes = run(Path(folder), rounds=options.rounds, tabs=options.tabs, seed=options.seed)
    return show(outcomes)


if __name__ == "__main__":
    sys.exit(main())
