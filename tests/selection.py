"""Test selection: which tests need which program, which share a worker, and what is said of those that did not run."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from testing.programs import PROGRAMS, find_program

# A fixture -> the program of others it drives.
DRIVES = {"chromium": "Chromium", "keeping_desk": "Redis", "redis_url": "Redis", "postgres": "PostgreSQL"}
# Modules that share a costly program of their own: all their tests go to one worker.
TOGETHER = {
    "tests/sign_in/test_single_sign_on.py": "single sign-on",
    "tests/sign_in/test_wrong_passwords.py": "single sign-on",
    "tests/audit/test_append_only.py": "PostgreSQL",
    "tests/audit/test_export.py": "PostgreSQL",
    "tests/audit/test_concurrent_writes.py": "PostgreSQL",
}
# The states of the pages and the rows of the fault matrix are many and long, and each stands alone: one by one.
STATES = "tests/browser/test_page_states.py"
ONE_BY_ONE = (STATES, "tests/gateway/test_fault_matrix.py")
OF_STATE = re.compile(r"(?:-(?:desktop|phone)-(?:light|dark))?\]$")
ABSENT = "needs {}, which is not installed here"


def programs_of(item: pytest.Item) -> set[str]:
    """The programs of others that a test drives: by its fixtures, or by a mark of its own."""
    named = {name for mark in item.iter_markers("needs") for name in mark.args}
    return named | {DRIVES[name] for name in getattr(item, "fixturenames", ()) if name in DRIVES}


def group_of(nodeid: str) -> str:
    """What a test must share its worker with: a costly program, else the fixtures of its module or state."""
    module, _, name = nodeid.partition("::")
    if module in ONE_BY_ONE and "[" in name:
        return f"{module} {OF_STATE.sub('', name.partition('[')[2])}"
    return TOGETHER.get(module, module)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Sends tests to workers group by group. xdist's own `loadgroup` writes into what pytest 9 no longer reads."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """The scheduler of every parallel run."""
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks each test with the programs it drives. Those that drive none come first."""
    absent = {name for name in PROGRAMS if find_program(name) is None}
    for item in items:
        programs = programs_of(item)
        if programs or "template" in getattr(item, "fixturenames", ()):  # a desk under granian
            item.add_marker(pytest.mark.outside)
        if "Chromium" in programs:
            item.add_marker(pytest.mark.browser)
        for name in sorted(programs & absent):
            item.add_marker(pytest.mark.skip(reason=ABSENT.format(name)))
    items.sort(key=_turn)


def _turn(item: pytest.Item) -> tuple[bool, bool, bool]:
    """When a test comes: quick ones speak first, and the many small groups of the states even out what is left."""
    outside, browser = (item.get_closest_marker(name) is not None for name in ("outside", "browser"))
    return outside, browser, item.nodeid.startswith(STATES)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Says how many tests did not run because a program is not here."""
    missing: Counter[str] = Counter()
    for report in terminalreporter.getreports("skipped"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        missing.update(name for name in PROGRAMS if ABSENT.format(name) in reason)
    for name, number in sorted(missing.items()):
        terminalreporter.write_line(f"NOT RUN: {number} tests need {name}, which is not installed here", red=True)


def pytest_report_header() -> str:
    """Which programs the tests will drive."""
    return "programs: " + ", ".join(f"{name}: {_short(find_program(name))}" for name in PROGRAMS)


def _short(path: str | None) -> str:
    return Path(path).name if path else "not installed"
