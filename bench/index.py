"""Number index benchmark: what it costs to build, to keep, to load and to ask, and what a list view costs with it.

Usage: python -m bench.index [--large 1000000] [--rounds 12] [--seconds 1]. 50,000 contacts are read from a sandbox by
`manage.py index_numbers`; the larger number is those with other last digits, stored likewise. Thresholds: issue 15.
"""

from __future__ import annotations

import argparse
import gc
import os
import re
import sys
import tempfile
import threading
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from testing.running_desk import desk_environment, manage
from testing.sandbox_server import SandboxServer

from .index_list_view import Ratio, measure_list_view
from .statistics import Threshold, median, percentile, show_table, show_thresholds

if TYPE_CHECKING:
    from contacts_ui.number_index import Piece

SMALL = 50_000  # contacts that are really read
SEARCHES = 400
SIZES = (4, 5, 7)  # digits of a search
MIXED = 5  # last digits that are replaced to make more contacts of one


@dataclass(frozen=True, slots=True)
class Figures:
    """What one index costs. Times in seconds, of searches in milliseconds by count of digits."""

    contacts: int
    calls: int
    build: float
    stored: int
    memory: float
    traced: float
    load: float
    pause_ms: float
    searches: dict[int, list[float]]
    frequent_ms: float

    def row(self) -> tuple[object, ...]:
        """A row of the table."""
        times = [f"{median(self.searches[size]):.2f} / {percentile(self.searches[size], 0.95):.2f}" for size in SIZES]
        return (
            f"{self.contacts:,}",
            f"{self.calls:,}",
            f"{self.build:.1f}",
            f"{self.stored / self.contacts:.1f}",
            f"{self.memory:.1f}",
            f"{self.traced:.1f}",
            f"{self.load:.2f}",
            f"{self.pause_ms:.0f}",
            *times,
            f"{self.frequent_ms:.2f}",
        )


