"""Workload benchmark: API calls an action of 20 simulated agents in compressed time, with and without the gateway.

Usage: python -m bench.workload [--factor 12] [--agents 20] [--minutes 60] [--seed 3] [--index] [--only NAME]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from random import Random

import phonenumbers
import requests

from testing.programs import find_program
from testing.redis_server import running_redis
from testing.running_desk import Desk, Person, launched_desk, manage
from testing.sandbox_server import SandboxServer

from .simulated_agent import Agent, Clock, SharedHistory, Workload
from .statistics import show_thresholds
from .workload_outcome import BUDGET, BUDGET_BURST, BURST, RATE, Outcome, outcome_of, show, thresholds
from .workload_plan import KEYSTROKES, Hour, plan

CONTACTS = 1_000_000
MIN_PROFILE_SIZE = 30_000  # contacts; in smaller ones no eight characters match three pages
SAMPLE = 2_000  # contacts from which search terms are taken
BROAD_MATCHES = 101  # three pages of 50
BROAD_CANDIDATES = 12
LATENCY_MS = (60, 240)  # of the API, in simulated milliseconds


def compressed(factor: float) -> dict[str, str]:
    """Gateway settings with time compressed by `factor`. The timeout of API calls stays in real time."""
    return {
        "SENT_FRESH_SECONDS": f"{150 / factor:g}",
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
    index: bool = False,
    beside: Callable[[Desk], object] | None = None,
) -> Outcome:
    """Runs the plan against a desk and a sandbox of its own; `beside` is called with the desk just before."""
    latency = "-".join(str(round(ms / factor)) for ms in LATENCY_MS)
    with ExitStack() as stack:
        api = stack.enter_context(
            # The burst is scaled too, else every burst would be refused; _over_limit counts with the real limit.
            # With an index the sandbox has no limit, so that reading the profiles does not take the hour.
            SandboxServer(
                contacts=contacts,
                rate=0 if index else round(RATE * factor),
                burst=round(BURST * factor),
                latency_ms=latency,
            )
        )
        settings = compressed(factor) | {"SENT_GATEWAY": mode}
        settings |= {"NUMBER_INDEX_MOST_CONTACTS": str(contacts)} if index else {}
        if cache == "redis":
            settings["CACHE_URL"] = stack.enter_context(running_redis(folder / "redis"))
        desk = stack.enter_context(launched_desk(folder, api.url, **settings))
        profiles = [p["id"] for p in api.profiles() if p["contacts"] >= MIN_PROFILE_SIZE]
        people = desk.people(agents, profiles)
        history = SharedHistory(desk.url, Clock(factor), {profile: workload_of(api, profile) for profile in profiles})
        index_calls = _index(desk, api, profiles) if index else 0
        _warm(desk, people[0])
        api.clear()
        if beside is not None:
            beside(desk)
        _play(history, people, hour, seed)
        return outcome_of(history, api.requests(), factor, index_calls)


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


def _index(desk: Desk, api: SandboxServer, profiles: list[str]) -> int:
    """Reads the profiles for the number index, past the desk's own limit. Returns how many API calls that was."""
    api.clear()
    own = {
        "SENT_BUDGET_PER_MINUTE": "100000",
        "SENT_BUDGET_BURST": "1000",
        "SENT_BUDGET_FILE": f"{desk.folder}/reading",
    }
    for profile in profiles:
        manage(desk.settings | own, "index_numbers", "--profile", profile, "--wait")
    return len(api.requests())


def _warm(desk: Desk, person: Person) -> None:
    """Makes both workers import and connect before the measurement."""
    for _ in range(6):
        person.browser().get(f"{desk.url}/p/{person.profiles[0]}/profiles/", timeout=30)


def workload_of(api: SandboxServer, profile: str) -> Workload:
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


VARIANTS = {"full": ("full", "memory"), "full, Redis": ("full", "redis"), "plain": ("plain", "memory")}


def run_variants(
    hour: Hour, *, agents: int, factor: float, seed: int, index: bool = False, only: str | None = None
) -> dict[str, Outcome]:
    """Runs all VARIANTS, or one, at the same time, each with its own desk and sandbox; Redis where it is installed.

    `index`: with a number index of the profiles, but for the plain gateway.
    """
    outcomes: dict[str, Outcome] = {}
    failures: list[Exception] = []

    def run_one(name: str, mode: str, cache: str) -> None:
        try:
            with tempfile.TemporaryDirectory(prefix="bench-workload-") as folder:
                outcomes[name] = run(
                    mode,
                    Path(folder),
                    hour,
                    agents=agents,
                    factor=factor,
                    seed=seed,
                    cache=cache,
                    index=index and mode != "plain",
                )
        except Exception as error:  # noqa: BLE001 - raised below, in the main thread
            failures.append(error)

    chosen = {name: variant for name, variant in VARIANTS.items() if only in (None, name)}
    variants = {name: variant for name, variant in chosen.items() if variant[1] == "memory" or find_program("Redis")}
    threads = [threading.Thread(target=run_one, args=(name, *variant)) for name, variant in variants.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if failures:
        raise failures[0]
    return {name: outcomes[name] for name in variants}


def main() -> int:
    """Runs the benchmark; exit code 1 when the full gateway missed a threshold."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--factor", type=float, default=12.0, help="time compression")
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=60.0, help="length; totals are scaled with it")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--index", action="store_true", help="with a number index of the profiles")
    parser.add_argument("--only", choices=VARIANTS, help="one of the variants")
    options = parser.parse_args()
    hour = part_of_hour(options.minutes)
    outcomes = run_variants(
        hour, agents=options.agents, factor=options.factor, seed=options.seed, index=options.index, only=options.only
    )
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
