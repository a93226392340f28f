"""Condition polling: waits until a condition is true instead of for a fixed time."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_SECONDS = 120.0  # timeout far above the needs of a busy machine


def wait_until(condition: Callable[[], object], seconds: float = LIMIT_SECONDS) -> None:
    """Waits until `condition` is true. Raises AssertionError after `seconds`."""
    assert becomes_true(condition, seconds), f"condition not met within {seconds} s"


def becomes_true(condition: Callable[[], object], seconds: float) -> bool:
    """Polls `condition` every 20 ms. True as soon as it is, False when it was not within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() >= deadline:
            return False
        time.sleep(0.02)
    return True
