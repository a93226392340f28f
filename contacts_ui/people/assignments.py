"""The profiles of one person as a list to tick: by name, found by typing, and nothing in it is ever lost."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from contacts_ui.gateway import gateway
from contacts_ui.sent_api.errors import SentError
from contacts_ui.text import fits

# Lines a page shows: a browser sends a field for each that is ticked, and Django takes a thousand fields of a form.
MOST_SHOWN = 500


@dataclass(frozen=True, slots=True)
class KnownProfiles:
    """The profiles as the API names them now: id to title, by name. `down`: it does not answer. `stale`: it is old."""

    titles: dict[str, str]
    down: bool = False
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One profile to tick. `known`: the API names it now; else its id stands for its name."""

    profile_id: str
    title: str
    ticked: bool
    known: bool


@dataclass(frozen=True, slots=True)
class ProfileLines:
    """The lines a page shows, and what it has to carry along.

    `kept` are ids that are ticked and not shown. `ticked` counts both, `assigned` what holds now, `fitting` the
    profiles that fit `find`, `total` all there are.
    """

    lines: tuple[Line, ...]
    kept: tuple[str, ...]
    find: str
    ticked: int
    assigned: int
    fitting: int
    total: int
    down: bool
    stale: bool


def known_profiles() -> KnownProfiles:
    """What there is to assign. Cost: none while the account is kept, else one API call. Never fails."""
    try:
        shown = gateway().account()
    except SentError:
        return KnownProfiles({}, down=True)
    by_name = sorted(shown.value.profiles, key=lambda profile: (profile.title.casefold(), profile.id))
    found = ((profile_id(profile.id), profile.title) for profile in by_name)
    return KnownProfiles({known: title for known, title in found if known}, stale=shown.stale)


def profile_id(text: str) -> str | None:
    """A profile's id as it is stored, or None: what is no UUID cannot be assigned."""
    with suppress(ValueError):
        return str(UUID(text))
    return None


def profile_lines(
    profiles: KnownProfiles, assigned: Collection[str], ticked: Collection[str], find: str = ""
) -> ProfileLines:
    """The lines that fit `find`, ticked ones first. An id that the API does not name has a line as well."""
    unnamed = sorted({*assigned, *ticked} - profiles.titles.keys())
    every = [(known, title, True) for known, title in profiles.titles.items()]
    every += [(unknown, unknown, False) for unknown in unnamed]
    fitting = [entry for entry in every if fits(find, entry[1])]
    fitting.sort(key=lambda entry: entry[0] not in ticked)  # stable: by name within both parts
    shown = fitting[:MOST_SHOWN]
    lines = tuple(Line(known, title, known in ticked, named) for known, title, named in shown)
    kept = sorted(set(ticked) - {line.profile_id for line in lines})
    return ProfileLines(
        lines=lines,
        kept=tuple(kept),
        find=find,
        ticked=len(set(ticked)),
        assigned=len(assigned),
        fitting=len(fitting),
        total=len(every),
        down=profiles.down,
        stale=profiles.stale,
    )
