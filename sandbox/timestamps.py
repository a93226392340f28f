"""Timestamps in the API's format: ISO 8601 with 7-digit fractions and an offset (sent-api-v3, transport).

Internally a time is a count of ticks of 100 ns since 1970 in UTC, the resolution of seven digits.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime

TICKS = 10_000_000
"""Ticks in a second."""

YEAR_TICKS = 365 * 86_400 * TICKS

EPOCH_TICKS = int(datetime(2026, 11, 1, tzinfo=UTC).timestamp()) * TICKS
"""Upper bound of all generated times: fixed, so that the same seed gives the same data on any day."""


def format_timestamp(ticks: int) -> str:
    """`2026-03-11T21:50:50.1887701+00:00`."""
    second, fraction = divmod(ticks, TICKS)
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%S}.{fraction:07d}+00:00"


def now() -> str:
    """The current time."""
    return format_timestamp(time.time_ns() // 100)
