"""Statistics of a bench run: percentiles, sliding-window maximum, thresholds and Markdown tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def percentile(values: Iterable[float], share: float) -> float:
    """Nearest-rank percentile; `share` is 0 to 1. Returns 0 without values."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def median(values: Iterable[float]) -> float:
    """Nearest-rank 50th percentile."""
    return percentile(values, 0.5)


def median_ratio(ours: Iterable[float], theirs: Iterable[float]) -> float:
    """Median of the rounds' ratios, to two places."""
    return round(median(a / b for a, b in zip(ours, theirs, strict=True)), 2)


def max_in_window(timestamps: Iterable[float], seconds: float) -> int:
    """Maximum number of timestamps in any half-open sliding window of `seconds`."""
    ordered = sorted(timestamps)
    highest = start = 0
    for end, timestamp in enumerate(ordered):
        while ordered[start] <= timestamp - seconds:
            start += 1
        highest = max(highest, end - start + 1)
    return highest


@dataclass(frozen=True, slots=True)
class Threshold:
    """Acceptance threshold: a measured value and its upper limit, or its lower limit with `at_least`."""

    name: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """True when the measured value is within the limit."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{'met   ' if self.met else 'MISSED'} {self.name}: {self.measured:g} {sign} {self.limit:g}"


def show_thresholds(thresholds: Sequence[Threshold]) -> int:
    """Prints one line a threshold and returns the exit code: 0 when all are met, else 1."""
    for threshold in thresholds:
        print(threshold)
    return 0 if all(threshold.met for threshold in thresholds) else 1


def show_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a Markdown table, for RESULTS.md."""
    cells = [[str(cell) for cell in head], *([_text(cell) for cell in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |" for row in cells
    ]
    lines.insert(1, "|" + "|".join("-" * (width + 2) for width in widths) + "|")
    print("\n".join(lines), flush=True)


def _text(cell: object) -> str:
    return (
        f"{cell:.3g}"
        if isinstance(cell, float) and abs(cell) < 100
        else f"{cell:.0f}"
        if isinstance(cell, float)
        else str(cell)
    )
