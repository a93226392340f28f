"""One mutant of the catalogue."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Mutant:
    """One fault. `name` describes its effect on a user; `tests` are paths or node ids for pytest."""

    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]
