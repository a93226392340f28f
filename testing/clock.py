"""Standing clock: takes the place of a module's `time`, and moves only when a test moves it."""

from __future__ import annotations

from types import SimpleNamespace


class Clock(SimpleNamespace):
    """`now` is in seconds since 1970."""

    now: float

    def time(self) -> float:
        """The current time in seconds."""
        return self.now
