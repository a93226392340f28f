"""Hooks: what the owner of a purpose decides before every page, and does when a snapshot has ended.

Registered by the packages above this one (apps.py). A worker may die before it tells: the owner has a sweep of its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from contacts_ui.models import Snapshot


@dataclass(frozen=True, slots=True)
class Hooks:
    """`reason_to_end` names why no further page may be read, None to go on; it may raise any SentError, which is waited
    out. `ended` is called after a snapshot has finished or failed.
    """

    reason_to_end: Callable[[Snapshot], str | None]
    ended: Callable[[Snapshot], None]


class MustEnd(Exception):
    """No further page of a snapshot may be read; its text is the reason."""


_HOOKS: dict[str, Hooks] = {}


def register(purpose: str, hooks: Hooks) -> None:
    """The hooks of a purpose, once a process."""
    _HOOKS[purpose] = hooks


def require_right(snapshot: Snapshot) -> None:
    """Raises MustEnd when no further page of it may be read, and any SentError."""
    hooks = _HOOKS.get(snapshot.purpose)
    reason = hooks.reason_to_end(snapshot) if hooks else None
    if reason is not None:
        raise MustEnd(reason)


def tell_ended(snapshot: Snapshot) -> None:
    """Tells the owner of its purpose that it has ended."""
    if hooks := _HOOKS.get(snapshot.purpose):
        hooks.ended(snapshot)
