"""Churn: a list that changes while it is read, by so many contacts between two requests for it.

By the count of requests, not by time, so that the same seed gives the same story, and just before a request, so that
the list stays as the last one saw it. Additions come from a reserve that
the list does not hold at first, the last contacts of the scope. Not imitated: `updated_at` of a changed contact.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field

ORDERS = ("created", "-created", "changed", "-changed")
"""By creation or by last change; with a minus the newest first."""


class InvalidChurn(ValueError):
    """The description of a churn cannot be right; the message says why."""


@dataclass(frozen=True, slots=True)
class ChurnPlan:
    """How a list changes: contacts between two requests (0.05: one in twenty requests), and its order."""

    additions: float = 0.0
    deletions: float = 0.0
    changes: float = 0.0
    order: str = "created"
    reserve: int = 0
    seed: int = 1

    def __post_init__(self) -> None:
        if self.order not in ORDERS:
            raise InvalidChurn(f"order must be one of {', '.join(ORDERS)}")
        if min(self.additions, self.deletions, self.changes, self.reserve) < 0:
            raise InvalidChurn("additions, deletions, changes and reserve must not be negative")


@dataclass(slots=True)
class Churn:
    """The changing list of one scope, as ordinals. Safe for threads."""

    plan: ChurnPlan
    visible: list[int]
    waiting: list[int]
    done: dict[str, int] = field(default_factory=lambda: {"additions": 0, "deletions": 0, "changes": 0})
    _random: random.Random = field(default_factory=random.Random)
    _owed: dict[str, float] = field(default_factory=lambda: {"additions": 0.0, "deletions": 0.0, "changes": 0.0})
    _is_read: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @classmethod
    def of(cls, plan: ChurnPlan, ordinals: Sequence[int]) -> Churn:
        """The list of these contacts, the oldest first, without the reserve at its end."""
        kept = len(ordinals) - min(plan.reserve, len(ordinals))
        churn = cls(plan, list(ordinals[:kept]), list(ordinals[kept:]))
        churn._random.seed(plan.seed)
        if plan.order.startswith("-"):
            churn.visible.reverse()
        return churn

    def read(self, chosen: set[int] | None, start: int, stop: int) -> tuple[list[int], int]:
        """After the changes that are due, the contacts at these positions of those `chosen` (None: all), and how many
        there are.
        """
        with self._lock:
            if self._is_read:
                self._change()
            self._is_read = True
            rows = self.visible if chosen is None else [ordinal for ordinal in self.visible if ordinal in chosen]
            return rows[start:stop], len(rows)

    def _change(self) -> None:
        steps = {"additions": self._add, "deletions": self._delete, "changes": self._touch}
        due: list[str] = []
        for name in steps:
            self._owed[name] += getattr(self.plan, name)
            count, self._owed[name] = int(self._owed[name]), self._owed[name] % 1
            due += [name] * count
        self._random.shuffle(due)
        for name in due:
            self.done[name] += steps[name]()

    def _add(self) -> int:
        if not self.waiting:
            return 0
        self._put(self.waiting.pop(0))
        return 1

    def _delete(self) -> int:
        if not self.visible:
            return 0
        self.visible.pop(self._random.randrange(len(self.visible)))
        return 1

    def _touch(self) -> int:
        if not self.visible:
            return 0
        index = self._random.randrange(len(self.visible))
        if self.plan.order.endswith("changed"):
            self._put(self.visible.pop(index))
        return 1

    def _put(self, ordinal: int) -> None:
        """As the newest."""
        if self.plan.order.startswith("-"):
            self.visible.insert(0, ordinal)
        else:
            self.visible.append(ordinal)
