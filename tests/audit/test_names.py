"""Event names: the menu offers every name that rows have, and each of them finds exactly the rows that have it."""

from __future__ import annotations

import re
from collections import Counter
from html import unescape
from itertools import product

import pytest
from django.test import Client

from contacts_ui.audit import AuditAction, part_of_list
from contacts_ui.audit.names import NAMES, entry_label, name_choices, name_of
from contacts_ui.audit.queries import EntryFilter, filter_entries
from contacts_ui.models import AuditEntry
from tests.audit.conftest import NOON, Write
from tests.html import text

PAGE = "/audit/"
ABOUTS = (None, "wrong password", part_of_list(1, 5, 9), f"{part_of_list(6, 9, 9)} (session by a link from mara)")


@pytest.fixture
def every_row(db: None) -> list[AuditEntry]:
    """A row of every action, with every outcome, with and without a count, and of every kind of text."""
    kinds = product(AuditAction, ("ok", "denied", "failed"), (None, 0, 3), ABOUTS)
    return AuditEntry.objects.bulk_create(
        AuditEntry(at=NOON, action=action.value, outcome=outcome, rows=rows, about=about)
        for action, outcome, rows, about in kinds
    )


@pytest.mark.slow
def test_name_finds_exactly_the_rows_that_have_it(every_row: list[AuditEntry]) -> None:
    for value, name in NAMES.items():
        found = {entry.pk for entry in filter_entries(EntryFilter(name=name))}
        assert found == {entry.pk for entry in every_row if name_of(entry) == value}, value
        assert {entry_label(entry) for entry in every_row if entry.pk in found} == {name.label}, value


def test_every_row_is_found_by_one_name(every_row: list[AuditEntry]) -> None:
    found = Counter(entry.pk for name in NAMES.values() for entry in filter_entries(EntryFilter(name=name)))
    assert found == Counter(entry.pk for entry in every_row)


def test_no_two_names_read_alike() -> None:
    assert len({name.label for name in NAMES.values()}) == len(NAMES)


def test_menu_offers_every_name_once(auditor_client: Client) -> None:
    menu = re.search(r'<select class="select" id="action".*?</select>', text(auditor_client.get(PAGE)), re.DOTALL)
    assert menu
    offered = re.findall(r'<option value="([^"]+)">([^<]+)</option>', unescape(menu[0]))
    assert dict(offered) == {value: name.label for value, name in NAMES.items()}
    assert len(offered) == len(NAMES)


def test_names_about_profiles_are_absent_without_profiles() -> None:
    left_out = name_choices(has_profiles=True).keys() - name_choices(has_profiles=False).keys()
    assert {"number.looked_up", "number.looked_up.tried", "number.found"} <= left_out
    assert "list.looked_up" not in left_out


def test_click_on_name_of_row_finds_that_name(auditor_client: Client, written: Write) -> None:
    written(action="contacts.searched", about=part_of_list(1, 5, 5))
    written(action="contacts.searched")
    page = unescape(text(auditor_client.get(PAGE)))
    names = r'class="audit-what"><a href="(/audit/\?action=[^"]+)"[^>]*>([^<]+)</a>'
    for url, label in re.findall(names, page):
        assert [shown for _url, shown in re.findall(names, unescape(text(auditor_client.get(url))))] == [label]


def test_outcome_says_which_rows_of_an_action(auditor_client: Client, written: Write) -> None:
    """A link with both, as of before, means what it meant."""
    written(action="contact.opened", outcome="denied")
    assert "Tried to open a contact</a>" in text(auditor_client.get(f"{PAGE}?action=contact.opened&outcome=denied"))
    assert "No entry matches" in text(auditor_client.get(f"{PAGE}?action=contact.opened"))
