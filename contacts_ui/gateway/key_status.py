"""Key status: whether the API rejected the key the last time it was asked, known to all processes of this host."""

from __future__ import annotations

from .shared_memory import SharedCounters

REJECTED = 31  # the counter before the statistics: the fingerprint of the rejected key, 0.0 for none
_DIGITS = 12  # hexadecimal digits of a fingerprint that a float holds exactly


class KeyStatus:
    """The status of one key. Another key in the same shared memory, of yesterday or of the demo, has its own.

    `cells` are for a look without the lock, on the way of every call: 0.0 in REJECTED means nothing to do.
    """

    def __init__(self, counters: SharedCounters, api_key_fingerprint: str) -> None:
        self._counters, self.cells = counters, counters.unlocked()
        self._key = float(int(api_key_fingerprint[:_DIGITS], 16) + 1)

    def record_rejected(self) -> None:
        """The API answered 401."""
        with self._counters.locked() as cells:
            cells[REJECTED] = self._key

    def record_accepted(self) -> None:
        """A call with the key succeeded."""
        with self._counters.locked() as cells:
            if cells[REJECTED] == self._key:
                cells[REJECTED] = 0.0

    @property
    def rejected(self) -> bool:
        """True after a 401, until a call with this key succeeds."""
        with self._counters.locked() as cells:
            return cells[REJECTED] == self._key
