"""Profile assignments: the checkboxes of one person, filtered by name, with hidden selections carried along."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.http import QueryDict

from contacts_ui.gateway import get_gateway
from contacts_ui.models import ProfileAccess
from contacts_ui.sent_api.errors import SentError
from contacts_ui.sent_api.types import sorted_by_name
from contacts_ui.text import matches_name, parse_uuid

# Choices a page shows: a browser sends a field for each selected one, and Django accepts a thousand fields of a form.
MAX_SHOWN = 500
MAX_SUGGESTED = 200  # people to copy profiles from; any other name can be typed


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


def selected_ids(data: QueryDict) -> frozenset[str]:
    """The selected ids of a form, shown or hidden. Anything but an id is ignored."""
    ids = (parse_uuid(text) for text in [*data.getlist("profiles"), *data.get("kept", "").split()])
    return frozenset(found for found in ids if found)


def copies(data: QueryDict) -> bool:
    """True if the form asks for the profiles of somebody else: by its button, or by Enter in its input."""
    other_button = "save" in data or "look" in data or data.get("find", "") != data.get("found", "")
    return bool(data.get("from", "").strip()) and ("copy" in data or not other_button)


def copied(data: QueryDict) -> frozenset[str]:
    """The profiles of the person whose user name stands in `from`, if the form asks for them; else none.

    Cost: one query, none where it does not ask.
    """
    if not copies(data):
        return frozenset()
    rows = ProfileAccess.objects.filter(user__username__iexact=data.get("from", "").strip())
    return frozenset(map(str, rows.values_list("profile_id", flat=True)))


def people_to_copy() -> tuple[tuple[str, str], ...]:
    """Active people who have profiles, as pairs of user name and full name, to suggest. Cost: one query."""
    people = User.objects.filter(is_active=True, profile_accesses__isnull=False).distinct().order_by("username")
    rows = people.values_list("username", "first_name", "last_name")[:MAX_SUGGESTED]
    return tuple((username, f"{first} {last}".strip()) for username, first, last in rows)
