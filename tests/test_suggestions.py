"""Suggestions of inputs: the first names in the page, and those that fit the typed text by search."""

from __future__ import annotations

import re
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from contacts_ui.audit.filters import parse_filters
from contacts_ui.models import ProfileAccess
from contacts_ui.people.suggestions import MAX_SUGGESTED, suggested_people, suggested_profiles
from testing.sandbox_server import SandboxServer

from .html import fragment, text

SEARCHED = 'hx-get="/suggestions/"'


@pytest.fixture
def many_people(db: None) -> None:
    """More people than a page suggests; Zoë is the last one by user name."""
    User.objects.bulk_create(User(username=f"user-{number:03d}") for number in range(MAX_SUGGESTED + 10))
    zoe = User.objects.create(username="zz", first_name="Zoë", last_name="Last")
    ProfileAccess.objects.create(user=zoe, profile_id=uuid4())


def _options(page: str) -> list[str]:
    return re.findall(r'<option value="([^"]+)">', page)


def _listed(page: str, name: str) -> list[str]:
    return _options(page.split(f'<datalist id="{name}">')[1].split("</datalist>", maxsplit=1)[0])


def test_audit_page_suggests_all_of_few_people_without_search(admin_client: Client, support_user: User) -> None:
    page = text(admin_client.get("/audit/"))
    assert support_user.username in _listed(page, "people")
    assert len(_listed(page, "profiles")) == 13
    assert SEARCHED not in page


def test_audit_page_suggests_first_of_many_people_and_searches(admin_client: Client, many_people: None) -> None:
    page = text(admin_client.get("/audit/"))
    assert len(_listed(page, "people")) == MAX_SUGGESTED
    assert "zz" not in _listed(page, "people")
    assert page.count(SEARCHED) == 1


def test_person_is_suggested_by_words_of_full_name(admin_client: Client, many_people: None) -> None:
    response = fragment(admin_client, "/suggestions/", person="last zo", current="/audit/")
    assert _options(text(response)) == ["zz"]
    assert response["X-Fragment"] == "1"


@pytest.mark.parametrize("typed", ["özlem", "ÖZL", "zle", "Çelik özlem"])
def test_letters_beyond_ascii_are_found_in_either_case(admin_client: Client, typed: str) -> None:
    User.objects.create(username="oc", first_name="Özlem", last_name="Çelik")
    assert suggested_people(typed).options == (("oc", "Özlem Çelik"),)
    assert "Özlem Çelik" in text(admin_client.get("/people/", {"search": typed}))
    User.objects.filter(username="oc").update(first_name="ÖZLEM")
    assert suggested_people(typed).options == (("oc", "ÖZLEM Çelik"),)


def test_audit_filter_finds_person_beyond_ascii_in_either_case(db: None) -> None:
    person = User.objects.create(username="oc", first_name="Özlem")
    assert parse_filters("", "", {"person": "özlem"}, {}, ZoneInfo("UTC")).entry_filter.people == (person.pk,)


def test_person_to_copy_from_has_profiles(admin_client: Client, many_people: None) -> None:
    assert _options(text(fragment(admin_client, "/suggestions/", **{"from": "user"}))) == []
    assert _options(text(fragment(admin_client, "/suggestions/", **{"from": "zz"}))) == ["zz"]


def test_profile_is_suggested_by_part_of_its_name(admin_client: Client, sandbox: SandboxServer) -> None:
    name = sandbox.profiles()[4]["name"]
    assert name in _options(text(fragment(admin_client, "/suggestions/", profile=name[2:].upper())))


def test_suggestions_are_limited_and_say_that_there_are_more(
    many_people: None, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        assert len(suggested_people("user").options) == MAX_SUGGESTED
    assert suggested_profiles(f"Shop {number}" for number in range(99)).more
    assert not suggested_profiles(["One", "One"]).more


def test_suggestions_are_refused_to_support(support_client: Client) -> None:
    assert support_client.get("/suggestions/", {"person": "a"}).status_code == 403
