"""Suggested field: a text input that suggests its choices, and takes one by its value, its title or a part of it.

A select of 400 time zones is searched by its first letters alone, and "Berlin" begins with "Europe". An input with a
datalist is searched anywhere, works without JavaScript, and is the browser's own. It sends what was typed as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from .text import fold

Choice = tuple[str, str]  # value and title
Choices = Callable[[], list[Choice]]
MIN_PART = 3  # characters of a title that say which one is meant: "uk" is not Ukraine
MAX_NAMED = 3  # choices that an error names


class SuggestedField(forms.CharField):
    """One of `choices`, pairs of value and title. Its clean value is the value, None for nothing."""

    def __init__(self, choices: Choices, *, error: str, **kwargs: Any) -> None:
        super().__init__(max_length=100, error_messages={"required": error, "invalid_choice": error}, **kwargs)
        self.choices, self._error = choices, error

    def prepare_value(self, value: Any) -> str:
        """What the input shows: the title of a value, and whatever else was typed as it is."""
        return dict(self.choices()).get(value or "", str(value or ""))

    def clean(self, value: Any) -> str | None:
        """The value that was typed, by whatever name. Raises ValidationError for none and, naming them, for several."""
        typed = _plain(str(super().clean(value) or ""))
        if not typed:
            return None
        found = self._meant(typed)
        if len(found) != 1:
            raise ValidationError(_refusal(self._error, found), code="invalid_choice")
        return found[0][0]

    def _meant(self, typed: str) -> list[Choice]:
        """The choices that a text means: those of that name, else those that begin with it, else those that have it."""
        choices = [(_plain(title), (known, title)) for known, title in self.choices() if known]
        found = [choice for title, choice in choices if typed in {title, _plain(choice[0])}]
        found = found or [choice for title, choice in choices if typed == _last(title)]
        if found or len(typed) < MIN_PART:
            return found
        begun = [choice for title, choice in choices if title.startswith(typed) or _last(title).startswith(typed)]
        return begun or [choice for title, choice in choices if typed in title]


def _plain(text: str) -> str:
    return fold(text).replace("_", " ").strip()


def _last(title: str) -> str:
    return title.rpartition("/")[2]


def _refusal(sentence: str, found: list[Choice]) -> str:
    """The sentence with the first of the choices that are meant, if there are any."""
    if not found:
        return sentence
    titles, more = [title for _value, title in found[:MAX_NAMED]], len(found) - MAX_NAMED
    named = f"{', '.join(titles)} and {more} more" if more > 0 else f"{', '.join(titles[:-1])} or {titles[-1]}"
    return f"{sentence.removesuffix('.')}: {named}."
