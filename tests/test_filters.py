"""Contact list filters: query parameters are parsed to a valid API query, and back to a canonical URL."""

from __future__ import annotations

import copy
from urllib.parse import parse_qsl

import pytest
from django import forms
from django.http import QueryDict
from hypothesis import given
from hypothesis import strategies as st

from contacts_ui.contacts.filters import parse_filters
from contacts_ui.contacts.list_parameters import FIELDS, MAX_SEARCH, WARNINGS, NumberContext, read_parameters
from contacts_ui.sent_api.queries import MAX_PAGE, PAGE_SIZES, ContactQuery
from contacts_ui.text import printable

PATH = "/account/contacts/"
NAMES = st.sampled_from(["page", "page_size", "search", "channel", "phone", "columns", "view", "other"])


@given(st.dictionaries(NAMES, st.text(max_size=120), max_size=6))
def test_any_parameters_give_valid_query(parameters: dict[str, str]) -> None:
    asked = parse_filters(PATH, parameters).filters
    assert 1 <= asked.page <= MAX_PAGE
    assert asked.page_size in PAGE_SIZES
    assert asked.channel in {None, "sms", "whatsapp"}
    lines = (asked.search or "-").split("\n")
    assert all(line.isprintable() and 0 < len(line) <= MAX_SEARCH for line in lines)
    assert asked.phone is None or asked.phone[1:].isdecimal()


@pytest.mark.slow
@given(st.dictionaries(NAMES, st.text(max_size=40), max_size=6))
def test_canonical_url_round_trips(parameters: dict[str, str]) -> None:
    query = parse_filters(PATH, parameters)
    again = parse_filters(PATH, QueryDict(query.canonical_url.partition("?")[2]))
    assert again.filters == query.filters
    assert again.warnings == ()


class _Form(forms.Form):
    """A form of the same fields, as Django would read a URL."""

    def __init__(self, data: dict[str, str]) -> None:
        super().__init__(data)
        self.fields = copy.deepcopy(FIELDS)


PLAIN = st.sampled_from(
    ["", " ", "0", "1", "2", "03", "20", "50", "100", "-1", "1.0", "1e3", "٣", "sms", "whatsapp", "rcs"]
)
ANY_TEXT = PLAIN | st.text(max_size=12) | st.text("0123456789 +().", max_size=14) | st.just("5" * (MAX_SEARCH + 1))


@pytest.mark.slow
@given(st.dictionaries(st.sampled_from([*FIELDS, "other"]), ANY_TEXT))
def test_parameters_are_read_as_a_form_reads_them(parameters: dict[str, str]) -> None:
    form, read = _Form(parameters), read_parameters(parameters, NumberContext())
    named, cleaned = form.errors, form.cleaned_data
    for name in ("channel", "page", "page_size"):
        assert getattr(read, name) == (cleaned.get(name) or None)
    assert (read.search is None) == (not printable(cleaned.get("search", "")).split())
    warnings = [WARNINGS.get(name) or str(messages[0]) for name, messages in named.items()]
    own = [warning for warning in read.warnings if not (warning.startswith("“") and "isn’t a whole number" in warning)]
    assert own == warnings


def test_filter_change_resets_page_number() -> None:
    query = parse_filters(PATH, {"page": "7", "search": "555"})
    assert query.url(channel="sms") == f"{PATH}?search=555&channel=sms"
    assert query.url(page=8) == f"{PATH}?search=555&page=8"


def test_same_query_can_be_built_for_other_path() -> None:
    assert parse_filters(PATH, {"channel": "sms"}).url(path="") == "?channel=sms"


def test_pasted_whitespace_counts_as_spaces() -> None:
    assert parse_filters(PATH, {"search": "\u00a0(201)\u00a0555 \t01"}).filters.search == "(201) 555 01"


def test_removed_control_character_leaves_no_second_space() -> None:
    assert parse_filters(PATH, {"search": "0 \x1b 0"}).filters.search == "0 0"


def test_number_lookup_drops_search_and_channel_with_warning() -> None:
    query = parse_filters(PATH, {"phone": "+442079460958", "search": "555", "channel": "sms"})
    assert (query.filters.phone, query.filters.search, query.filters.channel) == ("+442079460958", None, None)
    assert query.warnings == ("Looking up one number sets the search and the channel aside.",)


def test_absent_filters_are_not_sent() -> None:
    assert dict(ContactQuery().params()) == {"page": "1", "page_size": "50"}


def test_canonical_url_names_only_non_default_filters() -> None:
    query = parse_filters(PATH, {"page": "1", "page_size": "50", "search": "", "channel": ""})
    assert query.canonical_url == PATH
    assert parse_qsl(parse_filters(PATH, {"page": "2"}).canonical_url.partition("?")[2]) == [("page", "2")]
