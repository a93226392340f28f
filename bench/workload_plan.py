"""What an agent does in an hour, as cases: exact totals, order and pauses by seed, the same for every gateway."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

KEYSTROKES = 8
KEYSTROKE_SECONDS = (0.100, 0.250)
DEBOUNCE_SECONDS = 0.250  # templates/desk/contacts/list.html, hx-trigger
LOOK_SECONDS = (2.0, 5.0)  # at a list, or at a contact, before the next step
SHARED_SECONDS = 300.0  # how far back "another agent searched" reaches
SHARED_TENTHS = 3


@dataclass(frozen=True, slots=True)
class Hour:
    """The totals of one agent, as issue 3 names them. `moves` are half forth and half back."""

    seconds: float = 3600.0
    searches: int = 60
    moves: int = 40
    opened: int = 60
    filters: int = 10
    switches: int = 6

    @property
    def actions(self) -> int:
        """What calls are divided by. A keystroke is none."""
        return self.searches + self.moves + self.opened + self.filters + self.switches


@dataclass(frozen=True, slots=True)
class Case:
    """One customer: perhaps another profile first, a search, some steps, then talk until the next case.

    `begins` is in seconds from the beginning of the hour. `steps` are "next", "previous", "open", "narrow"
    (to one channel) and "widen" (to all again).
    """

    begins: float
    switch: bool
    shared: bool
    broad: bool
    gaps: tuple[float, ...]
    steps: tuple[str, ...]
    looks: tuple[float, ...]


def quiet_after(gaps: Sequence[float]) -> list[int]:
    """How many characters stand in the box whenever htmx asks: after 250 ms without a keystroke."""
    early = [typed for typed, gap in enumerate(gaps, start=1) if gap >= DEBOUNCE_SECONDS]
    return [*early, len(gaps) + 1]


def plan(hour: Hour, chance: Random) -> list[Case]:
    """The cases of one agent, one a search, over the whole hour."""
    cases = range(hour.searches)
    paged = _paging(hour, chance)
    narrowed = set(chance.sample(cases, min(hour.searches, (hour.filters + 1) // 2)))
    opened = [chance.choice(cases) for _ in range(hour.opened)]
    switched = set(chance.sample(cases, min(hour.searches, hour.switches)))
    unpaged = [case for case in cases if case not in paged]
    shared = set(chance.sample(unpaged, min(len(unpaged), round(hour.searches * SHARED_TENTHS / 10))))
    filters = hour.filters
    made = []
    for case in cases:
        pair = ["narrow", "widen"][: min(2, filters)] if case in narrowed else []
        filters -= len(pair)
        parts = [["open"]] * opened.count(case) + [list(paged.get(case, ()))] + [pair]
        steps = _shuffled(parts, chance)
        made.append(
            Case(
                begins=(case + chance.random() * 0.5) * hour.seconds / hour.searches,
                switch=case in switched,
                shared=case in shared,
                broad=case in paged,
                gaps=tuple(chance.uniform(*KEYSTROKE_SECONDS) for _ in range(KEYSTROKES - 1)),
                steps=steps,
                looks=tuple(chance.uniform(*LOOK_SECONDS) for _ in range(len(steps) + 1)),
            )
        )
    return made


def _paging(hour: Hour, chance: Random) -> dict[int, tuple[str, ...]]:
    """Which cases page, and how: four moves each, two forth and two back, in either of the two orders."""
    runs: list[tuple[str, ...]] = []
    left = hour.moves
    while left >= 4:
        runs.append(chance.choice((("next", "next", "previous", "previous"), ("next", "previous", "next", "previous"))))
        left -= 4
    if left:
        runs.append(("next", "previous")[:left])
    return dict(zip(chance.sample(range(hour.searches), len(runs)), runs, strict=True))


def _shuffled(parts: list[list[str]], chance: Random) -> tuple[str, ...]:
    """All parts in any order, each in one piece: contacts are opened before, after and between the rest."""
    mixed = [part for part in parts if part]
    chance.shuffle(mixed)
    return tuple(step for part in mixed for step in part)
