"""Links and suggestions of the audit log's filters: chips, time ranges, and people to filter by."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import User

MAX_SUGGESTED = 500  # people, and profiles, that an input suggests; any other can be typed


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


def suggested_people() -> tuple[tuple[str, str], ...]:
    """User name and full name of people to suggest as a filter. Cost: one query."""
    rows = User.objects.order_by("username").values_list("username", "first_name", "last_name")[:MAX_SUGGESTED]
    return tuple((username, f"{first} {last}".strip()) for username, first, last in rows)
