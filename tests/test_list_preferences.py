"""How a person's preferences shape the list: rows a page, columns, the region of local numbers; and the chips."""

from __future__ import annotations

import re
from itertools import pairwise

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import COLUMNS, Preferences
from testing.sandbox_server import SandboxServer

from .html import fragment, rows, text

LIST = "/account/contacts/"


@pytest.fixture
def other_client(desk_api: SandboxServer, admin_user: User) -> Client:
    """Another admin's browser, who never saved a preference."""
    other = User.objects.create_user("olga", password="x")
    other.groups.set(admin_user.groups.all())
    client = Client()
    client.force_login(other)
    return client


def _prefer(user: User, **wishes: object) -> None:
    Preferences.objects.update_or_create(user=user, defaults=wishes)


def _links(page: str) -> dict[str, str]:
    """The pager's links by what they are."""
    return {rel: url.replace("&amp;", "&") for url, rel in re.findall(r'<a href="([^"]+)" rel="(\w+)"', page)}


# --- Rows a page -----------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [20, 50, 100])
def test_the_first_page_has_as_many_rows_as_one_prefers(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, size: int
) -> None:
    _prefer(admin_user, page_size=size)
    for response in (admin_client.get(LIST), fragment(admin_client, LIST)):
        assert rows(response) == list(sandbox.contacts(None))[:size]


def test_what_the_address_names_stands_above_the_preference(admin_client: Client, admin_user: User) -> None:
    _prefer(admin_user, page_size=20)
    assert len(rows(admin_client.get(LIST, {"page_size": 100}))) == 100


@pytest.mark.parametrize("size", [20, 50, 100])
def test_a_later_page_without_a_size_is_the_same_for_everyone(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, size: int
) -> None:
    _prefer(admin_user, page_size=size)
    assert rows(admin_client.get(LIST, {"page": 2})) == list(sandbox.contacts(None))[50:100]


@pytest.mark.parametrize("address", [LIST, f"{LIST}?page=2", f"{LIST}?page=2&page_size=20", f"{LIST}?search=2"])
def test_every_page_one_is_led_to_has_the_size_of_the_one_before(
    admin_client: Client, admin_user: User, address: str
) -> None:
    _prefer(admin_user, page_size=20)
    here = admin_client.get(address)
    size = int(re.findall(r"<option selected>(\d+)", text(here))[0])
    for url in _links(text(here)).values():
        assert re.findall(r"<option selected>(\d+)", text(admin_client.get(url))) == [str(size)]


@pytest.mark.parametrize("size", [20, 100])
@pytest.mark.parametrize("address", [LIST, f"{LIST}?channel=sms", f"{LIST}?page=2", f"{LIST}?page_size=20"])
def test_a_link_to_another_page_shows_the_same_rows_to_everyone(
    admin_client: Client, admin_user: User, other_client: Client, size: int, address: str
) -> None:
    _prefer(admin_user, page_size=size)
    followed = {rel: url for rel, url in _links(text(admin_client.get(address))).items() if "page=" in url}
    assert followed
    for url in followed.values():
        assert rows(admin_client.get(url)) == rows(other_client.get(url))


def test_the_first_page_by_link_begins_with_the_same_rows_for_everyone(
    admin_client: Client, admin_user: User, other_client: Client
) -> None:
    """Its size is each one's own, as long as the address names none."""
    _prefer(admin_user, page_size=20)
    url = _links(text(admin_client.get(LIST, {"page": 2, "page_size": 20})))["first"]
    assert url == LIST
    assert rows(admin_client.get(url)) == rows(other_client.get(url))[:20]


def test_page_after_page_shows_every_contact_once(
    admin_client: Client, admin_user: User, sandbox: SandboxServer
) -> None:
    _prefer(admin_user, page_size=20)
    seen, url = [], LIST
    while url:
        response = admin_client.get(url)
        seen += rows(response)
        url = _links(text(response)).get("next", "")
    assert seen == list(sandbox.contacts(None))


def test_the_address_that_htmx_is_given_is_that_of_the_rows(
    admin_client: Client, admin_user: User, other_client: Client
) -> None:
    _prefer(admin_user, page_size=20)
    first = fragment(admin_client, LIST, current=LIST, page_size=50)
    assert first["HX-Push-Url"] == f"{LIST}?page_size=50"
    assert rows(admin_client.get(first["HX-Push-Url"])) == rows(first)
    assert fragment(other_client, LIST, current=LIST, page_size=50)["HX-Replace-Url"] == LIST


def test_nobody_elses_preference_counts(admin_user: User, admin_client: Client, other_client: Client) -> None:
    _prefer(admin_user, page_size=20)
    assert len(rows(other_client.get(LIST))) == 50


# --- Columns ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("hidden", [name for name, _ in COLUMNS])
def test_a_hidden_column_is_in_no_part_of_the_table(admin_client: Client, admin_user: User, hidden: str) -> None:
    _prefer(admin_user, columns=[name for name, _ in COLUMNS if name != hidden])
    page = text(fragment(admin_client, LIST))
    assert f"c-{hidden}" not in page
    assert f">{dict(COLUMNS)[hidden]}<" not in page
    assert len(re.findall("<th ", page)) == len(COLUMNS)


