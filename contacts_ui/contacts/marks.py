"""Marks: which characters of a shown number are the digits that a search found. Pure.

The API searches the national format, and the desk shows the international one: both end with the same digits, so their
digits are aligned from the end. A trunk prefix stands in one of them only and is not marked.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence

from contacts_ui.sent_api.types import Contact

Segment = tuple[str, bool]  # a part of the text, and whether it is marked

LOOSE_DIGITS = 4  # that are marked with whatever stands between them: nobody typed punctuation


def marked_numbers(contacts: Iterable[Contact], spellings: Sequence[str]) -> list[tuple[Segment, ...]]:
    """The shown number of each contact in parts, in their order: those marked that stand in one of the `spellings` of
    its national format. Not by id: of two rows with one id each shows its own number.

    One function: it is on the path of every search, a turn for each row.
    """
    written = [
        r"\D*".join(each) if each.isdigit() and len(each) >= LOOSE_DIGITS else re.escape(each)
        for each in filter(None, spellings)
    ]
    loose = any(each.isdigit() and len(each) >= LOOSE_DIGITS for each in spellings)
    find = re.compile("|".join(f"(?=({each}))" for each in written) or "(?!)").finditer
    found = list[tuple[Segment, ...]]()
    for contact in contacts:
        shown, national = contact.format_international or contact.number or "", contact.format_national or ""
        spans = [match.span(match.lastindex or 0) for match in find(national)]
        if not spans and loose:  # they may stand across the country code
            national = shown
            spans = [match.span(match.lastindex or 0) for match in find(national)]
        if not spans:
            found.append(((shown, False),))
            continue
        first, last = spans[0]
        if len(spans) == 1 and national[first].isdecimal() and national[last - 1].isdecimal():
            start, stop = first + len(shown) - len(national), last + len(shown) - len(national)
            if shown.endswith(national[first:]):  # as most do: no digits to align, a quarter of the work
                found.append(((shown[:start], False), (shown[start:stop], True), (shown[stop:], False)))
                continue
        places = [place for place, character in enumerate(shown) if character.isdecimal()]
        digits = [place for place, character in enumerate(national) if character.isdecimal()]
        pairs = zip(reversed(places), reversed(digits), strict=False)
        common = next((n for n, (a, b) in enumerate(pairs) if shown[a] != national[b]), min(len(places), len(digits)))
        runs = list[tuple[int, int]]()  # of marked digits, counted from the end, so that both formats agree
        for first, last in spans:
            start = max(bisect_left(digits, first) - len(digits), -common)
            stop = bisect_left(digits, last) - len(digits)
            if runs and start <= runs[-1][1]:  # neighbouring digits share a mark, with the punctuation between them
                runs[-1] = (runs[-1][0], max(stop, runs[-1][1]))
            elif start < stop:
                runs.append((start, stop))
        parts, end = list[Segment](), 0
        for start, stop in runs:
            first, last = places[start], places[stop - 1] + 1
            parts += [(shown[end:first], False), (shown[first:last], True)]
            end = last
        found.append((*parts, (shown[end:], False)))
    return found
