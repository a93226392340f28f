"""The hour of 20 agents in compressed time: API calls an action, against the gateway and against none beside it.

Usage: python -m bench.workload [--factor 12] [--agents 20] [--minutes 60] [--seed 3]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from random import Random
from urllib.parse import parse_qs

import phonenumbers
import requests

from sandbox.limiter import Limiter
from testing.programs import find_program
from testing.redis_server import running_redis
from testing.running_desk import Desk, Person, launched_desk
from testing.sandbox_server import Json, SandboxServer

from .simulated_agent import Agent, Clock, SharedHistory, Terms
from .statistics import Bar, most_in_window, percentile, show_bars, show_table
from .workload_plan import KEYSTROKES, Hour, plan

RATE, BURST = 200, 50  # the organization's limit (sent-api-v3, transport)
BUDGET, BUDGET_BURST = 120, 30
CONTACTS = 1_000_000
SMALLEST_PROFILE = 30_000  # contacts; less, and no eight characters find three pages
SAMPLE = 2_000
BROAD_MATCHES = 101  # three pages of 50
BROAD_TRIED = 12
LATENCY_MS = (60, 240)  # what the API takes; the script's milliseconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one run came to. Times of calls are in the script's seconds."""

    actions: int
    not_possible: int
    shared: int
    calls: dict[str, int]
    refused: int
    fullest_window: int
    statuses: Counter[int]
    p50_ms: float
    p99_ms: float

    @property
    def calls_per_action(self) -> float:
        """The figure of the issue."""
        return sum(self.calls.values()) / max(1, self.actions)


def compressed(factor: float) -> dict[str, str]:
    """The gateway's settings with time running `factor` times as fast. The API's own deadline is real time."""
    return {
        "SENT_FRESH_SECONDS": f"{15 / factor:g}",
        "SENT_STALE_SECONDS": f"{300 / factor:g}",
        "SENT_BUDGET_PER_MINUTE": str(round(BUDGET * factor)),
        "SENT_BUDGET_BURST": str(BUDGET_BURST),
    }


def run(
    mode: str,
    folder: Path,
    hour: Hour,
    *,
    agents: int,
    factor: float,
    seed: int,
    cache: str = "memory",
    contacts: int = CONTACTS,
) -> Outcome:
    """One hour against a desk and a sandbox of its own."""
    latency = "-".join(str(round(ms / factor)) for ms in LATENCY_MS)
    with ExitStack() as stack:
        api = stack.enter_context(
            # The burst grows too, or the API would always seem used up; _over_limit counts with the real one.
            SandboxServer(contacts=contacts, rate=round(RATE * factor), burst=round(BURST * factor), latency_ms=latency)
        )
        settings = compressed(factor) | {"SENT_GATEWAY": mode}
        if cache == "redis":
            settings["CACHE_URL"] = stack.enter_context(running_redis(folder / "redis"))
        desk = stack.enter_context(launched_desk(folder, api.url, **settings))
        profiles = [p["id"] for p in api.profiles() if p["contacts"] >= SMALLEST_PROFILE]
        people = desk.people(agents, profiles)
        town = SharedHistory(desk.url, Clock(factor), {profile: _terms(api, profile) for profile in profiles})
        _warm(desk, people[0])
        api.clear()
        _play(town, people, hour, seed)
        return _outcome(town, api.requests(), factor)


def _play(town: SharedHistory, people: list[Person], hour: Hour, seed: int) -> None:
    """All agents from their first case to their last."""
    town.clock.started = Clock(1).started
    agents = []
    for number, person in enumerate(people):
        cases = plan(hour, Random(f"{seed}/{number}/plan"))  # noqa: S311
        agents.append(Agent(number, person, town, cases, Random(f"{seed}/{number}/day")))  # noqa: S311
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join(timeout=hour.seconds / town.clock.factor * 2 + 120)
        if agent.failure is not None or agent.is_alive():
            raise RuntimeError(f"{agent.name} did not come through its hour") from agent.failure


def _warm(desk: Desk, person: Person) -> None:
    """Both workers import and connect before time begins."""
    for _ in range(6):
        person.browser().get(f"{desk.url}/p/{person.profiles[0]}/profiles/", timeout=30)


def _terms(api: SandboxServer, profile: str) -> Terms:
    """Eight characters of numbers this profile has, as they are written there."""
    query = {"profile": profile, "limit": str(SAMPLE)}
    rows = requests.get(f"{api.url}/_sandbox/contacts", params=query, timeout=30).json()["contacts"]
    written = [_national(row["format_e164"]) for row in rows if row["format_e164"]]
    begins = Counter(text[:KEYSTROKES] for text in written if text[:KEYSTROKES] == text[:KEYSTROKES].strip())
    api.clear()
    broad = [text for text, _ in begins.most_common(BROAD_TRIED) if _matches(api, profile, text) >= BROAD_MATCHES]
    narrow = [text[-KEYSTROKES:] for text in written if len(text[-KEYSTROKES:].strip()) == KEYSTROKES]
    if not broad:
        raise RuntimeError("no eight characters find three pages; the sandbox needs more contacts")
    return Terms(narrow=narrow, broad=broad)


def _matches(api: SandboxServer, profile: str, text: str) -> int:
    answer = api.get("/v3/contacts", profile=profile, page=1, page_size=1, search=text)
    return int(answer.json()["data"]["pagination"]["total_count"])


def _national(e164: str) -> str:
    return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.NATIONAL)


