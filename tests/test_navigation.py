"""Navigation: one for everyone who has more than contacts, the current section marked, a way back without a profile."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import ProfileAccess

from .html import fragment, text

SECTIONS = ["Contacts", "Find a number", "People", "Audit log", "Status"]
MENU = re.compile(r'<nav class="popover popover--end" id="account-menu".*?</nav>', re.DOTALL)


def _links(page: str) -> list[tuple[str, str, str]]:
    """Address, value of aria-current ("" for none) and title of each link of the navigation."""
    found = re.search(r'<nav class="sections".*?</nav>', page, re.DOTALL)
    pattern = r'<a href="([^"]+)"(?: aria-current="(\w+)")?>.*?<span>([^<]+)</span></a>'
    return re.findall(pattern, found[0]) if found else []


@pytest.mark.parametrize(
    ("path", "current"),
    [
        ("/account/contacts/", ("Contacts", "page")),
        ("/people/", ("People", "page")),
        ("/people/new/", ("People", "true")),
        ("/audit/", ("Audit log", "page")),
        ("/gateway/", ("Status", "page")),
        ("/lookup/", ("Find a number", "page")),
    ],
)
def test_admin_has_every_section_and_current_one_is_marked(
    admin_client: Client, path: str, current: tuple[str, str]
) -> None:
    admin_client.get("/account/contacts/")  # tells the session that there are several profiles
    links = _links(text(admin_client.get(path)))
    assert [title for _url, _current, title in links] == SECTIONS
    assert [(title, mark) for _url, mark, title in links if mark] == [current]


def test_contacts_section_leads_to_the_profile_of_the_page(admin_client: Client, root_user: User) -> None:
    assert _links(text(admin_client.get("/account/contacts/?search=20")))[0][0] == "/account/contacts/"
    assert _links(text(admin_client.get("/people/")))[0][0] == "/"


def test_person_with_one_profile_has_no_navigation(support_client: Client, support_user: User) -> None:
    kept = ProfileAccess.objects.filter(user=support_user).first()
    assert kept
    ProfileAccess.objects.exclude(pk=kept.pk).delete()
    assert _links(text(support_client.get("/", follow=True))) == []
    assert _links(text(support_client.get("/preferences/"))) == []


def test_person_with_several_profiles_finds_a_number_in_them(support_client: Client) -> None:
    for path in ("/", "/preferences/", "/you/sessions/"):
        links = _links(text(support_client.get(path, follow=True)))
        assert [title for _url, _current, title in links] == ["Contacts", "Find a number"]


def test_navigation_of_an_error_page_follows_profiles_taken_away(support_client: Client, support_user: User) -> None:
    support_client.get("/", follow=True)  # tells the session that there are several profiles
    kept, gone = ProfileAccess.objects.filter(user=support_user)[:2]
    ProfileAccess.objects.exclude(pk=kept.pk).delete()
    refused = support_client.get(f"/p/{gone.profile_id}/contacts/")
    assert (refused.status_code, _links(text(refused))) == (404, [])


def test_single_account_has_nothing_to_find_a_number_in(admin_client: Client, use_key: Callable[[str], None]) -> None:
    use_key("sandbox-user")
    admin_client.get("/account/contacts/")
    titles = [title for _url, _current, title in _links(text(admin_client.get("/people/")))]
    assert titles == ["Contacts", "People", "Audit log", "Status"]


def test_auditor_has_the_log_and_no_way_to_contacts(admin_client: Client, admin_user: User) -> None:
    admin_user.groups.set([Group.objects.get(name="auditor")])
    page = text(admin_client.get("/audit/"))
    assert [title for _url, _current, title in _links(page)] == ["Audit log"]
    assert "Back to contacts" not in page


@pytest.mark.parametrize("path", ["/preferences/", "/you/sessions/"])
def test_page_without_profile_leads_back_to_last_profile(support_client: Client, path: str) -> None:
    page = text(support_client.get(path))
    assert re.search(r'<a class="switcher" href="/">.*?Back to contacts', page)


@pytest.mark.parametrize("path", ["/preferences/", "/you/sessions/", "/people/"])
def test_navigation_is_the_one_way_back(admin_client: Client, path: str) -> None:
    page = text(admin_client.get(path))
    assert _links(page)[0][::2] == ("/", "Contacts")
    assert "Back to contacts" not in page.partition("</header>")[0]


def test_page_with_profile_has_no_second_way_back(admin_client: Client) -> None:
    assert "Back to contacts" not in text(admin_client.get("/account/contacts/"))


def test_account_menu_is_about_oneself_alone(admin_client: Client) -> None:
    menu = MENU.findall(text(admin_client.get("/people/")))[0]
    assert set(re.findall(r'<a [^>]*href="([^"]+)"', menu)) == {
        "/preferences/",
        "/you/second-factor/",
    }


def test_fragment_has_no_navigation(admin_client: Client) -> None:
    assert _links(text(fragment(admin_client, "/people/"))) == []


def test_nothing_else_is_offered_before_the_second_factor(admin_client: Client, settings: Settings) -> None:
    settings.REQUIRE_MFA = True
    page = text(admin_client.get("/you/second-factor/"))
    assert _links(page) == []
    assert "Back to contacts" not in page


def test_every_icon_button_of_the_bar_has_a_tooltip(admin_client: Client) -> None:
    header = text(admin_client.get("/people/")).partition("</header>")[0]
    buttons = re.findall(r'<button class="icon[^>]*>', header)
    assert len(buttons) == 4  # one of them on phones alone
    assert all(' title="' in button for button in buttons)
