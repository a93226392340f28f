"""Profile assignments: the checkboxes of one person, filtered by name, with hidden selections carried along."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import QueryDict

from contacts_ui.gateway import get_gateway
from contacts_ui.models import ProfileAccess
from contacts_ui.sent_api.errors import SentError
from contacts_ui.text import fold, name_matcher, parse_uuid, single_line

# Choices a page shows: a browser sends a field for each selected one, and Django accepts a thousand fields of a form.
MAX_SHOWN = 500
MAX_COPIED_NAME = 150  # characters of a name to copy from


@dataclass(frozen=True, slots=True)
class ProfileDirectory:
    """Profile names by id, in name order. `unavailable`: the API does not answer. `stale`: from an old answer.

    `single_account`: the key's account has no profiles and cannot have any.
    """

    names: dict[str, str]
    unavailable: bool = False
    stale: bool = False
    single_account: bool = False


@dataclass(frozen=True, slots=True)
class ProfileChoice:
    """One checkbox. `known`: the API names the profile now; else its id is shown instead."""

    profile_id: str
    name: str
    selected: bool
    known: bool


@dataclass(frozen=True, slots=True)
class ProfileChoices:
    """The choices a page shows, and the selections its form carries along.

    `hidden_selected` are selected ids that are not shown. Counts: `selected` of both, `assigned` of those stored now,
    `matching` of the profiles that match `find`, `total` of all.
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
    single_account: bool

    @property
    def all_selected(self) -> tuple[str, ...]:
        """Every selected id, for a form that shows no choices and must not lose them."""
        return (*(choice.profile_id for choice in self.choices if choice.selected), *self.hidden_selected)


@dataclass(frozen=True, slots=True)
class ProfileCopy:
    """What came of "Copy profiles from". `added` are the ids to select; `said` is a sentence for the page, None where
    nobody asked; `typed` stays in the input unless somebody was found.
    """

    added: frozenset[str] = frozenset()
    said: str | None = None
    typed: str = ""

    @property
    def failed(self) -> bool:
        """True where nobody, or more than one person, has the name."""
        return bool(self.said and self.typed)


def load_profiles() -> ProfileDirectory:
    """The profiles that can be assigned. Cost: none while the account is cached, else one API call. Never fails."""
    try:
        account = get_gateway().account()
    except SentError:
        return ProfileDirectory({}, unavailable=True)
    found = ((parse_uuid(profile.id), profile.display_name) for profile in account.value.profiles_by_name.values())
    names = {known_id: name for known_id, name in found if known_id}
    return ProfileDirectory(names, stale=account.stale, single_account=not account.value.is_organization)


def profile_choices(
    profiles: ProfileDirectory, assigned: Collection[str], selected: Collection[str], find: str = ""
) -> ProfileChoices:
    """The choices that match `find`, selected ones first. An id that the API does not name is a choice as well."""
    unnamed = sorted({*assigned, *selected} - profiles.names.keys())
    every = [(known_id, name, True) for known_id, name in profiles.names.items()]
    every += [(unknown_id, unknown_id, False) for unknown_id in unnamed]
    matches = name_matcher(find)
    matching = [entry for entry in every if matches(entry[1])]
    matching.sort(key=lambda entry: entry[0] not in selected)  # stable: by name within both parts
    shown = matching[:MAX_SHOWN]
    choices = tuple(ProfileChoice(entry_id, name, entry_id in selected, known) for entry_id, name, known in shown)
    hidden_selected = sorted(set(selected) - {choice.profile_id for choice in choices})
    return ProfileChoices(
        choices=choices,
        hidden_selected=tuple(hidden_selected),
        find=find,
        selected=len(set(selected)),
        assigned=len(assigned),
        matching=len(matching),
        total=len(every),
        unavailable=profiles.unavailable,
        stale=profiles.stale,
        single_account=profiles.single_account,
    )


def selected_ids(data: QueryDict) -> frozenset[str]:
    """The selected ids of a form, shown or hidden. Anything but an id is ignored."""
    ids = (parse_uuid(text) for text in [*data.getlist("profiles"), *data.get("kept", "").split()])
    return frozenset(found for found in ids if found)


def copies(data: QueryDict) -> bool:
    """True if the form asks for the profiles of somebody else: by its button, or by Enter in its input."""
    other_button = "save" in data or "look" in data or data.get("find", "") != data.get("found", "")
    return bool(data.get("from", "").strip()) and ("copy" in data or not other_button)


def copied(data: QueryDict, directory: ProfileDirectory) -> ProfileCopy:
    """The profiles of the person named in `from` that are not selected yet, if the form asks for them; else none.

    Cost: two queries, none where it does not ask.
    """
    typed = single_line(data.get("from", ""))[:MAX_COPIED_NAME]
    if not copies(data):
        return ProfileCopy(typed=typed)
    people = _people_called(typed)
    if not people:
        return ProfileCopy(said=f"Nobody is called “{typed}”. Enter a user name or a full name.", typed=typed)
    if len(people) > 1:
        return ProfileCopy(said=f"Several people are called “{typed}”: use the user name.", typed=typed)
    if directory.unavailable:
        return ProfileCopy(said="The messaging service isn’t answering, so nothing was copied.", typed=typed)
    ((person_id, name),) = people.items()
    return _copied_from(person_id, name, selected_ids(data), directory)


def _copied_from(person_id: int, name: str, selected: frozenset[str], directory: ProfileDirectory) -> ProfileCopy:
    rows = ProfileAccess.objects.filter(user=person_id).values_list("profile_id", flat=True)
    theirs = frozenset(map(str, rows)) & directory.names.keys()
    added = theirs - selected
    if not theirs:
        return ProfileCopy(said=f"{name} has no profiles.")
    if not added:
        return ProfileCopy(said=f"Nothing to add: all profiles of {name} were selected already.")
    return ProfileCopy(added, f"{len(added):,} added from {name}. Not saved yet.")


def _people_called(typed: str) -> dict[int, str]:
    """The name to show of everybody so called, by id: the one with this user name, else those with this full name, else
    those who have these words in one of them.

    Compared in Python: SQLite ignores the case of ASCII alone. Cost: one query, of all names.
    """
    wanted, named, fitting = fold(typed), dict[int, str](), dict[int, str]()
    fits = name_matcher(typed)
    for person_id, username, *parts in User.objects.values_list("pk", "username", "first_name", "last_name"):
        full_name = " ".join(filter(None, parts))
        if username.casefold() == typed.casefold():
            return {person_id: full_name or username}
        if fold(single_line(full_name)) == wanted:
            named[person_id] = full_name
        elif fits(f"{username} {full_name}"):
            fitting[person_id] = full_name or username
    return named or fitting
