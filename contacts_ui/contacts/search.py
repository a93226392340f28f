"""From a list as it was asked for to its rows: one question after the other, until one has some."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from django.conf import settings

from contacts_ui.gateway import Shown, gateway
from contacts_ui.phone_search import Step, plan
from contacts_ui.preferences import DeskPreferences
from contacts_ui.scope import Scope
from contacts_ui.sent_api.errors import BudgetSpent
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage, Pagination

from .filters import ListQuery

MOST_REGIONS = 10
MOST_OFFERED = 3  # other readings, as links
ANYWHERE = ("US", "GB")  # until something is known of a scope's numbers

Ask = Callable[[ContactQuery], Shown[ContactPage] | None]


@dataclass(frozen=True, slots=True)
class Found:
    """The rows of a list, or none. `step` is how the search was read for them, None when there was none to read.

    `query` is the list with that reading. `tried` are all that were asked, `others` those a person may choose instead.
    """

    shown: Shown[ContactPage]
    query: ListQuery
    step: Step | None = None
    tried: tuple[Step, ...] = ()
    others: tuple[Step, ...] = ()

    @property
    def number(self) -> str | None:
        """The whole number that was looked up first, in E.164."""
        return self.query.asked.phone or next((step.value for step in self.tried if step.kind == "phone"), None)


@dataclass(frozen=True, slots=True)
class LookedUp:
    """One of several numbers: as it was typed, as it was read (None: not at all), and whose it is (None: nobody's)."""

    typed: str
    number: str | None
    contact: Contact | None


@dataclass(frozen=True, slots=True)
class Batch:
    """Some of several numbers. `next_start` is the place of the next one, None after the last; `wait` is in seconds."""

    rows: tuple[LookedUp, ...]
    next_start: int | None
    wait: int = 0


def regions_for(wishes: DeskPreferences, scope: Scope) -> tuple[str, ...]:
    """Whose numbers someone means who types one without its country code, likeliest first."""
    named = [wishes.region, *settings.DESK_REGIONS, *gateway().regions_seen(scope)]
    return tuple(dict.fromkeys(region for region in named if region))[:MOST_REGIONS] or ANYWHERE


def find(query: ListQuery, ask: Ask, user_id: int) -> Found | None:
    """The rows of `query`; None when `ask` has none yet. Cost: a call a question until one has rows, at most 3.

    What a user's text was read as a moment ago it is read as again, on another channel and in another profile: for
    one call, and so that a filter changes the rows and not their meaning.
    """
    first: Found | None = None
    tried: list[Step] = []
    for step, question in _as_before(query, user_id):
        shown = ask(question)
        if shown is None:
            return None
        tried += [step] if step else []
        found = Found(shown, query.read_as(step), step)
        if shown.value.contacts or shown.value.pagination.total_count:
            if step and len(query.questions) > 1:
                gateway().note_reading(user_id, query.asked.search or "", step.value)
            return _with_others(found, query, tried)
        first = first or found
    return _with_others(first or Found(Shown(_nothing()), query), query, tried)


def look_up(scope: Scope, numbers: Sequence[str], regions: Sequence[str], *, start: int, most: int) -> Batch:
    """At most `most` of `numbers` from `start` on. Cost: a call each, behind everyone else's; without one it ends."""
    rows: list[LookedUp] = []
    for typed in numbers[start : start + most]:
        number = next((step.value for step in plan(typed, regions).steps if step.kind == "phone"), None)
        try:
            rows.append(LookedUp(typed, number, _holder(scope, number) if number else None))
        except BudgetSpent as spent:
            return Batch(tuple(rows), start + len(rows), max(1, spent.retry_after or 1))
    end = start + len(rows)
    return Batch(tuple(rows), end if end < len(numbers) else None)


def _as_before(query: ListQuery, user_id: int) -> tuple[tuple[Step | None, ContactQuery], ...]:
    """The questions of `query`, or the one that found something last time."""
    questions = query.questions
    if len(questions) < 2:
        return questions
    ways = [step.value if step else "" for step, _ in questions]
    place = gateway().reading_of(user_id, query.asked.search or "", ways)
    return questions if place is None else questions[place : place + 1]


def _holder(scope: Scope, number: str) -> Contact | None:
    page = gateway().contacts(scope, ContactQuery(phone=number), bulk=True).value
    return page.contacts[0] if page.contacts else None


def _with_others(found: Found, query: ListQuery, tried: Sequence[Step]) -> Found:
    known = (*query.plan.steps, *query.plan.others) if query.plan else ()
    others = tuple(step for step in known if step not in tried)
    return dataclasses.replace(found, tried=tuple(tried), others=others[:MOST_OFFERED])


def _nothing() -> ContactPage:
    empty = Pagination(page=1, total_count=0, total_pages=0)
    return ContactPage(contacts=(), pagination=empty, fetched_at=datetime.now(UTC))