def test_columns_stand_in_the_order_of_the_table_in_head_and_body(admin_client: Client, admin_user: User) -> None:
    _prefer(admin_user, columns=["updated", "channels"])
    page = text(fragment(admin_client, LIST))
    row = page[page.index("<tr role", page.index("<tbody")) :].split("</tr>")[0]
    for part in (page.split("</thead>")[0], row):
        places = [part.index(f"-{name}") for name in ("phone", "channels", "updated")]
        assert all(one < next_ for one, next_ in pairwise(places))


def test_with_no_column_the_number_is_left(admin_client: Client, admin_user: User) -> None:
    _prefer(admin_user, columns=[])
    response = fragment(admin_client, LIST)
    assert len(rows(response)) == 50
    assert len(re.findall("<td ", text(response))) == 50


# --- The region of local numbers -------------------------------------------------------------------


def _ignored(page: str) -> list[str]:
    found = re.findall(r'<p class="ignored" role="note"><svg.*?</svg>(.*?)</p>', page)
    return [re.sub("<[^>]+>", "", sentence) for sentence in found]


def test_a_local_number_is_read_in_ones_region(admin_client: Client, admin_user: User, sandbox: SandboxServer) -> None:
    _prefer(admin_user, region="GB")
    page = text(admin_client.get(LIST, {"phone": "020 7946 0958"}))
    assert sandbox.requests()[-1]["query"] == "page=1&page_size=100&phone=%2B442079460958"
    assert _ignored(page) == []
    assert "+44 20 7946 0958 is not among these contacts" in page


def test_a_contact_is_found_by_its_local_number(admin_client: Client, admin_user: User, sandbox: SandboxServer) -> None:
    number = next(n for n in sandbox.contacts(None).values() if n and n.startswith("+4477"))
    _prefer(admin_user, region="GB")
    response = fragment(admin_client, LIST, current=LIST, phone=f"0{number[3:]}")
    assert [sandbox.contacts(None)[contact_id] for contact_id in rows(response)] == [number]
    assert response["HX-Push-Url"] == f"{LIST}?phone=%2B{number[1:]}"


def test_a_local_number_of_no_region_known_here_is_left_out_and_that_is_said(
    admin_client: Client, sandbox: SandboxServer
) -> None:
    page = text(admin_client.get(LIST, {"phone": "030 238835"}))
    assert sandbox.requests()[-1]["query"] == "page=1&page_size=100"
    (sentence,) = _ignored(page)
    assert sentence.startswith("This is not a whole number with its country code, so it was left out.")
    assert 'value="030 238835"' in page


def test_in_the_wrong_region_a_local_number_is_left_out_too(
    admin_client: Client, admin_user: User, settings: Settings
) -> None:
    settings.DESK_REGIONS = ["CA"]
    _prefer(admin_user, region="US")
    assert len(_ignored(text(admin_client.get(LIST, {"phone": "020 7946 0958"})))) == 1


def test_a_number_with_its_country_code_is_read_in_every_region(
    admin_client: Client, admin_user: User, sandbox: SandboxServer
) -> None:
    _prefer(admin_user, region="GB")
    admin_client.get(LIST, {"phone": "+1 202-555-0143"})
    assert sandbox.requests()[-1]["query"].endswith("phone=%2B12025550143")


# --- Chips -----------------------------------------------------------------------------------------


def _chips(page: str) -> dict[str, str]:
    """What each chip says, and the address it leads to."""
    found = re.findall(r'<a class="chip" href="([^"]+)" hx-get="([^"]+)".*?>(.*?)</a>', page)
    assert all(href == get for href, get, _ in found)
    return {" ".join(re.sub("<[^>]+>", " ", words).split()): href.replace("&amp;", "&") for href, _, words in found}


@pytest.mark.parametrize(
    ("query", "chips"),
    [
        ("", {}),
        ("page=2", {}),
        ("page_size=20", {}),
        ("search=55", {"Clear Search 55": LIST}),
        ("channel=sms", {"Clear Channel SMS": LIST}),
        ("phone=%2B12025550143", {"Clear Number +12025550143": LIST}),
        (
            "search=55&channel=whatsapp&page=2&page_size=20",
            {
                "Clear Search 55": f"{LIST}?channel=whatsapp&page_size=20",
                "Clear Channel WhatsApp": f"{LIST}?search=55&page_size=20",
            },
        ),
    ],
)
def test_each_active_filter_has_a_chip_that_leads_to_the_list_without_it(
    admin_client: Client, query: str, chips: dict[str, str]
) -> None:
    for response in (admin_client.get(f"{LIST}?{query}"), fragment(admin_client, f"{LIST}?{query}")):
        assert _chips(text(response)) == chips


@pytest.mark.parametrize("query", ["channel=fax", "phone=12", "search=%00", "search=+++"])
def test_a_filter_that_was_left_out_has_no_chip(admin_client: Client, query: str) -> None:
    assert _chips(text(admin_client.get(f"{LIST}?{query}"))) == {}


def test_a_search_that_finds_nothing_can_be_cleared_by_its_chip(admin_client: Client) -> None:
    assert _chips(text(admin_client.get(LIST, {"search": "998-8776"}))) == {"Clear Search 998-8776": LIST}


def test_a_failure_leaves_the_chips(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    assert _chips(text(admin_client.get(LIST, {"search": "55"}))) == {"Clear Search 55": LIST}


def test_markup_in_a_chip_is_text(admin_client: Client) -> None:
    assert "<b>&lt;b&gt;x</b>" in text(admin_client.get(LIST, {"search": "<b>x"}))
