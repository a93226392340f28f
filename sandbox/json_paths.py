"""JSON paths: sets and removes parts of JSON by dotted path, like `data.contacts.0.id`, `data.contacts.*.opt_out`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Container = dict[str, Any] | list[Any]


def set_path(data: Any, path: str, value: Any) -> None:
    """Sets the values at the path. A missing last key is added; a path that does not resolve changes nothing."""
    for container, key in _targets(data, path):
        if isinstance(container, dict):
            container[key] = value
        elif (index := _index(container, key)) is not None:
            container[index] = value


def remove_path(data: Any, path: str) -> None:
    """Removes the values at the path, if there are any."""
    for container, key in list(_targets(data, path)):
        if isinstance(container, dict):
            container.pop(key, None)
        elif (index := _index(container, key)) is not None:
            del container[index]


def _targets(data: Any, path: str) -> Iterator[tuple[Container, str]]:
    """Pairs of container and last key. `*` expands to all keys; list indices come last first, so that del works."""
    *steps, last = path.split(".")
    containers = [data]
    for step in steps:
        containers = [item for value in containers for item in _children(value, step)]
    for container in containers:
        if isinstance(container, dict):
            yield from ((container, key) for key in (list(container) if last == "*" else [last]))
        elif isinstance(container, list):
            indices = [str(index) for index in reversed(range(len(container)))]
            yield from ((container, key) for key in (indices if last == "*" else [last]))


def _children(value: Any, step: str) -> list[Any]:
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
