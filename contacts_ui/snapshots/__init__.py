"""Snapshots: complete, sealed, expiring copies of one scope's list, taken page by page in the background.

The engine under the number index, the lookup over profiles and exports (docs/decisions, 29).
"""

from __future__ import annotations

from .disk import is_disk_full, require_room
from .hooks import register
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
    "is_disk_full",
    "latest",
    "question_of",
    "register",
    "require_room",
    "running",
    "start",
    "sweep",
]
