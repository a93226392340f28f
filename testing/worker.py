"""Worker of background tasks for tests: `desk_worker` whose silences are shorter, and which may kill itself.

Usage, with the environment of a desk: python -m testing.worker --silent SECONDS [--start] [--die-at LINE]
[--until-finished]. With --start it first starts a snapshot of the account. With --die-at it sends itself SIGKILL before
the so-many-eth line of contacts_ui/snapshots that it runs: a death at any line. With --until-finished it ends when no
snapshot is unfinished, and prints the hash of the newest one's contents.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import signal
import sys
from collections.abc import Callable, Iterable
from datetime import timedelta
from types import FrameType
from typing import Any

import django

Trace = Callable[[FrameType, str, Any], Any]


def content_hash(rows: Iterable[object]) -> str:
    """A hash over all contacts, whatever their order."""
    return hashlib.sha256("\n".join(sorted(map(repr, rows))).encode()).hexdigest()


def main() -> None:
    """Runs until SIGTERM, its last line, or the end of the last snapshot."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--silent", type=float, required=True)
    parser.add_argument("--start", action="store_true")
    parser.add_argument("--die-at", type=int)
    parser.add_argument("--until-finished", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "testing.desk_settings")
    django.setup()
    from contacts_ui import snapshots  # noqa: PLC0415 - after setup
    from contacts_ui.management.commands import desk_worker  # noqa: PLC0415
    from contacts_ui.models import UNFINISHED, Snapshot  # noqa: PLC0415
    from contacts_ui.snapshots import lease  # noqa: PLC0415

    def stop_when_finished() -> None:
        if not Snapshot.objects.filter(state__in=UNFINISHED).exists():
            snapshots.STOP.set()

    lease.SILENT = timedelta(seconds=options.silent)
    lease.DEADLINE_MARGIN = -1000.0
    desk_worker.PERIOD, desk_worker.INTERVAL = min(1.0, options.silent / 4), 0.1
    signal.signal(signal.SIGTERM, lambda *_: snapshots.STOP.set())
    if options.start:
        snapshots.start(None, "lookup")  # one for the index ends where that is off, one of an export with its row
    if options.until_finished:
        desk_worker.PERIODIC = (*desk_worker.PERIODIC, stop_when_finished)
    if options.die_at:
        sys.settrace(death_at(options.die_at, ("contacts_ui/snapshots/",)))
    desk_worker.work(os.getppid())
    if options.until_finished:
        newest = Snapshot.objects.latest("created_at")
        rows = [contact for part in snapshots.contacts_of(newest) for contact in part]
        sys.stdout.write(f"{content_hash(rows)} {newest.whole}\n")


def death_at(line: int, folders: tuple[str, ...], but: tuple[str, ...] = ()) -> Trace:
    """A trace function that kills the process before this line in these folders; files in `but` do not count."""
    left = line

    def in_function(_frame: FrameType, event: str, _argument: Any) -> Any:
        nonlocal left
        if event == "line":
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        return in_function

    def at_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        name = frame.f_code.co_filename
        return in_function if any(folder in name for folder in folders) and not name.endswith(but or "\0") else None

    return at_call


if __name__ == "__main__":
    main()
