"""Page windows: the API is asked for pages of a hundred rows, and a page of 20 or 50 is sliced from one.

So the next page, the one before, and another page size are often there already, at the price of one call. Every
page size must divide it, and 100 is the largest the vendor's own clients use (sent-api-v3, list contacts).
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import ContactPage, Pagination

UPSTREAM_PAGE_SIZE = 100


def upstream_query(query: ContactQuery) -> ContactQuery:
    """The query of a hundred rows from which the page of `query` can be sliced."""
    return replace(query, page=_offset(query) // UPSTREAM_PAGE_SIZE + 1, page_size=UPSTREAM_PAGE_SIZE)


def slice_page(upstream_page: ContactPage, query: ContactQuery) -> ContactPage:
    """The page of `query` out of a page of a hundred rows, with its own counts: the same one as long as that is cached.

    Absent counts stay absent.
    """
    window = (query.page, query.page_size)
    if (known := upstream_page.memo.get(window)) is not None:
        page: ContactPage = known
        return page
    start, size = _offset(query) % UPSTREAM_PAGE_SIZE, query.page_size
    facts = upstream_page.pagination
    total = facts.total_count
    rest = len(upstream_page.contacts) > start + size
    pagination = Pagination(
        page=query.page,
        page_size=size,
        total_count=total,
        total_pages=-(-total // size) if total is not None and total >= 0 else None,
        has_more=True if rest else facts.has_more,
    )
    page = msgspec.structs.replace(
        upstream_page, contacts=upstream_page.contacts[start : start + size], pagination=pagination
    )
    upstream_page.memo[window] = page
    return page


def _offset(query: ContactQuery) -> int:
    return (query.page - 1) * query.page_size
