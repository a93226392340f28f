"""Event texts: what `about` says of pasted lists and of lookups over profiles, as it is written and as it is read.

They are stored, and rows of former versions have them: a text may be added, and none changed. None contains a number.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

LIST_PREFIX = "numbers "  # of the parts of a list alone
SWEEP_PREFIX = "started for "  # of lookups that the worker makes
HELD_BACK = "(not looked up yet)"

_PART = re.compile(rf"{LIST_PREFIX}([0-9]{{1,4}}) to ([0-9]{{1,4}}) of ([0-9]{{1,4}})(?: (\(.*))?")
_ASKED = re.compile(r"asked about ([0-9]{1,6})(.*)")
_STARTED = re.compile(rf"{SWEEP_PREFIX}([0-9]{{1,6}})(.*)")
_ANSWERED = re.compile(r"([0-9]{1,6}) of ([0-9]{1,6}) have it, ([0-9]{1,6}) not asked just now(.*)")


@dataclass(frozen=True, slots=True)
class ListPart:
    """A part of a pasted list: its first and last number, counted from 1, and how many the list has. `held_back`: none
    of it was looked up, the next event tries again. `mark` is that of a link session, or "".
    """

    first: int
    last: int
    total: int
    held_back: bool = False
    mark: str = ""

    def __str__(self) -> str:
        whole = (self.first, self.last) == (1, self.total)
        text = f"{self.total} numbers" if whole else part_of_list(self.first, self.last, self.total)
        return f"{text} {self.mark}".rstrip()


def part_of_list(first: int, last: int, total: int) -> str:
    """The text of an event that looked up a part of a list; counted from 1."""
    return f"{LIST_PREFIX}{first} to {last} of {total}"


def part_held_back(first: int, last: int, total: int) -> str:
    """The text of an event of which the rate limit let nothing through."""
    return f"{part_of_list(first, last, total)} {HELD_BACK}"


def lookup_started(profiles: int) -> str:
    """The text of a lookup that the worker makes in so many profiles."""
    return f"{SWEEP_PREFIX}{profiles}"


def lookup_answered(here: int, profiles: int, not_asked: int) -> str:
    """The text of a lookup with its answers."""
    return f"{here} of {profiles} have it, {not_asked} not asked just now"


def read_part(about: str | None) -> ListPart | None:
    """The part of a list that the text names; None for all other texts."""
    match = _PART.fullmatch(about or "")
    if match is None:
        return None
    suffix = match[4] or ""
    mark = suffix.removeprefix(HELD_BACK).strip()
    return ListPart(int(match[1]), int(match[2]), int(match[3]), suffix.startswith(HELD_BACK), mark)


def lookup_words(about: str) -> str:
    """The text of a lookup in the words of the page; any other text as it is."""
    if match := _ANSWERED.fullmatch(about):
        here, profiles, not_asked = (int(match[number]) for number in (1, 2, 3))
        text = f"{here} of {_profiles(profiles)} {'has' if here == 1 else 'have'} it"
        return f"{text}, {not_asked} not asked just now{match[4]}" if not_asked else f"{text}{match[4]}"
    if match := _STARTED.fullmatch(about):
        return f"asked {_profiles(int(match[1]))} one by one{match[2]}"
    if match := _ASKED.fullmatch(about):
        return f"asked about {_profiles(int(match[1]))}{match[2]}"
    return about


def _profiles(count: int) -> str:
    return f"{count} {'profile' if count == 1 else 'profiles'}"
