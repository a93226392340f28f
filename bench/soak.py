"""Soak: two hours of agents in thirty minutes, and what grows meanwhile: memory, descriptors, connections.

Usage: python -m bench.soak [--minutes 45] [--agents 20] [--factor 4] [--hosts 1]. Needs PostgreSQL, Redis and nginx.
Before it everyone asks at once, so that each worker has its threads and connections; the first third is warm-up:
imports and caches fill. Slopes are per hour of the agents' time.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from statistics import linear_regression, mean

from testing.desk_hosts import DeskHosts, TlsPerson, running_hosts
from testing.running_desk import memory_mb
from testing.sandbox_server import SandboxServer

from .hosts import CONTACTS, LATENCY_MS, Scene, set_the_scene, start_agents
from .statistics import Threshold, show_table, show_thresholds
from .workload import part_of_hour
from .workload_outcome import BURST, RATE

WARM_UP = 1 / 3  # of the samples
SAMPLES = 180
AT_ONCE, ROUNDS = 128, 10  # requests before it, as many as two workers have threads
MOST_SLOPE = 2.0  # MB an hour
MOST_MORE = 2.0  # descriptors or connections, second half of what is measured against its first


@dataclass(slots=True)
class Series:
    """Samples of one process: seconds, MB of resident memory and open descriptors."""

    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    descriptors: list[float] = field(default_factory=list)

    def add(self, seconds: float, pid: int) -> None:
        """Measures a process."""
        self.seconds.append(seconds)
        self.memory.append(memory_mb(pid))
        self.descriptors.append(len(list(Path(f"/proc/{pid}/fd").iterdir())))


class Observer(threading.Thread):
    """Samples every process of every host, and the connections to the database, until `stopped`."""

    def __init__(self, desk: DeskHosts, interval: float) -> None:
        super().__init__(name="observer", daemon=True)
        self._desk, self._interval = desk, interval
        self.processes: dict[str, Series] = {}
        self.connections: list[float] = []
        self.failure: Exception | None = None
        self.stopped = threading.Event()

    def run(self) -> None:
        """Samples at even intervals. A process that was replaced is a new series: its end is a failure of the soak."""
        began = time.monotonic()
        try:
            while not self.stopped.wait(self._interval):
                for number, host in enumerate(self._desk.hosts, start=1):
                    for name, pid in host.processes().items():
                        series = self.processes.setdefault(f"host {number} {name}, pid {pid}", Series())
                        series.add(time.monotonic() - began, pid)
                self.connections.append(float(self._desk.connections()))
        except Exception as error:  # noqa: BLE001 - read by the thread that joins
            self.failure = error


def slope(seconds: Sequence[float], values: Sequence[float], factor: float) -> float:
    """Growth of a value in an hour of the agents' time, by least squares over what follows the warm-up."""
    start = int(len(seconds) * WARM_UP)
    return linear_regression(seconds[start:], values[start:]).slope * 3600 / factor


def more(values: Sequence[float]) -> float:
    """Mean of the last third less that of the second."""
    third = len(values) // 3
    return mean(values[2 * third :]) - mean(values[third : 2 * third])


def fill_pools(scene: Scene) -> None:
    """Has everyone ask for one list at once: a worker that gets less to do would grow as far as the others, but later.

    Which of them gets a connection is the kernel's choice, so twenty agents may leave one nearly idle for an hour.
    """

    def ask(person: TlsPerson) -> None:
        with person.browser() as browser:
            for _ in range(ROUNDS):
                browser.get(f"{scene.desk.url}/p/{person.profiles[0]}/contacts/", timeout=60)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        list(pool.map(ask, [scene.people[number % len(scene.people)] for number in range(AT_ONCE)]))


def run(folder: Path, *, minutes: float, agents: int, factor: float, hosts: int, seed: int) -> Observer:
    """Plays the agents for so many real minutes, and measures."""
    with (
        SandboxServer(contacts=CONTACTS, rate=RATE, burst=BURST, latency_ms=LATENCY_MS) as api,
        running_hosts(folder, api.url, hosts, NUMBER_INDEX_MOST_CONTACTS="0") as desk,
    ):
        scene = set_the_scene(desk, api, agents, factor)
        fill_pools(scene)
        observer = Observer(desk, minutes * 60 / SAMPLES)
        threads = start_agents(scene, part_of_hour(minutes * factor), seed)
        observer.start()
        for thread in threads:
            thread.join(timeout=minutes * 60 + 120)
        observer.stopped.set()
        observer.join()
        if observer.failure is not None:
            raise observer.failure
        print(f"answers: {dict(sorted(scene.history.statuses.items()))}")
        return observer


def thresholds(observer: Observer, factor: float, processes: int) -> list[Threshold]:
    """Thresholds of issue 19 (Done 2)."""
    lines = [Threshold("processes that were replaced", len(observer.processes) - processes, 0)]
    for name, series in observer.processes.items():
        growth = round(slope(series.seconds, series.memory, factor), 2)
        lines.append(Threshold(f"{name}: MB an hour", growth, MOST_SLOPE))
        lines.append(Threshold(f"{name}: more descriptors", round(more(series.descriptors), 1), MOST_MORE))
    lines.append(Threshold("more connections to the database", round(more(observer.connections), 1), MOST_MORE))
    return lines


def show(observer: Observer) -> None:
    """Prints a row a process: memory and descriptors after the warm-up and at the end."""
    rows = []
    for name, series in observer.processes.items():
        start = int(len(series.seconds) * WARM_UP)
        ends = (series.memory[start], series.memory[-1], max(series.memory), series.descriptors[start])
        rows.append((name, *(f"{value:.1f}" for value in ends), f"{series.descriptors[-1]:.0f}"))
    show_table(("process", "MB after warm-up", "MB at the end", "most MB", "descriptors", "at the end"), rows)
    print(
        f"connections to the database: {observer.connections[0]:.0f} at first, {max(observer.connections):.0f} at most"
    )


def main() -> int:
    """Runs the soak; exit code 1 when something grows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=45.0)
    parser.add_argument("--agents", type=int, default=20)
    parser.add_argument("--factor", type=float, default=4.0, help="the agents' pace")
    parser.add_argument("--hosts", type=int, default=1)
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-soak-") as folder:
        observer = run(
            Path(folder), minutes=options.minutes, agents=options.agents, factor=options.factor,
            hosts=options.hosts, seed=options.seed,
        )  # fmt: skip
    print(f"{options.agents} agents at {options.factor:g} × for {options.minutes:g} minutes, {options.hosts} host")
    show(observer)
    return show_thresholds(thresholds(observer, options.factor, options.hosts * 3))


if __name__ == "__main__":
    sys.exit(main())
