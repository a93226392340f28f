"""The small picture of the gateway's last hour, as numbers a template draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contacts_ui.gateway import MinuteStats

HEIGHT, WIDTH, GAP = 80, 9, 1  # units of the picture


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One minute: calls made below, answers from what was kept above. All in the picture's own units."""

    x: int
    called_y: float
    called_height: float
    kept_y: float
    kept_height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`most` is the highest minute; `totals` the hour's sums by name."""

    bars: tuple[ChartBar, ...]
    width: int
    height: int
    most: int
    totals: dict[str, int]


def hour_chart(hour: Sequence[MinuteStats]) -> Chart:
    """The chart of sixty minutes, oldest on the left."""
    made = [(minute, minute.counts["upstream_call"], _without_call(minute)) for minute in hour]
    most = max((called + kept for _, called, kept in made), default=0)
    scale = HEIGHT / most if most else 0.0
    bars = tuple(_bar(place, *parts, scale) for place, parts in enumerate(made))
    totals: dict[str, int] = {
        event: sum(minute.counts[event] for minute in hour) for event in (hour[0].counts if hour else ())
    }
    return Chart(bars, len(bars) * (WIDTH + GAP), HEIGHT, most, totals)


def _without_call(minute: MinuteStats) -> int:
    return minute.counts["hit"] + minute.counts["stale"] + minute.counts["coalesced"]


def _bar(place: int, minute: MinuteStats, called: int, kept: int, scale: float) -> ChartBar:
    tall, taller = round(called * scale, 1), round(kept * scale, 1)
    when = "this minute" if minute.ago == 0 else f"{minute.ago} min ago"
    title = f"{when}: {called} calls, {kept} answers without one"
    return ChartBar(place * (WIDTH + GAP), HEIGHT - tall, tall, HEIGHT - tall - taller, taller, title)
