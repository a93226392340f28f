"""Snapshots: complete, sealed, expiring copies of one scope's list, taken page by page in the background.

The engine under the number index, the lookup over profiles and exports (docs/decisions, 29).
"""

from __future__ import annotations

from .lifecycle import PURPOSES, cancel, expire, expire_due, latest, running, start
from .parts import SnapshotExpired, contacts_of, question_of
from .recovery import sweep
from .stop import STOP

__all__ = [
    "PURPOSES",
    "STOP",
    "SnapshotExpired",
    "cancel",
    "contacts_of",
    "expire",
    "expire_due",
    "latest",
    "question_of",
    "running",
    "start",
    "sweep",
]
