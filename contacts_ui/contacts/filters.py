"""Contact list filters: URL parameters to a frozen query. A bad one is left out, named on the page, never sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

from django.http import QueryDict

from contacts_ui import phone_search
from contacts_ui.columns import COLUMNS
from contacts_ui.phone_search import Attempt, KnownNumbers, SearchPlan
from contacts_ui.sent_api.queries import DEFAULT_PAGE_SIZE, PAGE_SIZES, ContactQuery

from .labels import channel_name
from .list_parameters import MAX_NAMED, NumberContext, read_parameters

MAX_BOX = 20_000  # characters that stay in the box when they are too many to search
MAX_NAMED_LINES = 3
ALL_CONTACTS = {"view": "all"}  # the parameters of the list without filters where the bare URL opens another


Queries = tuple[ContactQuery, ...]  # one for each spelling of an attempt
Request = tuple[Attempt | None, Queries]


@dataclass(frozen=True, slots=True)
class ContactListQuery:
    """One page of a contact list: its path, its filters, what was typed, and warnings about what was ignored.

    `raw_search` and `raw_phone` stay in the boxes as they were typed. `warnings` are whole sentences. `default_size`
    is how many rows a page has when the URL names none.

    `filters` hold the search as it was typed, and the likeliest reading of a number. `plan` says what to ask the API
    for it, None without either; `attempt` is the one interpretation of a search that a link names: a merged list's too.

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
        filters = self.filters
        params = {
            "search": filters.search,
            "as": attempt.value if attempt else None,
            "channel": filters.channel,
            "phone": filters.phone,
            "page": 1,
            "page_size": filters.page_size,
            "columns": " ".join(self.columns) if self.columns else None,
        } | changes
        # The rows a page has when the URL names none; on a later page the same for everyone: links travel.
        left_out = {"page": 1, "page_size": self.default_size if params["page"] == 1 else DEFAULT_PAGE_SIZE}
        given = {name: value for name, value in params.items() if value not in {None, left_out.get(name)}}
        query = urlencode(given or (ALL_CONTACTS if self.names_all else {}))
        base = self.path if path is None else path
        return f"{base}?{query}" if query else base

    @property
    def search(self) -> str | None:
        """The search as it was typed, None without one."""
        return self.filters.search

    @property
    def canonical_url(self) -> str:
        """The URL of exactly this page."""
        return self.url(page=self.filters.page)

    @property
    def clear_url(self) -> str:
        """The URL of all contacts, with each person's own columns: those of a view go with its filters."""
        return self.url(search=None, channel=None, phone=None, columns=None)

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
    def requests(self) -> tuple[Request, ...]:
        """The API queries to try in order, until one has rows; each with its interpretation of the search."""
        if self.plan is None:
            return ((None, (self.filters,)),)
        attempts = (self.attempt,) if self.attempt else self.plan.attempts
        return tuple((attempt, self.queries_of(attempt)) for attempt in attempts)

    @property
    def is_guided(self) -> bool:
        """True if the number index has decided what to ask for."""
        return self.plan is not None and self.plan.guided

    def queries_of(self, attempt: Attempt) -> Queries:
        """The API queries of one interpretation."""
        filters = self.filters
        if attempt.kind == "phone":
            return (ContactQuery(page_size=filters.page_size, phone=attempt.value),)
        if attempt.kind == "search" and not attempt.rows_with and not (self.plan and self.plan.ending):
            return (replace(filters, search=attempt.value, phone=None),)
        # Rows that are merged, or of which most are left out, are paged here: as many as there can be are asked for.
        filters = replace(filters, page=1, page_size=max(PAGE_SIZES), phone=None)
        return tuple(replace(filters, search=text) for text in attempt.spellings)

    def with_attempt(self, attempt: Attempt | None) -> ContactListQuery:
        """The same list, its further pages searched as `attempt` was: named, unless the text means nothing else."""
        if attempt is None or self.filters.phone or attempt == self.attempt:
            return self
        if attempt.rows_with and attempt.kind == "merged":  # of different digits: the text means it for everyone
            return self
        plan = self.plan
        only = plan is None or (attempt.value == self.filters.search and plan.attempts[1:] == ())
        return self if only and self.attempt is None else replace(self, attempt=attempt)

    @property
    def chips(self) -> tuple[FilterChip, ...]:
        """One for each active filter that no box of the form shows: the channel beside a search, a list of numbers."""
        channel, numbers = self.filters.channel, self.plan.numbers if self.plan else ()
        labels = {
            "search": f"{len(numbers)} numbers" if numbers else None,
            "channel": channel and channel_name(channel),
        }
        # A list is searched within a view; without its channel it is no longer the view, whose columns go too.
        without = {"search": self.url(search=None), "channel": self.url(channel=None, columns=None)}
        return tuple(FilterChip(name, label, without[name]) for name, label in labels.items() if label)


