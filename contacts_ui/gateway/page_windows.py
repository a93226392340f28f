"""The API is asked for leaves of a hundred rows; a page of 20 or 50 is a part of one.

So the next page, the one before, and another page size are often there already, at the price of one call. Every
page size must divide a leaf, and 100 is the largest the vendor's own clients use (sent-api-v3, list contacts).
"""

from __future__ import annotations

from dataclasses import replace

import msgspec

from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import ContactPage, Pagination

LEAF = 100


def leaf_of(query: ContactQuery) -> ContactQuery:
    """What the API is asked so that the page of `query` can be cut from the answer."""
    return replace(query, page=_offset(query) // LEAF + 1, page_size=LEAF)


def cut(leaf: ContactPage, query: ContactQuery) -> ContactPage:
    """The page of `query` out of its leaf, with the counts that belong to it. Absent counts stay absent."""
    start, size = _offset(query) % LEAF, query.page_size
    facts = leaf.pagination
    total = facts.total_count
    rest = len(leaf.contacts) > start + size
    pagination = Pagination(
        page=query.page,
        page_size=size,
        total_count=total,
        total_pages=-(-total // size) if total is not None and total >= 0 else None,
        has_more=True if rest else facts.has_more,
    )
    return msgspec.structs.replace(leaf, contacts=leaf.contacts[start : start + size], pagination=pagination)


def _offset(query: ContactQuery) -> int:
    return (query.page - 1) * query.page_size
