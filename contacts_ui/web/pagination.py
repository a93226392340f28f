"""Pagination of the contact list: row numbers, page count and the URLs of other pages."""

from __future__ import annotations

from dataclasses import dataclass

from contacts_ui.contacts.filters import ContactListQuery
from contacts_ui.sent_api.queries import MAX_PAGE
from contacts_ui.sent_api.types import ContactPage


@dataclass(frozen=True, slots=True)
class Pager:
    """The values of the table's pager. A URL is None if there is no such page; a count is None if it is not known."""

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
        """True if the requested page is after the last one."""
        return self.page > 1 and self.last_row < self.first_row


def build_pager(query: ContactListQuery, page: ContactPage) -> Pager:
    """The pager of `page`, the result of `query`. Checks the API's counts and `has_more` against the rows."""
    number, size, pagination = query.filters.page, query.filters.page_size, page.pagination
    offset, row_count = (number - 1) * size, len(page.contacts)
    total = pagination.total_count
    if total is not None and (total < 0 or (row_count and total < offset + row_count)):
        total = None  # it contradicts the rows of this page
    pages = -(-total // size) if total is not None else None
    pages = min(pages, MAX_PAGE) if pages is not None else None
    more = number < pages if pages is not None else bool(pagination.has_more) or row_count == size
    url = query.canonical_url
    return Pager(
        page=number,
        pages=pages,
        first_row=offset + 1,
        last_row=offset + row_count,
        total=total,
        first_url=query.url(page=1) if number > 1 else None,
        previous_url=query.url(page=min(number - 1, pages or number - 1)) if number > 1 else None,
        next_url=query.url(page=number + 1) if more and number < MAX_PAGE else None,
        last_url=query.url(page=pages) if pages and pages != number else None,
        refresh_url=f"{url}{'&' if '?' in url else '?'}refresh=1",
    )
