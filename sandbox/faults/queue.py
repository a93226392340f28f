"""Fault queue: faults wait here for a matching API request; filled by the control API (README, faults)."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sandbox.seeded_ids import well_formed

Json = dict[str, Any]

ROUTES = ("contacts", "contact", "message-summary", "me", "any")
_COMMON_FIELDS = {"route", "profile", "kind", "times"}


class InvalidFault(Exception):
    """The JSON does not describe a fault; the message says why."""


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter of a fault kind."""

    expected: str
    """Description of valid values, for the error message."""
    is_valid: Callable[[Any], bool]
    required: bool = False


@dataclass(slots=True)
class Fault:
    """One queued fault."""

    route: str
    kind: str
    profile: str | None
    """Matches only requests with this `x-profile-id`; "" only those without; None all."""
    times: int
    """Requests it still applies to."""
    parameters: Json

    def matches(self, route: str, profile: str | None) -> bool:
        """True for a request with this route and `x-profile-id`."""
        if self.route not in {"any", route}:
            return False
        return self.profile is None or self.profile.lower() == (profile or "").lower()

    def to_json(self) -> Json:
        """The posted JSON, with the remaining `times`."""
        data = {"route": self.route, "kind": self.kind, "times": self.times} | self.parameters
        return data if self.profile is None else data | {"profile": self.profile}


def parse(data: Any, kinds: dict[str, dict[str, Field]]) -> Fault:
    """A fault from its JSON; `kinds` maps each kind to its parameters. Raises InvalidFault."""
    if not isinstance(data, dict):
        raise InvalidFault("A fault is a JSON object.")
    kind, route = data.get("kind"), data.get("route", "any")
    if not isinstance(kind, str) or kind not in kinds:
        raise InvalidFault(f"kind must be one of: {', '.join(kinds)}.")
    if route not in ROUTES:
        raise InvalidFault(f"route must be one of: {', '.join(ROUTES)}.")
    profile, times = data.get("profile"), data.get("times", 1)
    if not (profile is None or (isinstance(profile, str) and (not profile or well_formed(profile)))):
        raise InvalidFault('profile must be a UUID, or "" for requests without one.')
    if type(times) is not int or times < 1:
        raise InvalidFault("times must be a whole number from 1.")
    parameters = {name: value for name, value in data.items() if name not in _COMMON_FIELDS}
    _check(kind, parameters, kinds[kind])
    return Fault(route, kind, profile, times, parameters)


def _check(kind: str, parameters: Json, fields: dict[str, Field]) -> None:
    for name in parameters:
        if name not in fields:
            raise InvalidFault(f"The kind {kind} has no {name}; it knows: {', '.join(fields)}.")
    for name, field in fields.items():
        if name in parameters and not field.is_valid(parameters[name]):
            raise InvalidFault(f"{name} must be {field.expected}.")
        if field.required and name not in parameters:
            raise InvalidFault(f"The kind {kind} needs {name}.")


class FaultQueue:
    """Faults in the order they were queued. A request gets the first that matches."""

    def __init__(self) -> None:
        self._queued: list[Fault] = []
        self._fired: list[Json] = []
        self._lock = threading.Lock()
        self._release_event = threading.Event()

    def add(self, faults: list[Fault]) -> None:
        """Appends the faults."""
        with self._lock:
            self._queued += faults

    def take(self, route: str, profile: str | None, target: str) -> Fault | None:
        """The first fault that matches the request, recorded as fired with `target`, its path and query."""
        with self._lock:
            for fault in self._queued:
                if fault.matches(route, profile):
                    fault.times -= 1
                    if not fault.times:
                        self._queued.remove(fault)
                    self._fired.append(fault.to_json() | {"time": time.time(), "path": target})
                    return fault
        return None

    def release_event(self) -> threading.Event:
        """Set when the responses held back now are released."""
        with self._lock:
            return self._release_event

    def release(self) -> None:
        """Releases all responses that are held back now."""
        with self._lock:
            self._release_event.set()
            self._release_event = threading.Event()

    def clear(self) -> None:
        """Deletes queued and fired faults, and releases all responses held back."""
        self.release()
        with self._lock:
            self._queued.clear()
            self._fired.clear()

    def to_json(self) -> Json:
        """Queued and fired faults, both oldest first."""
        with self._lock:
            return {"queued": [fault.to_json() for fault in self._queued], "fired": list(self._fired)}
