"""Marks: which characters of a shown number are the digits that a search found. Pure.

The API searches the national format, and the desk shows the international one: both end with the same digits, so their
digits are aligned from the end. A trunk prefix stands in one of them only and is not marked.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import takewhile
from uuid import UUID

from contacts_ui.sent_api.types import Contact

Segment = tuple[str, bool]  # a part of the text, and whether it is marked

LOOSE_DIGITS = 4  # that are marked with whatever stands between them: nobody typed punctuation
_DIGIT = re.compile(r"\d")


def marked_numbers(contacts: Iterable[Contact], spellings: Sequence[str]) -> dict[UUID, tuple[Segment, ...]]:
    """The shown number of each contact in parts, by id: those marked that stand in one of the `spellings` of its
    national format.

    One function: it is on the path of every search, a turn for each row.
    """
    written = [
        r"\D*".join(each) if each.isdigit() and len(each) >= LOOSE_DIGITS else re.escape(each)
        for each in filter(None, spellings)
    ]
    pattern = re.compile("|".join(f"(?=({each}))" for each in written) or "(?!)")
    found = {}
    for contact in contacts:
        shown, national = contact.format_international or contact.number or "", contact.format_national or ""
        places = [match.start() for match in _DIGIT.finditer(shown)]
        digits = [match.start() for match in _DIGIT.finditer(national)]
        pairs = zip(reversed(places), reversed(digits), strict=False)
        common = sum(1 for _ in takewhile(lambda pair: shown[pair[0]] == national[pair[1]], pairs))  # noqa: B023
        spans = [match.span(match.lastindex or 0) for match in pattern.finditer(national)]
        aligned = zip(places[len(places) - common :], digits[len(digits) - common :], strict=True)
        parts, end, goes_on = list[Segment](), 0, False
        for place, digit in aligned:
            is_marked = any(first <= digit < last for first, last in spans)
            if is_marked and goes_on:  # neighbouring digits share a mark, with the punctuation between them
                parts[-1] = (parts[-1][0] + shown[end : place + 1], True)
            elif is_marked:
                parts += [(shown[end:place], False), (shown[place], True)]
            end, goes_on = place + 1 if is_marked else end, is_marked
        found[contact.id] = tuple(part for part in (*parts, (shown[end:], False)) if part[0])
    return found
