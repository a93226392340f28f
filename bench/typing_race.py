"""Ten fast keystrokes against an API that takes 0 to 800 ms: do the last query's rows stand every time?

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

from .statistics import Bar, median, percentile, show_bars, show_table
from .workload_plan import DEBOUNCE_SECONDS

CONTACTS = 20_000
LATENCY_MS = "0-800"
KEYS = 10
GAP_SECONDS = (0.030, 0.090)
PAUSE_SECONDS = (0.260, 0.400)  # longer than the debounce: a request goes out in the middle of the word
MOST_ROWS = 100  # a page of the largest size shows them all
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
    """Ten keys, the seconds before each, and the text they leave in the box."""

    keys: tuple[str, ...]
    gaps: tuple[float, ...]
    text: str

    @property
    def kind(self) -> str:
        """What makes it hard."""
        pauses = any(gap > GAP_SECONDS[1] for gap in self.gaps)
        return f"{'backspaces' if BACKSPACE in self.keys else 'only forward'}, {'pauses' if pauses else 'no pause'}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a round: requests sent and overtaken (aborted), and what was not as it should be."""

    round: Round
    asked: int
    overtaken: int
    rows: int
    gaps: tuple[float, ...]
    wrong: tuple[str, ...]


def plan(numbers: Sequence[str], rounds: int, seed: int) -> list[Round]:
    """So many rounds whose texts are in 1 to 100 of the `numbers`: two thirds pause, five in seven backspace."""
    chance = Random(seed)  # noqa: S311
    return [_round(numbers, chance) for _ in range(rounds)]


def _round(numbers: Sequence[str], chance: Random) -> Round:
    typos = chance.choice((0, 0, 1, 2, 2, 3, 3))
    texts = [_text(numbers, KEYS - 2 * typos, chance) for _ in range(3)]
    _rows, text = max(texts)  # most texts find a single row: take the one of three that finds most
    return Round(_keys(text, typos, chance), _gaps(chance), text)


def _text(numbers: Sequence[str], length: int, chance: Random) -> tuple[int, str]:
    """A part of a number, and in how many numbers it is."""
    while True:
        number = chance.choice(numbers)
        start = chance.randrange(max(1, len(number) - length))
        text = number[start : start + length]
        rows = sum(text in each for each in numbers)
        if length < len(number) and text == text.strip() and rows <= MOST_ROWS:
            return rows, text


def _keys(text: str, typos: int, chance: Random) -> tuple[str, ...]:
    """The text with so many wrong digits in it, each taken back at once or after the next one."""
    keys = list(text)
    for _ in range(typos):
        at = chance.randint(1, len(keys))
        keys[at:at] = [chance.choice("0123456789"), BACKSPACE]
    return tuple(keys)


def _gaps(chance: Random) -> tuple[float, ...]:
    gaps = [chance.uniform(*GAP_SECONDS) for _ in range(KEYS)]
    for at in chance.sample(range(2, KEYS), chance.choice((0, 1, 2))):
        gaps[at] = chance.uniform(*PAUSE_SECONDS)
    return tuple(gaps)


# As many as the desk looks at: so what it learns from answers changes no reading, and the API can be asked the same.
REGIONS = ("US", "GB", "CA", "DE", "FR", "AU", "IN", "BR", "ES", "IE")


