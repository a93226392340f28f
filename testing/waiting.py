"""Condition polling: waits for what will come, however long the machine takes, instead of for a time."""

from __future__ import annotations

import time
from collections.abc import Callable

LIMIT_SECONDS = 120.0  # until what does not come is a failure: far above what a busy machine needs


def wait_until(condition: Callable[[], object], seconds: float = LIMIT_SECONDS) -> None:
    """Returns when it is true; an AssertionError when it is not within `seconds`."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"not within {seconds} s"
        time.sleep(0.02)
