"""Database models, a module for each domain.

Contacts are in sealed parts alone: of snapshots, of the number index, of lookups and of exports (docs/decisions, 29,
30, 32, 44).
"""

from __future__ import annotations

from .access import PinnedProfile, ProfileAccess, ScopeVisit
from .audit import AppendOnlyError, AuditEntry, AuditNumber, AuditQuerySet
from .counters import QuotaWindow, SignInCounter
from .exports import UNFINISHED_EXPORTS, Export, ExportPart, ExportState
from .number_indexes import NumberIndex, NumberIndexAddition, NumberIndexPart
from .number_lookups import NumberLookup, NumberLookupAnswer
from .preferences import DENSITIES, THEMES, GroupPolicy, Preferences
from .saved_views import SavedView
from .sessions import Session
from .snapshots import UNFINISHED, Snapshot, SnapshotPart, SnapshotState

__all__ = [
    "DENSITIES",
    "THEMES",
    "UNFINISHED",
    "UNFINISHED_EXPORTS",
    "AppendOnlyError",
    "AuditEntry",
    "AuditNumber",
    "AuditQuerySet",
    "Export",
    "ExportPart",
    "ExportState",
    "GroupPolicy",
    "NumberIndex",
    "NumberIndexAddition",
    "NumberIndexPart",
    "NumberLookup",
    "NumberLookupAnswer",
    "PinnedProfile",
    "Preferences",
    "ProfileAccess",
    "QuotaWindow",
    "SavedView",
    "ScopeVisit",
    "Session",
    "SignInCounter",
    "Snapshot",
    "SnapshotPart",
    "SnapshotState",
]
