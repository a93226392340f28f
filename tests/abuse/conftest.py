"""The browser abuse list: what a hostile browser may send, each with its right outcome. Counted as "N of N"."""

from __future__ import annotations

from pathlib import Path

import pytest
from _pytest.terminal import TerminalReporter
from pytest_django import Settings

HERE = "tests/abuse/"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Settings) -> None:
    """People are made by the hundred here, and none of them chooses a password."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What talks to a desk that really runs comes last: the quick tests speak first."""
    for item in items:
        if Path(item.path).parent == Path(__file__).parent and "running" in Path(item.path).name:
            item.add_marker(pytest.mark.browser)


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """How many of the cases had their right outcome."""
    calls = [
        report
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.getreports(outcome)
        if report.nodeid.startswith(HERE)
    ]
    good = sum(report.passed for report in calls)
    if calls:
        terminalreporter.write_line(f"browser abuse: {good} of {len(calls)} cases have their right outcome")
