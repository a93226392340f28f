"""Rate limiter benchmark: 3 processes x 16 threads call the gateway at full speed, with and without bulk load.

Usage: python -m bench.rate_limit_load [--seconds 180] [--cache memory|redis]. Three parts: interactive and bulk
together; interactive alone (a third of the time); bulk at full speed with two interactive calls every three seconds (a
third).
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from testing import ROOT
from testing.redis_server import running_redis
from testing.running_desk import desk_environment
from testing.sandbox_server import SandboxServer

from .statistics import Threshold, max_in_window, show_table, show_thresholds
from .workload_outcome import BUDGET, BUDGET_BURST, BURST, RATE

PROCESSES, THREADS = 3, 16
LATENCY_MS = "20-80"


@dataclass(frozen=True, slots=True)
class Load:
    """Load of each process: threads, how many of them bulk, seconds between interactive calls."""

    name: str
    threads: int
    bulk: int
    pause: float = 0.0


MIXED = Load("12 interactive + 4 bulk", THREADS, THREADS // 4)
ALONE = Load("12 interactive alone", THREADS - THREADS // 4, 0)
POLITE = Load("15 bulk + 1 interactive every 4.5 s", THREADS, THREADS - 1, pause=4.5)


@dataclass(frozen=True, slots=True)
class Outcome:
    """Result of one part, as the API and as the calling threads saw it."""

    seconds: float
    calls: int
    refused: int
    fullest_window: int
    asked: Counter[str]
    interactive: tuple[float, ...]  # times of interactive API calls, in seconds from the first call

    def granted(self, kind: str) -> int:
        """Number of calls of a class (`interactive`, `bulk`) that were answered."""
        return self.asked[f"{kind} granted"]


def run(
    load: Load, seconds: float, folder: Path, *, cache: str = "memory", budget: int = BUDGET, burst: int = BUDGET_BURST
) -> Outcome:
    """Runs one part with its own sandbox, rate limiter and cache."""
    folder.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        api = stack.enter_context(SandboxServer(contacts=600, rate=RATE, burst=BURST, latency_ms=LATENCY_MS))
        settings = {"SENT_BUDGET_PER_MINUTE": str(budget), "SENT_BUDGET_BURST": str(burst)}
        if cache == "redis":
            settings["CACHE_URL"] = stack.enter_context(running_redis(folder / "redis"))
        env = desk_environment(folder, api.url, 1, SECRET_KEY="bench" * 12, LOG_LEVEL="CRITICAL", **settings)
        asked = _run_workers(load, seconds, env)
        calls = api.requests()
        return Outcome(
            seconds=seconds,
            calls=len(calls),
            refused=sum(call["status"] == 429 for call in calls),
            fullest_window=max_in_window((call["time"] for call in calls), 60),
            asked=asked,
            interactive=tuple(
                call["time"] - calls[0]["time"] for call in calls if "search=interactive" in call["query"]
            ),
        )


def _run_workers(load: Load, seconds: float, env: dict[str, str]) -> Counter[str]:
    """Starts the worker processes together and adds up the counts they print."""
    arguments = [str(seconds), str(load.threads), str(load.bulk), str(load.pause)]
    workers = [
        subprocess.Popen(
            [sys.executable, "-m", "bench.rate_limit_load_worker", *arguments, f"{number}"],
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        for number in range(PROCESSES)
    ]
    asked: Counter[str] = Counter()
    try:
        for worker in workers:
            if worker.stdin:
                worker.stdin.write("go\n")
                worker.stdin.flush()
        for worker in workers:
            output, _ = worker.communicate(timeout=seconds + 60)
            asked.update(json.loads(output.splitlines()[-1]))
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()
    return asked


def thresholds(outcomes: dict[str, Outcome]) -> list[Threshold]:
    """Thresholds of issue 3 (Done 2)."""
    mixed, alone, polite = (outcomes[load.name] for load in (MIXED, ALONE, POLITE))
    pace = _interactive_calls(mixed, alone.seconds) / max(1, _interactive_calls(alone, alone.seconds))
    return [
        Threshold("calls in the fullest 60 s", max(o.fullest_window for o in outcomes.values()), BUDGET),
        Threshold("answers 429 of the API", sum(o.refused for o in outcomes.values()), 0),
        Threshold("interactive's pace beside bulk ÷ alone", round(pace, 3), 0.9, at_least=True),
        Threshold("interactive refused while bulk floods", polite.asked["interactive refused"], 0),
        Threshold("bulk grants while it floods", polite.granted("bulk"), BUDGET / 2 * max(1.0, polite.seconds / 60)),
    ]


def _interactive_calls(outcome: Outcome, seconds: float) -> int:
    """Number of interactive calls within `seconds` of the first call."""
    return sum(at < seconds for at in outcome.interactive)


def main() -> int:
    """Runs the benchmark; exit code 1 when a threshold is missed."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=180.0)
    parser.add_argument("--cache", choices=("memory", "redis"), default="memory")
    options = parser.parse_args()
    parts = [(MIXED, options.seconds), (ALONE, options.seconds / 3), (POLITE, options.seconds / 3)]
    outcomes = {}
    with tempfile.TemporaryDirectory(prefix="bench-rate-limit-load-") as folder:
        for number, (load, seconds) in enumerate(parts):
            outcomes[load.name] = run(load, seconds, Path(folder) / str(number), cache=options.cache)
    print(f"3 processes, cache: {options.cache}; budget {BUDGET} a minute, burst {BUDGET_BURST}; API {RATE}/{BURST}")
    show(outcomes)
    return show_thresholds(thresholds(outcomes))


def show(outcomes: dict[str, Outcome]) -> None:
    """Prints one row a part."""
    kinds = [f"{kind} {outcome}" for kind in ("interactive", "bulk") for outcome in ("granted", "refused")]
    show_table(
        ("threads a process", "seconds", "API calls", "fullest 60 s", "429", *kinds, "other errors"),
        (
            (
                name,
                f"{o.seconds:g}",
                o.calls,
                o.fullest_window,
                o.refused,
                *(o.asked[kind] for kind in kinds),
                sum(n for kind, n in o.asked.items() if kind not in kinds),
            )
            for name, o in outcomes.items()
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
