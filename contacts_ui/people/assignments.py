"""Profile assignments: the checkboxes of one person, filtered by name, with hidden selections carried along."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from contacts_ui.gateway import get_gateway
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.types import sorted_by_name
from contacts_ui.text import matches_name, parse_uuid

# Choices a page shows: a browser sends a field for each selected one, and Django accepts a thousand fields of a form.
MAX_SHOWN = 500


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


def load_profiles() -> ProfileDirectory:
    """The profiles that can be assigned. Cost: none while the account is cached, else one API call. Never fails."""
    try:
        account = get_gateway().account()
    except SentError:
        return ProfileDirectory({}, unavailable=True)
    found = ((parse_uuid(profile.id), profile.display_name) for profile in sorted_by_name(account.value.profiles))
    names = {known_id: name for known_id, name in found if known_id}
    return ProfileDirectory(names, stale=account.stale, single_account=not account.value.is_organization)


def profile_choices(
    profiles: ProfileDirectory, assigned: Collection[str], selected: Collection[str], find: str = ""
) -> ProfileChoices:
    """The choices that match `find`, selected ones first. An id that the API does not name is a choice as well."""
    unnamed = sorted({*assigned, *selected} - profiles.names.keys())
    every = [(known_id, name, True) for known_id, name in profiles.names.items()]
    every += [(unknown_id, unknown_id, False) for unknown_id in unnamed]
    matching = [entry for entry in every if matches_name(find, entry[1])]
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
