"""Pieces: the text of national formats in which digits stand, compared with a naive scan over any text."""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.number_index import ScopeIndex
from contacts_ui.number_index.columns import Columns
from contacts_ui.number_index.rows import (
    NO_NUMBER,
    UNOWNED,
    Row,
    TableBuilder,
    e164_value,
    key_of,
    row_of,
    rows_of,
)
from contacts_ui.sent_api.types import Contact

PHONE_LIKE = st.text("0123456789 ()-./+", max_size=24)
# Scripts, right-to-left marks, ext., superscripts, surrogate-free: whatever the decoder lets through, and more.
ANY_TEXT = st.one_of(
    st.none(),
    PHONE_LIKE,
    st.text(max_size=60),
    st.text("0\u06601\u0967\u06f12 \u200f#x", max_size=20),
    st.text("12", max_size=90),
)
RUN = st.text("0123456789", min_size=1, max_size=9)


def contact(number: int, national: str | None, e164: str | None = None, owner: str | None = None) -> Contact:
    """A contact with this national format."""
    return Contact(id=UUID(int=number), format_national=national, format_e164=e164, customer_id=owner)


def _index(nationals: Iterable[str | None]) -> ScopeIndex:
    return ScopeIndex.of(contact(number, national) for number, national in enumerate(nationals))


def _naive(nationals: Iterable[str | None], run: str, *, ending: bool) -> Counter[str]:
    """Each text scanned from every character."""
    counts: Counter[str] = Counter()
    for text in nationals:
        found = set()
        for first in range(len(text or "")):
            for end in range(first + 1, len(text or "") + 1):
                piece = (text or "")[first:end]
                digits = "".join(str(unicodedata.decimal(c)) for c in piece if c.isdecimal())
                at_the_ends = piece[0].isdecimal() and piece[-1].isdecimal()
                last = not any(map(str.isdecimal, (text or "")[end:]))
                if at_the_ends and digits == run and (last or not ending):
                    found.add(piece)
        counts.update(found)
    return counts


@pytest.mark.slow
@given(st.lists(ANY_TEXT, max_size=12), RUN, st.booleans())
def test_pieces_equal_those_of_a_naive_scan_over_any_text(nationals: list[str | None], run: str, ending: bool) -> None:
    nationals = nationals + nationals[:3]  # several rows in one template
    counted = {piece.text: piece.contacts for piece in _index(nationals).pieces(run, ending=ending)}
    assert counted == dict(_naive(nationals, run, ending=ending))


@pytest.mark.slow
@given(st.lists(ANY_TEXT, max_size=12), st.lists(ANY_TEXT, max_size=6), RUN)
def test_recent_rows_answer_as_those_in_columns(stored: list[str | None], recent: list[str | None], run: str) -> None:
    index = _index(stored).with_rows(row_of(contact(1000 + n, text), None) for n, text in enumerate(recent))
    assert {p.text: p.contacts for p in index.pieces(run)} == dict(_naive([*stored, *recent], run, ending=False))
    assert index.contacts == len(stored) + len(recent)


@pytest.mark.slow
@given(st.lists(ANY_TEXT, max_size=12))
def test_table_gives_back_its_rows(nationals: list[str | None]) -> None:
    rows = {row_of(contact(n, text, f"+49{n + 1}", f"p{n % 3}"), f"p{n % 3}") for n, text in enumerate(nationals)}
    builder = TableBuilder()
    builder.add(rows)
    assert set(rows_of(builder.table())) == rows


@pytest.mark.parametrize(
    ("national", "run", "piece"),
    [
        ("07403 965801", "39658", "3 9658"),
        ("(774) 201-5501", "7742", "774) 2"),
        ("(774) 201-5501", "2015501", "201-5501"),
        ("(011) 15-2345-6789", "1115", "11) 15"),
        ("03 (99) 1234", "3991", "3 (99) 1"),
    ],
)
def test_piece_has_its_punctuation_inside_and_none_at_its_ends(national: str, run: str, piece: str) -> None:
    assert [each.text for each in _index([national]).pieces(run)] == [piece]


