"""Event names: what a row of the log is called, and which rows have that name. Menu, rows and CSV ask here.

A name is an action that was done, an action that was only tried, or a part of an action that has words of its own: the
parts of a pasted list, and the profiles in which a number was found. Its value is that of the filter `action` in URLs.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from contacts_ui.models import AuditEntry

from .abouts import LIST_PREFIX
from .actions import AuditAction
from .labels import ACTION_LABELS, LIST_LOOKUP, NUMBER_FOUND, TRIED_CHOICES, TRIED_LABELS

LIST_LOOKED_UP = "list.looked_up"
NUMBER_FOUND_IN = "number.found"


@dataclass(frozen=True, slots=True)
class EventName:
    """A name of events: those of `action` that meet the conditions which are not None.

    `tried`: they were denied or failed, or False: done. `part`: they looked up a part of a list. `counted`: they say
    how many contacts were shown.
    """

    label: str
    action: AuditAction
    tried: bool | None = None
    part: bool | None = None
    counted: bool | None = None

    def names(self, entry: AuditEntry) -> bool:
        """True if the row has this name."""
        facts = (
            (self.tried, entry.outcome != "ok"),
            (self.part, is_part(entry)),
            (self.counted, entry.rows is not None),
        )
        return self.action == entry.action and all(wanted is None or wanted == fact for wanted, fact in facts)


def is_part(entry: AuditEntry) -> bool:
    """True for an event that looked up a part of a list."""
    return entry.action == AuditAction.CONTACTS_SEARCHED and (entry.about or "").startswith(LIST_PREFIX)


def name_of(entry: AuditEntry) -> str:
    """The value of the row's name; its action if that is of another version of the desk."""
    return next((value for value in _VALUES.get(entry.action, ()) if NAMES[value].names(entry)), entry.action)


def entry_label(entry: AuditEntry) -> str:
    """What was done or tried, in words: the same on the page and in the CSV."""
    name = NAMES.get(name_of(entry))
    return name.label if name else entry.action


def name_choices(*, has_profiles: bool) -> dict[str, str]:
    """The labels of all names by value, each action with what belongs to it; without those about profiles where there
    are none.
    """
    about_profiles = {
        AuditAction.PROFILE_SWITCHED,
        AuditAction.PROFILE_ASSIGNMENT,
        AuditAction.NUMBER_LOOKED_UP,
        AuditAction.NUMBER_ALSO_IN,
    }
    return {value: name.label for value, name in NAMES.items() if has_profiles or name.action not in about_profiles}


def _names() -> Iterator[tuple[str, EventName]]:
    tried_values = {action: value for value, action in TRIED_CHOICES.items()}
    for action in AuditAction:
        tried, done = TRIED_LABELS.get(action), False if action in TRIED_LABELS else None
        part = False if action == AuditAction.CONTACTS_SEARCHED else None
        counted = False if action == AuditAction.NUMBER_LOOKED_UP else None
        yield action.value, EventName(ACTION_LABELS[action], action, done, part, counted)
        if part is not None:
            yield LIST_LOOKED_UP, EventName(LIST_LOOKUP, action, done, part=True)
        if counted is not None:
            yield NUMBER_FOUND_IN, EventName(NUMBER_FOUND, action, done, counted=True)
        if tried:
            yield tried_values.get(action, f"{action}.tried"), EventName(tried, action, tried=True)


NAMES = dict(_names())
_VALUES = {action.value: [value for value, name in NAMES.items() if name.action == action] for action in AuditAction}