def main() -> int:
    """Prints the tables and thresholds; exit code 0 when every threshold is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--large", type=int, default=1_000_000, help="contacts of the larger index")
    parser.add_argument("--rounds", type=int, default=12, help="of the list view; 0 leaves it out")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a slot of the list view")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-index-") as folder:
        figures = _measure_indexes(Path(folder), options.large)
    by_size = (f"{size} digits ms, p50 / p95" for size in SIZES)
    sizes = ("stored B each", "memory B each", "traced B each")
    times = ("load s", "longest pause ms", *by_size, "most frequent 4 digits ms")
    head = ("contacts", "API calls", "build s", *sizes, *times)
    show_table(head, [each.row() for each in figures])
    thresholds = [
        *(Threshold(f"bytes a contact, {each.contacts:,}", round(each.memory, 1), 40) for each in figures),
        *(
            Threshold(f"p95 of 7 digits in {each.contacts:,}, ms", round(percentile(each.searches[7], 0.95), 2), 20)
            for each in figures
        ),
    ]
    if options.rounds:
        ratio = measure_list_view(options.rounds, options.seconds)
        _show_list_view(ratio)
        thresholds.append(Threshold("list view without a search, CPU with index / without", round(ratio.cpu, 3), 1.02))
    return show_thresholds(thresholds)


def _show_list_view(ratio: Ratio) -> None:
    print()
    show_table(("list view without a search, uncached", "without index", "with index", "ratio"), ratio.rows())
    print()


def _measure_indexes(folder: Path, large: int) -> list[Figures]:
    """Builds, stores and loads both in this process, on a database of its own."""
    with SandboxServer(contacts=SMALL, profiles=40, account_lists="all") as sandbox:
        budget = {"SENT_BUDGET_PER_MINUTE": "100000", "SENT_BUDGET_BURST": "100000"}
        more = {"NUMBER_INDEX_MOST_CONTACTS": str(max(SMALL, large)), "SITE_URL": "http://127.0.0.1:8000"}
        env = desk_environment(folder, sandbox.url, 0, SECRET_KEY="bench" * 12, **budget, **more)
        manage(env, "migrate", "--verbosity", "0")
        started = time.monotonic()
        line = manage(env, "index_numbers", "--wait").splitlines()[-1]
        build = time.monotonic() - started
        match = re.search(r"([\d,]+) contacts, ([\d,]+) calls", line)
        if match is None:
            raise RuntimeError(f"the index was not built: {line}")
        calls = int(match[2].replace(",", ""))
        for name in [name for name in os.environ if name.startswith(("SENT_", "NUMBER_INDEX_"))]:
            del os.environ[name]
        os.environ.update(env)
        import testing.django_setup  # noqa: F401, PLC0415  # reads the environment

        small = _measure(build, calls)
        build = _store_larger(large)
        return [small, _measure(build, -(-large // 100))]


def _store_larger(contacts: int) -> float:
    """Stores an index of so many contacts in place of the one that is there; the seconds that took."""
    from contacts_ui.models import NumberIndex  # noqa: PLC0415  # needs Django
    from contacts_ui.number_index import store  # noqa: PLC0415
    from contacts_ui.number_index.rows import Row, TableBuilder, rows_of  # noqa: PLC0415

    index, rng = NumberIndex.objects.get(scope=store.ACCOUNT), Random(7)  # noqa: S311
    table = store.load_table(index)
    assert table is not None  # noqa: S101
    known = [row for row in rows_of(table) if row.national and row.e164]

    def rows() -> Iterator[Row]:
        for number in range(contacts):
            row = known[number % len(known)]
            last = f"{rng.randrange(10**MIXED):0{MIXED}}"
            yield Row(rng.getrandbits(64), _with_last(row.national or "", last), _e164(row.e164, last), row.owner)

    gc.collect()
    started = time.monotonic()
    builder = TableBuilder()
    builder.add(rows())
    store.save_table(index, builder.table(), whole=True)
    return time.monotonic() - started


def _with_last(text: str, digits: str) -> str:
    """The text with its last digits replaced by these."""
    characters, left = list(text), list(digits)
    for position in range(len(text) - 1, -1, -1):
        if left and characters[position].isdecimal():
            characters[position] = left.pop()
    return "".join(characters)


def _e164(number: int, digits: str) -> int:
    scale: int = 10 ** len(digits)
    return number // scale * scale + int(digits)


def _measure(build: float, calls: int) -> Figures:
    from contacts_ui.models import NumberIndex  # noqa: PLC0415  # needs Django
    from contacts_ui.number_index import registry, store  # noqa: PLC0415
    from contacts_ui.number_index.slots import Slot, load  # noqa: PLC0415

    state, rng = NumberIndex.objects.get(scope=store.ACCOUNT), Random(3)  # noqa: S311
    registry.reset()
    gc.collect()
    with _Ticker() as ticker:
        started = time.monotonic()
        loaded = load(state, Slot(store.ACCOUNT))
        seconds = time.monotonic() - started
    assert loaded is not None  # noqa: S101
    tracemalloc.start()
    again = load(state, Slot(store.ACCOUNT))
    traced = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    del again
    index = loaded.index
    numbers = [str(number) for number in rng.sample(list(index.columns._e164), SEARCHES) if number > 10**9]
    searches = {
        size: [_timed(index.pieces, _cut(rng.choice(numbers), size, rng)) for _ in range(SEARCHES)] for size in SIZES
    }
    frequent = max((f"0{first}" for first in range(100, 1000)), key=lambda run: _contacts(index.pieces(run)))
    frequent_ms = median(_timed(index.pieces, frequent) for _ in range(20))
    nbytes = index.columns.nbytes
    return Figures(
        len(index.columns),
        calls,
        build,
        state.bytes,
        nbytes / len(index.columns),
        traced / len(index.columns),
        seconds,
        ticker.longest_ms,
        searches,
        frequent_ms,
    )


def _contacts(pieces: Sequence[Piece]) -> int:
    """How many contacts they have together."""
    return sum(piece.contacts for piece in pieces)


def _cut(number: str, size: int, rng: Random) -> str:
    """Digits from anywhere in the second half of a number and before: as people cut them."""
    start = rng.randrange(2, len(number) - size + 1)
    return number[start : start + size]


def _timed(function: Callable[[str], object], argument: str) -> float:
    started = time.perf_counter()
    function(argument)
    return (time.perf_counter() - started) * 1000


class _Ticker:
    """A thread that wants to run every millisecond: `longest_ms` is how long it was kept from that."""

    def __init__(self) -> None:
        self.longest_ms, self._stop = 0.0, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def __enter__(self) -> _Ticker:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        last = time.perf_counter()
        while not self._stop.wait(0.001):
            now = time.perf_counter()
            self.longest_ms, last = max(self.longest_ms, (now - last) * 1000), now


if __name__ == "__main__":
    sys.exit(main())