def test_run_never_stands_across_two_contacts() -> None:
    assert _index(["07403 965801", "07403 965802"]).pieces("5801074") == ()


def test_contact_in_which_a_piece_stands_twice_counts_once() -> None:
    (piece,) = _index(["1212 1212 12", "9999 1212 99"]).pieces("1212 1212".replace(" ", "")[:4])[:1]
    assert (piece.text, piece.contacts) == ("1212", 2)


def test_pieces_with_most_contacts_come_first() -> None:
    pieces = _index(["04 1234", "0 41234", "05 1234", "0 51 234"]).pieces("1234")
    assert [(piece.text, piece.contacts) for piece in pieces] == [("1234", 3), ("1 234", 1)]


def test_ending_finds_the_end_alone() -> None:
    index = _index(["0711 1234567", "0711 2312345"])
    assert [piece.text for piece in index.pieces("2345", ending=True)] == ["2345"]
    assert index.pieces("4567", ending=True)[0].contacts == 1
    assert index.pieces("1234", ending=True) == ()


@pytest.mark.parametrize("run", ["", "12a4", "١٢٣٤", "12 34", "+491"])
def test_what_is_no_run_of_digits_has_no_pieces(run: str) -> None:
    assert _index(["12a4 1234"]).pieces(run) == ()


def test_index_has_exactly_the_number_that_the_api_gave() -> None:
    index = ScopeIndex.of([contact(1, "07403 965801", "+447403965801"), contact(2, None, None)])
    assert index.has("+447403965801")
    assert not any(map(index.has, ("+44740396580", "+4474039658011", "447403965801", "", "+", "+0", "+447403965802")))


def test_replaced_number_is_not_found_any_more() -> None:
    index = ScopeIndex.of([contact(1, "07403 965801", "+447403965801"), contact(2, "07403 965802", "+447403965802")])
    changed = index.with_rows([row_of(contact(1, "07403 111111", "+447403111111"), None)])
    assert [(p.text, p.contacts) for p in changed.pieces("07403")] == [("07403", 2)]
    assert changed.has("+447403111111")
    assert not changed.has("+447403965801")
    assert changed.pieces("965801") == ()
    assert changed.contacts == 2


def test_row_that_is_known_changes_nothing() -> None:
    known = contact(1, "07403 965801", "+447403965801")
    index = ScopeIndex.of([known])
    assert index.with_rows([row_of(known, None)]) is index
    assert index.unknown([row_of(known, None)]) == ()


def test_profile_of_an_account_index_sees_its_own_rows_alone() -> None:
    index = ScopeIndex.of(
        [
            contact(1, "07403 965801", "+447403965801", "P1"),
            contact(2, "07403 965802", "+447403965802", "P2"),
            contact(3, "07403 965803", "+447403965803"),
        ]
    ).with_rows([row_of(contact(4, "07403 965804", "+447403965804"), "p2")])
    own = index.of_owner("P1")
    assert [(piece.text, piece.contacts) for piece in own.pieces("0740396580")] == [("07403 96580", 1)]
    assert (own.contacts, index.contacts) == (1, 4)
    assert own.has("+447403965801")
    assert not any(map(own.has, ("+447403965802", "+447403965803", "+447403965804")))
    assert index.of_owner("p9").pieces("07403") == ()
    assert index.owners_of("+447403965802") == {"p2"}


