"""Page cost benchmark: CPU and wall time of a 50-row fragment, cached and uncached, against a minimal Flask page.

Usage: python -m bench.page_cost [--rounds 7] [--seconds 1.5]. Servers run on one core, load and API stub on another, in
short shuffled slots; ratios are medians of the rounds' ratios. pip installs Flask into .cache/bench-flask once.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from random import Random

import requests

from bench.page_load import Page, Slot, slot
from testing import ROOT
from testing.processes import free_port, start_program, stop_program, wait_for_http
from testing.running_desk import Desk, desk_environment, granian_command
from testing.sandbox_server import SandboxServer

from .statistics import median, show_table

FLASK = ROOT / ".cache" / "bench-flask"
API_MS = 50  # API latency while wall time is measured; 0 for request rates
MAX_ATTEMPTS = 6  # to measure a slot without load of other processes
UNCACHED, CACHED, OTHER, BARE = "desk, uncached", "desk, cached", "Flask + requests + Jinja2", "the bare API call"

Rounds = list[dict[str, Slot]]


@dataclass(frozen=True, slots=True)
class Setup:
    """Pages to compare, URL of the API stub, and process ids that belong to the benchmark."""

    pages: tuple[Page, ...]
    api: str
    own_pids: tuple[int, ...]


@contextmanager
def pinned_program(command: list[str], env: dict[str, str], core: int, health: str, log: Path) -> Iterator[int]:
    """Runs a program pinned to one core until the block ends; yields its process id once `health` answers."""
    own = os.sched_getaffinity(0)
    with log.open("wb") as output:
        os.sched_setaffinity(0, {core})  # inherited
        try:
            process = start_program(command, env=env, stdout=output, stderr=subprocess.STDOUT)
        finally:
            os.sched_setaffinity(0, own)
    try:
        wait_for_http(health, process, log)
        yield process.pid
    finally:
        stop_program(process)


@contextmanager
def running_servers(folder: Path) -> Iterator[Setup]:
    """Starts the API stub, the desk and the Flask page together."""
    _install_flask()
    serving, loading = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, {loading})
    profile = record_responses(folder)
    api, desk_port, flask_port = free_port(), free_port(), free_port()
    url = f"http://127.0.0.1:{api}"
    limits = {"SENT_BUDGET_PER_MINUTE": "100000", "SENT_BUDGET_BURST": "10000", "SENT_IN_FLIGHT": "64"}
    env = desk_environment(folder, url, desk_port, SECRET_KEY="bench" * 12, LOG_LEVEL="ERROR", **limits)
    for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
        subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True)
    flask_env = env | {"PYTHONPATH": f"{ROOT}:{FLASK}"}
    with ExitStack() as stack:

        def start(command: list[str], env: dict[str, str], core: int, port: int, health: str) -> int:
            return stack.enter_context(
                pinned_program(command, env, core, f"http://127.0.0.1:{port}{health}", folder / f"{port}.log")
            )

        stub = start([sys.executable, "-m", "bench.page_stub", str(api), str(folder)], env, loading, api, "/v3/me")
        desk = Desk(f"http://127.0.0.1:{desk_port}", folder, env, 0)
        start(granian_command(desk_port, threads=64), env, serving, desk_port, "/healthz")
        flask = granian_command(flask_port, threads=64, application="bench.page_flask:application")
        start(flask, flask_env, serving, flask_port, "/healthz")
        pages = _pages(desk, profile, api, desk_port, flask_port)
        yield Setup(pages, url, (os.getpid(), stub, *(page.pid for page in pages if page.pid)))


def _pages(desk: Desk, profile: str, api: int, desk_port: int, flask_port: int) -> tuple[Page, ...]:
    person = desk.people(1, [profile])[0]
    htmx = f"HX-Request: true\r\nHX-Request-Type: partial\r\nHX-Current-URL: {desk.url}/p/{profile}/contacts/\r\n"
    headers = f"Cookie: session={person.session}\r\n{htmx}"
    listed = f"/p/{profile}/contacts/"
    return (
        Page(BARE, api, "/v3/contacts?page=1&page_size=50&search={}", f"x-profile-id: {profile}\r\n"),
        Page(UNCACHED, desk_port, listed + "?search={}&channel=&page_size=50", headers, listener_of(desk_port)),
        Page(CACHED, desk_port, listed + "?search=5&channel=&page_size=50", headers, listener_of(desk_port)),
        Page(OTHER, flask_port, listed + "?search={}", pid=listener_of(flask_port)),
    )


def listener_of(port: int) -> int:
    """Worker process of the server on `port`, found by the server's command line."""

    def serves_port(folder: Path) -> bool:
        try:
            return f"\0--port\0{port}\0".encode() in (folder / "cmdline").read_bytes()
        except OSError:
            return False

    parents = [int(folder.name) for folder in Path("/proc").glob("[0-9]*") if serves_port(folder)]
    workers = [child for parent in parents for child in Desk("", Path(), {}, parent).workers()]
    if len(set(workers)) != 1:
        raise RuntimeError(f"port {port} has workers {workers}")
    return workers[0]


