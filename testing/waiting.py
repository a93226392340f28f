"""Condition polling: waits until a condition is true instead of for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_SECONDS = 120.0  # timeout far above the needs of a busy machine


def wait_until(condition: Callable[[], object], seconds: float = LIMIT_SECONDS) -> None:
    """Polls `condition` every 20 ms until it is true. Raises AssertionError after `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"condition not met within {seconds} s"
        time.sleep(0.02)
