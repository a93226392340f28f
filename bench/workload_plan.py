"""Workload plan: the cases of one agent's hour, with exact totals and with order and pauses drawn by seed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

KEYSTROKES = 8
KEYSTROKE_SECONDS = (0.100, 0.250)
DEBOUNCE_SECONDS = 0.250  # templates/desk/contacts/list.html, hx-trigger
LOOK_SECONDS = (2.0, 5.0)  # pause at a list or a contact before the next step
SHARED_SECONDS = 300.0  # how old a search of another agent may be to be repeated
SHARED_TENTHS = 3


@dataclass(frozen=True, slots=True)
class Hour:
    """Totals of one agent, from issue 3. Half of `moves` go to the next page, half to the previous."""

    seconds: float = 3600.0
    searches: int = 60
    moves: int = 40
    opened: int = 60
    filters: int = 10
    switches: int = 6

    @property
    def actions(self) -> int:
        """Number of actions, the divisor of calls an action. A keystroke is no action."""
        return self.searches + self.moves + self.opened + self.filters + self.switches


@dataclass(frozen=True, slots=True)
class Case:
    """One support case: an optional profile switch, a search, some steps, then idle time until the next case.

    `begins` is in seconds from the start of the hour. `gaps` are seconds before each keystroke after the first,
    `pauses` seconds before each step. `steps` are "next", "previous", "open", "narrow"
    (to one channel) and "widen" (to all again).
    """

    begins: float
    switch: bool
    shared: bool
    broad: bool
    gaps: tuple[float, ...]
    steps: tuple[str, ...]
    pauses: tuple[float, ...]


def quiet_after(gaps: Sequence[float]) -> list[int]:
    """Text lengths at which htmx sends a request: after 250 ms without a keystroke."""
    early = [typed for typed, gap in enumerate(gaps, start=1) if gap >= DEBOUNCE_SECONDS]
    return [*early, len(gaps) + 1]


def plan(hour: Hour, rng: Random) -> list[Case]:
    """Plans the cases of one agent, one a search, spread over the hour."""
    cases = range(hour.searches)
    paged = _paging(hour, rng)
    narrowed = set(rng.sample(cases, min(hour.searches, (hour.filters + 1) // 2)))
    opened = [rng.choice(cases) for _ in range(hour.opened)]
    switched = set(rng.sample(cases, min(hour.searches, hour.switches)))
    unpaged = [case for case in cases if case not in paged]
    shared = set(rng.sample(unpaged, min(len(unpaged), round(hour.searches * SHARED_TENTHS / 10))))
    filters = hour.filters
    planned = []
    for case in cases:
        pair = ["narrow", "widen"][: min(2, filters)] if case in narrowed else []
        filters -= len(pair)
        parts = [["open"]] * opened.count(case) + [list(paged.get(case, ()))] + [pair]
        steps = _shuffled(parts, rng)
        planned.append(
            Case(
                begins=(case + rng.random() * 0.5) * hour.seconds / hour.searches,
                switch=case in switched,
                shared=case in shared,
                broad=case in paged,
                gaps=tuple(rng.uniform(*KEYSTROKE_SECONDS) for _ in range(KEYSTROKES - 1)),
                steps=steps,
                pauses=tuple(rng.uniform(*LOOK_SECONDS) for _ in range(len(steps) + 1)),
            )
        )
    return planned


def _paging(hour: Hour, rng: Random) -> dict[int, tuple[str, ...]]:
    """Page moves by case: four each, two forward and two back, in one of two orders."""
    runs: list[tuple[str, ...]] = []
    left = hour.moves
    while left >= 4:
        runs.append(rng.choice((("next", "next", "previous", "previous"), ("next", "previous", "next", "previous"))))
        left -= 4
    if left:
        runs.append(("next", "previous")[:left])
    return dict(zip(rng.sample(range(hour.searches), len(runs)), runs, strict=True))


def _shuffled(parts: list[list[str]], rng: Random) -> tuple[str, ...]:
    """Joins the parts in random order, each part kept together."""
    mixed = [part for part in parts if part]
    rng.shuffle(mixed)
    return tuple(step for part in mixed for step in part)
