"""Workload benchmark: API calls an action of 20 simulated agents in compressed time, with and without the gateway.

Usage: python -m bench.workload [--factor 12] [--agents 20] [--minutes 60] [--seed 3]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable, Iterable
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

from .simulated_agent import Agent, Clock, SharedHistory, Workload
from .statistics import Threshold, max_in_window, percentile, show_table, show_thresholds
from .workload_plan import KEYSTROKES, Hour, plan

RATE, BURST = 200, 50  # the organization's limit (sent-api-v3, transport)
BUDGET, BUDGET_BURST = 120, 30
CONTACTS = 1_000_000
MIN_PROFILE_SIZE = 30_000  # contacts; in smaller ones no eight characters match three pages
SAMPLE = 2_000  # contacts from which search terms are taken
BROAD_MATCHES = 101  # three pages of 50
BROAD_CANDIDATES = 12
LATENCY_MS = (60, 240)  # of the API, in simulated milliseconds


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one run. Times of API calls are in simulated seconds."""

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
        """API calls divided by actions, which issue 3 limits."""
        return sum(self.calls.values()) / max(1, self.actions)


def compressed(factor: float) -> dict[str, str]:
    """Gateway settings with time compressed by `factor`. The timeout of API calls stays in real time."""
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
    beside: Callable[[Desk], object] | None = None,
) -> Outcome:
    """Runs the plan against a desk and a sandbox of its own; `beside` is called with the desk just before."""
    latency = "-".join(str(round(ms / factor)) for ms in LATENCY_MS)
    with ExitStack() as stack:
        api = stack.enter_context(
            # The burst is scaled too, else every burst would be refused; _over_limit counts with the real limit.
            SandboxServer(contacts=contacts, rate=round(RATE * factor), burst=round(BURST * factor), latency_ms=latency)
        )
        settings = compressed(factor) | {"SENT_GATEWAY": mode}
        if cache == "redis":
            settings["CACHE_URL"] = stack.enter_context(running_redis(folder / "redis"))
        desk = stack.enter_context(launched_desk(folder, api.url, **settings))
        profiles = [p["id"] for p in api.profiles() if p["contacts"] >= MIN_PROFILE_SIZE]
        people = desk.people(agents, profiles)
        history = SharedHistory(desk.url, Clock(factor), {profile: _workload_of(api, profile) for profile in profiles})
        _warm(desk, people[0])
        api.clear()
        if beside is not None:
            beside(desk)
        _play(history, people, hour, seed)
        return _outcome(history, api.requests(), factor)


def _play(history: SharedHistory, people: list[Person], hour: Hour, seed: int) -> None:
    """Starts all agents and waits until they have played their cases."""
    history.clock.started = Clock(1).started
    agents = []
    for number, person in enumerate(people):
        cases = plan(hour, Random(f"{seed}/{number}/plan"))  # noqa: S311
        agents.append(Agent(number, person, history, cases, Random(f"{seed}/{number}/day")))  # noqa: S311
    for agent in agents:
        agent.start()
    for agent in agents:
        agent.join(timeout=hour.seconds / history.clock.factor * 2 + 120)
        if agent.failure is not None or agent.is_alive():
            raise RuntimeError(f"{agent.name} did not finish its cases") from agent.failure


def _warm(desk: Desk, person: Person) -> None:
    """Makes both workers import and connect before the measurement."""
    for _ in range(6):
        person.browser().get(f"{desk.url}/p/{person.profiles[0]}/profiles/", timeout=30)


def _workload_of(api: SandboxServer, profile: str) -> Workload:
    """Takes search terms of eight characters from the national formats of a profile's numbers."""
    query = {"profile": profile, "limit": str(SAMPLE)}
    rows = requests.get(f"{api.url}/_sandbox/contacts", params=query, timeout=30).json()["contacts"]
    numbers = [_national(row["format_e164"]) for row in rows if row["format_e164"]]
    prefixes = Counter(text[:KEYSTROKES] for text in numbers if text[:KEYSTROKES] == text[:KEYSTROKES].strip())
    api.clear()
    broad = [
        text for text, _ in prefixes.most_common(BROAD_CANDIDATES) if _matches(api, profile, text) >= BROAD_MATCHES
    ]
    narrow = [text[-KEYSTROKES:] for text in numbers if len(text[-KEYSTROKES:].strip()) == KEYSTROKES]
    if not broad:
        raise RuntimeError("no eight characters match three pages; the sandbox needs more contacts")
    return Workload(narrow=narrow, broad=broad)


def _matches(api: SandboxServer, profile: str, text: str) -> int:
    response = api.get("/v3/contacts", profile=profile, page=1, page_size=1, search=text)
    return int(response.json()["data"]["pagination"]["total_count"])


def _national(e164: str) -> str:
    return phonenumbers.format_number(phonenumbers.parse(e164), phonenumbers.PhoneNumberFormat.NATIONAL)


