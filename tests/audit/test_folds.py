"""Folding: one deed is one line, whatever rows it wrote; no filter and no page loses one of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import timedelta
from html import unescape
from itertools import cycle
from random import Random

import pytest
from django.contrib.auth.models import User
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.audit import lookup_started, part_held_back, part_of_list
from contacts_ui.audit.folds import FOLDED_WITHIN, SWEEP_WITHIN, deeds_of, page_end
from contacts_ui.audit.lines import LogLine, log_lines
from contacts_ui.audit.queries import EntryFilter, entries_page
from contacts_ui.contacts.lookup_batch import LookupRow
from contacts_ui.models import AuditEntry
from contacts_ui.sent_api.errors import LocalRateLimited
from testing.sandbox_server import SandboxServer
from tests.audit.conftest import NOON, Write, clear_log
from tests.html import FRAGMENT, text

PAGE = "/audit/"
HASH = "0123456789abcdef0123"
SIXTY_FOUR = ",".join(f"+1201555{number:04}" for number in range(64))


def _lines(newest_first: Iterable[AuditEntry]) -> tuple[LogLine, ...]:
    return log_lines(deeds_of(tuple(newest_first)), links=False)


def _sizes(newest_first: Iterable[AuditEntry]) -> list[int]:
    return [len(line.parts) for line in _lines(newest_first)]


def _shown(page: str) -> list[tuple[str, str]]:
    """Label and summary of each line."""
    return re.findall(
        r'<td role="cell" class="audit-what"><a [^>]*>([^<]+)</a>(?:<small>([^<]*)</small>)?', unescape(page)
    )


# --- Rows of one list ------------------------------------------------------------------------------


def _parts(written: Write, total: int, size: int = 5, **fields: object) -> list[AuditEntry]:
    """Rows of one paste, oldest first."""
    return [
        written(action="contacts.searched", rows=1, about=part_of_list(n + 1, min(n + size, total), total), **fields)
        for n in range(0, total, size)
    ]


def test_parts_of_one_paste_are_one_line(auditor_client: Client, written: Write) -> None:
    _parts(written, 12, person="sam")
    page = text(auditor_client.get(PAGE))
    assert _shown(page) == [("Looked up a list", "12 numbers")]
    assert '<span class="num">3</span> entries, in 1 row' in page
    assert "<dd>3 rows</dd>" in page


def test_rows_of_others_in_between_stay_apart(written: Write) -> None:
    first, second = _parts(written, 10)
    other = written(person="eve", person_id=9)
    assert _sizes([second, other, first]) == [2, 1]


@pytest.mark.parametrize("difference", [{"person_id": 9}, {"scope": "account"}, {"outcome": "failed"}])
def test_parts_that_differ_are_not_folded(written: Write, difference: dict[str, object]) -> None:
    first = written(action="contacts.searched", about=part_of_list(1, 5, 10))
    second = written(action="contacts.searched", about=part_of_list(6, 10, 10), **difference)
    assert _sizes([second, first]) == [1, 1]


def test_second_paste_of_same_length_is_a_line_of_its_own(written: Write) -> None:
    rows = [*_parts(written, 10), *_parts(written, 10)]
    assert [[part.entry for part in line.parts] for line in _lines(reversed(rows))] == [rows[2:], rows[:2]]


@pytest.mark.parametrize("size", [5, 2])
def test_same_short_list_twice_is_two_lines(written: Write, size: int) -> None:
    assert len(_sizes(reversed([*_parts(written, 4, size), *_parts(written, 4, size)]))) == 2


def test_part_of_an_hour_ago_is_not_folded(written: Write) -> None:
    first = written(action="contacts.searched", about=part_of_list(1, 5, 10), at=NOON)
    late = NOON + FOLDED_WITHIN + timedelta(seconds=1)
    second = written(action="contacts.searched", about=part_of_list(6, 10, 10), at=late)
    assert _sizes([second, first]) == [1, 1]


def test_parts_that_begin_within_the_one_before_are_one_line(written: Write) -> None:
    """Former versions wrote where a batch was to end, not where the rate limit ended it."""
    spans = ((1, 5), (3, 7), (3, 7), (8, 12), (9, 12), (9, 12))
    rows = [written(action="contacts.searched", about=part_of_list(*span, 12)) for span in spans]
    (line,) = _lines(reversed(rows))
    assert (line.summary, len(line.parts)) == ("12 numbers", 6)


def test_beginning_that_was_held_back_is_folded(written: Write) -> None:
    held = [written(action="contacts.searched", about=part_held_back(1, 5, 10)) for _ in range(2)]
    (line,) = _lines(reversed([*held, *_parts(written, 10)]))
    assert line.summary == "10 numbers"


def test_mark_of_link_session_stays_with_folded_list(written: Write) -> None:
    mark = "(session by a link from mara)"
    spans = (part_held_back(1, 5, 20), part_of_list(1, 5, 20), part_of_list(6, 10, 20))
    rows = [written(action="contacts.searched", about=f"{about} {mark}") for about in spans]
    (line,) = _lines(reversed(rows))
    assert line.summary == f"numbers 1 to 10 of 20 {mark}"


@pytest.mark.slow
def test_list_is_one_line_when_rate_limit_cuts_its_batches(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("contacts_ui.contacts.lookup_batch._lookup", _limited_after((5, 3, 2, 1)))
    clear_log()
    start: int | None = 0
    while start is not None:
        page = text(admin_client.get(_next(start), headers=FRAGMENT))
        found = re.search(r"from=(\d+)", page)
        start = int(found[1]) if found else None
    rows = AuditEntry.objects.filter(action="contacts.searched").order_by("-pk")
    assert len(rows) > 13
    (line,) = _lines(rows)
    assert (line.label, line.summary) == ("Looked up a list", "64 numbers")
    assert len({part.about for part in line.parts}) == len(line.parts)  # each says what it looked up itself


def _next(start: int) -> str:
    return f"/account/contacts/?search={SIXTY_FOUR.replace('+', '%2B')}" + (f"&from={start}" if start else "")


def _limited_after(sizes: tuple[int, ...]) -> Callable[..., LookupRow]:
    """Looks nothing up, and refuses a number after so many, again and again."""
    lefts = cycle(sizes)
    left = next(lefts)

    def look_up(_scope: object, raw: str, _attempts: object) -> LookupRow:
        nonlocal left
        if not left:
            left = next(lefts)
            raise LocalRateLimited(retry_after=1)
        left -= 1
        return LookupRow(raw, raw, None)

    return look_up


# --- Rows of one request ---------------------------------------------------------------------------


def test_rows_of_one_request_are_one_line_named_by_the_first(written: Write) -> None:
    same = {"reference": "desk_1", "person_id": 7, "scope": "account"}
    opened = written(action="contact.opened", rows=1, about="4bf92f35-77b3-4da6-a3ce-929d0e0e4736", **same)
    also = written(action="number.also_in", about="also in 2 profiles", **same)
    (line,) = _lines([also, opened])
    assert (line.label, line.rows, line.scopes) == ("Opened a contact", 1, ("account",))
    assert line.summary == "contact 4bf92f35 · Saw “Also in” of a contact"


def test_reveal_that_a_search_was_is_said_on_its_line(written: Write) -> None:
    searched = written(action="contacts.searched", reference="desk_1", rows=1)
    revealed = written(action="number.revealed", reference="desk_1", rows=1)
    (line,) = _lines([revealed, searched])
    assert (line.label, line.summary, line.rows) == ("Searched contacts", "Revealed a masked number", 1)


def test_switch_of_profile_says_how_many_rows_it_showed(written: Write) -> None:
    switched = written(action="profile.switched", reference="desk_1")
    listed = written(action="contacts.listed", reference="desk_1", rows=50)
    (line,) = _lines([listed, switched])
    assert (line.label, line.summary, line.rows) == ("Switched to this profile", "Viewed the contact list", 50)


@pytest.mark.parametrize("difference", [{"reference": "desk_2"}, {"reference": None}, {"person_id": 9}])
def test_rows_of_two_requests_or_people_stay_apart(written: Write, difference: dict[str, object]) -> None:
    same: dict[str, object] = {"reference": "desk_1", "person_id": 7}
    rows = [written(**same), written(**same | difference)]
    assert _sizes(reversed(rows)) == [1, 1]


UNFOLDED = (
    "role.changed", "profile.assignment", "person.changed", "policy.changed", "admin.changed", "sign_in", "page.denied",
    "quota.exceeded", "contacts.exported", "audit.exported",
)  # fmt: skip


@pytest.mark.parametrize("action", UNFOLDED)
def test_every_change_and_denial_has_a_line_of_its_own(written: Write, action: str) -> None:
    rows = [written(action=action, reference="desk_1", person_id=7, about=f"row {n}") for n in range(3)]
    assert _sizes(reversed(rows)) == [1, 1, 1]


# --- Lookups that the worker makes -----------------------------------------------------------------


def _sweep(
    written: Write, *, start: dict[str, object] | None = None, found: dict[str, object] | None = None
) -> list[AuditEntry]:
    same: dict[str, object] = {"action": "number.looked_up", "person_id": 7, "marks": f" {HASH} "}
    asked = written(**same | {"about": lookup_started(9), "reference": "desk_1"} | (start or {}))
    answers = [
        written(**same | {"rows": 1, "reference": f"desk_{n}", "scope": f"profile-{n}"} | (found or {})) for n in (2, 3)
    ]
    return [asked, *answers]


def test_answers_of_a_lookup_by_the_worker_are_on_its_line(written: Write) -> None:
    (line,) = _lines(reversed(_sweep(written)))
    assert (line.label, line.summary) == ("Looked up a number", "asked 9 profiles one by one, found in 2")
    assert (line.rows, len(line.scopes)) == (2, 2)


@pytest.mark.parametrize(
    "start",
    [
        {"person_id": 9},
        {"marks": f" {'f' * 20} "},
        {"marks": None},
        {"about": "0 of 9 have it, 0 not asked just now"},
        {"outcome": "failed"},
        {"at": NOON - SWEEP_WITHIN},
    ],
    ids=str,
)
def test_answer_is_not_folded_into_another_lookup(written: Write, start: dict[str, object]) -> None:
    assert _sizes(reversed(_sweep(written, start=start))) == [1, 1, 1]


def test_answer_that_was_asked_for_in_its_own_request_stays_there(written: Write) -> None:
    asked, *_ = _sweep(written)
    same: dict[str, object] = {
        "action": "number.looked_up",
        "person_id": 7,
        "marks": f" {HASH} ",
        "reference": "desk_9",
    }
    rows = [asked, written(about="1 of 9 have it, 0 not asked just now", **same), written(rows=1, **same)]
    assert _sizes(reversed(rows)) == [2, 1]


# --- Filters ---------------------------------------------------------------------------------------


def test_filter_finds_every_row_of_a_folded_lookup(auditor_client: Client, written: Write) -> None:
    same: dict[str, object] = {"action": "number.looked_up", "reference": "desk_1", "person": "sam", "person_id": 7}
    written(about="2 of 3 have it, 0 not asked just now", marks=f" {HASH} ", **same)
    for scope in ("00000000-0000-4000-8000-000000000001", "00000000-0000-4000-8000-000000000002"):
        written(scope=scope, rows=1, about=scope, marks=f" {HASH} ", **same)
    written(**same | {"action": "number.revealed"}, rows=1)
    found = {
        "": [("Looked up a number", "2 of 3 profiles have it · Revealed a masked number")],
        f"?number={HASH}": [("Looked up a number", "2 of 3 profiles have it")],
        "?action=number.looked_up": [("Looked up a number", "2 of 3 profiles have it")],
        "?action=number.found": [("Found the number in a profile", "contact 00000000")],
        f"?profile={scope}": [("Found the number in a profile", "contact 00000000")],
        "?action=number.revealed": [("Revealed a masked number", "")],
    }
    for query, lines in found.items():
        assert _shown(text(auditor_client.get(f"{PAGE}{query}"))) == lines, query


def test_folded_line_links_each_profile_and_names_none_for_all(auditor_client: Client, written: Write) -> None:
    same: dict[str, object] = {"action": "number.looked_up", "reference": "desk_1"}
    scopes = ("account", "00000000-0000-4000-8000-000000000002")
    for scope in (None, *scopes):
        written(scope=scope, **same)
    page = text(auditor_client.get(PAGE))
    assert re.search(r'class="audit-where">2 profiles</td>', page)
    for scope in scopes:
        assert f'href="/audit/?profile={scope}"' in page


# --- Pages -----------------------------------------------------------------------------------------


def _page_rows(size: int) -> tuple[list[list[int]], list[list[int]]]:
    """Ids of the rows of each page, by "older" from the newest page on, and by "newer" back from the last one."""
    page = entries_page(EntryFilter(), size, before=None, after=None)
    there = [page]
    while page.older:
        page = entries_page(EntryFilter(), size, before=AuditEntry.objects.get(pk=page.older), after=None)
        there.append(page)
    back = [page]
    while page.newer:
        page = entries_page(EntryFilter(), size, before=None, after=AuditEntry.objects.get(pk=page.newer))
        back.append(page)
    assert all(len(page.deeds) <= size for page in there + back)
    assert all(deed.whole for page in there + back for deed in page.deeds)
    return [[row.pk for row in page.entries] for page in there], [[row.pk for row in page.entries] for page in back]


def test_no_deed_is_cut_by_a_page_in_either_direction(db: None) -> None:
    random, at = Random(5), NOON
    for deed in range(90):
        for _ in range(random.choice((1, 1, 2, 4, 7))):
            at += timedelta(seconds=random.choice((0, 1)))
            AuditEntry.objects.create(at=at, action="contact.opened", outcome="ok", reference=f"desk_{deed}")
    references = dict(AuditEntry.objects.values_list("pk", "reference"))
    for pages in _page_rows(10):
        assert Counter(pk for page in pages for pk in page) == Counter([*references])  # each row once
        on = Counter(reference for page in pages for reference in {references[pk] for pk in page})
        assert set(on.values()) == {1}


def test_deed_that_no_page_holds_says_that_there_is_more(auditor_client: Client, written: Write) -> None:
    for _ in range(101):
        written(reference="desk_1")
    first = text(auditor_client.get(PAGE))
    assert '<span class="num">101</span> entries, 100 on this page, in 1 row' in first
    assert "The rest is on another page." in first


@pytest.mark.slow
@given(numbers=st.lists(st.integers(0, 30), max_size=41), size=st.integers(1, 20))
def test_page_has_as_many_lines_as_fit_and_cuts_as_few_deeds_as_possible(numbers: list[int], size: int) -> None:
    read = numbers[: 2 * size + 1]
    end = page_end(read, size)

    def cut(place: int) -> int:
        return len({*read[:place]} & {*read[place:]})

    fits = [
        place
        for place in range(min(max(1, size // 2), len(read)), min(2 * size, len(read)) + 1)
        if len({*read[:place]}) <= size
    ]
    assert end == max(fits, key=lambda place: (-cut(place), place))
    assert end > 0 or not read


def test_log_without_folds_has_pages_of_full_size() -> None:
    assert page_end(range(101), 50) == 50
