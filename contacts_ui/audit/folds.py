"""Folding: rows of the log that are one deed of one person. The page shows a deed as one line; the rows stay.

Three things tie rows together, all with the same person and outcome:

* the request: its reference, which is our own and random. A lookup writes a row for its question and one for each
  profile that has the number, an opened contact one for "Also in";
* the list: a paste is looked up a few numbers at a time, and the text of each row says which part of the list it was;
* the lookup that the worker makes: its answers are seen in requests of their own, and have a hash of its number.

Only rows of looking at contacts are folded: every change of rights, sign-in and denied page keeps a line of its own.
Rows are folded after they were filtered, so whatever a filter finds is shown, alone or with others that it finds.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from contacts_ui.models import AuditEntry

from .abouts import SWEEP_PREFIX, ListPart, read_part
from .actions import AuditAction

FOLDED_WITHIN = timedelta(minutes=10)  # between the parts of one paste
SWEEP_WITHIN = timedelta(hours=1)  # between the start of a lookup and an answer: it is kept for an hour
_FOLDED = frozenset(
    {
        AuditAction.CONTACTS_LISTED,
        AuditAction.CONTACTS_SEARCHED,
        AuditAction.CONTACT_OPENED,
        AuditAction.NUMBER_REVEALED,
        AuditAction.PROFILE_SWITCHED,
        AuditAction.NUMBER_LOOKED_UP,
        AuditAction.NUMBER_ALSO_IN,
    }
)


@dataclass(frozen=True, slots=True)
class Deed:
    """Rows that are shown as one line, newest first; never empty. `whole`: none is known to be on another page."""

    entries: tuple[AuditEntry, ...]
    whole: bool = True


def deeds_of(entries: Sequence[AuditEntry], shown: slice = slice(None)) -> tuple[Deed, ...]:
    """The deeds of the rows `entries[shown]`, newest first as these are. No query."""
    numbers = fold_numbers(entries)
    inside, outside = numbers[shown], {*numbers[: shown.start or 0]}
    outside |= {*numbers[shown.stop :]} if shown.stop is not None else set()
    deeds: dict[int, list[AuditEntry]] = {}
    for number, entry in zip(inside, entries[shown], strict=True):
        deeds.setdefault(number, []).append(entry)
    return tuple(Deed(tuple(rows), number not in outside) for number, rows in deeds.items())


def fold_numbers(entries: Sequence[AuditEntry]) -> list[int]:
    """For each row, newest first, a number that the rows of its deed share and no others."""
    deeds = _Deeds(len(entries))
    for first, second in (*_same_request(entries), *_same_list(entries), *_same_sweep(entries)):
        deeds.join(first, second)
    return [deeds.number(index) for index in range(len(entries))]


def page_end(numbers: Sequence[int], size: int) -> int:
    """How many of the rows that were read are shown on a page: at most `size` lines, of twice as many rows.

    `numbers` are those of the rows' deeds, in the order of reading. The page ends where no deed goes on, or as few as
    possible, and at the last such place, but is not shorter than half its size for it.
    """
    most = min(len(numbers), 2 * size)
    last = {number: index for index, number in enumerate(numbers)}
    seen: set[int] = set()
    best, fewest = most, len(numbers) + 1
    going_on = 0
    for index, number in enumerate(numbers[:most]):
        if number not in seen:
            seen.add(number)
            going_on += 1
        if len(seen) > size:
            break
        going_on -= last[number] == index
        if index + 1 >= min(size // 2, most) and going_on <= fewest:
            best, fewest = index + 1, going_on
    return best


class _Deeds:
    """Disjoint sets of rows by index: each is named by its newest row."""

    def __init__(self, count: int) -> None:
        self._above = list(range(count))

    def number(self, index: int) -> int:
        while self._above[index] != index:
            index = self._above[index]
        return index

    def join(self, first: int, second: int) -> None:
        newer, older = sorted((self.number(first), self.number(second)))
        self._above[older] = newer


Pairs = Iterable[tuple[int, int]]


def _same_request(entries: Sequence[AuditEntry]) -> Pairs:
    newest: dict[tuple[object, ...], int] = {}
    for index, entry in enumerate(entries):
        if entry.reference and entry.action in _FOLDED:
            yield newest.setdefault((entry.person_id, entry.reference, entry.outcome), index), index


def _same_list(entries: Sequence[AuditEntry]) -> Pairs:
    """Each part with the one that goes on where it ends. A part that was cut short by the rate limit ends earlier than
    rows of former versions say, so the next one may begin within it.
    """
    going_on: dict[tuple[object, ...], list[tuple[int, ListPart]]] = {}  # parts whose beginning is still to come
    for index, entry in enumerate(entries):
        part = read_part(entry.about) if entry.action == AuditAction.CONTACTS_SEARCHED else None
        if part is None:
            continue
        key = (entry.person_id, entry.scope, entry.outcome, part.total)
        waiting = going_on.setdefault(key, [])
        for place, (newer_index, newer) in enumerate(waiting):
            if _goes_on(part, newer) and entries[newer_index].at - entry.at <= FOLDED_WITHIN:
                del waiting[place]
                yield newer_index, index
                break
        waiting.append((index, part))


def _goes_on(part: ListPart, newer: ListPart) -> bool:
    """True if `newer` is the next part of the same list. Each list has one first part, unless nothing came of it."""
    begins_again = newer.first == 1 and not part.held_back
    return part.first <= newer.first <= part.last + 1 and not begins_again


def _same_sweep(entries: Sequence[AuditEntry]) -> Pairs:
    """Each answer whose own request asked nothing with the newest start before it that has a number hash of it."""
    lookups = [(index, entry) for index, entry in enumerate(entries) if _is_lookup(entry)]
    asked = {(entry.person_id, entry.reference) for _index, entry in lookups if entry.rows is None}
    waiting: list[tuple[int, AuditEntry]] = []
    for index, entry in lookups:
        if entry.rows is not None:
            if not entry.reference or (entry.person_id, entry.reference) not in asked:
                waiting.append((index, entry))
        elif (entry.about or "").startswith(SWEEP_PREFIX):
            marks = set((entry.marks or "").split())
            mine = [found for found in waiting if _answers(found[1], entry, marks)]
            waiting = [found for found in waiting if found not in mine]
            yield from ((found[0], index) for found in mine)


def _is_lookup(entry: AuditEntry) -> bool:
    return entry.action == AuditAction.NUMBER_LOOKED_UP and entry.outcome == "ok"


def _answers(found: AuditEntry, start: AuditEntry, marks: set[str]) -> bool:
    near = found.person_id == start.person_id and found.at - start.at <= SWEEP_WITHIN
    return near and not marks.isdisjoint((found.marks or "").split())
