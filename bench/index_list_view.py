"""List view without a search on two desks, with the number index and without, in turn on one core.

Every view is one API call that the stub answers at once, so all that differs is what the index does with its page.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import Random

from testing import ROOT
from testing.processes import free_port
from testing.running_desk import Desk, desk_environment, granian_command

from .page_load import Page, Slot, slot
from .page_servers import listener_of, pinned_program, record_responses
from .statistics import median

OFF, ON = "without index", "with index"
UNCACHED = {"SENT_FRESH_SECONDS": "0", "SENT_STALE_SECONDS": "0"}
UNLIMITED = {"SENT_BUDGET_PER_MINUTE": "100000", "SENT_BUDGET_BURST": "10000", "SENT_IN_FLIGHT": "64"}


@dataclass(frozen=True, slots=True)
class Ratio:
    """The slots of both desks, pair by pair."""

    pairs: tuple[tuple[Slot, Slot], ...]

    @property
    def cpu(self) -> float:
        """CPU with the index by CPU without, the median of all pairs."""
        return median(_cpu(on) / _cpu(off) for off, on in self.pairs)

    @property
    def wait(self) -> float:
        """The same of the wall time."""
        return median(on.wait_ms / off.wait_ms for off, on in self.pairs)

    def rows(self) -> list[tuple[object, ...]]:
        """The rows of the table."""
        off, on = ([pair[index] for pair in self.pairs] for index in (0, 1))
        cpu = (f"{median(map(_cpu, slots)):.2f}" for slots in (off, on))
        wait = (f"{median(each.wait_ms for each in slots):.2f}" for slots in (off, on))
        return [("CPU ms", *cpu, f"{self.cpu:.3f}"), ("wall ms", *wait, f"{self.wait:.3f}")]


def measure_list_view(rounds: int, seconds: float) -> Ratio:
    """Loads both in turn, in random order; pairs in which others used the machine least are kept."""
    rng = Random(5)  # noqa: S311
    own = os.sched_getaffinity(0)
    with tempfile.TemporaryDirectory(prefix="bench-index-") as folder, _two_desks(Path(folder)) as (pages, own_pids):
        for page in pages.values():
            slot(page, 1.0, 1, own_pids)  # warm
        pairs = []
        for _ in range(rounds * 2):
            order = rng.sample((OFF, ON), 2)
            measured = {name: slot(pages[name], seconds, 1, own_pids) for name in order}
            pairs.append((measured[OFF], measured[ON]))
    os.sched_setaffinity(0, own)
    quietest = sorted(pairs, key=lambda pair: pair[0].other_load + pair[1].other_load)
    return Ratio(tuple(quietest[:rounds]))


@contextmanager
def _two_desks(folder: Path) -> Iterator[tuple[dict[str, Page], tuple[int, ...]]]:
    serving, loading = sorted(os.sched_getaffinity(0))[:2]
    os.sched_setaffinity(0, {loading})
    profile, api = record_responses(folder).profile, free_port()
    url = f"http://127.0.0.1:{api}"
    with ExitStack() as stack:
        stub = [sys.executable, "-m", "bench.page_stub", str(api), str(folder)]
        environ = dict(os.environ)
        stub_pid = stack.enter_context(pinned_program(stub, environ, loading, f"{url}/v3/me", folder / "stub.log"))
        pages = {}
        for name, most in ((OFF, "0"), (ON, "50000")):
            port, own_folder = free_port(), folder / name
            own_folder.mkdir()
            more = UNCACHED | UNLIMITED | {"NUMBER_INDEX_MOST_CONTACTS": most, "LOG_LEVEL": "ERROR"}
            env = desk_environment(own_folder, url, port, SECRET_KEY="bench" * 12, **more)
            for command in (["migrate", "--verbosity", "0"], ["collectstatic", "--noinput", "--verbosity", "0"]):
                subprocess.run([sys.executable, "manage.py", *command], cwd=ROOT, env=env, check=True)
            health, log = f"http://127.0.0.1:{port}/healthz", own_folder / "log"
            stack.enter_context(pinned_program(granian_command(port), env, serving, health, log))
            session = Desk(f"http://127.0.0.1:{port}", own_folder, env, 0).people(1, [profile])[0].session
            htmx = "HX-Request: true\r\nHX-Request-Type: partial\r\n"
            path, headers = f"/p/{profile}/contacts/?page_size=50", f"Cookie: session={session}\r\n{htmx}"
            pages[name] = Page(name, port, path, headers, listener_of(port))
        yield pages, (os.getpid(), stub_pid, *(page.pid for page in pages.values() if page.pid))


def _cpu(measured: Slot) -> float:
    return measured.cpu_ms or 0.0