def _outcome(town: SharedHistory, calls: list[Json], factor: float) -> Outcome:
    done = Counter(town.actions)
    impossible, shared, alone = (
        done.pop(name, 0) for name in ("not possible", "searches heard of", "searches nobody else had")
    )
    return Outcome(
        actions=sum(done.values()),
        not_possible=impossible,
        shared=round(100 * shared / max(1, shared + alone)),
        calls=_counted(calls, factor),
        refused=sum(call["status"] == 429 for call in calls) + _over_limit(calls, factor),
        fullest_window=most_in_window((call["time"] for call in calls), 60 / factor),
        statuses=town.statuses,
        p50_ms=percentile(town.waits, 0.5) * 1000,
        p99_ms=percentile(town.waits, 0.99) * 1000,
    )


def _over_limit(calls: list[Json], factor: float) -> int:
    """How many of the calls the API's true limit, 200 a minute and 50 at once, refuses in the script's time."""
    now = 0.0
    limiter = Limiter(RATE, BURST, lambda: now)
    refused = 0
    for call in calls:
        now = call["time"] * factor
        refused += not limiter.take("all").granted
    return refused


def _counted(calls: list[Json], factor: float) -> dict[str, int]:
    """Calls by kind. /v3/me is kept for 300 s of real time whatever the factor, so each one stands for `factor`."""
    kinds = Counter(_kind(call) for call in calls)
    kinds["the account"] = round(kinds["the account"] * factor)
    return dict(kinds)


def _kind(call: Json) -> str:
    """What an API call was for, from how it looks."""
    if call["path"] != "/v3/contacts":
        return "the account" if call["path"] == "/v3/me" else "one contact"
    query = parse_qs(call["query"])
    if query["page"] != ["1"]:
        return "a further page"
    return "one channel" if "channel" in query else "a search" if "search" in query else "a whole list"


VARIANTS = {"full": ("full", "memory"), "full, Redis": ("full", "redis"), "plain": ("plain", "memory")}


def beside(hour: Hour, *, agents: int, factor: float, seed: int) -> dict[str, Outcome]:
    """The same hour with everything, in both caches, and with nothing: at once, each with its own desk and API."""
    outcomes: dict[str, Outcome] = {}
    failures: list[Exception] = []

    def one(name: str, mode: str, cache: str) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="bench-agents-") as folder:
                outcomes[name] = run(mode, Path(folder), hour, agents=agents, factor=factor, seed=seed, cache=cache)
        except Exception as error:  # noqa: BLE001 - raised below, in the main thread
            failures.append(error)

    chosen = {name: how for name, how in VARIANTS.items() if how[1] == "memory" or find_program("Redis")}
    threads = [threading.Thread(target=one, args=(name, *how)) for name, how in chosen.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {name: outcomes[name] for name in chosen}


def bars(outcome: Outcome, planned: int) -> list[Bar]:
    """What issue 3 asks of it (Done 1)."""
    return [
        Bar("API calls an action", round(outcome.calls_per_action, 3), 0.5),
        Bar("calls in the fullest 60 s", outcome.fullest_window, BUDGET),
        Bar("answers 429 of the API", outcome.refused, 0),
        Bar(
            "share of the planned actions that were carried out",
            round(outcome.actions / planned, 3),
            0.97,
            at_least=True,
        ),
    ]


def show(outcomes: dict[str, Outcome]) -> None:
    """One table, a column a gateway."""
    kinds = ("a search", "a further page", "one channel", "a whole list", "one contact", "the account")
    columns = list(outcomes.values())

    def row(name: str, values: Iterable[object]) -> list[object]:
        return [name, *values]

    show_table(
        ("", *outcomes),
        [
            row("actions", (o.actions for o in columns)),
            row("steps the page did not offer", (o.not_possible for o in columns)),
            row("API calls", (sum(o.calls.values()) for o in columns)),
            row("API calls an action", (f"{o.calls_per_action:.3f}" for o in columns)),
            *(row(f"… for: {kind}", (o.calls.get(kind, 0) for o in columns)) for kind in kinds),
            row("429 from the API", (o.refused for o in columns)),
            row("calls in the fullest 60 s", (o.fullest_window for o in columns)),
            row(
                "answers of the desk", (", ".join(f"{n} × {s}" for s, n in sorted(o.statuses.items())) for o in columns)
            ),
            row("of repeated searches, % heard of in the profile", (o.shared for o in columns)),
            row("answer p50 / p99, real ms", (f"{o.p50_ms:.0f} / {o.p99_ms:.0f}" for o in columns)),
        ],
    )


def main() -> int:
    """The exit code: 1 when a full gateway missed a bar."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factor", type=float, default=12.0, help="how many times as fast time runs")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=60.0, help="a part of the hour, with its part of everything")
    parser.add_argument("--seed", type=int, default=3)
    given = parser.parse_args()
    hour = part_of_hour(given.minutes)
    outcomes = beside(hour, agents=given.agents, factor=given.factor, seed=given.seed)
    print(f"{given.agents} agents, {given.minutes:g} minutes at {given.factor:g} ×, seed {given.seed}")
    show(outcomes)
    missed = 0
    for name, outcome in outcomes.items():
        if name != "plain":
            print(f"\n{name}")
            missed |= show_bars(bars(outcome, given.agents * hour.actions))
    return missed


def part_of_hour(minutes: float) -> Hour:
    """So many minutes of the hour, with their part of every total."""
    part = minutes / 60
    whole = Hour()
    return Hour(
        seconds=minutes * 60,
        searches=round(whole.searches * part),
        moves=2 * round(whole.moves * part / 2),
        opened=round(whole.opened * part),
        filters=round(whole.filters * part),
        switches=round(whole.switches * part),
    )


if __name__ == "__main__":
    sys.exit(main())
