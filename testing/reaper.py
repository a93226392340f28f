"""Process reaper: ends the programs that a test run started when the run itself was killed.

Run as a file by `testing.processes`, one for each process that starts programs. It reads lines from its standard
input: `+7` when process group 7 was started, `-7` when it was stopped. At end of input, which also follows kill -9 of
the test run, it stops every remaining group: SIGTERM, then SIGKILL after ten seconds.
"""

from __future__ import annotations

import os
import signal
import sys
import time

GRACE_SECONDS = 10.0


def _signal(groups: set[int], number: int) -> set[int]:
    """Sends a signal to each group; returns the groups that still exist."""
    alive = set()
    for group in groups:
        try:
            os.killpg(group, number)
            alive.add(group)
        except (ProcessLookupError, PermissionError):
            continue
    return alive


def main() -> None:
    """Tracks groups until end of input, then stops the remaining ones."""
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        (groups.add if line[0] == "+" else groups.discard)(group)
    groups = _signal(groups, signal.SIGTERM)
    until = time.monotonic() + GRACE_SECONDS
    while groups and time.monotonic() < until:
        time.sleep(0.1)
        groups = _signal(groups, 0)
    _signal(groups, signal.SIGKILL)


if __name__ == "__main__":
    main()