def record_responses(folder: Path) -> str:
    """Records responses of a sandbox into `folder`; returns the id of their profile."""
    with SandboxServer(contacts=20_000) as sandbox:
        profile = str(sandbox.profiles()[1]["id"])
        (folder / "me").write_bytes(sandbox.get("/v3/me").content)
        page = sandbox.get("/v3/contacts", profile=profile, page=1, page_size=50)
        (folder / "contacts").write_bytes(page.content)
    return profile


def _install_flask() -> None:
    if not (FLASK / "flask").is_dir():
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--target", str(FLASK)]
        subprocess.run([*command, "-r", str(ROOT / "bench" / "requirements.txt")], check=True)


def rounds(setup: Setup, number: int, seconds: float, connections: int, *, api_ms: int, rng: Random) -> Rounds:
    """Measures each page once a round, in random order; a slot with load of other processes is measured again."""
    requests.get(f"{setup.api}/delay/{api_ms}", timeout=5)
    for page in setup.pages:
        slot(page, 0.5, connections, setup.own_pids)  # warm
    results: Rounds = []
    for _ in range(number):
        slots_by_page = {}
        for page in rng.sample(setup.pages, len(setup.pages)):
            slots_by_page[page.name] = _undisturbed_slot(partial(slot, page, seconds, connections, setup.own_pids))
        results.append(slots_by_page)
    return results


def _undisturbed_slot(measure: Callable[[], Slot]) -> Slot:
    best = measure()
    for _ in range(MAX_ATTEMPTS - 1):
        if not best.disturbed:
            return best
        time.sleep(1)
        best = min(best, measure(), key=lambda slot: slot.other_load)
    return best


def show(waits: Rounds, rates: Rounds) -> None:
    """Prints the measurements, then the ratios to Flask."""
    names = (UNCACHED, CACHED, OTHER)
    added = {name: [r[name].wait_ms - r[BARE].wait_ms for r in waits] for name in names}
    cpu = {name: [r[name].cpu_ms or 0.0 for r in rates] for name in names}
    rate = {name: [r[name].rate for r in rates] for name in names}
    whole = {name: [r[name].wait_ms for r in waits] for name in (*names, BARE)}
    rows = [
        (
            name,
            f"{median(whole[name]):.2f}",
            f"{median(added[name]):.2f}",
            f"{median(cpu[name]):.2f}",
            median(rate[name]),
        )
        for name in names
    ]
    head = ("page", f"wall ms, API {API_MS} ms", "added wall ms", "added CPU ms", "requests/s a core, API 0 ms")
    show_table(head, [*rows, (BARE, f"{median(whole[BARE]):.2f}", "0", "0", median(r[BARE].rate for r in rates))])
    print("\nRatios to Flask: median of the rounds' ratios (ratio of the best of each)")
    ratios = []
    for name in (UNCACHED, CACHED):
        cells = [
            _ratio(added[name], added[OTHER], min),
            _ratio(cpu[name], cpu[OTHER], min),
            _ratio(rate[name], rate[OTHER], max),
        ]
        ratios.append((name, cells[0] if name == UNCACHED else "-", *cells[1:]))
    show_table(("page", "added wall", "added CPU", "requests/s"), ratios)
    slots = [slot for slots_by_page in (*waits, *rates) for slot in slots_by_page.values()]
    print(f"\n{sum(slot.disturbed for slot in slots)} of {len(slots)} slots were disturbed in every attempt")


def _ratio(ours: list[float], theirs: list[float], best: Callable[[list[float]], float]) -> str:
    each = median(a / b for a, b in zip(ours, theirs, strict=True))
    return f"{each:.2f} ({best(ours) / best(theirs):.2f})"


def main() -> int:
    """Runs the benchmark; always 0, because it has no thresholds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--seconds", type=float, default=1.5, help="length of a slot")
    parser.add_argument("--seed", type=int, default=3)
    options = parser.parse_args()
    rng = Random(options.seed)  # noqa: S311
    with tempfile.TemporaryDirectory(prefix="bench-page-cost-") as folder, running_servers(Path(folder)) as setup:
        waits = rounds(setup, options.rounds, options.seconds, 1, api_ms=API_MS, rng=rng)
        rates = rounds(setup, options.rounds, options.seconds, 64, api_ms=0, rng=rng)
    show(waits, rates)
    return 0


if __name__ == "__main__":
    sys.exit(main())
