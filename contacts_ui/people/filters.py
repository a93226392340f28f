"""People list filters: URL parameters to a frozen query. A bad one is left out and named on the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from contacts_ui.roles import ROLES
from contacts_ui.text import printable, single_line

MAX_SEARCH = 100  # characters of a search
MAX_PAGE = 1_000_000
NO_ROLE = "none"
ROLE_CHOICES: tuple[tuple[str, str], ...] = (
    *((role.name, role.title) for role in reversed(ROLES)),
    (NO_ROLE, "No role"),
)
STATUS_CHOICES: tuple[tuple[str, str], ...] = (("active", "Active"), ("off", "Deactivated"))
NO_FACTOR, NO_PROFILES, NEVER_SIGNED_IN = "no-factor", "no-profiles", "never-signed-in"
# Who needs attention, by the value in the URL: what the row says of them.
ATTENTION_CHOICES: tuple[tuple[str, str], ...] = (
    (NO_FACTOR, "Admins and auditors without a second factor"),
    (NO_PROFILES, "No profiles"),
    (NEVER_SIGNED_IN, "Never signed in"),
)


@dataclass(frozen=True, slots=True)
class PeopleFilters:
    """The filters of one page. `raw_search` stays in the box as it was typed; `warnings` are whole sentences.

    `role` is a role's name or NO_ROLE, `status` active or off, `attention` one of ATTENTION_CHOICES.
    """

    path: str
    search: str | None = None
    role: str | None = None
    status: str | None = None
    attention: str | None = None
    page: int = 1
    raw_search: str = ""
    warnings: tuple[str, ...] = ()

    def url(self, **changes: Any) -> str:
        """The URL of this list with some of it changed. Any change but of `page` starts at page 1."""
        filters = replace(self, **({"page": 1} | changes))
        values = {"search": filters.search, "role": filters.role, "status": filters.status}
        values["attention"] = filters.attention
        params = {name: value for name, value in values.items() if value is not None}
        if filters.page != 1:
            params["page"] = str(filters.page)
        return f"{self.path}?{urlencode(params)}" if params else self.path

    @property
    def canonical_url(self) -> str:
        """The URL of exactly this page."""
        return self.url(page=self.page)

    @property
    def is_filtered(self) -> bool:
        """True when any filter is active."""
        return bool(self.search or self.role or self.status or self.attention)


class _PeopleForm(forms.Form):
    search = forms.CharField(required=False, max_length=MAX_SEARCH)
    role = forms.ChoiceField(required=False, choices=ROLE_CHOICES)
    status = forms.ChoiceField(required=False, choices=STATUS_CHOICES)
    attention = forms.ChoiceField(required=False, choices=ATTENTION_CHOICES)
    page = forms.IntegerField(required=False, min_value=1, max_value=MAX_PAGE)


_WARNINGS = {
    "search": "The search was too long or had invalid characters, so it was ignored.",
    "role": "Unknown role ignored.",
    "status": "Unknown status ignored.",
    "attention": "Unknown filter ignored.",
    "page": "There is no such page, so this is the first one.",
}


def parse_filters(path: str, parameters: QueryDict | Mapping[str, str]) -> PeopleFilters:
    """The list at `path` as the URL asks for it. Never fails: bad parameters are ignored, with a warning."""
    form = _PeopleForm(parameters)
    form.is_valid()
    clean = form.cleaned_data
    raw_search = printable((parameters.get("search") or "")[:MAX_SEARCH])
    return PeopleFilters(
        path=path,
        search=single_line(clean.get("search") or "") or None,
        role=clean.get("role") or None,
        status=clean.get("status") or None,
        attention=clean.get("attention") or None,
        page=clean.get("page") or 1,
        raw_search=raw_search,
        warnings=tuple(_WARNINGS[name] for name in form.errors),
    )
