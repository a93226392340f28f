"""Hosts benchmark: two hosts behind nginx, agents at three times their pace, and every part failing once.

Usage: python -m bench.hosts [--minutes 10] [--agents 20] [--factor 3] [--hosts 2] [--only FAULT...] [--keep FOLDER].
Needs PostgreSQL, Redis and nginx. With fewer minutes the outages are shorter in proportion.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random

from testing.desk_hosts import DeskHosts, TlsPerson, running_hosts
from testing.sandbox_server import SandboxServer

from .hosts_agent import PageReader, Seen, SteadyAgent
from .hosts_faults import Faults
from .hosts_outcome import Outcome, outcome_of, show, thresholds
from .simulated_agent import Clock, SharedHistory
from .statistics import show_thresholds
from .workload import MIN_PROFILE_SIZE, part_of_hour, workload_of
from .workload_outcome import BURST, RATE
from .workload_plan import Hour, plan

CONTACTS = 300_000
PROFILES = 6
FULL_MINUTES = 10.0
SMALLEST_EXPORT = 500  # contacts: five calls at least
LATENCY_MS = "60-240"


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that runs: hosts, API, people and what they have seen."""

    desk: DeskHosts
    api: SandboxServer
    people: Sequence[TlsPerson]
    history: SharedHistory
    seen: Seen


def set_the_scene(desk: DeskHosts, api: SandboxServer, agents: int, factor: float) -> Scene:
    """Makes the people and their workload; both take API calls past the desk, which are not counted."""
    profiles = [p["id"] for p in api.profiles() if p["contacts"] >= MIN_PROFILE_SIZE][:PROFILES]
    people = desk.people(agents + 1, profiles)
    history = SharedHistory(desk.url, Clock(factor), {profile: workload_of(api, profile) for profile in profiles})
    ids = {profile: frozenset(api.contacts(profile)) for profile in profiles}
    seen = Seen(history, ids, answers=[], foreign=[], shown=[], without_style=[], pages=[], bare=[])
    api.clear()
    return Scene(desk, api, people, history, seen)


def start_agents(scene: Scene, hour: Hour, seed: int) -> list[SteadyAgent]:
    """Starts an agent for each person but the last, who reads whole pages."""
    scene.history.clock.started = time.monotonic()
    agents = [
        SteadyAgent(
            number, person, scene.seen, plan(hour, Random(f"{seed}/{number}/plan")),  # noqa: S311
            Random(f"{seed}/{number}/day"),  # noqa: S311
        )
        for number, person in enumerate(scene.people[:-1])
    ]  # fmt: skip
    for agent in agents:
        agent.start()
    return agents


def run(
    folder: Path, *, minutes: float, agents: int, factor: float, hosts: int, seed: int, only: Sequence[str] = ()
) -> Outcome:
    """Runs the agents for so many real minutes, with the faults one after the other at even distances."""
    with (
        SandboxServer(contacts=CONTACTS, rate=RATE, burst=BURST, latency_ms=LATENCY_MS) as api,
        running_hosts(folder, api.url, hosts, NUMBER_INDEX_MOST_CONTACTS="0") as desk,
    ):
        scene = set_the_scene(desk, api, agents, factor)
        profile = min(
            (p for p in api.profiles() if p["contacts"] >= SMALLEST_EXPORT), key=lambda each: int(each["contacts"])
        )
        faults = Faults(desk, api, profile["id"], share=min(1.0, minutes / FULL_MINUTES))
        chosen = [each for each in faults.all() if not only or each[0] in only]
        began, seconds = time.monotonic(), minutes * 60
        threads = start_agents(scene, part_of_hour(minutes * factor), seed)
        reader = PageReader(desk.url, scene.people[-1], scene.seen)
        reader.start()
        for number, (name, fault) in enumerate(chosen, start=1):
            time.sleep(max(0.0, began + seconds * (number - 0.5) / len(chosen) - time.monotonic()))
            print(f"{time.monotonic() - began:5.0f} s  {name}", flush=True)
            faults.run(name, fault)
        for thread in threads:
            thread.join(timeout=seconds + 120)
        reader.stopped.set()
        reader.join(timeout=90)
        _raise_failures(threads)
        return outcome_of(desk, scene.seen, faults, int(profile["contacts"]))


def _raise_failures(threads: Sequence[SteadyAgent]) -> None:
    for thread in threads:
        if thread.failure is not None or thread.is_alive():
            raise RuntimeError(f"{thread.name} did not finish its cases") from thread.failure


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=FULL_MINUTES)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--factor", type=float, default=3.0, help="the agents' pace")
    parser.add_argument("--hosts", type=int, default=2)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--only", nargs="*", default=(), help="faults, by name")
    parser.add_argument("--keep", type=Path, help="a folder for the logs of all programs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-hosts-") as temporary:
        outcome = run(
            options.keep or Path(temporary), minutes=options.minutes, agents=options.agents, factor=options.factor,
            hosts=options.hosts, seed=options.seed, only=options.only,
        )  # fmt: skip
    print(f"{options.hosts} hosts, {options.agents} agents at {options.factor:g} × for {options.minutes:g} minutes")
    show(outcome)
    return show_thresholds(thresholds(outcome))


if __name__ == "__main__":
    sys.exit(main())
