"""From samples to figures: percentiles, the fullest window, a table, and whether the bars were met."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


def percentile(values: Iterable[float], share: float) -> float:
    """The smallest value with at least `share` (0 to 1) of all at or below it. 0 when there are none."""
    ordered = sorted(values)
    if not ordered:
        return 0.0
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


def median(values: Iterable[float]) -> float:
    """The middle one."""
    return percentile(values, 0.5)


def most_in_window(moments: Iterable[float], seconds: float) -> int:
    """The most moments in any half-open window of so many seconds, wherever it begins."""
    ordered = sorted(moments)
    most = start = 0
    for end, moment in enumerate(ordered):
        while ordered[start] <= moment - seconds:
            start += 1
        most = max(most, end - start + 1)
    return most


@dataclass(frozen=True, slots=True)
class Bar:
    """One sentence of the issue as a number: what was measured, and the most (or least) it may be."""

    what: str
    measured: float
    limit: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the figure keeps to it."""
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit

    def __str__(self) -> str:
        sign = "≥" if self.at_least else "≤"
        return f"{'met   ' if self.met else 'MISSED'} {self.what}: {self.measured:g} {sign} {self.limit:g}"


def show_bars(bars: Sequence[Bar]) -> int:
    """Prints each. The exit code: 0 when all are met, else 1."""
    for bar in bars:
        print(bar)
    return 0 if all(bar.met for bar in bars) else 1


def show_table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Prints a Markdown table, so that it can be pasted into RESULTS.md."""
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
