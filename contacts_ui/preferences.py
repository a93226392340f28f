"""Effective preferences: a person's own, overridden by their groups' policies. One row a person, read once a page."""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Literal, cast
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from django import forms
from django.contrib.auth.models import AnonymousUser, User
from django.db.models import Exists, OuterRef
from django.http import QueryDict

from contacts_ui.sent_api.queries import PAGE_SIZES

from .columns import COLUMNS, OWNER
from .models import DENSITIES, THEMES, GroupPolicy, Preferences
from .principal import principal_of
from .suggested_field import SuggestedField

if TYPE_CHECKING:  # Django's own class takes no type parameters when it runs
    PreferencesModelForm = forms.ModelForm[Preferences]
else:
    PreferencesModelForm = forms.ModelForm

Theme = Literal["system", "light", "dark"]
Density = Literal["comfortable", "compact"]

_ONE_OF_THESE = {"required": "Choose one of these.", "invalid_choice": "Choose one of these."}
_AMONG_THESE = {"invalid_choice": "Choose among these."}


@dataclass(frozen=True, slots=True)
class EffectivePreferences:
    """A person's own preferences, overridden by the policies of their groups.

    `columns` are those shown, in the order of the table. `region` is the ISO code of the region of local numbers.
    `time_zone` is an IANA name as it is stored; `zone` is the one to use. `mask_numbers` says whether numbers are
    masked, by preference or because a group forces it (`mask_forced`). `default_view_id` is the saved view that the
    bare address of a list opens; whether they may see it is asked when it does.
    """

    theme: Theme
    page_size: int
    columns: tuple[str, ...]
    density: Density
    region: str | None
    time_zone: str
    mask_numbers: bool
    mask_forced: bool
    shortcuts: bool
    steps_dismissed: bool = False
    default_view_id: int | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The zone in which times are shown: UTC when this system does not know the stored name."""
        try:
            return ZoneInfo(self.time_zone)
        except (KeyError, ValueError, OSError):  # unknown, no name at all, the name of a folder
            return ZoneInfo("UTC")


def _effective(preferences: Preferences, *, forced: bool) -> EffectivePreferences:
    return EffectivePreferences(
        theme=cast("Theme", preferences.theme),
        page_size=preferences.page_size,
        columns=_in_order(tuple(preferences.columns)),
        density=cast("Density", preferences.density),
        region=preferences.region,
        time_zone=preferences.time_zone,
        mask_numbers=preferences.mask_numbers or forced,
        mask_forced=forced,
        shortcuts=preferences.shortcuts,
        steps_dismissed=preferences.steps_dismissed,
        default_view_id=preferences.default_view_id,
    )


@lru_cache(maxsize=256)  # people choose the same few
def _in_order(columns: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(name for name, _title in COLUMNS if name in columns)


DEFAULTS = _effective(Preferences(), forced=False)


def preferences_for(user: User | AnonymousUser) -> EffectivePreferences:
    """The effective preferences of `user`, superusers included, as they were when the request began. Cost: none for the
    person of the request and for strangers, one query for others.
    """
    if not user.is_authenticated:
        return DEFAULTS
    if principal := principal_of(user):
        return _effective(principal.preferences or Preferences(), forced=principal.mask_forced)
    forcing = GroupPolicy.objects.filter(mask_numbers=True, group__user=OuterRef("pk"))
    # From the user, not from their row: the policy applies to people without saved preferences too.
    people = User.objects.select_related("preferences").annotate(mask_forced=Exists(forcing))
    found = people.filter(pk=user.pk).first()
    if found is None:
        return DEFAULTS
    return _effective(getattr(found, "preferences", None) or Preferences(), forced=found.mask_forced)


def is_theme(text: str) -> bool:
    """True when `text` is the name of a theme."""
    return text in dict(THEMES)


def save_theme(user: User, theme: str) -> None:
    """Saves `theme` for `user` and nothing else. Raises ValueError when there is no such theme."""
    if not is_theme(theme):
        raise ValueError("no such theme")
    Preferences.objects.update_or_create(user=user, defaults={"theme": theme})


def dismiss_steps(user: User) -> None:
    """Saves that `user` does not want to see the first steps any more."""
    Preferences.objects.update_or_create(user=user, defaults={"steps_dismissed": True})


def save_default_view(user: User, view_id: int | None) -> None:
    """Saves which saved view the bare address of a list opens for `user`, None for all contacts."""
    Preferences.objects.update_or_create(user=user, defaults={"default_view_id": view_id})


def preferences_form(user: User, data: QueryDict | None, *, mask_forced: bool, sees_owners: bool) -> PreferencesForm:
    """The form of `user`'s own preferences, bound to `data` when it was submitted."""
    if data is None:
        row = Preferences.objects.filter(user=user).first() or Preferences(user=user)
    else:  # the row first: two clicks on Save must not both insert it
        row, _created = Preferences.objects.get_or_create(user=user)
    return PreferencesForm(data, instance=row, mask_forced=mask_forced, sees_owners=sees_owners)


