"""Suggested field: a text input that suggests its choices, and takes one by its value, its title or its last part.

A select of 400 time zones is searched by its first letters alone, and "Berlin" begins with "Europe". An input with a
datalist is searched anywhere, works without JavaScript, and is the browser's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .text import fold

Choices = Callable[[], list[tuple[str, str]]]


class SuggestedField(forms.CharField):
    """One of `choices`, pairs of value and title. Its clean value is the value, None for nothing."""

    def __init__(self, choices: Choices, *, error: str, **kwargs: Any) -> None:
        super().__init__(max_length=100, error_messages={"required": error, "invalid_choice": error}, **kwargs)
        self.choices = choices

    def prepare_value(self, value: Any) -> str:
        """What the input shows: the title of a value, and whatever else was typed as it is."""
        return dict(self.choices()).get(value or "", str(value or ""))

    def clean(self, value: Any) -> str | None:
        """The value that was typed, by whatever name. Raises ValidationError for none and for more than one."""
        typed = fold(str(super().clean(value) or "")).replace("_", " ").strip()
        if not typed:
            return None
        choices = [(known, title) for known, title in self.choices() if known]
        exact = {known for known, title in choices if typed in {fold(known).replace("_", " "), fold(title)}}
        found = exact or {known for known, title in choices if typed == fold(title).rpartition("/")[2]}
        if len(found) != 1:
            raise ValidationError(self.error_messages["invalid_choice"], code="invalid_choice")
        return found.pop()
