"""Bar chart of the gateway's last hour, as coordinates for an SVG template."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from contacts_ui.gateway import MinuteStats

HEIGHT, WIDTH, GAP = 80, 9, 1  # SVG units: of the chart, of a bar, between bars


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One minute: API calls below, answers without a call stacked above. All in SVG units."""

    x: int
    called_y: float
    called_height: float
    cached_y: float
    cached_height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`most` is the total of the busiest minute; `totals` are the sums of the hour by event.

    `this_minute`: the API calls of the newest minute.
    """

    bars: tuple[ChartBar, ...]
    width: int
    height: int
    most: int
    totals: dict[str, int]
    this_minute: int


def hour_chart(hour: Sequence[MinuteStats]) -> Chart:
    """The chart of sixty minutes, oldest on the left."""
    stacks = [(minute, minute.counts["upstream_call"], _without_call(minute)) for minute in hour]
    most = max((called + cached for _, called, cached in stacks), default=0)
    scale = HEIGHT / most if most else 0.0
    bars = tuple(_bar(index, *stack, scale) for index, stack in enumerate(stacks))
    totals: dict[str, int] = {
        event: sum(minute.counts[event] for minute in hour) for event in (hour[0].counts if hour else ())
    }
    return Chart(bars, len(bars) * (WIDTH + GAP), HEIGHT, most, totals, stacks[-1][1] if stacks else 0)


def _without_call(minute: MinuteStats) -> int:
    return minute.counts["hit"] + minute.counts["stale"] + minute.counts["coalesced"]


def _bar(index: int, minute: MinuteStats, called: int, cached: int, scale: float) -> ChartBar:
    called_height, cached_height = round(called * scale, 1), round(cached * scale, 1)
    when = "this minute" if minute.ago == 0 else f"{minute.ago} min ago"
    title = f"{when}: {called} calls, {cached} answers without one"
    called_y = HEIGHT - called_height
    return ChartBar(index * (WIDTH + GAP), called_y, called_height, called_y - cached_height, cached_height, title)
