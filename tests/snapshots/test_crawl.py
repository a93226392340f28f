"""Passes: when a pass goes on, what proves that nothing is missing, and when another pass is worth its calls."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from contacts_ui.models import Snapshot
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.types import Contact, ContactPage, Pagination
from contacts_ui.snapshots.crawl import Seen, deserves_another_pass, has_more, is_whole

NOW = datetime(2026, 11, 26, tzinfo=UTC)


def _page(*numbers: int, dropped: int = 0, **facts: Any) -> ContactPage:
    contacts = tuple(Contact(id=UUID(int=number)) for number in numbers)
    pagination = Pagination(**facts)
    return ContactPage(contacts=contacts, pagination=pagination, fetched_at=NOW, dropped_rows=dropped)


def _more(page: int = 1, **facts: Any) -> bool:
    return has_more(_page(1, **facts), ContactQuery(page=page))


def test_any_sign_of_more_goes_on() -> None:
    assert _more(has_more=True, total_pages=1, total_count=1)
    assert _more(has_more=False, total_pages=2)
    assert _more(has_more=False, total_count=101)
    assert not _more(has_more=False, total_pages=1, total_count=100)


def test_list_without_signs_goes_on_until_an_empty_page() -> None:
    assert _more()
    assert not has_more(_page(has_more=True), ContactQuery())
    assert has_more(_page(dropped=1), ContactQuery())


def test_smaller_page_than_asked_for_is_counted_as_it_is() -> None:
    assert _more(total_count=60, page_size=50)
    assert not _more(total_count=60, page_size=1000)


def test_lookup_of_one_number_is_one_page() -> None:
    assert not has_more(_page(1, has_more=True), ContactQuery(phone="+12015550142"))


def _seen(in_pass: set[int], ever: set[int] | None = None, new: int = 0) -> Seen:
    def ids(numbers: set[int]) -> set[bytes]:
        return {UUID(int=number).bytes for number in numbers}

    return Seen(ids(ever if ever is not None else in_pass), ids(in_pass), new)


def _snapshot(**fields: object) -> Snapshot:
    return Snapshot(**({"passes": 1, "total_first": 3, "total_last": 3} | fields))


def test_as_many_ids_as_the_total_at_both_ends_are_whole() -> None:
    assert is_whole(_snapshot(), _seen({1, 2, 3}))
    assert not is_whole(_snapshot(), _seen({1, 2}))
    assert not is_whole(_snapshot(total_first=2), _seen({1, 2, 3}))


def test_ids_of_two_passes_together_are_whole() -> None:
    assert is_whole(_snapshot(passes=2), _seen({1, 2}, {1, 2, 3}))


def test_list_that_shrank_and_grew_again_is_not_whole() -> None:
    assert not is_whole(_snapshot(shrank=True, shrank_in_pass=True), _seen({1, 2, 3}))


def test_after_a_deletion_only_one_quiet_pass_is_whole() -> None:
    """Of the ids of two passes one may be gone, and stand for one that is missing."""
    assert not is_whole(_snapshot(passes=2, shrank=True), _seen({1, 2}, {1, 2, 3}))
    assert is_whole(_snapshot(passes=2, shrank=True), _seen({1, 2, 3}, {1, 2, 3, 4}))


def test_without_total_equal_second_pass_is_whole() -> None:
    unknown = {"total_first": None, "total_last": None}
    assert not is_whole(_snapshot(**unknown), _seen({1, 2}))
    assert is_whole(_snapshot(**unknown, passes=2), _seen({1, 2}))
    assert not is_whole(_snapshot(**unknown, passes=2), _seen({1}, {1, 2}))
    assert not is_whole(_snapshot(**unknown, passes=2), _seen({1, 2}, new=1))
    assert not is_whole(_snapshot(**unknown, passes=2, duplicates=1), _seen({1, 2}))
    assert not is_whole(_snapshot(**unknown, passes=2, dropped_rows=1), _seen({1, 2}))


def test_rows_without_id_are_worth_no_further_pass() -> None:
    assert deserves_another_pass(_snapshot(), _seen({1, 2}))
    assert not deserves_another_pass(_snapshot(dropped_rows=1), _seen({1, 2}))
    assert deserves_another_pass(_snapshot(dropped_rows=1, total_first=4), _seen({1, 2}))
    assert not deserves_another_pass(_snapshot(passes=3), _seen({1, 2}))


@pytest.mark.parametrize(
    ("fields", "coverage"),
    [
        ({"whole": True, "rows": 50_000, "total_last": 50_000}, "50,000"),
        ({"rows": 49_997, "total_last": 50_000}, "49,997 of 50,000"),
        ({"rows": 50_000, "total_last": 50_000}, "50,000, while the list changed"),
        ({"rows": 50_003, "total_last": 50_000}, "50,003, while the list changed"),
        ({"rows": 12, "total_last": None}, "12 or more"),
    ],
)
def test_coverage_says_what_is_missing(fields: dict[str, object], coverage: str) -> None:
    assert Snapshot(**fields).coverage == coverage


def test_row_of_an_earlier_page_is_a_duplicate_and_one_of_an_earlier_pass_is_known() -> None:
    seen = Seen()
    part, duplicates = seen.sort(_page(1, 2, 2), 1)
    assert ([contact.id.int for contact in part.contacts], duplicates) == ([1, 2], 1)
    seen.add(part, 1)
    seen.begin_pass()
    part, duplicates = seen.sort(_page(2, 3), 2)
    assert ([contact.id.int for contact in part.contacts], duplicates) == ([3], 0)
    assert part.known_ids == UUID(int=2).bytes
    seen.add(part, 2)
    assert seen.in_pass == {UUID(int=2).bytes, UUID(int=3).bytes}
    assert seen.sort(_page(2), 2)[1] == 1
