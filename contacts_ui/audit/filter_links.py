"""Links of the audit log's filters: chips and time ranges."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class AuditFilterChip:
    """An active filter: its name, its label, and the URL of the log without it."""

    name: str
    value: str
    url: str


@dataclass(frozen=True, slots=True)
class AuditPreset:
    """A time range by one click: its title, and the URL of the log with it, or, where it is active, without."""

    title: str
    url: str
    active: bool
