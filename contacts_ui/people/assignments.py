"""The profiles of one person as a list to tick: by name, found by typing, and nothing in it is ever lost."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from contacts_ui.gateway import get_gateway
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.types import sorted_by_name
from contacts_ui.text import matches_name

# Lines a page shows: a browser sends a field for each that is ticked, and Django takes a thousand fields of a form.
MAX_SHOWN = 500


@dataclass(frozen=True, slots=True)
class ProfileDirectory:
    """The profiles as the API names them now: id to title, by name. `down`: it does not answer. `stale`: it is old."""

    names: dict[str, str]
    unavailable: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """One profile to tick. `known`: the API names it now; else its id stands for its name."""

    profile_id: str
    name: str
    selected: bool
    known: bool


@dataclass(frozen=True, slots=True)
class ProfileChoices:
    """The lines a page shows, and what it has to carry along.

    `kept` are ids that are ticked and not shown. `ticked` counts both, `assigned` what holds now, `fitting` the
    profiles that fit `find`, `total` all there are.
    """

    choices: tuple[ProfileChoice, ...]
    hidden_selected: tuple[str, ...]
    find: str
    selected: int
    assigned: int
    matching: int
    total: int
    unavailable: bool
    stale: bool


def load_profiles() -> ProfileDirectory:
    """What there is to assign. Cost: none while the account is kept, else one API call. Never fails."""
    try:
        shown = get_gateway().account()
    except SentError:
        return ProfileDirectory({}, unavailable=True)
    found = ((profile_id(profile.id), profile.display_name) for profile in sorted_by_name(shown.value.profiles))
    return ProfileDirectory({known: title for known, title in found if known}, stale=shown.stale)


def profile_id(text: str) -> str | None:
    """A profile's id as it is stored, or None: what is no UUID cannot be assigned."""
    with suppress(ValueError):
        return str(UUID(text))
    return None


def profile_choices(
    profiles: ProfileDirectory, assigned: Collection[str], selected: Collection[str], find: str = ""
) -> ProfileChoices:
    """The lines that fit `find`, ticked ones first. An id that the API does not name has a line as well."""
    unnamed = sorted({*assigned, *selected} - profiles.names.keys())
    every = [(known, title, True) for known, title in profiles.names.items()]
    every += [(unknown, unknown, False) for unknown in unnamed]
    fitting = [entry for entry in every if matches_name(find, entry[1])]
    fitting.sort(key=lambda entry: entry[0] not in selected)  # stable: by name within both parts
    shown = fitting[:MAX_SHOWN]
    lines = tuple(ProfileChoice(known, title, known in selected, named) for known, title, named in shown)
    kept = sorted(set(selected) - {line.profile_id for line in lines})
    return ProfileChoices(
        choices=lines,
        hidden_selected=tuple(kept),
        find=find,
        selected=len(set(selected)),
        assigned=len(assigned),
        matching=len(fitting),
        total=len(every),
        unavailable=profiles.unavailable,
        stale=profiles.stale,
    )
