"""Links of the audit log's filters: chips and time ranges."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

# Each from so many days before today's midnight, to so many (None: to now).
PRESETS = (("Today", 0, None), ("Yesterday", 1, 0), ("7 days", 6, None), ("30 days", 29, None))


@dataclass(frozen=True, slots=True)
class AuditFilterChip:
    """An active filter: its name, its label, and the URL of the log without it."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class AuditPreset:
    """A time range by one click: its title, and the URL of the log with it, or, where it is active, without."""

    title: str
    url: str
    active: bool


def presets_of(params: Mapping[str, str], url: Callable[..., str], zone: ZoneInfo) -> tuple[AuditPreset, ...]:
    """The time ranges of PRESETS. `params` are the active filters, `url` makes the URL with some of them changed."""
    today = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    shown, presets = (params.get("from"), params.get("to")), []
    for title, *days in PRESETS:
        # Subtracted on the clock on the wall: a day in which the clocks change has 23 or 25 hours.
        since, until = (None if ago is None else utc_minute(today - timedelta(days=ago)) for ago in days)
        active = shown == (since, until)
        times = (None, None) if active else (since, until)
        presets.append(AuditPreset(title, url(**dict(zip(("from", "to"), times, strict=True))), active))
    return tuple(presets)


def utc_minute(moment: datetime) -> str:
    """The minute, as times are written in URLs."""
    return moment.astimezone(UTC).isoformat(timespec="minutes")
