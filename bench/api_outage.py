"""The API hangs for a minute under 20 requests a second: who notices, how much memory it takes, how soon it is over.

Usage: python -m bench.api_outage [--seconds 60]. Half the requests are for pages seen shortly before, half for new
searches; /healthz is asked ten times a second beside them.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import requests

from testing.running_desk import Desk, Person, launched_desk, memory_mb
from testing.sandbox_server import SandboxServer

from .statistics import Bar, percentile, show_bars, show_table

RATE = 20.0  # requests a second, half known, half new
HEALTH_RATE = 10.0
KNOWN = 10  # pages seen before
WARM_SECONDS, AFTER_SECONDS = 15.0, 40.0
OUTSTANDING = 600  # requests that may wait at once; more is more than any deadline explains
ANSWER_SECONDS = 90


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: when it was sent and answered (seconds, monotonic), and the status (0: none came)."""

    sent: float
    done: float
    status: int
    stale: bool


@dataclass(slots=True)
class Phase:
    """What was asked for between two moments, by kind."""

    name: str
    answers: dict[str, list[Answer]] = field(default_factory=dict)


class Visitors:
    """Open-loop load: requests go out on time however slow the answers are."""

    def __init__(self, desk: Desk, person: Person) -> None:
        self._desk, self._person = desk, person
        self._list = f"/p/{person.profiles[0]}/contacts/"
        self._new = count()
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(OUTSTANDING)
        self._lock = threading.Lock()
        self.answers: dict[str, list[Answer]] = {"health": [], "known": [], "new": []}

    def for_seconds(self, seconds: float) -> None:
        """Sends what is due, until then."""
        due = [(1 / HEALTH_RATE, self._health), (2 / RATE, self._known), (2 / RATE, self._searched)]
        began = time.monotonic()
        sent = [0] * len(due)
        while (now := time.monotonic() - began) < seconds:
            for index, (pause, send) in enumerate(due):
                while sent[index] * pause <= now:
                    sent[index] += 1
                    self._pool.submit(send, sent[index])
            time.sleep(0.005)

    def end(self) -> None:
        """Waits for what is still out."""
        self._pool.shutdown()

    def _health(self, _number: int) -> None:
        self._ask("health", "/healthz")

    def _known(self, number: int) -> None:
        self._ask("known", f"{self._list}?page={number % KNOWN + 1}")

    def _searched(self, _number: int) -> None:
        self._ask("new", f"{self._list}?search=5{next(self._new):05d}")

    def _ask(self, kind: str, address: str) -> None:
        # Without a kept connection: which of the two workers answers is left to the kernel.
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": self._desk.url + self._list}
        sent = time.monotonic()
        try:
            with self._person.browser() as browser:
                got = browser.get(self._desk.url + address, headers=headers, timeout=ANSWER_SECONDS)
            status, stale = got.status_code, "stale" in got.text
        except requests.RequestException:
            status, stale = 0, False
        with self._lock:
            self.answers[kind].append(Answer(sent, time.monotonic(), status, stale))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Answers by kind and phase, memory of the workers in MB, and seconds until all new searches were answered."""

    phases: dict[str, dict[str, list[Answer]]]
    memory: dict[str, list[float]]
    first_seconds: float
    recovery_seconds: float


def run(folder: Path, *, seconds: float, warm: float = WARM_SECONDS, after: float = AFTER_SECONDS) -> Outcome:
    """Normal, hanging, normal again. The budget is lifted: it is not what is measured here."""
    memory: dict[str, list[float]] = {}
    limits = {"SENT_BUDGET_PER_MINUTE": "6000", "SENT_BUDGET_BURST": "600"}
    with (
        SandboxServer(contacts=20_000, rate=0, latency_ms="20-80") as api,
        launched_desk(folder, api.url, **limits) as desk,
    ):
        visitors = Visitors(desk, desk.people(1, [api.profiles()[1]["id"]])[0])

        def phase(name: str, lasts: float) -> float:
            visitors.for_seconds(lasts)
            memory[name] = [memory_mb(pid) for pid in desk.workers()]
            return time.monotonic()

        begun = phase("before", warm)
        api.fault(kind="hang", seconds=seconds + 60, times=1_000_000)
        back = phase("hanging", seconds)
        api.clear()
        phase("after", after)
        visitors.end()
        return _outcome(visitors.answers, begun, back, memory)


def _outcome(answers: dict[str, list[Answer]], begun: float, back: float, memory: dict[str, list[float]]) -> Outcome:
    within: dict[str, Callable[[Answer], bool]] = {
        "before": lambda a: a.sent < begun,
        "hanging": lambda a: begun <= a.sent < back,
        "after": lambda a: a.sent >= back,
    }
    phases = {
        name: {kind: [a for a in rows if fits(a)] for kind, rows in answers.items()} for name, fits in within.items()
    }
    fresh = [a.done for a in phases["after"]["new"] if a.status == 200]
    failed = [a.sent for a in phases["after"]["new"] if a.status != 200]
    return Outcome(
        phases=phases,
        memory=memory,
        first_seconds=min(fresh, default=float("inf")) - back,
        recovery_seconds=max([*failed, min(fresh, default=float("inf"))]) - back,
    )


def bars(outcome: Outcome) -> list[Bar]:
    """What issue 3 asks of it (Done 4)."""
    hanging, before = outcome.phases["hanging"], outcome.phases["before"]
    known = [a for a in hanging["known"] if a.status == 200]
    return [
        Bar("p99 of /healthz while the API hangs, ms", round(_ms(hanging["health"], 0.99), 1), 100),
        Bar(
            "known pages answered 200 while it hangs",
            round(len(known) / max(1, len(hanging["known"])), 3),
            0.99,
            at_least=True,
        ),
        Bar(
            "p50 of known pages while it hangs, ms",
            round(_ms(hanging["known"], 0.5), 1),
            round(_ms(before["known"], 0.5) * 2 + 20, 1),
        ),
        Bar(
            "p99 of known pages while it hangs, ms",
            round(_ms(hanging["known"], 0.99), 1),
            round(_ms(before["known"], 0.99) * 2 + 100, 1),
        ),
        Bar("growth of the larger worker, MB", round(growth(outcome), 1), 20),
        Bar("seconds until every new search is answered again", round(outcome.recovery_seconds, 1), 30),
    ]


def growth(outcome: Outcome) -> float:
    """MB a worker took more at the end of the outage than before it, the larger of the two."""
    return max(
        after - before for before, after in zip(outcome.memory["before"], outcome.memory["hanging"], strict=True)
    )


def _ms(answers: list[Answer], share: float) -> float:
    return percentile((a.done - a.sent for a in answers), share) * 1000


def show(outcome: Outcome) -> None:
    """A row a phase and kind."""
    rows = []
    for name, kinds in outcome.phases.items():
        for kind, answers in kinds.items():
            statuses = ", ".join(f"{n} × {s or 'none'}" for s, n in sorted(Counter(a.status for a in answers).items()))
            times = (f"{_ms(answers, share):.0f}" for share in (0.5, 0.99, 1))
            rows.append((name, kind, statuses, *times))
    show_table(("phase", "asked", "answers", "p50 ms", "p99 ms", "longest ms"), rows)
    for name, sizes in outcome.memory.items():
        print(f"workers at the end of '{name}': {', '.join(f'{size:.0f}' for size in sizes)} MB")
    print(f"first new search answered {outcome.first_seconds:.1f} s after the API came back")


def main() -> int:
    """The exit code: 1 when a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the API hangs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-hang-") as folder:
        outcome = run(Path(folder), seconds=given.seconds)
    print(f"The API hung for {given.seconds:g} s under {RATE:g} requests a second")
    show(outcome)
    return show_bars(bars(outcome))


if __name__ == "__main__":
    sys.exit(main())
