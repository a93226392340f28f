"""Every URL of the desk: the view name, with its namespace, and a path for each pattern of the resolver."""

from __future__ import annotations

import re
from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

_VALUES = (
    (r"\(\?P<uidb36>[^)]*\)-\(\?P<key>[^)]*\)/\$", "1-key/"),
    (r"\(\?P<url>\.\*\)\$|\(\?P<\w+>[^)]*\)", "x"),
    (r"<uuid:\w+>", "6ba7b810-9dad-11d1-80b4-00c04fd430c8"),
    (r"<(?:int|path|str):\w+>|<\w+>", "1"),
    (r"[$^]", ""),
)


def all_views() -> tuple[tuple[str, str], ...]:
    """View name and path of every pattern, Django's admin included."""
    return tuple(_views(get_resolver().url_patterns))


def _views(patterns: list[URLPattern | URLResolver], before: str = "", spaces: str = "") -> Iterator[tuple[str, str]]:
    for entry in patterns:
        route = before + str(entry.pattern).lstrip("^")
        if isinstance(entry, URLResolver):
            yield from _views(entry.url_patterns, route, f"{spaces}{entry.namespace}:" if entry.namespace else spaces)
        else:
            for pattern, value in _VALUES:
                route = re.sub(pattern, value, route)
            yield f"{spaces}{entry.name or ''}", f"/{route}"