def test_owner_with_a_number_beyond_one_byte_has_its_rows() -> None:
    index = ScopeIndex.of(contact(n, f"0711 {n:06}", f"+49711{n:06}", f"p{n % 700}") for n in range(1400))
    assert index.of_owner("p513").contacts == 2
    assert {piece.text for piece in index.of_owner("p513").pieces("000513")} == {"000513"}
    assert isinstance(index.columns, Columns)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+447403965801", 447403965801),
        ("+1", 1),
        ("+1234567890123456789", 1234567890123456789),
        *((text, 0) for text in ("", None, "+", "+0447", "447403965801", "+44 7403", "+٤٤٧", "+12345678901234567890")),
    ],
)
def test_number_in_e164_has_a_value(text: str | None, value: int) -> None:
    assert e164_value(text) == value


def test_keys_of_ids_that_begin_with_a_time_differ() -> None:
    ids = [UUID(int=(0x0192_F000_0000 + n // 500 << 80) | 7 << 76 | n % 500) for n in range(50_000)]
    assert len({key_of(each) for each in ids}) == len(ids)


NATIONALS = st.sampled_from(["0711 1234", "0711 1235", "(071) 112-34", "1 23 4", None])
ROWS = st.builds(
    Row,
    st.integers(1, 6),
    NATIONALS,
    st.sampled_from([NO_NUMBER, 4971112, 4971113]),
    st.sampled_from([None, "p1", "p2", UNOWNED]),
)


@pytest.mark.slow
@given(st.lists(ROWS, max_size=8), st.lists(st.lists(ROWS, max_size=4), max_size=4), st.sampled_from([None, "p1"]))
def test_index_answers_as_a_dictionary_of_its_rows(
    stored: list[Row], pages: list[list[Row]], owner: str | None
) -> None:
    """The first row of a key is the table's; a later one replaces it when its number or its owner is another."""
    builder, model = TableBuilder(), dict[int, Row]()
    builder.add(stored)
    for row in reversed(stored):
        model[row.key] = row
    index = ScopeIndex(Columns(builder.table()))
    in_table = dict(model)
    for page in pages:
        index = index.with_rows(page)
        for row in page:
            known = in_table.get(row.key) if model.get(row.key) is in_table.get(row.key) else None
            if known is None or (known.e164, known.owner) != (row.e164, row.owner):
                model[row.key] = row
    if owner is not None:
        index = index.of_owner(owner)
    rows = [row for row in model.values() if owner is None or row.owner == owner]
    assert index.contacts == len(rows)
    assert {p.text: p.contacts for p in index.pieces("123")} == dict(
        _naive((row.national for row in rows), "123", ending=False)
    )
    for number in (4971112, 4971113, 4971114):
        assert index.has(f"+{number}") == any(row.e164 == number for row in rows)
    assert all(not index.unknown([row]) for row in model.values())


@pytest.mark.slow
@given(
    st.lists(st.tuples(st.from_regex(r"[1-9][0-9]{3,14}", fullmatch=True), st.sampled_from(["p1", "p2", None]))),
    st.from_regex(r"[1-9][0-9]{0,16}", fullmatch=True),
    st.sampled_from(["p1", "p9", None]),
    st.booleans(),
)
def test_begins_equals_a_naive_scan(
    numbers: list[tuple[str, str | None]], digits: str, owner: str | None, recent: bool
) -> None:
    stored = [contact(nth, number, f"+{number}", whose) for nth, (number, whose) in enumerate(numbers)]
    index = ScopeIndex().with_rows(map(_owned, stored)) if recent else ScopeIndex.of(stored)
    index = index.of_owner(owner) if owner else index
    for run in (digits, *(number[:5] for number, _ in numbers)):
        assert index.begins(run) == any(
            number.startswith(run) for number, whose in numbers if owner is None or whose == owner
        )


@pytest.mark.parametrize("digits", ["", "0", "07403", "+44", "٤٤"])
def test_nothing_begins_with_what_is_no_country_code(digits: str) -> None:
    assert not ScopeIndex.of([contact(1, "07403 965801", "+447403965801"), contact(2, "0", None)]).begins(digits)


def _owned(one: Contact) -> Row:
    return row_of(one, one.customer_id)
