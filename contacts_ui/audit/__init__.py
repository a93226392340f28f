"""Who did what, when, and how it ended: written once, never changed."""

from __future__ import annotations

from .log import AuditUnwritable, Deed, write
from .number_hashes import (
    marks_of_contacts,
    marks_of_number,
    marks_of_plan,
    marks_of_text,
    marks_of_texts,
    wanted_marks,
)
from .recorder import MOST_SHOWN, note, record_request, request_id_of, scope_of, unseen, went_wrong, write_for

__all__ = [
    "MOST_SHOWN",
    "AuditUnwritable",
    "Deed",
    "marks_of_contacts",
    "marks_of_number",
    "marks_of_plan",
    "marks_of_text",
    "marks_of_texts",
    "note",
    "record_request",
    "request_id_of",
    "scope_of",
    "unseen",
    "wanted_marks",
    "went_wrong",
    "write",
    "write_for",
]