class Tab:
    """A tab on the contacts of one profile, and the requests for its list."""

    def __init__(self, page: Page, sandbox: SandboxServer, profile: str) -> None:
        self._page, self._sandbox, self._profile = page, sandbox, profile
        self._flying: set[Request] = set()
        self._asked = self._overtaken = 0
        page.on("request", self._sent)
        page.on("requestfinished", self._finished)
        page.on("requestfailed", self._failed)

    async def play(self, round_: Round) -> Outcome:
        """Types, waits until nothing moves any more, and compares with what the API itself says."""
        self._asked = self._overtaken = 0
        expected = asyncio.create_task(asyncio.to_thread(self._expected, round_.text))
        gaps = await self._type(round_)
        await self._settled()
        found: dict[str, Any] = await self._page.evaluate(READ)
        wanted = {"rows": await expected, "box": round_.text, "address": round_.text, "focus": "search"}
        wrong = tuple(name for name, value in wanted.items() if found[name] != value)
        return Outcome(round_, self._asked, self._overtaken, len(wanted["rows"]), gaps, wrong)

    async def _type(self, round_: Round) -> tuple[float, ...]:
        """The first key replaces what stands in the box. The gaps that came of it, pauses left out."""
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

    async def _settled(self) -> None:
        """Until the debounce is over, no request flies, and the last answer had time to be swapped in."""
        until = time.monotonic() + SETTLE_SECONDS
        wait = DEBOUNCE_SECONDS + 0.05  # a timer in the page runs after all that were to run before it
        while time.monotonic() < until:
            await self._page.evaluate("(ms) => new Promise((done) => setTimeout(done, ms))", wait * 1000)
            if not self._flying and await self._page.locator("#results[aria-busy=false]").count():
                if wait < DEBOUNCE_SECONDS:
                    return
                wait = 0.1  # once more: what an answer sets off
            else:
                wait = max(wait, 0.1)
        raise RuntimeError(f"the page did not settle within {SETTLE_SECONDS} s")

    def _expected(self, text: str) -> list[str]:
        """What the text finds, one reading after the other, asked of the API itself (contacts/search.py)."""
        for step in phone_search.build_plan(text, REGIONS).attempts:
            asked: dict[str, Any] = {"page": 1, "page_size": MOST_ROWS, step.kind: step.value}
            data = self._sandbox.get("/v3/contacts", profile=self._profile, **asked).json()["data"]
            if data and data["contacts"]:
                return [contact["id"] for contact in data["contacts"]]
        return []

    def _sent(self, request: Request) -> None:
        if request.resource_type == "fetch" and "/contacts/?" in request.url:
            self._asked += 1
            self._flying.add(request)

    def _finished(self, request: Request) -> None:
        self._flying.discard(request)

    def _failed(self, request: Request) -> None:
        if request in self._flying:
            self._flying.discard(request)
            self._overtaken += request.failure == "net::ERR_ABORTED"


def run(folder: Path, *, rounds: int, tabs: int, seed: int) -> list[Outcome]:
    """Plays all rounds, so many tabs at a time, each in a browser profile of its own."""
    with SandboxServer(contacts=CONTACTS, latency_ms=LATENCY_MS) as sandbox:
        profile = largest_profiles(sandbox, 1)[0]
        planned = plan(_nationals(sandbox, profile), rounds, seed)
        with launched_desk(folder, sandbox.url, **UNLIMITED, **NOTHING_KEPT, DESK_REGIONS=",".join(REGIONS)) as desk:
            place = _Place(sandbox, desk, profile, desk.people(1, [profile])[0].session)
            with ThreadPoolExecutor(1) as pool:  # pytest's own thread has Playwright's loop already
                return pool.submit(asyncio.run, _race(place, planned, tabs)).result()


@dataclass(frozen=True, slots=True)
class _Place:
    """Where it happens, and the cookie that lets one in."""

    sandbox: SandboxServer
    desk: Desk
    profile: str
    session: str


async def _race(place: _Place, planned: Sequence[Round], tabs: int) -> list[Outcome]:
    waiting, outcomes = iter(planned), list[Outcome]()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())  # type: ignore[arg-type]  # options
        try:
            opened = [await _open(browser, place) for _ in range(tabs)]
            async with asyncio.TaskGroup() as group:
                for tab in opened:
                    group.create_task(_play_all(tab, waiting, outcomes))
        finally:
            await browser.close()
    return outcomes


async def _open(browser: Browser, place: _Place) -> Tab:
    context = await browser.new_context(viewport=WINDOW)  # type: ignore[arg-type]  # a dictionary of two numbers
    await context.add_cookies([cookie(place.desk.url, place.session)])
    page = await context.new_page()
    await page.goto(list_url(place.desk, place.profile, f"?page_size={MOST_ROWS}"))
    await page.locator(ROWS).first.wait_for()
    return Tab(page, place.sandbox, place.profile)


async def _play_all(tab: Tab, waiting: Iterator[Round], outcomes: list[Outcome]) -> None:
    for round_ in waiting:
        outcome = await tab.play(round_)
        outcomes.append(outcome)


def _nationals(sandbox: SandboxServer, profile: str) -> list[str]:
    """What the API searches in: the national formats of a profile's contacts."""
    return [
        phonenumbers.format_number(phonenumbers.parse(number), phonenumbers.PhoneNumberFormat.NATIONAL)
        for number in sandbox.contacts(profile).values()
        if number
    ]


def show(outcomes: Sequence[Outcome]) -> int:
    """One table, what went wrong, the bars; the exit code."""
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
    return show_bars(
        [
            Bar(f"rounds of {len(outcomes)} that end as the last query says", right, len(outcomes), at_least=True),
            Bar("requests overtaken: the race took place", overtaken, len(outcomes) / 10, at_least=True),
        ]
    )


def main() -> int:
    """1 when a bar is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=200)
    parser.add_argument("--tabs", type=int, default=4, help="browser profiles that type at the same time")
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-race-") as folder:
        outcomes = run(Path(folder), rounds=given.rounds, tabs=given.tabs, seed=given.seed)
    return show(outcomes)


if __name__ == "__main__":
    sys.exit(main())
