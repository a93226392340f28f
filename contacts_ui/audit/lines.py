"""Log lines: the rows of a page as it shows them, one line each; those of one pasted list are folded into one.

A paste is looked up a few numbers at a time, and each response is an event of its own. Their `about` says which part of
the list it was ("numbers 6 to 10 of 50"), so the parts find each other, whatever others did in between.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse

from contacts_ui.models import AuditEntry
from contacts_ui.text import parse_uuid

from .actions import AuditAction
from .labels import about_label
from .log import ACCOUNT
from .names import PART_PREFIX, entry_label, name_of

FOLDED_WITHIN = timedelta(minutes=10)  # between the parts of one paste
_PART = re.compile(rf"{PART_PREFIX}([0-9]{{1,4}}) to ([0-9]{{1,4}}) of ([0-9]{{1,4}})(?: \(.*)?")
_ABOUT_CONTACT = frozenset(
    {
        AuditAction.CONTACT_OPENED,
        AuditAction.NUMBER_REVEALED,
        AuditAction.MESSAGES_READ,
        AuditAction.NUMBER_LOOKED_UP,
        AuditAction.NUMBER_ALSO_IN,
    }
)
MAX_CONTACTS = 3  # linked of one line


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line. `entry` is its newest row, `parts` are all rows folded into it, newest first.

    `name` is the value of what was done or tried, `label` says it, `about` to what. `rows` were shown altogether. The
    URLs are for whoever may open these pages: of the contacts, the profile and the person that it names, empty or None
    where it names none.
    """

    entry: AuditEntry
    parts: tuple[AuditEntry, ...]
    name: str
    label: str
    about: str | None
    rows: int | None
    contact_urls: tuple[str, ...] = ()
    profile_url: str | None = None
    person_url: str | None = None


def part_of_list(first: int, last: int, total: int) -> str:
    """The `about` of an event that looked up a part of a list; counted from 1. It contains no phone number."""
    return f"{PART_PREFIX}{first} to {last} of {total}"


def log_lines(entries: Iterable[AuditEntry], *, links: bool) -> tuple[LogLine, ...]:
    """The lines of these rows, newest first. `links`: the reader may open contacts, profiles and people. No query."""
    folds = _Folds()
    lines: list[LogLine] = []
    for entry in entries:
        index = folds.line_of(entry, len(lines))
        if index < len(lines):
            lines[index] = _folded(lines[index], entry)
        else:
            lines.append(_line(entry, links=links))
    return tuple(lines)


class _Folds:
    """Which line a part of a list belongs to: the one whose first number follows the last one of the part."""

    def __init__(self) -> None:
        self._open: dict[tuple[object, ...], tuple[int, AuditEntry]] = {}

    def line_of(self, entry: AuditEntry, new: int) -> int:
        """The index of the line of this row, `new` for one of its own."""
        match = _PART.fullmatch(entry.about or "") if entry.action == AuditAction.CONTACTS_SEARCHED else None
        if match is None:
            return new
        first, last, total = map(int, match.groups())
        key = (entry.person_id, entry.scope, entry.outcome, total)
        index, newer = self._open.pop((*key, last + 1), (new, entry))
        index = index if newer.at - entry.at <= FOLDED_WITHIN else new
        if first > 1:
            self._open[(*key, first)] = (index, entry)
        return index


def _line(entry: AuditEntry, *, links: bool) -> LogLine:
    line = LogLine(
        entry, (entry,), name_of(entry), entry_label(entry), about_label(entry.action, entry.about), entry.rows
    )
    return replace(line, **_urls(entry)) if links else line


def _folded(line: LogLine, part: AuditEntry) -> LogLine:
    """The line with one more part, an older one."""
    parts = (*line.parts, part)
    found = [_PART.fullmatch(entry.about or "") for entry in (parts[-1], parts[0])]
    first, last = (match[number] if match else "" for match, number in zip(found, (1, 2), strict=True))
    total = found[0][3] if found[0] else ""
    rows = [entry.rows for entry in parts if entry.rows is not None]
    about = part_of_list(int(first), int(last), int(total))
    return replace(line, parts=parts, about=about, rows=sum(rows) if rows else None)


def _urls(entry: AuditEntry) -> dict[str, Any]:
    profile_id = parse_uuid(entry.scope or "")
    scoped: list[UUID] | None = [UUID(profile_id)] if profile_id else [] if entry.scope == ACCOUNT else None
    contacts = (entry.about or "").split()[:MAX_CONTACTS] if entry.action in _ABOUT_CONTACT else []
    ids = [UUID(known) for known in map(parse_uuid, contacts) if known]
    return {
        "contact_urls": tuple(_contact_url(scoped, contact_id) for contact_id in ids) if scoped is not None else (),
        "profile_url": reverse("people-profile", args=[profile_id]) if profile_id else None,
        "person_url": reverse("person-edit", args=[entry.person_id]) if entry.person_id else None,
    }


def _contact_url(scoped: list[UUID], contact_id: UUID) -> str:
    return reverse("contact-detail", args=[*scoped, contact_id])
