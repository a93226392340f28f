"""Bar charts of the gateway's last hour, with their axes, as coordinates for an SVG template."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from contacts_ui.gateway import MinuteStats

HEIGHT, WIDTH, GAP = 80, 9, 1  # SVG units: of the chart, of a bar, between bars
_NICE = (1, 2, 4, 10)  # the top of an axis is one of these, times a power of ten: its half is whole, but of 1


@dataclass(frozen=True, slots=True)
class ChartBar:
    """One minute: a lower part, and an upper one stacked on it. All in SVG units."""

    x: int
    lower_y: float
    lower_height: float
    upper_y: float
    upper_height: float
    title: str


@dataclass(frozen=True, slots=True)
class Chart:
    """`most` is the total of the busiest minute, `top` the value at the chart's upper edge; `ticks` are those of the
    axis, highest first. `totals` are the sums of the hour by event. `this_minute`: the API calls of the newest minute.
    """

    bars: tuple[ChartBar, ...]
    width: int
    height: int
    most: int
    top: int
    ticks: tuple[int, ...]
    totals: dict[str, int]
    this_minute: int


def hour_chart(hour: Sequence[MinuteStats]) -> Chart:
    """API calls, and answers without a call on them, in sixty minutes, oldest on the left."""
    return _chart(hour, _called, _without_call, "{} calls, {} answers without one")


def trouble_chart(hour: Sequence[MinuteStats]) -> Chart:
    """Calls that failed, and those throttled or blocked on them, in sixty minutes, oldest on the left."""
    return _chart(hour, _failed, _not_made, "{} failed, {} throttled or blocked")


def _chart(
    hour: Sequence[MinuteStats], lower: Callable[[MinuteStats], int], upper: Callable[[MinuteStats], int], words: str
) -> Chart:
    stacks = [(minute, lower(minute), upper(minute)) for minute in hour]
    most = max((low + high for _, low, high in stacks), default=0)
    top = _top(most)
    bars = tuple(_bar(index, stack, HEIGHT / top, words) for index, stack in enumerate(stacks))
    totals: dict[str, int] = {
        event: sum(minute.counts[event] for minute in hour) for event in (hour[0].counts if hour else ())
    }
    ticks = (top, top // 2, 0) if top > 1 else (1, 0)
    newest = _called(hour[-1]) if hour else 0
    return Chart(bars, len(bars) * (WIDTH + GAP), HEIGHT, most, top, ticks, totals, newest)


def _top(most: int) -> int:
    """The lowest round number that is not below `most`."""
    power = 1
    while True:
        for nice in _NICE:
            if nice * power >= most:
                return nice * power
        power *= 10


def _called(minute: MinuteStats) -> int:
    return minute.counts["upstream_call"]


def _without_call(minute: MinuteStats) -> int:
    return minute.counts["hit"] + minute.counts["stale"] + minute.counts["coalesced"]


def _failed(minute: MinuteStats) -> int:
    return minute.counts["failed"]


def _not_made(minute: MinuteStats) -> int:
    return minute.counts["limited"] + minute.counts["rejected"]


def _bar(index: int, stack: tuple[MinuteStats, int, int], scale: float, words: str) -> ChartBar:
    minute, low, high = stack
    lower_height, upper_height = round(low * scale, 1), round(high * scale, 1)
    when = "this minute" if minute.ago == 0 else f"{minute.ago} min ago"
    lower_y = HEIGHT - lower_height
    title = f"{when}: {words.format(low, high)}"
    return ChartBar(index * (WIDTH + GAP), lower_y, lower_height, lower_y - upper_height, upper_height, title)
