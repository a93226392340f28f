"""Passes over a numbered list that changes meanwhile, and the proof that nothing is missing.

Numbered paging loses rows when rows before the position vanish or move, and meets rows twice when some are added
there; a total that stands still proves nothing. Whole means: as many distinct ids as the list has, the same total at
both ends of a pass, and no sign in it that rows were deleted, for then ids that are gone may stand for missing ones.
Otherwise up to two more passes add the ids not seen yet.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from contacts_ui.models import Snapshot
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import ContactPage

from .parts import Part

PAGE_SIZE = 100  # the largest that the vendor's own clients use
MAX_PASSES = 3
FRUITLESS_PAGES = 3  # pages in a row without an id that is new to the pass: the list has no end, or ignores the page


@dataclass(slots=True)
class Seen:
    """Ids of the rows: of all passes, of this pass, and how many this pass was the first to see. `fruitless`: the
    last so many pages held nothing that is new to the pass.
    """

    ever: set[bytes] = field(default_factory=set)
    in_pass: set[bytes] = field(default_factory=set)
    new_in_pass: int = 0
    fruitless: int = 0

    def add(self, part: Part, current_pass: int) -> None:
        """Takes the rows of a stored part into account."""
        ids = list(part.ids)  # both sets hold the same objects: half the memory
        self.ever.update(ids)
        if part.pass_number == current_pass:
            self.in_pass.update(ids)
            self.new_in_pass += len(part.contacts)
            self.fruitless = 0 if ids else self.fruitless + 1

    def begin_pass(self) -> None:
        """Nothing is seen in the next pass yet."""
        self.in_pass, self.new_in_pass, self.fruitless = set(), 0, 0

    def sort(self, page: ContactPage, current_pass: int) -> tuple[Part, int]:
        """The page as a part, and how many of its rows this pass has met before."""
        new, known, duplicates = [], [], 0
        on_page: set[bytes] = set()
        for contact in page.contacts:
            key = contact.id.bytes
            if key in on_page or key in self.in_pass:
                duplicates += 1
                continue
            on_page.add(key)
            if key in self.ever:
                known.append(key)
            else:
                new.append(contact)
        return Part(current_pass, tuple(new), b"".join(known)), duplicates


def has_more(page: ContactPage, query: ContactQuery) -> bool:
    """Whether the pass goes on after this page. Every count may be missing, and an empty page always ends it."""
    if query.phone is not None or not (page.contacts or page.dropped_rows):
        return False
    facts = page.pagination
    size = facts.page_size if facts.page_size and 0 < facts.page_size < PAGE_SIZE else PAGE_SIZE
    signs = [
        facts.has_more,
        facts.total_pages > query.page if facts.total_pages is not None else None,
        facts.total_count > query.page * size if facts.total_count is not None else None,
    ]
    known = [sign for sign in signs if sign is not None]
    return any(known) if known else True


def is_whole(snapshot: Snapshot, seen: Seen) -> bool:
    """True when this pass proves that no row of the list is missing."""
    first, last = snapshot.total_first, snapshot.total_last
    if first is None or last is None:
        # Without a total, a pass that sees exactly what was seen before, each row once.
        same = snapshot.passes > 1 and seen.new_in_pass == 0 and seen.in_pass == seen.ever
        return same and not snapshot.duplicates and not snapshot.dropped_rows
    if first != last or snapshot.shrank_in_pass:
        return False
    return len(seen.in_pass) == last or (len(seen.ever) == last and not snapshot.shrank)


def deserves_another_pass(snapshot: Snapshot, seen: Seen) -> bool:
    """True when a further pass may find what is missing: not for rows without an id, which no pass can hold."""
    if snapshot.passes >= MAX_PASSES:
        return False
    stable = snapshot.total_first == snapshot.total_last and not snapshot.shrank_in_pass
    explained = snapshot.dropped_rows and len(seen.in_pass) + snapshot.dropped_rows == snapshot.total_last
    return not (stable and explained)