@cache
def regions() -> list[tuple[str, str]]:
    """Every region that has phone numbers, as (ISO code, English name), by name, after "Not set"."""
    names = Locale("en").territories
    known = ((code, str(names.get(code, code))) for code in phonenumbers.SUPPORTED_REGIONS)
    return [("", ""), *sorted(known, key=lambda region: region[1])]


@cache
def time_zones() -> list[tuple[str, str]]:
    """The zones named after a place, and UTC, by name. Cached: reading the zone database is slow."""
    excluded = ("Etc/", "SystemV/", "posix/", "right/")
    places = (name for name in zoneinfo.available_timezones() if "/" in name and not name.startswith(excluded))
    return [(name, name.replace("_", " ")) for name in sorted([*places, "UTC"])]


class PreferencesForm(PreferencesModelForm):
    """One person's own preferences. Under a policy the one about masking is shown, and stays as stored; the owner is a
    column only for those who see a list with several owners.
    """

    theme = forms.ChoiceField(choices=THEMES, error_messages=_ONE_OF_THESE)
    density = forms.ChoiceField(choices=DENSITIES, error_messages=_ONE_OF_THESE)
    page_size = forms.TypedChoiceField(
        label="Rows per page", coerce=int, choices=[(str(n), str(n)) for n in PAGE_SIZES], error_messages=_ONE_OF_THESE
    )
    columns = forms.MultipleChoiceField(required=False, choices=COLUMNS, error_messages=_AMONG_THESE)
    region = SuggestedField(regions, error="Choose a country from the list.", label="Default country", required=False)
    time_zone = SuggestedField(time_zones, error="Choose a time zone from the list.", label="Time zone")

    class Meta:
        model = Preferences
        fields = ("theme", "density", "page_size", "columns", "region", "mask_numbers", "time_zone", "shortcuts")

    def __init__(self, data: QueryDict | None, *, instance: Preferences, mask_forced: bool, sees_owners: bool) -> None:
        super().__init__(data, instance=instance)
        # A disabled field ignores what is sent: the stored preference outlives the policy.
        self.fields["mask_numbers"].disabled = mask_forced
        self._unseen = [] if sees_owners else [name for name in instance.columns if name == OWNER]
        if not sees_owners:
            columns = cast("forms.MultipleChoiceField", self.fields["columns"])
            columns.choices = [(name, title) for name, title in COLUMNS if name != OWNER]
        if instance.time_zone not in dict(time_zones()):
            self.initial["time_zone"] = "UTC"

    def completed(self) -> list[str]:
        """What was taken for more than was typed, by name: "Default country: Switzerland" for "switz"."""
        taken = ((self[name], self.cleaned_data[name]) for name in ("region", "time_zone"))
        titles = ((field, str(field.field.prepare_value(value))) for field, value in taken)
        return [f"{field.label}: {title}" for field, title in titles if title != (field.data or "").strip()]

    def clean_columns(self) -> list[str]:
        """The columns in the order of the table, with the stored one that the form does not show."""
        return list(_in_order((*self.cleaned_data["columns"], *self._unseen)))
