"""The people page's parameters to a frozen query. A bad one is left out and named on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from contacts_ui.roles import ROLES

MAX_SEARCH = 100  # characters of a search
MAX_PAGE = 1_000_000
NO_ROLE = "none"
ROLE_CHOICES: tuple[tuple[str, str], ...] = (
    *((role.name, role.title) for role in reversed(ROLES)),
    (NO_ROLE, "No role"),
)
STATUS_CHOICES: tuple[tuple[str, str], ...] = (("active", "Active"), ("off", "Switched off"))


@dataclass(frozen=True, slots=True)
class PeopleFilters:
    """Which people one page shows. `typed` stays in the box as it was typed; `ignored` are whole sentences.

    `role` is a role's name or NO_ROLE, `status` active or off.
    """

    path: str
    search: str | None = None
    role: str | None = None
    status: str | None = None
    page: int = 1
    raw_search: str = ""
    warnings: tuple[str, ...] = ()

    def url(self, **changes: Any) -> str:
        """The address of this list with some of it changed. Any change but of `page` starts at page 1."""
        asked = replace(self, **({"page": 1} | changes))
        given = {"search": asked.search, "role": asked.role, "status": asked.status}
        pairs = {name: value for name, value in given.items() if value is not None}
        if asked.page != 1:
            pairs["page"] = str(asked.page)
        return f"{self.path}?{urlencode(pairs)}" if pairs else self.path

    @property
    def canonical_url(self) -> str:
        """The address of exactly this list."""
        return self.url(page=self.page)

    @property
    def is_filtered(self) -> bool:
        """Whether it leaves anybody out."""
        return bool(self.search or self.role or self.status)


class _PeopleForm(forms.Form):
    search = forms.CharField(required=False, max_length=MAX_SEARCH)
    role = forms.ChoiceField(required=False, choices=ROLE_CHOICES)
    status = forms.ChoiceField(required=False, choices=STATUS_CHOICES)
    page = forms.IntegerField(required=False, min_value=1, max_value=MAX_PAGE)


_WARNINGS = {
    "search": "The search was too long or had characters nobody’s name has, so it was left out.",
    "role": "There is no such role, so people of all roles are shown.",
    "status": "There is no such status, so everybody is shown.",
    "page": "There is no such page, so this is the first one.",
}


def parse_filters(path: str, parameters: QueryDict | Mapping[str, str]) -> PeopleFilters:
    """The list at `path` as the browser asks for it. Never fails: what cannot be read is ignored, and said."""
    form = _PeopleForm(parameters)
    form.is_valid()
    clean = form.cleaned_data
    typed = "".join(filter(str.isprintable, (parameters.get("search") or "")[:MAX_SEARCH]))
    return PeopleFilters(
        path=path,
        search=" ".join("".join(filter(str.isprintable, clean.get("search") or "")).split()) or None,
        role=clean.get("role") or None,
        status=clean.get("status") or None,
        page=clean.get("page") or 1,
        raw_search=typed,
        warnings=tuple(_WARNINGS[name] for name in form.errors),
    )
