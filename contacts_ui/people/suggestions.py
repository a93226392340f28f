"""Suggestions: the first names that an input offers, and those that fit what is typed. Others can be typed as well."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

from django.contrib.auth.models import User
from django.db.models import QuerySet

from contacts_ui.audit.people import named
from contacts_ui.text import name_matcher

MAX_SUGGESTED = 50  # of a kind: in a page, or for one text


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Pairs of what an input takes and what else it is called, "" for nothing. `more`: there are others to search."""

    options: tuple[tuple[str, str], ...]
    more: bool


def suggested_people(typed: str = "") -> Suggestions:
    """User names, with full names, that have each of the typed words in one of their names. Cost: one query."""
    return _suggested(User.objects.all(), typed)


def people_to_copy(typed: str = "") -> Suggestions:
    """The same of active people who have profiles."""
    return _suggested(User.objects.filter(is_active=True, profile_accesses__isnull=False).distinct(), typed)


def suggested_profiles(names: Iterable[str], typed: str = "") -> Suggestions:
    """Those of these names, of the account and its profiles, that have the typed words, each once. Cost: none."""
    every = dict.fromkeys(names)
    fitting = tuple(islice(filter(name_matcher(typed), every) if typed else every, MAX_SUGGESTED + 1))
    return Suggestions(tuple((name, "") for name in fitting[:MAX_SUGGESTED]), len(fitting) > MAX_SUGGESTED)


def _suggested(people: QuerySet[User], typed: str) -> Suggestions:
    fitting = people.filter(named(typed)).order_by("username")
    rows = fitting.values_list("username", "first_name", "last_name")[: MAX_SUGGESTED + 1]
    options = tuple((username, f"{first} {last}".strip()) for username, first, last in rows)
    return Suggestions(options[:MAX_SUGGESTED], len(options) > MAX_SUGGESTED)