@dataclass(frozen=True, slots=True)
class FilterChip:
    """An active filter: its parameter, its label, and the URL of the list without it."""

    name: str
    value: str
    url: str


MOST_COUNTED = 100  # numbers that a list leaves out
NO_COLUMN = "There is no such column, so it was left out."


def parse_filters(
    path: str,
    parameters: QueryDict | Mapping[str, str],
    *,
    page_size: int = DEFAULT_PAGE_SIZE,
    regions: Sequence[str] = (),
    planned: bool = True,
    mask_forced: bool = False,
    known: KnownNumbers | None = None,
    opens_default: bool = False,
) -> ContactListQuery:
    """The list at `path` as the URL asks for it. Never fails: what cannot be read is ignored, with a warning.

    `page_size` is what the person prefers, `regions` those whose numbers they mean, likeliest first. `planned` is
    False for a list of which nothing but filters and URL is wanted: a plan costs more than all the rest. `mask_forced`
    leaves of a search what tells no hidden digit of a masked number. `known` are the numbers that the scope has.
    `opens_default`: the bare URL opens a saved view.
    """
    numbers = NumberContext(regions, known, mask_forced)
    asked = read_parameters(parameters, numbers)
    phone, search, channel, exact = asked.phone, asked.search, asked.channel, asked.exact
    warnings, named = list(asked.warnings), parameters.get("as") or ""
    columns, are_known = _columns(parameters)
    if not are_known:
        warnings.append(NO_COLUMN)
    if exact and (search or channel):
        warnings.append("Looking up one number sets the search and the channel aside.")
        search = channel = None
    if exact and exact.literal:  # a national number, as it is written: its region may be none of these
        phone, search = None, exact.literal.value
    plan = exact
    if search and planned and plan is None:
        plan = numbers.plan_search(search, holds_several=asked.holds_several)
    if plan and plan.skipped:
        warnings.append(_skipped(plan.skipped))
    if plan and plan.elsewhere:
        warnings.append(_elsewhere(plan))
    page = 1 if phone or (plan and plan.ending) else asked.page or 1
    return ContactListQuery(
        path=path,
        filters=ContactQuery(
            page=page,
            page_size=asked.page_size or (page_size if page == 1 else DEFAULT_PAGE_SIZE),
            search=search,
            channel=channel,
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


def _columns(parameters: QueryDict | Mapping[str, str]) -> tuple[tuple[str, ...] | None, bool]:
    """The columns that the URL names, in the order of the table, and whether it names no others."""
    named = (parameters.get("columns") or "").split()
    columns = tuple(name for name, _title in COLUMNS if name in named)
    return columns or None, set(named) <= set(columns)


def _attempt(named: str, search: str, plan: SearchPlan | None, *, mask_forced: bool) -> Attempt | None:
    """The interpretation that the URL names, None unless it is one of this search."""
    if plan is None:
        return phone_search.parse_attempt(named)
    attempt = phone_search.chosen_attempt(named, search, plan)
    if attempt and mask_forced and attempt.kind != "phone" and not (plan.ending and attempt.kind == "search"):
        return None
    return attempt


def _skipped(lines: Sequence[str]) -> str:
    """Says which lines of several numbers hold none."""
    named = ", ".join(f"“{line[:MAX_NAMED]}”" for line in lines[:MAX_NAMED_LINES])
    more = f" and {len(lines) - MAX_NAMED_LINES} more" if len(lines) > MAX_NAMED_LINES else ""
    return (
        f"1 line isn’t a number: {named}." if len(lines) == 1 else f"{len(lines)} lines aren’t numbers: {named}{more}."
    )


def _elsewhere(plan: SearchPlan) -> str:
    """Says that the list is not all who have the digits."""
    if plan.elsewhere == 1 and plan.complete:
        return "1 more number has these digits from the country code on. Type one more digit to find it."
    count = "More" if plan.elsewhere > MOST_COUNTED or not plan.complete else f"{plan.elsewhere} more"
    return f"{count} numbers have these digits from the country code on. Type one more digit to find them."


def _raw(parameters: QueryDict | Mapping[str, str], name: str) -> str:
    """What stands in the box: as typed, but no longer than a box should hold and without control characters."""
    text = parameters.get(name) or ""
    return "".join(character for character in text[:MAX_BOX] if character.isprintable() or character == "\n")
