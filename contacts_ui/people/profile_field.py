"""Profile field: a text input with suggestions, "Name · id", for one of thousands of profiles.

A select would hold every profile once for each line of a form: with 10,000 profiles and 20 lines 17 MB, in 35 seconds.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from contacts_ui.text import parse_uuid

SUGGESTIONS_ID = "desk-profiles"  # of the page's one <datalist>
_BETWEEN = " · "


def suggestions(names: Mapping[str, str]) -> tuple[str, ...]:
    """The text of every profile, in the order of `names`."""
    return tuple(_text(profile_id, name) for profile_id, name in names.items())


class ProfileField(forms.CharField):
    """A profile as "Name · id", by its id, or by a name that no other profile has. `stored` is valid without a name."""

    def __init__(self, names: Mapping[str, str], stored: str | None, **kwargs: Any) -> None:
        widget = forms.TextInput({"list": SUGGESTIONS_ID, "size": 70, "autocomplete": "off"})
        super().__init__(label="Profile", widget=widget, **kwargs)
        self._names, self._stored = names, stored

    def prepare_value(self, value: Any) -> Any:
        """The text that the input shows: what was typed, or the stored profile with its name."""
        if not isinstance(value, UUID):
            return value
        name = self._names.get(str(value))
        return _text(str(value), name) if name else str(value)

    def to_python(self, value: Any) -> Any:
        """The profile's UUID, None for nothing. Raises ValidationError."""
        if isinstance(value, UUID):
            return value
        text = super().to_python(value)
        if not text:
            return None
        profile_id = parse_uuid(text.rpartition(_BETWEEN.strip())[2].strip()) or self._named(text)
        if profile_id is None or (profile_id not in self._names and profile_id != self._stored):
            raise ValidationError("%(text)s is not one of the available choices.", params={"text": text})
        return UUID(profile_id)

    def has_changed(self, initial: Any, data: Any) -> bool:
        """True when the input names another profile than the stored one, however it is written."""
        try:
            return bool(self.to_python(initial) != self.to_python(data))
        except ValidationError:
            return True

    def _named(self, text: str) -> str | None:
        found = [profile_id for profile_id, name in self._names.items() if name == text]
        return found[0] if len(found) == 1 else None


def _text(profile_id: str, name: str) -> str:
    return f"{name}{_BETWEEN}{profile_id}"
