"""Exports benchmark: what writing and downloading a large file costs, and agents beside three exports.

Usage: python -m bench.exports [--contacts 1000000] [--agents 0]. The copy of the list is made of a sandbox's contacts
with other ids and last digits, sealed as a snapshot stores it; writer and download are the real ones, each in a process
of its own. --agents 20: three minutes of work in real time, beside three exports and without. Thresholds: issue 18,
Done 3 and 7.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testing.running_desk import desk_environment, manage
from testing.sandbox_server import SandboxServer

from .exports_beside_agents import agents_table
from .statistics import Threshold, show_table, show_thresholds

MOST_CPU = {"xlsx": 360.0, "csv": 30.0}  # seconds
MOST_MEMORY, MOST_FIRST_BYTE = 120.0, 1.0  # MB; seconds
CODE = "from bench.exports_in_process import {0}; {0}({1})"


@dataclass(frozen=True, slots=True)
class Figures:
    """One file of so many contacts: seconds of CPU and of the clock, MB of memory, of the file and of its blocks."""

    file_format: str
    cpu: float
    seconds: float
    memory: float
    size: float
    stored: float
    first_byte: float
    download: float

    def row(self) -> tuple[object, ...]:
        """A row of the table."""
        figures = (self.cpu, self.seconds, self.memory, self.size, self.stored, self.first_byte, self.download)
        return (self.file_format, *(f"{figure:.2f}" for figure in figures))


def main() -> int:
    """Prints the tables and thresholds; exit code 0 when every threshold is met."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--contacts", type=int, default=1_000_000)
    parser.add_argument("--agents", type=int, default=0)
    options = parser.parse_args()
    thresholds: list[Threshold] = []
    if options.contacts:
        with tempfile.TemporaryDirectory(prefix="bench-exports-") as folder:
            thresholds += _show_files(Path(folder), options.contacts)
    if options.agents:
        thresholds += agents_table(options.agents)
    return show_thresholds(thresholds)


def _show_files(folder: Path, contacts: int) -> list[Threshold]:
    figures = _measure(folder, contacts)
    print(f"{contacts:,} contacts × 15 columns.")
    head = ("", "CPU s", "s", "worker MB", "file MB", "stored MB", "first byte s", "download s")
    show_table(head, [each.row() for each in figures])
    return [
        *(Threshold(f"{each.file_format}: CPU s", each.cpu, MOST_CPU[each.file_format]) for each in figures),
        *(Threshold(f"{each.file_format}: memory of the worker, MB", each.memory, MOST_MEMORY) for each in figures),
        *(Threshold(f"{each.file_format}: first byte, s", each.first_byte, MOST_FIRST_BYTE) for each in figures),
    ]


def _measure(folder: Path, contacts: int) -> list[Figures]:
    with SandboxServer(contacts=600, profiles=3) as sandbox:
        more = {"EXPORT_MOST_ROWS": "10000000", "DJANGO_SETTINGS_MODULE": "testing.desk_settings"}
        more |= {"SENT_BUDGET_PER_MINUTE": "100000", "SENT_BUDGET_BURST": "100000"}
        env = desk_environment(folder, sandbox.url, 8000, SECRET_KEY="bench" * 12, **more)
        manage(env, "migrate", "--verbosity", "0")
        figures = []
        for file_format in ("csv", "xlsx"):
            manage(env, code=CODE.format("fill", f"{contacts}, '{file_format}'"))
            written = list(map(float, manage(env, code=CODE.format("write", "")).split()))
            read = list(map(float, manage(env, code=CODE.format("download", "")).split()))
            figures.append(Figures(file_format, *written, *read))
    return figures


if __name__ == "__main__":
    sys.exit(main())