def _outcome(history: SharedHistory, calls: list[Json], factor: float) -> Outcome:
    actions = Counter(history.actions)
    impossible, repeated, alone = (
        actions.pop(name, 0) for name in ("not possible", "repeated searches", "searches without one to repeat")
    )
    return Outcome(
        actions=sum(actions.values()),
        not_possible=impossible,
        shared=round(100 * repeated / max(1, repeated + alone)),
        calls=_calls_by_kind(calls, factor),
        refused=sum(call["status"] == 429 for call in calls) + _over_limit(calls, factor),
        fullest_window=max_in_window((call["time"] for call in calls), 60 / factor),
        statuses=history.statuses,
        p50_ms=percentile(history.response_seconds, 0.5) * 1000,
        p99_ms=percentile(history.response_seconds, 0.99) * 1000,
    )


def _over_limit(calls: list[Json], factor: float) -> int:
    """Number of calls that the API's real limit (200 a minute, burst 50) would refuse in simulated time."""
    now = 0.0
    limiter = Limiter(RATE, BURST, lambda: now)
    refused = 0
    for call in calls:
        now = call["time"] * factor
        refused += not limiter.take("all").granted
    return refused


def _calls_by_kind(calls: list[Json], factor: float) -> dict[str, int]:
    """Calls by kind. /v3/me is cached for 300 s of real time, so each call counts `factor` times."""
    kinds = Counter(_kind(call) for call in calls)
    kinds["the account"] = round(kinds["the account"] * factor)
    return dict(kinds)


def _kind(call: Json) -> str:
    """Kind of an API call, from its path and query."""
    if call["path"] != "/v3/contacts":
        return "the account" if call["path"] == "/v3/me" else "one contact"
    query = parse_qs(call["query"])
    if query["page"] != ["1"]:
        return "a further page"
    return "one channel" if "channel" in query else "a search" if "search" in query else "a whole list"


VARIANTS = {"full": ("full", "memory"), "full, Redis": ("full", "redis"), "plain": ("plain", "memory")}


def run_variants(hour: Hour, *, agents: int, factor: float, seed: int) -> dict[str, Outcome]:
    """Runs all VARIANTS at the same time, each with its own desk and sandbox; Redis only where it is installed."""
    outcomes: dict[str, Outcome] = {}
    failures: list[Exception] = []

    def run_one(name: str, mode: str, cache: str) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="bench-workload-") as folder:
                outcomes[name] = run(mode, Path(folder), hour, agents=agents, factor=factor, seed=seed, cache=cache)
        except Exception as error:  # noqa: BLE001 - raised below, in the main thread
            failures.append(error)

    variants = {name: variant for name, variant in VARIANTS.items() if variant[1] == "memory" or find_program("Redis")}
    threads = [threading.Thread(target=run_one, args=(name, *variant)) for name, variant in variants.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {name: outcomes[name] for name in variants}


def thresholds(outcome: Outcome, planned: int) -> list[Threshold]:
    """Thresholds of issue 3 (Done 1)."""
    return [
        Threshold("API calls an action", round(outcome.calls_per_action, 3), 0.5),
        Threshold("calls in the fullest 60 s", outcome.fullest_window, BUDGET),
        Threshold("answers 429 of the API", outcome.refused, 0),
        Threshold(
            "share of the planned actions that were carried out",
            round(outcome.actions / planned, 3),
            0.97,
            at_least=True,
        ),
    ]


def show(outcomes: dict[str, Outcome]) -> None:
    """Prints one table with a column for each variant."""
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
            row("repeated searches found in the profile, %", (o.shared for o in columns)),
            row("answer p50 / p99, real ms", (f"{o.p50_ms:.0f} / {o.p99_ms:.0f}" for o in columns)),
        ],
    )


def main() -> int:
    """Runs the benchmark; exit code 1 when the full gateway missed a threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factor", type=float, default=12.0, help="time compression")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=60.0, help="length; totals are scaled with it")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    hour = part_of_hour(options.minutes)
    outcomes = run_variants(hour, agents=options.agents, factor=options.factor, seed=options.seed)
    print(f"{options.agents} agents, {options.minutes:g} minutes at {options.factor:g} ×, seed {options.seed}")
    show(outcomes)
    missed = 0
    for name, outcome in outcomes.items():
        if name != "plain":
            print(f"\n{name}")
            missed |= show_thresholds(thresholds(outcome, options.agents * hour.actions))
    return missed


def part_of_hour(minutes: float) -> Hour:
    """Scales every total of the hour to `minutes`."""
    share = minutes / 60
    whole = Hour()
    return Hour(
        seconds=minutes * 60,
        searches=round(whole.searches * share),
        moves=2 * round(whole.moves * share / 2),
        opened=round(whole.opened * share),
        filters=round(whole.filters * share),
        switches=round(whole.switches * share),
    )


if __name__ == "__main__":
    sys.exit(main())
