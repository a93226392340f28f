"""About: what a file says of itself, and whether it is whole. Every time in it is the row's, so it never changes."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from django.conf import settings
from django.utils.text import slugify

from contacts_ui.models import Export

from .details import Details

Line = tuple[str, str]
MOST_OF_TITLE = 40  # characters of a profile's name in the name of a file


def coverage_of(export: Export) -> str:
    """How much of the list the file holds: "4,812", "4,809 of 4,812", "4,812 or more"."""
    if export.whole or export.total == export.rows:
        return f"{export.rows:,}"
    if export.total is not None and export.rows < export.total:
        return f"{export.rows:,} of {export.total:,}"
    return f"{export.rows:,} or more"


def sentence_of(export: Export) -> str:
    """The same as a sentence, with the reason."""
    if export.whole:
        return f"{export.rows:,}: complete"
    return f"{coverage_of(export)}: {shortfall_of(export)}"


def shortfall_of(export: Export) -> str:
    """Why it is not proven that nothing is missing."""
    if export.kind == "lookup":
        return "not all of these numbers were looked up"
    if export.dropped_rows and export.total == export.rows + export.dropped_rows:
        return "the others came without an ID"
    return "the list changed while it was read" if export.snapshot_id else "the search looked at no more"


def about_lines(export: Export, details: Details, mended_cells: int) -> list[Line]:
    """The sheet "About"."""
    lines = [
        ("Contacts", sentence_of(export)),
        ("Exported from", export.scope_title),
        ("Profile ID", export.profile_id or "None: the account’s own list"),
        ("Exported by", export.person_name),
        ("Asked for", _time(export.created_at)),
        ("Read until", _time(export.snapshot.finished_at) if export.snapshot and export.snapshot.finished_at else ""),
        ("Filters", "; ".join(f"{label}: {value}" for label, value in details.filters) or "None: all contacts"),
        ("Numbers", "Masked: only the last digits are in this file" if export.masked else "Complete"),
        ("Duplicates left out", f"{export.duplicates:,}"),
        ("Rows without an ID, left out", f"{export.dropped_rows:,}"),
        ("Fields that could not be read, left empty", f"{export.invalid_fields:,}"),
        ("Cells cut at 32,767 characters or mended", f"{mended_cells:,}"),
        ("API calls", f"{export.calls:,}"),
        ("Made with", f"Contact Desk {settings.DESK_VERSION}"),
    ]
    return [line for line in lines if line[1]]


def file_name_of(export: Export) -> str:
    """The name of the file: whose contacts, without digits (a profile's name may hold a number), and whether it is
    whole. No person's name.
    """
    at = export.created_at.astimezone(UTC)
    covered = f"-{coverage_of(export).replace(',', '').replace(' ', '-')}" if export.kind == "list" else ""
    partial = "" if export.whole else f"-incomplete{covered}"
    whose = slugify(re.sub(r"\d+", " ", export.scope_title))[:MOST_OF_TITLE].strip("-_")
    return f"contacts{'-' if whose else ''}{whose}-{at:%Y-%m-%d-%H%M}{partial}.{export.format}"


def _time(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
