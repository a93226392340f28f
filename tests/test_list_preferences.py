"""Preferences in the contact list: page size, columns, region of local numbers; and filter chips."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.columns import COLUMNS
from contacts_ui.models import Preferences
from testing.sandbox_server import SandboxServer

from .html import fragment, rows, text

LIST = "/account/contacts/"


@pytest.fixture
def other_client(desk_api: SandboxServer, admin_user: User) -> Client:
    """Browser of another admin without saved preferences."""
    other = User.objects.create_user("olga", password="x")
    other.groups.set(admin_user.groups.all())
    client = Client()
    client.force_login(other)
    return client


def _prefer(user: User, **values: object) -> None:
    Preferences.objects.update_or_create(user=user, defaults=values)


def _links(page: str) -> dict[str, str]:
    """Links of the pager by their `rel`."""
    return {rel: url.replace("&amp;", "&") for url, rel in re.findall(r'<a href="([^"]+)" rel="(\w+)"', page)}


# --- Page size -------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [20, 50, 100])
def test_first_page_has_preferred_page_size(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, size: int
) -> None:
    _prefer(admin_user, page_size=size)
    for response in (admin_client.get(LIST), fragment(admin_client, LIST)):
        assert rows(response) == list(sandbox.contacts(None))[:size]


def test_page_size_in_address_overrides_preference(admin_client: Client, admin_user: User) -> None:
    _prefer(admin_user, page_size=20)
    assert len(rows(admin_client.get(LIST, {"page_size": 100}))) == 100


@pytest.mark.parametrize("size", [20, 50, 100])
def test_later_page_without_size_is_same_for_everyone(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, size: int
) -> None:
    _prefer(admin_user, page_size=size)
    assert rows(admin_client.get(LIST, {"page": 2})) == list(sandbox.contacts(None))[50:100]


@pytest.mark.parametrize("address", [LIST, f"{LIST}?page=2", f"{LIST}?page=2&page_size=20", f"{LIST}?search=2"])
def test_page_links_keep_current_page_size(admin_client: Client, admin_user: User, address: str) -> None:
    _prefer(admin_user, page_size=20)
    here = admin_client.get(address)
    size = int(re.findall(r"<option selected>(\d+)", text(here))[0])
    for url in _links(text(here)).values():
        assert re.findall(r"<option selected>(\d+)", text(admin_client.get(url))) == [str(size)]


@pytest.mark.slow
@pytest.mark.parametrize("size", [20, 100])
@pytest.mark.parametrize("address", [LIST, f"{LIST}?channel=sms", f"{LIST}?page=2", f"{LIST}?page_size=20"])
def test_page_links_show_same_rows_to_everyone(
    admin_client: Client, admin_user: User, other_client: Client, size: int, address: str
) -> None:
    _prefer(admin_user, page_size=size)
    followed = {rel: url for rel, url in _links(text(admin_client.get(address))).items() if "page=" in url}
    assert followed
    for url in followed.values():
        assert rows(admin_client.get(url)) == rows(other_client.get(url))


def test_first_page_link_starts_with_same_rows_for_everyone(
    admin_client: Client, admin_user: User, other_client: Client
) -> None:
    """The page size is a preference as long as the URL names none."""
    _prefer(admin_user, page_size=20)
    url = _links(text(admin_client.get(LIST, {"page": 2, "page_size": 20})))["first"]
    assert url == LIST
    assert rows(admin_client.get(url)) == rows(other_client.get(url))[:20]


@pytest.mark.slow
def test_following_next_links_shows_every_contact_once(
    admin_client: Client, admin_user: User, sandbox: SandboxServer
) -> None:
    _prefer(admin_user, page_size=20)
    seen, url = [], LIST
    while url:
        response = admin_client.get(url)
        seen += rows(response)
        url = _links(text(response)).get("next", "")
    assert seen == list(sandbox.contacts(None))


def test_history_address_reproduces_shown_rows(admin_client: Client, admin_user: User, other_client: Client) -> None:
    _prefer(admin_user, page_size=20)
    first = fragment(admin_client, LIST, current=LIST, page_size=50)
    assert first["HX-Push-Url"] == f"{LIST}?page_size=50"
    assert rows(admin_client.get(first["HX-Push-Url"])) == rows(first)
    assert fragment(other_client, LIST, current=LIST, page_size=50)["HX-Replace-Url"] == LIST


def test_preference_of_other_user_has_no_effect(admin_user: User, admin_client: Client, other_client: Client) -> None:
    _prefer(admin_user, page_size=20)
    assert len(rows(other_client.get(LIST))) == 50


# --- Columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [name for name, _ in COLUMNS])
def test_hidden_column_is_absent_from_table(admin_client: Client, admin_user: User, hidden: str) -> None:
    _prefer(admin_user, columns=[name for name, _ in COLUMNS if name != hidden])
    page = text(fragment(admin_client, LIST))
    assert f"c-{hidden}" not in page
    assert f">{dict(COLUMNS)[hidden]}<" not in page
    assert len(re.findall("<th ", page)) == len(COLUMNS)


def test_columns_keep_table_order_in_head_and_body(admin_client: Client, admin_user: User) -> None:
    _prefer(admin_user, columns=["updated", "channels"])
    page = text(fragment(admin_client, LIST))
    row = page[page.index("<tr role", page.index("<tbody")) :].split("</tr>")[0]
    for part in (page.split("</thead>")[0], row):
        places = [part.index(f"-{name}") for name in ("phone", "channels", "updated")]
        assert all(one < next_ for one, next_ in pairwise(places))


def test_table_without_columns_still_shows_numbers(admin_client: Client, admin_user: User) -> None:
    _prefer(admin_user, columns=[])
    response = fragment(admin_client, LIST)
    assert len(rows(response)) == 50
    assert len(re.findall("<td ", text(response))) == 50


# --- The region of local numbers -------------------------------------------------------------------


def _ignored(page: str) -> list[str]:
    found = re.findall(r'<p class="warning" role="note"><svg.*?</svg>(.*?)</p>', page)
    return [re.sub("<[^>]+>", "", sentence) for sentence in found]


def test_local_number_is_read_in_preferred_region(
    admin_client: Client, admin_user: User, sandbox: SandboxServer
) -> None:
    _prefer(admin_user, region="GB")
    page = text(admin_client.get(LIST, {"phone": "020 7946 0958"}))
    asked = [call["query"].removeprefix("page=1&page_size=100&") for call in sandbox.requests()[-2:]]
    assert asked == ["phone=%2B442079460958", "search=020+7946+0958"]  # the second is what a plain search would send
    assert _ignored(page) == []
    assert "+44 20 7946 0958 isn’t in " in page


def test_contact_is_found_by_local_number(admin_client: Client, admin_user: User, sandbox: SandboxServer) -> None:
    number = next(n for n in sandbox.contacts(None).values() if n and n.startswith("+4477"))
    _prefer(admin_user, region="GB")
    response = fragment(admin_client, LIST, current=LIST, phone=f"0{number[3:]}")
    assert [sandbox.contacts(None)[contact_id] for contact_id in rows(response)] == [number]
    assert response["HX-Push-Url"] == f"{LIST}?phone=%2B{number[1:]}"


def test_local_number_of_unknown_region_is_searched_as_it_is_written(
    admin_client: Client, sandbox: SandboxServer
) -> None:
    german = next(n for n in sandbox.contacts(None).values() if n and n.startswith("+4930"))
    response = admin_client.get(LIST, {"phone": f"030 {german[5:]}"})
    assert sandbox.requests()[-1]["query"].endswith(f"search=030+{german[5:]}")
    assert [sandbox.contacts(None)[contact_id] for contact_id in rows(response)] == [german]
    assert _ignored(text(response)) == []


def test_part_of_a_number_is_no_whole_number(admin_client: Client, sandbox: SandboxServer) -> None:
    page = text(admin_client.get(LIST, {"phone": "030 23"}))
    assert sandbox.requests()[-1]["query"] == "page=1&page_size=100"
    (sentence,) = _ignored(page)
    assert sentence == "“030 23” isn’t a whole number, so it was left out. Try +44 20 7946 0958."
    assert 'value="030 23"' in page


def test_number_with_country_code_ignores_preferred_region(
    admin_client: Client, admin_user: User, sandbox: SandboxServer
) -> None:
    _prefer(admin_user, region="GB")
    admin_client.get(LIST, {"phone": "+1 202-555-0143"})
    assert sandbox.requests()[-1]["query"].endswith("phone=%2B12025550143")


# --- Chips -----------------------------------------------------------------------------------------


def _chips(page: str) -> dict[str, str]:
    """Text of each chip, and its URL."""
    found = re.findall(r'<a class="chip" href="([^"]+)" hx-get="([^"]+)".*?>(.*?)</a>', page)
    assert all(href == get for href, get, _ in found)
    return {" ".join(re.sub("<[^>]+>", " ", words).split()): href.replace("&amp;", "&") for href, _, words in found}


@pytest.mark.parametrize(
    ("query", "chips"),
    [
        ("", {}),
        ("page=2", {}),
        ("page_size=20", {}),
        ("search=55", {}),  # the box shows it
        ("channel=sms", {"Clear Channel SMS": LIST}),
        ("phone=%2B12025550143", {}),
        (
            "search=55&channel=whatsapp&page=2&page_size=20",
            {"Clear Channel WhatsApp": f"{LIST}?search=55&page_size=20"},
        ),
    ],
)
def test_filter_outside_the_box_has_chip_that_clears_it(
    admin_client: Client, query: str, chips: dict[str, str]
) -> None:
    for response in (admin_client.get(f"{LIST}?{query}"), fragment(admin_client, f"{LIST}?{query}")):
        assert _chips(text(response)) == chips


@pytest.mark.parametrize("query", ["channel=fax", "phone=12", "search=%00", "search=+++"])
def test_ignored_filter_has_no_chip(admin_client: Client, query: str) -> None:
    assert _chips(text(admin_client.get(f"{LIST}?{query}"))) == {}


def test_failed_list_keeps_chips(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    assert _chips(text(admin_client.get(LIST, {"channel": "sms"}))) == {"Clear Channel SMS": LIST}
