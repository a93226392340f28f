"""Who did what, when, and how it ended: written once, never changed."""

from __future__ import annotations

from .book import AuditUnwritable, Deed, write
from .marks import marks_of_number, marks_of_text, wanted_marks
from .requests import MOST_SHOWN, note, record_request, unseen

__all__ = [
    "MOST_SHOWN",
    "AuditUnwritable",
    "Deed",
    "marks_of_number",
    "marks_of_text",
    "note",
    "record_request",
    "unseen",
    "wanted_marks",
    "write",
]
