"""Faults that wait for a call: a queue filled over the control plane (README, faults)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.seeded_ids import well_formed

Json = dict[str, Any]

ROUTES = ("contacts", "contact", "message-summary", "me", "any")
_COMMON = {"route", "profile", "kind", "times"}


class BadFault(Exception):
    """A fault nobody could make; the sentence says why."""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a kind of fault."""

    must: str
    """What a value has to be, as the end of a sentence."""
    fits: Callable[[Any], bool]
    required: bool = False


@dataclass(slots=True)
class Fault:
    """One queued fault."""

    route: str
    kind: str
    profile: str | None
    """Meets only calls with this `x-profile-id`; "" only those without; None all."""
    times: int
    """How many calls it still meets."""
    parameters: Json

    def meets(self, route: str, profile: str | None) -> bool:
        """Whether a call of this route and `x-profile-id` is one it waits for."""
        if self.route not in {"any", route}:
            return False
        return self.profile is None or self.profile.lower() == (profile or "").lower()

    def to_json(self) -> Json:
        """As it was posted, with the times that are left."""
        data = {"route": self.route, "kind": self.kind, "times": self.times} | self.parameters
        return data if self.profile is None else data | {"profile": self.profile}


def parse(given: Any, kinds: dict[str, dict[str, Field]]) -> Fault:
    """A fault from its JSON; `kinds` are the parameters each kind knows. Raises BadFault."""
    if not isinstance(given, dict):
        raise BadFault("A fault is a JSON object.")
    kind, route = given.get("kind"), given.get("route", "any")
    if not isinstance(kind, str) or kind not in kinds:
        raise BadFault(f"kind must be one of: {', '.join(kinds)}.")
    if route not in ROUTES:
        raise BadFault(f"route must be one of: {', '.join(ROUTES)}.")
    profile, times = given.get("profile"), given.get("times", 1)
    if not (profile is None or (isinstance(profile, str) and (not profile or well_formed(profile)))):
        raise BadFault('profile must be a UUID, or "" for calls that name none.')
    if type(times) is not int or times < 1:
        raise BadFault("times must be a whole number from 1.")
    parameters = {name: value for name, value in given.items() if name not in _COMMON}
    _check(kind, parameters, kinds[kind])
    return Fault(route, kind, profile, times, parameters)


def _check(kind: str, parameters: Json, fields: dict[str, Field]) -> None:
    for name in parameters:
        if name not in fields:
            raise BadFault(f"The kind {kind} has no {name}; it knows: {', '.join(fields)}.")
    for name, field in fields.items():
        if name in parameters and not field.fits(parameters[name]):
            raise BadFault(f"{name} must be {field.must}.")
        if field.required and name not in parameters:
            raise BadFault(f"The kind {kind} needs {name}.")


class FaultQueue:
    """Faults in the order they were queued. A call meets the first that waits for it."""

    def __init__(self) -> None:
        self._queued: list[Fault] = []
        self._fired: list[Json] = []
        self._lock = threading.Lock()
        self._released = threading.Event()

    def add(self, faults: list[Fault]) -> None:
        """Queues them, in their order."""
        with self._lock:
            self._queued += faults

    def take(self, route: str, profile: str | None, target: str) -> Fault | None:
        """The fault this call meets, which has then fired. `target` is path and query, for the record."""
        with self._lock:
            for fault in self._queued:
                if fault.meets(route, profile):
                    fault.times -= 1
                    if not fault.times:
                        self._queued.remove(fault)
                    self._fired.append(fault.to_json() | {"time": time.time(), "path": target})
                    return fault
        return None

    def released(self) -> threading.Event:
        """What an answer held back waits for, besides its time."""
        with self._lock:
            return self._released

    def release(self) -> None:
        """Lets every answer that is held back now go on at once."""
        with self._lock:
            self._released.set()
            self._released = threading.Event()

    def clear(self) -> None:
        """Forgets what is queued and what fired, and holds no answer back any longer."""
        self.release()
        with self._lock:
            self._queued.clear()
            self._fired.clear()

    def to_json(self) -> Json:
        """What waits and what fired, both oldest first."""
        with self._lock:
            return {"queued": [fault.to_json() for fault in self._queued], "fired": list(self._fired)}
