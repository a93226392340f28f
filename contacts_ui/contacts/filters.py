"""Contact list filters: URL parameters to a frozen query. A bad one is left out, named on the page, never sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, cast
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from contacts_ui import phone_search
from contacts_ui.columns import COLUMNS
from contacts_ui.phone_search import Attempt, SearchPlan
from contacts_ui.sent_api.queries import DEFAULT_PAGE_SIZE, MAX_PAGE, PAGE_SIZES, Channel, ContactQuery
from contacts_ui.text import printable

from .labels import channel_name

MAX_SEARCH = 8_000  # characters of a search: several hundred numbers
MAX_BOX = 20_000  # characters that stay in the box when they are too many to search
MAX_NAMED_LINES = 3
MAX_NAMED = 40  # characters of a text that a warning quotes
MAX_PHONE = 256  # characters of one number with what may stand around it
ALL_CONTACTS = {"view": "all"}  # the parameters of the list without filters where the bare URL opens another
CHANNELS: tuple[tuple[Channel, str], ...] = (("sms", "SMS"), ("whatsapp", "WhatsApp"))


@dataclass(frozen=True, slots=True)
class ContactListQuery:
    """One page of a contact list: its path, its filters, what was typed, and warnings about what was ignored.

    `raw_search` and `raw_phone` stay in the boxes as they were typed. `warnings` are whole sentences. `default_size`
    is how many rows a page has when the URL names none.

    `filters` hold the search as it was typed, and the likeliest reading of a number. `plan` says what to ask the API
    for it, None without either; `attempt` is the one interpretation of a search that a link names.

    `columns` are those that the URL names, None to show each person's own. `names_all`: the bare URL is not this list
    without filters (it opens a default view, or the URL said so), so its own URL is that of "All contacts".
    """

    path: str
    filters: ContactQuery
    plan: SearchPlan | None = None
    attempt: Attempt | None = None
    default_size: int = DEFAULT_PAGE_SIZE
    raw_search: str = ""
    raw_phone: str = ""
    warnings: tuple[str, ...] = ()
    columns: tuple[str, ...] | None = None
    names_all: bool = False

    def url(self, path: str | None = None, **changes: Any) -> str:
        """The URL of this list with some of it changed. Any change but of `page` starts at page 1.

        `attempt` (an Attempt or None) is one too; another search or number drops it.
        """
        attempt = changes.pop("attempt", None if {"search", "phone"} & changes.keys() else self.attempt)
        filters = replace(self.filters, **({"page": 1} | changes))
        params: dict[str, str | None] = {
            "search": filters.search,
            "as": attempt.value if attempt else None,
            "channel": filters.channel,
            "phone": filters.phone,
            "page": str(filters.page) if filters.page != 1 else None,
            "page_size": str(filters.page_size) if filters.page_size != self._default_size(filters.page) else None,
            "columns": " ".join(self.columns) if self.columns else None,
        }
        given = {name: value for name, value in params.items() if value is not None}
        query = urlencode(given or (ALL_CONTACTS if self.names_all else {}))
        base = self.path if path is None else path
        return f"{base}?{query}" if query else base

    def _default_size(self, page: int) -> int:
        """The rows a page has when the URL names none. On a later page the same for everyone: links travel."""
        return self.default_size if page == 1 else DEFAULT_PAGE_SIZE

    @property
    def search(self) -> str | None:
        """The search as it was typed, None without one."""
        return self.filters.search

    @property
    def canonical_url(self) -> str:
        """The URL of exactly this page."""
        return self.url(page=self.filters.page)

    @property
    def active_filters(self) -> tuple[tuple[str, str], ...]:
        """The active filters as (name, value), without the page: what a form of this page has to carry along."""
        filters = self.filters
        pairs = (("search", filters.search), ("channel", filters.channel), ("phone", filters.phone))
        return tuple((name, value) for name, value in pairs if value is not None)

    @property
    def hidden_fields(self) -> tuple[tuple[str, str], ...]:
        """The same with the attempt and the columns that a link named."""
        columns = (("columns", " ".join(self.columns)),) if self.columns else ()
        return self.active_filters + ((("as", self.attempt.value),) if self.attempt else ()) + columns

    @property
    def requests(self) -> tuple[tuple[Attempt | None, ContactQuery], ...]:
        """The API queries to try in order, until one has rows; each with its interpretation of the search."""
        if self.plan is None:
            return ((None, self.filters),)
        attempts = (self.attempt,) if self.attempt else self.plan.attempts
        return tuple((attempt, self._api_query(attempt)) for attempt in attempts)

    def _api_query(self, attempt: Attempt) -> ContactQuery:
        if self.plan and self.plan.ending:  # most rows are left out, so as many as there can be are asked for
            return replace(self.filters, search=attempt.value, page=1, page_size=max(PAGE_SIZES))
        if attempt.kind == "phone":
            return ContactQuery(page_size=self.filters.page_size, phone=attempt.value)
        return replace(self.filters, search=attempt.value)

    def with_attempt(self, attempt: Attempt | None) -> ContactListQuery:
        """The same list, its further pages searched as `attempt` was."""
        unchanged = attempt is None or self.filters.phone or attempt.value == self.filters.search
        return self if unchanged else replace(self, attempt=attempt)

    @property
    def chips(self) -> tuple[FilterChip, ...]:
        """One for each active filter that no box of the form shows: the channel beside a search, a list of numbers."""
        channel, numbers = self.filters.channel, self.plan.numbers if self.plan else ()
        labels = {
            "search": f"{len(numbers)} numbers" if numbers else None,
            "channel": channel and channel_name(channel),
        }
        return tuple(FilterChip(name, label, self.url(**{name: None})) for name, label in labels.items() if label)


@dataclass(frozen=True, slots=True)
class FilterChip:
    """An active filter: its parameter, its label, and the URL of the list without it."""

    name: str
    value: str
    url: str


class _ListForm(forms.Form):
    search = forms.CharField(
        required=False,
        max_length=MAX_SEARCH,
        error_messages={"max_length": f"This is more than {MAX_SEARCH:,} characters, so it was not searched."},
    )
    channel = forms.ChoiceField(
        required=False,
        choices=CHANNELS,
        error_messages={"invalid_choice": "There is no such channel, so all channels are shown."},
    )
    phone = forms.CharField(required=False, max_length=MAX_PHONE, strip=False)
    page = forms.IntegerField(required=False, min_value=1, max_value=MAX_PAGE)
    page_size = forms.TypedChoiceField(
        required=False, coerce=int, empty_value=None, choices=[(str(n), str(n)) for n in PAGE_SIZES]
    )

    def __init__(self, parameters: QueryDict | Mapping[str, str], *, regions: Sequence[str]) -> None:
        super().__init__(parameters)
        self._regions = regions
        self.holds_several = False
        self.exact: SearchPlan | None = None  # of the number in `phone`

    def clean_search(self) -> str:
        text = str(self.cleaned_data["search"])
        numbers = phone_search.split_numbers(text)
        self.holds_several = bool(numbers)
        # Spaces of every kind are one space, and what cannot be seen is not there: sheets and chats bring both.
        # Lines without a number stay where they are, so that the page can name them.
        kept = phone_search.one_number_a_line(text) if numbers else (text,)
        lines = (printable(" ".join(line.split())) for line in kept)
        return "\n".join(" ".join(line.split()) for line in lines)  # what cannot be seen may stand between two spaces

    def clean_phone(self) -> str:
        text = str(self.cleaned_data["phone"])
        if not text.strip():
            return ""
        plan = phone_search.plan_exact(text, self._regions)
        if plan.number is None:
            shown = printable(text)[:MAX_NAMED]
            raise forms.ValidationError(f"“{shown}” isn’t a whole number, so it was left out. Try +44 20 7946 0958.")
        self.exact = plan
        return plan.number


_WARNINGS = {
    "page": "There is no such page, so this is the first one.",
    "page_size": f"Rows per page can be {', '.join(map(str, PAGE_SIZES[:-1]))} or {PAGE_SIZES[-1]}.",
    "columns": "There is no such column, so it was left out.",
}
_OWN_WARNING = {"search", "channel", "phone"}


def parse_filters(
    path: str,
    parameters: QueryDict | Mapping[str, str],
    *,
    page_size: int = DEFAULT_PAGE_SIZE,
    regions: Sequence[str] = (),
    planned: bool = True,
    mask_forced: bool = False,
    opens_default: bool = False,
) -> ContactListQuery:
    """The list at `path` as the URL asks for it. Never fails: what cannot be read is ignored, with a warning.

    `page_size` is what the person prefers, `regions` those whose numbers they mean, likeliest first. `planned` is
    False for a list of which nothing but filters and URL is wanted: a plan costs more than all the rest. `mask_forced`
    leaves of a search what tells no hidden digit of a masked number. `opens_default`: the bare URL opens a saved view.
    """
    form = _ListForm(parameters, regions=regions)
    form.is_valid()
    clean, errors = form.cleaned_data, form.errors
    page = clean.get("page") or 1
    warnings = [str(messages[0]) if name in _OWN_WARNING else _WARNINGS[name] for name, messages in errors.items()]
    phone = clean.get("phone") or None
    search, channel = clean.get("search") or None, clean.get("channel") or None
    named, named_columns = parameters.get("as") or "", (parameters.get("columns") or "").split()
    columns = tuple(name for name, _title in COLUMNS if name in named_columns) or None
    if not set(named_columns) <= set(columns or ()):
        warnings.append(_WARNINGS["columns"])
    if phone and (search or channel):
        warnings.append("Looking up one number sets the search and the channel aside.")
        search = channel = None
    plan = _plan(search, regions, form, mask_forced=mask_forced) if search and planned else form.exact
    if plan and plan.skipped:
        warnings.append(_skipped(plan.skipped))
    page = 1 if phone or (plan and plan.ending) else page
    return ContactListQuery(
        path=path,
        filters=ContactQuery(
            page=page,
            page_size=clean.get("page_size") or (page_size if page == 1 else DEFAULT_PAGE_SIZE),
            search=search,
            channel=cast("Channel | None", channel),
            phone=phone,
        ),
        plan=plan,
        attempt=_attempt(named, search, plan, mask_forced=mask_forced) if search and named else None,
        default_size=page_size,
        raw_search=_raw(parameters, "search"),
        raw_phone=_raw(parameters, "phone"),
        warnings=tuple(warnings),
        columns=columns,
        names_all=opens_default or parameters.get("view") == ALL_CONTACTS["view"],
    )


def _plan(search: str, regions: Sequence[str], form: _ListForm, *, mask_forced: bool) -> SearchPlan:
    """The plan of a search of which the form knows already whether it holds several numbers."""
    if mask_forced:
        return phone_search.masked_plan(search, regions)
    return phone_search.build_plan(search, regions) if form.holds_several else phone_search.plan_number(search, regions)


def _attempt(named: str, search: str, plan: SearchPlan | None, *, mask_forced: bool) -> Attempt | None:
    """The interpretation that the URL names, None unless it is one of this search."""
    if plan is None:
        return phone_search.parse_attempt(named)
    attempt = phone_search.chosen_attempt(named, search, plan)
    if attempt and mask_forced and attempt.kind == "search" and not plan.ending:
        return None
    return attempt


def _skipped(lines: Sequence[str]) -> str:
    """Says which lines of several numbers hold none."""
    named = ", ".join(f"“{line[:MAX_NAMED]}”" for line in lines[:MAX_NAMED_LINES])
    more = f" and {len(lines) - MAX_NAMED_LINES} more" if len(lines) > MAX_NAMED_LINES else ""
    return (
        f"1 line isn’t a number: {named}." if len(lines) == 1 else f"{len(lines)} lines aren’t numbers: {named}{more}."
    )


def _raw(parameters: QueryDict | Mapping[str, str], name: str) -> str:
    """What stands in the box: as typed, but no longer than a box should hold and without control characters."""
    text = parameters.get(name) or ""
    return "".join(character for character in text[:MAX_BOX] if character.isprintable() or character == "\n")
