"""API outage benchmark: latency, worker memory and recovery while the API hangs for a minute at 20 requests a second.

Usage: python -m bench.api_outage [--seconds 60]. Half the requests are for cached pages, half for new searches;
/healthz is requested ten times a second beside them.
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
from dataclasses import dataclass
from itertools import count
from pathlib import Path

import requests

from testing.running_desk import Desk, Person, launched_desk, memory_mb
from testing.sandbox_server import SandboxServer

from .statistics import Threshold, percentile, show_table, show_thresholds

RATE = 20.0  # requests a second, half for cached pages, half for new searches
HEALTH_RATE = 10.0
CACHED_PAGES = 10
WARM_SECONDS, AFTER_SECONDS = 15.0, 40.0
MAX_IN_FLIGHT = 600  # concurrent requests; no deadline of the desk explains more
RESPONSE_TIMEOUT = 90  # seconds


@dataclass(frozen=True, slots=True)
class Response:
    """Response to one request: times sent and received (monotonic seconds) and its status, 0 when none came."""

    sent: float
    done: float
    status: int
    stale: bool


class LoadGenerator:
    """Open-loop load: requests are sent on schedule however slow the responses are."""

    def __init__(self, desk: Desk, person: Person) -> None:
        self._desk, self._person = desk, person
        self._list = f"/p/{person.profiles[0]}/contacts/"
        self._search_numbers = count()
        self._local = threading.local()
        self._pool = ThreadPoolExecutor(MAX_IN_FLIGHT)
        self._lock = threading.Lock()
        self.responses: dict[str, list[Response]] = {"health": [], "known": [], "new": []}

    def run_for(self, seconds: float) -> None:
        """Sends requests on schedule for `seconds`."""
        schedule = [(1 / HEALTH_RATE, self._health), (2 / RATE, self._cached_page), (2 / RATE, self._new_search)]
        began = time.monotonic()
        sent = [0] * len(schedule)
        while (now := time.monotonic() - began) < seconds:
            for index, (interval, send) in enumerate(schedule):
                while sent[index] * interval <= now:
                    sent[index] += 1
                    self._pool.submit(send, sent[index])
            time.sleep(0.005)

    def close(self) -> None:
        """Waits for the requests in flight."""
        self._pool.shutdown()

    def _health(self, _number: int) -> None:
        self._request("health", "/healthz")

    def _cached_page(self, number: int) -> None:
        self._request("known", f"{self._list}?page={number % CACHED_PAGES + 1}")

    def _new_search(self, _number: int) -> None:
        self._request("new", f"{self._list}?search=5{next(self._search_numbers):05d}")

    def _request(self, kind: str, path: str) -> None:
        # A new connection each time, so that the kernel picks the worker.
        headers = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Current-URL": self._desk.url + self._list}
        sent = time.monotonic()
        try:
            with self._person.browser() as browser:
                response = browser.get(self._desk.url + path, headers=headers, timeout=RESPONSE_TIMEOUT)
            status, stale = response.status_code, "stale" in response.text
        except requests.RequestException:
            status, stale = 0, False
        with self._lock:
            self.responses[kind].append(Response(sent, time.monotonic(), status, stale))


@dataclass(frozen=True, slots=True)
class Outcome:
    """Responses by phase and kind, worker memory in MB, and seconds until every new search succeeds again."""

    phases: dict[str, dict[str, list[Response]]]
    memory: dict[str, list[float]]
    first_seconds: float
    recovery_seconds: float


def run(folder: Path, *, seconds: float, warm: float = WARM_SECONDS, after: float = AFTER_SECONDS) -> Outcome:
    """Runs the three phases before, hanging and after. The rate limiter is lifted: it is not the subject."""
    memory: dict[str, list[float]] = {}
    limits = {"SENT_BUDGET_PER_MINUTE": "6000", "SENT_BUDGET_BURST": "600"}
    with (
        SandboxServer(contacts=20_000, rate=0, latency_ms="20-80") as api,
        launched_desk(folder, api.url, **limits) as desk,
    ):
        load = LoadGenerator(desk, desk.people(1, [api.profiles()[1]["id"]])[0])

        def phase(name: str, lasts: float) -> float:
            load.run_for(lasts)
            memory[name] = [memory_mb(pid) for pid in desk.workers()]
            return time.monotonic()

        started = phase("before", warm)
        api.fault(kind="hang", seconds=seconds + 60, times=1_000_000)
        recovered = phase("hanging", seconds)
        api.clear()
        phase("after", after)
        load.close()
        return _outcome(load.responses, started, recovered, memory)


def _outcome(
    responses: dict[str, list[Response]], started: float, recovered: float, memory: dict[str, list[float]]
) -> Outcome:
    within: dict[str, Callable[[Response], bool]] = {
        "before": lambda r: r.sent < started,
        "hanging": lambda r: started <= r.sent < recovered,
        "after": lambda r: r.sent >= recovered,
    }
    phases = {
        name: {kind: [r for r in rows if fits(r)] for kind, rows in responses.items()} for name, fits in within.items()
    }
    fresh = [r.done for r in phases["after"]["new"] if r.status == 200]
    failed = [r.sent for r in phases["after"]["new"] if r.status != 200]
    return Outcome(
        phases=phases,
        memory=memory,
        first_seconds=min(fresh, default=float("inf")) - recovered,
        recovery_seconds=max([*failed, min(fresh, default=float("inf"))]) - recovered,
    )


def thresholds(outcome: Outcome) -> list[Threshold]:
    """Thresholds of issue 3 (Done 4)."""
    hanging, before = outcome.phases["hanging"], outcome.phases["before"]
    known = [r for r in hanging["known"] if r.status == 200]
    return [
        Threshold("p99 of /healthz while the API hangs, ms", round(_ms(hanging["health"], 0.99), 1), 100),
        Threshold(
            "known pages answered 200 while it hangs",
            round(len(known) / max(1, len(hanging["known"])), 3),
            0.99,
            at_least=True,
        ),
        Threshold(
            "p50 of known pages while it hangs, ms",
            round(_ms(hanging["known"], 0.5), 1),
            round(_ms(before["known"], 0.5) * 2 + 20, 1),
        ),
        Threshold(
            "p99 of known pages while it hangs, ms",
            round(_ms(hanging["known"], 0.99), 1),
            round(_ms(before["known"], 0.99) * 2 + 100, 1),
        ),
        Threshold("growth of the larger worker, MB", round(growth(outcome), 1), 20),
        Threshold("seconds until every new search is answered again", round(outcome.recovery_seconds, 1), 30),
    ]


def growth(outcome: Outcome) -> float:
    """Memory growth of a worker during the outage in MB, the larger of the two workers."""
    return max(
        after - before for before, after in zip(outcome.memory["before"], outcome.memory["hanging"], strict=True)
    )


def _ms(responses: list[Response], share: float) -> float:
    return percentile((r.done - r.sent for r in responses), share) * 1000


def show(outcome: Outcome) -> None:
    """Prints a row for each phase and kind, then memory and recovery."""
    rows = []
    for name, kinds in outcome.phases.items():
        for kind, responses in kinds.items():
            statuses = ", ".join(
                f"{n} × {s or 'none'}" for s, n in sorted(Counter(r.status for r in responses).items())
            )
            times = (f"{_ms(responses, share):.0f}" for share in (0.5, 0.99, 1))
            rows.append((name, kind, statuses, *times))
    show_table(("phase", "asked", "answers", "p50 ms", "p99 ms", "longest ms"), rows)
    for name, sizes in outcome.memory.items():
        print(f"workers at the end of '{name}': {', '.join(f'{size:.0f}' for size in sizes)} MB")
    print(f"first new search answered {outcome.first_seconds:.1f} s after the API came back")


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=60.0, help="how long the API hangs")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-api-outage-") as folder:
        outcome = run(Path(folder), seconds=options.seconds)
    print(f"The API hung for {options.seconds:g} s under {RATE:g} requests a second")
    show(outcome)
    return show_thresholds(thresholds(outcome))


if __name__ == "__main__":
    sys.exit(main())
