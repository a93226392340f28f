"""Changing parts of a JSON value by dotted paths: `data.contacts.0.id`, `data.contacts.*.opt_out`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Container = dict[str, Any] | list[Any]


def put(data: Any, path: str, value: Any) -> None:
    """Sets what the path leads to. A key that is not there is made; a path through nothing changes nothing."""
    for holder, key in _holders(data, path):
        if isinstance(holder, dict):
            holder[key] = value
        elif (index := _index(holder, key)) is not None:
            holder[index] = value


def remove(data: Any, path: str) -> None:
    """Takes away what the path leads to, if it is there."""
    for holder, key in list(_holders(data, path)):
        if isinstance(holder, dict):
            holder.pop(key, None)
        elif (index := _index(holder, key)) is not None:
            del holder[index]


def _holders(data: Any, path: str) -> Iterator[tuple[Container, str]]:
    """The values that hold what the path leads to, each with the last step; `*` steps to all, last ones first."""
    *way, last = path.split(".")
    reached = [data]
    for step in way:
        reached = [item for value in reached for item in _steps(value, step)]
    for holder in reached:
        if isinstance(holder, dict | list):
            keys = list(holder) if isinstance(holder, dict) else [str(index) for index in reversed(range(len(holder)))]
            yield from ((holder, key) for key in (keys if last == "*" else [last]))


def _steps(value: Any, step: str) -> list[Any]:
    if isinstance(value, list):
        if step == "*":
            return value
        index = _index(value, step)
        return [] if index is None else [value[index]]
    if isinstance(value, dict):
        return list(value.values()) if step == "*" else [value[step]] if step in value else []
    return []


def _index(items: list[Any], key: str) -> int | None:
    return int(key) if key.isascii() and key.isdigit() and int(key) < len(items) else None
