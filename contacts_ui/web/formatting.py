"""Number and time formatting of our pages, in the current time zone."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, tzinfo

from django.utils.timezone import get_current_timezone


def format_int(value: int) -> str:
    """12486 as 12,486."""
    return f"{value:,}"


def percent(value: float) -> str:
    """A score as a whole number, clamped to 0 to 100."""
    return f"{min(100.0, max(0.0, value)):.0f}"


def lower_first(text: str) -> str:
    """The text with its first letter in lower case, for use within a sentence."""
    return text[:1].lower() + text[1:]


_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def format_datetime(value: datetime, zone: tzinfo | None = None) -> str:
    """A date and time, in `zone` or the current time zone: 13 Jan 2026, 12:24 UTC."""
    return month_and_time(value, zone or get_current_timezone())[1]


def month_and_time(value: datetime, zone: tzinfo) -> tuple[str, str]:
    """A time as its month and in full, in `zone`: Jan 2026; 13 Jan 2026, 12:24 UTC. No character needs escaping.

    One function without strftime: a list calls it twice for each row.
    """
    try:
        local = value.astimezone(zone)
    except OverflowError:  # as in _local
        local = value
    name, month = local.tzname() or "", f"{_MONTHS[local.month - 1]} {local.year}"
    name = f"UTC{name}" if name.startswith(("+", "-")) else name
    return month, f"{local.day} {month}, {local.hour:02}:{local.minute:02} {name}"


def age_seconds(value: datetime) -> int:
    """How many seconds ago it was; 0 for a time in the future."""
    return max(0, int((datetime.now(UTC) - value).total_seconds()))


def format_datetime_seconds(value: datetime) -> str:
    """A date and time to the second, in the current time zone: 13 Jan 2026, 12:24:05 UTC."""
    local = _local(value)
    return f"{local:%-d %b %Y, %H:%M:%S} {_zone_name(local)}"


def format_time(value: datetime) -> str:
    """The time of day, in the current time zone: 12:24 UTC."""
    local = _local(value)
    return f"{local:%H:%M} {_zone_name(local)}"


def _local(value: datetime) -> datetime:
    with suppress(OverflowError):  # the first and last day of the calendar cannot be converted to every zone
        return value.astimezone(get_current_timezone())
    return value


def _zone_name(value: datetime) -> str:
    """The abbreviation of the zone (CET, BST); its offset (UTC+0530) where it has none."""
    name = value.tzname() or ""
    return f"UTC{name}" if name.startswith(("+", "-")) else name


def countdown(seconds: int) -> str:
    """When something happens that clock.js counts down to: in 1:05; now, for less than a second."""
    return f"in {seconds // 60}:{seconds % 60:02}" if seconds > 0 else "now"


_STEPS = ((60, 1, "s"), (3600, 60, "min"), (86_400, 3600, "h"), (2_592_000, 86_400, "d"))


def time_ago(value: datetime) -> str:
    """The age in one unit: 12 s ago, 5 min ago, 3 mo ago, 1 y ago. A time in the future is "just now"."""
    seconds = int((datetime.now(UTC) - value).total_seconds())
    if seconds < 1:
        return "just now"
    for limit, unit, name in _STEPS:
        if seconds < limit:
            return f"{seconds // unit} {name} ago"
    months = int(seconds // 2_629_800) or 1
    return f"{months} mo ago" if months < 12 else f"{months // 12} y ago"
