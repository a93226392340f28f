"""Where a page of contacts stands among the others, with the links ready-made."""

from __future__ import annotations

from dataclasses import dataclass

from contacts_ui.contacts.filters import ContactListQuery
from contacts_ui.sent_api.queries import MAX_PAGE
from contacts_ui.sent_api.types import ContactPage


@dataclass(frozen=True, slots=True)
class Pager:
    """The foot of the table. A link is None where it leads nowhere; counts are None where the API names none."""

    page: int
    pages: int | None
    first_row: int
    last_row: int
    total: int | None
    first_url: str | None
    previous_url: str | None
    next_url: str | None
    last_url: str | None
    refresh_url: str

    @property
    def past_end(self) -> bool:
        """Whether the page asked for lies after the last one."""
        return self.page > 1 and self.last_row < self.first_row


def build_pager(query: ContactListQuery, page: ContactPage) -> Pager:
    """The pager of `page`, which answers `query`. Believes neither `has_more` nor the counts alone."""
    number, size, facts = query.filters.page, query.filters.page_size, page.pagination
    offset, shown = (number - 1) * size, len(page.contacts)
    total = facts.total_count
    if total is not None and (total < 0 or (shown and total < offset + shown)):
        total = None  # it contradicts the rows, which are there to be seen
    pages = -(-total // size) if total is not None else None
    pages = min(pages, MAX_PAGE) if pages is not None else None
    more = number < pages if pages is not None else bool(facts.has_more) or shown == size
    url = query.canonical_url
    return Pager(
        page=number,
        pages=pages,
        first_row=offset + 1,
        last_row=offset + shown,
        total=total,
        first_url=query.url(page=1) if number > 1 else None,
        previous_url=query.url(page=min(number - 1, pages or number - 1)) if number > 1 else None,
        next_url=query.url(page=number + 1) if more and number < MAX_PAGE else None,
        last_url=query.url(page=pages) if pages and pages != number else None,
        refresh_url=f"{url}{'&' if '?' in url else '?'}refresh=1",
    )
