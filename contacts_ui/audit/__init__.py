"""Audit log: append-only events that say who did what, when, and with what outcome."""

from __future__ import annotations

from .abouts import lookup_answered, lookup_started, part_held_back, part_of_list
from .actions import AuditAction
from .log import AuditEvent, AuditWriteError, append
from .number_hashes import (
    MAX_HASHED_RESULTS,
    has_few_numbers,
    hashes_of_contacts,
    hashes_of_numbers,
    hashes_of_plan,
    hashes_of_texts,
    search_hashes,
)
from .recorder import (
    PendingEvent,
    append_now,
    count_reveals,
    defer,
    failed,
    flush,
    record,
    request_id_of,
    scope_of,
    spend_lookup,
    when_recorded,
)

__all__ = [
    "MAX_HASHED_RESULTS",
    "AuditAction",
    "AuditEvent",
    "AuditWriteError",
    "PendingEvent",
    "append",
    "append_now",
    "count_reveals",
    "defer",
    "failed",
    "flush",
    "has_few_numbers",
    "hashes_of_contacts",
    "hashes_of_numbers",
    "hashes_of_plan",
    "hashes_of_texts",
    "lookup_answered",
    "lookup_started",
    "part_held_back",
    "part_of_list",
    "record",
    "request_id_of",
    "scope_of",
    "search_hashes",
    "spend_lookup",
    "when_recorded",
]
