"""Hostile requests: what a hostile client may send, each with its safe outcome. Counted as "N of N"."""

from __future__ import annotations

from _pytest.terminal import TerminalReporter

HERE = "tests/hostile_requests/"


def pytest_terminal_summary(terminalreporter: TerminalReporter) -> None:
    """Prints how many of the cases had their safe outcome."""
    calls = [
        report
        for outcome in ("passed", "failed", "error")
        for report in terminalreporter.getreports(outcome)
        if report.nodeid.startswith(HERE)
    ]
    good = sum(report.passed for report in calls)
    if calls:
        terminalreporter.write_line(f"browser abuse: {good} of {len(calls)} cases have their right outcome")
