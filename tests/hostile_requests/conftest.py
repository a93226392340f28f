"""The browser abuse list: what a hostile browser may send, each with its right outcome. Counted as "N of N"."""

from __future__ import annotations

from _pytest.terminal import TerminalReporter

HERE = "tests/hostile_requests/"


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
