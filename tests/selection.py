"""Test selection: which programs a test needs, which tests share a worker, and a summary of tests that did not run."""

from __future__ import annotations

import os
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from _pytest.terminal import TerminalReporter
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import WorkerController

from testing.programs import PROGRAMS, find_program

# Fixture -> external program it starts.
DRIVES = {"chromium": "Chromium", "caching_desk": "Redis", "redis_url": "Redis", "postgres": "PostgreSQL"}
# Module -> worker group: modules that share an expensive program run in one worker.
TOGETHER = {
    "tests/sign_in/test_oidc.py": "single sign-on",
    "tests/sign_in/test_wrong_passwords.py": "single sign-on",
    "tests/sign_in/test_provider_session.py": "single sign-on",
    "tests/audit/test_append_only.py": "PostgreSQL",
    "tests/audit/test_export.py": "PostgreSQL",
    "tests/audit/test_concurrent_writes.py": "PostgreSQL",
    "tests/audit/test_statements.py": "PostgreSQL",
    "tests/sealing/test_caches.py": "PostgreSQL",
    "tests/sign_in/test_attempt_counters.py": "PostgreSQL",
}
# Page states and rows of the fault matrix are many, slow and independent: each is a group of its own.
STATES = "tests/browser/test_page_states.py"
ONE_BY_ONE = (STATES, "tests/gateway/test_fault_matrix.py")
PATIENT_STATE = "patient-"  # begins the ids of states that share a desk which waits long
OF_STATE = re.compile(r"(?:-(?:desktop|phone)-(?:light|dark))?\]$")
SPARE_NICENESS = 5
ABSENT = "needs {}, which is not installed here"


def programs_of(item: pytest.Item) -> set[str]:
    """External programs that a test needs, by its fixtures or its `needs` mark."""
    named = {name for mark in item.iter_markers("needs") for name in mark.args}
    return named | {DRIVES[name] for name in getattr(item, "fixturenames", ()) if name in DRIVES}


def group_of(nodeid: str) -> str:
    """Worker group of a test: its expensive program, else its module, or its state or fault."""
    module, _, name = nodeid.partition("::")
    if module in ONE_BY_ONE and "[" in name:
        parameter = name.partition("[")[2]
        return f"{module} {PATIENT_STATE if parameter.startswith(PATIENT_STATE) else OF_STATE.sub('', parameter)}"
    return TOGETHER.get(module, module)


class GroupScheduling(LoadScopeScheduling):  # type: ignore[misc]  # xdist has no types
    """Distributes tests to workers by group. xdist's `loadgroup` writes an attribute that pytest 9 no longer reads.

    Workers begin at the end of the items, with tests that drive programs, and the spare worker at their beginning, with
    quick tests (see pytest_xdist_auto_num_workers). They meet in modules of a second, and so end together.
    """

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)

    def _assign_work_unit(self, node: WorkerController) -> None:
        if not _is_spare(node.workerinput):
            self.workqueue.move_to_end(next(reversed(self.workqueue)), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Workers of `-n logical`: one more than cores, for what the others leave of these while their tests wait."""
    return _cores() + 1 if _cores() > 1 else 1


def pytest_configure(config: pytest.Config) -> None:
    """Lowers the priority of the spare worker, and of what it starts."""
    if _is_spare(getattr(config, "workerinput", {})):
        os.nice(SPARE_NICENESS)


def _is_spare(worker: dict[str, Any]) -> bool:
    """Whether this is the last worker of more than there are cores."""
    workers: int = worker.get("workercount", 1)
    return workers > _cores() and worker.get("workerid") == f"gw{workers - 1}"


def _cores() -> int:
    return len(os.sched_getaffinity(0))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> GroupScheduling:
    """Scheduler of parallel runs."""
    return GroupScheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests with the programs they need, skips those whose program is absent, and sorts them for the workers."""
    absent = {name for name in PROGRAMS if find_program(name) is None}
    for item in items:
        programs = programs_of(item)
        if programs or "template" in getattr(item, "fixturenames", ()):  # starts a desk under granian
            item.add_marker(pytest.mark.outside)
        if "Chromium" in programs:
            item.add_marker(pytest.mark.browser)
        for name in sorted(programs & absent):
            item.add_marker(pytest.mark.skip(reason=ABSENT.format(name)))
    items.sort(key=_sort_key)


def _sort_key(item: pytest.Item) -> tuple[bool, bool, bool]:
    """Quick tests first, then those of a browser (page states before modules), then those of other programs."""
    outside, browser = (item.get_closest_marker(name) is not None for name in ("outside", "browser"))
    return outside, not browser, not item.nodeid.startswith(ONE_BY_ONE)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Prints how many tests did not run because a program is not installed."""
    missing: Counter[str] = Counter()
    for report in terminalreporter.getreports("skipped"):
        reason = str(report.longrepr[2]) if isinstance(report.longrepr, tuple) else ""
        missing.update(name for name in PROGRAMS if ABSENT.format(name) in reason)
    for name, number in sorted(missing.items()):
        terminalreporter.write_line(f"NOT RUN: {number} tests need {name}, which is not installed here", red=True)


def pytest_report_header() -> str:
    """Header line: the external programs that were found."""
    return "programs: " + ", ".join(f"{name}: {_short(find_program(name))}" for name in PROGRAMS)


def _short(path: str | None) -> str:
    return Path(path).name if path else "not installed"
