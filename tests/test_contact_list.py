"""The table of contacts: page, fragment, history, filters, failures, and whose rows they are."""

from __future__ import annotations

import re

import pytest
from django.test import Client

from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, RESTORE, fragment, rows, scopes, text

LIST = "/account/contacts/"


def _profile(sandbox: SandboxServer, number: int) -> str:
    return str(sandbox.profiles()[number]["id"])


def _list(profile_id: str) -> str:
    return f"/p/{profile_id}/contacts/"


def test_the_full_page_shows_the_accounts_own_contacts(admin_client: Client, sandbox: SandboxServer) -> None:
    response = admin_client.get(LIST)
    assert response.status_code == 200
    assert text(response).startswith("<!doctype html>")
    assert len(rows(response)) == 50
    assert set(rows(response)) <= set(sandbox.contacts(None))
    assert scopes(response) == {""}


def test_the_page_of_a_profile_shows_its_contacts_only(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = _profile(sandbox, 2)
    response = admin_client.get(_list(profile_id))
    assert rows(response)
    assert set(rows(response)) <= set(sandbox.contacts(profile_id))
    assert scopes(response) == {profile_id}


def test_heading_and_title_name_the_profile(admin_client: Client, sandbox: SandboxServer) -> None:
    name = sandbox.profiles()[2]["name"].replace("&", "&amp;")
    page = text(admin_client.get(_list(_profile(sandbox, 2))))
    assert f"<title>Contacts · {name} · Contact Desk</title>" in page
    assert f'<h1>Contacts <span class="head__scope">{name}</span></h1>' in page


def test_a_fragment_holds_the_rows_without_the_page(admin_client: Client) -> None:
    response = fragment(admin_client, LIST)
    assert response["X-Fragment"] == "1"
    assert len(rows(response)) == 50
    assert "<html" not in text(response)


def test_a_fragment_holds_the_same_rows_as_its_page(admin_client: Client) -> None:
    assert rows(fragment(admin_client, LIST, page=2)) == rows(admin_client.get(LIST, {"page": 2}))


def test_going_back_gets_the_whole_page(admin_client: Client) -> None:
    response = admin_client.get(LIST, {"page": 2}, headers=RESTORE)
    assert "X-Fragment" not in response
    assert text(response).startswith("<!doctype html>")
    assert len(rows(response)) == 50


def test_answers_vary_by_what_htmx_asks_and_are_stored_nowhere(admin_client: Client) -> None:
    for response in (admin_client.get(LIST), fragment(admin_client, LIST)):
        assert {"HX-Request", "HX-Request-Type", "HX-History-Restore-Request"} <= set(response["Vary"].split(", "))
        assert response["Cache-Control"] == "private, no-store"


def test_search_channel_and_phone_reach_the_api(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get(LIST)
    sandbox.reset_requests()
    admin_client.get(LIST, {"search": "555-01", "channel": "whatsapp"})
    assert sandbox.requests()[0]["query"] == "page=1&page_size=100&search=555-01&channel=whatsapp"
    admin_client.get(LIST, {"phone": "+1 202-555-0143"})
    assert sandbox.requests()[-1]["query"] == "page=1&page_size=100&phone=%2B12025550143"


def test_a_list_view_costs_one_call_once_the_account_is_known(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get(LIST)
    sandbox.reset_requests()
    admin_client.get(LIST, {"page": 2})
    assert [call["path"] for call in sandbox.requests()] == ["/v3/contacts"]


@pytest.mark.parametrize("size", [20, 50, 100])
def test_the_page_size_is_kept_by_the_links(admin_client: Client, size: int) -> None:
    response = admin_client.get(LIST, {"page_size": size})
    assert len(rows(response)) == min(size, 120)
    assert (f"&amp;page_size={size}" in text(response)) == (size != 50)


def test_the_foot_says_where_the_page_stands(admin_client: Client, sandbox: SandboxServer) -> None:
    total = len(sandbox.contacts(None))
    page = text(admin_client.get(LIST, {"page": 2}))
    assert f'<span class="num">51 to 100</span> of <span class="num">{total}</span>' in page
    for rel in ("first", "prev", "next", "last"):
        assert f'rel="{rel}"' in page


def test_links_lead_to_the_same_place_with_and_without_javascript(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"page": "2", "channel": "sms"}))
    assert 'href="/account/contacts/?channel=sms" rel="first" hx-get="/account/contacts/?channel=sms"' in page


def test_what_was_typed_stays_in_its_box(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"phone": "0142 <b>", "search": "555"}))
    assert 'value="0142 &lt;b&gt;"' in page
    assert 'value="555"' in page


def test_a_search_that_finds_nothing_says_what_was_searched_and_how(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"search": "998-8776"}))
    assert "No contacts match" in page
    assert "matches “998-8776”" in page
    assert "It was searched as “998-8776”" in page


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("zzz", "Contacts have no names, only numbers."),
        ("a\u202eb", "Contacts have no names, only numbers."),
        ("5" * 65, "This is longer than any phone number."),
        ("+33", "This is little more than a country code."),
    ],
)
def test_what_no_number_can_match_is_never_asked_for_and_the_page_says_why(
    admin_client: Client, sandbox: SandboxServer, typed: str, why: str
) -> None:
    page = text(admin_client.get(LIST, {"search": typed}))
    assert "Nothing was searched for" in page
    assert why in page
    assert {call["path"] for call in sandbox.requests()} == {"/v3/me"}


def test_an_empty_profile_says_that_it_has_no_contacts(admin_client: Client, sandbox: SandboxServer) -> None:
    empty = next(p["id"] for p in sandbox.profiles() if not sandbox.contacts(p["id"]))
    assert "No contacts yet" in text(admin_client.get(_list(empty)))


def test_a_number_that_is_not_found_is_named_and_is_no_error(admin_client: Client) -> None:
    response = admin_client.get(LIST, {"phone": "+12025550143"})
    assert response.status_code == 200
    assert "+1 202-555-0143 is not among these contacts" in text(response)
    assert 'role="alert" data-problem' not in text(response)


def test_a_page_beyond_the_end_names_the_last_one(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"page": 900}))
    assert "There is no page 900" in page
    assert "No contacts" not in page


def test_the_list_says_of_each_contact_whether_it_opted_out(admin_client: Client, sandbox: SandboxServer) -> None:
    said = {f"data.contacts.{row}.opt_out": value for row, value in enumerate((True, False, None))}
    sandbox.fault(route="contacts", kind="patch", set=said)
    cells = re.findall(r'<td role="cell" class="c-opt_out">(.*?)</td>', text(admin_client.get(LIST)))
    assert cells[:3] == ['<span class="badge badge--out">Opted out</span>', "No", "—"]


def test_a_first_search_is_a_step_and_typing_on_is_none(admin_client: Client) -> None:
    first = fragment(admin_client, LIST, current=LIST, search="55")
    assert first["HX-Push-Url"] == f"{LIST}?search=55"
    second = fragment(admin_client, LIST, current=f"{LIST}?search=55", search="555")
    assert second["HX-Replace-Url"] == f"{LIST}?search=555"
    assert "HX-Push-Url" not in second


def test_paging_and_channels_are_steps_of_their_own(admin_client: Client) -> None:
    for parameters in ({"search": "55", "page": 2}, {"search": "55", "channel": "sms"}):
        response = fragment(admin_client, LIST, current=f"{LIST}?search=55", **parameters)
        assert "HX-Push-Url" in response


def test_the_address_follows_even_when_the_api_fails(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    response = fragment(admin_client, LIST, current=LIST, channel="sms")
    assert response["HX-Push-Url"] == f"{LIST}?channel=sms"


def test_a_row_with_a_null_field_still_shows(admin_client: Client, sandbox: SandboxServer) -> None:
    absent = ("region_code", "available_channels", "opt_out", "created_at", "format_international")
    sandbox.fault(route="contacts", kind="patch", set={f"data.contacts.0.{name}": None for name in absent})
    assert len(rows(admin_client.get(LIST))) == 50


def test_a_region_without_a_flag_gets_a_neutral_mark(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.*.region_code": "../x"})
    assert 'class="c-phone flag"' in text(admin_client.get(LIST))


def test_markup_in_a_field_is_text(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.format_international": "<script>x()</script>"})
    page = text(admin_client.get(LIST))
    assert "&lt;script&gt;x()" in page
    assert "<script>x()" not in page


def test_without_pagination_the_rows_stand_and_no_total_is_claimed(
    admin_client: Client, sandbox: SandboxServer
) -> None:
    sandbox.fault(route="contacts", kind="patch", remove=["data.pagination"])
    response = admin_client.get(LIST)
    assert len(rows(response)) == 50
    assert "50 contacts on this page" in text(response)
    assert 'rel="next"' in text(response)


def test_a_foreign_row_is_refused_and_never_shown(admin_client: Client, sandbox: SandboxServer) -> None:
    mine, theirs = _profile(sandbox, 1), _profile(sandbox, 2)
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.customer_id": theirs})
    response = admin_client.get(_list(mine))
    assert response.status_code == 502
    assert rows(response) == []
    assert "An answer for another profile was refused" in text(response)


def test_a_foreign_row_is_refused_however_its_owner_is_spelled(admin_client: Client, sandbox: SandboxServer) -> None:
    theirs = _profile(sandbox, 2).upper()
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.customer_id": theirs})
    assert admin_client.get(_list(_profile(sandbox, 1))).status_code == 502


@pytest.mark.parametrize("where", ["?search=555", "?page=2", "?phone=%2B12025550143", ""])
def test_rows_that_cannot_be_read_are_not_called_no_contacts(
    admin_client: Client, sandbox: SandboxServer, where: str
) -> None:
    body = '{"success": true, "data": {"contacts": [{"id": null, "phone_number": "+1"}]}}'
    sandbox.fault(route="contacts", kind="body", status=200, body=body, content_type="application/json")
    assert "These contacts cannot be read" in text(admin_client.get(LIST + where))


@pytest.mark.parametrize(
    "facts",
    [{"total_count": 0}, {"total_count": -3, "total_pages": -3}, {"total_count": None, "total_pages": None}],
    ids=["none", "negative", "null"],
)
def test_counts_that_contradict_the_rows_are_not_believed(
    admin_client: Client, sandbox: SandboxServer, facts: dict[str, int | None]
) -> None:
    sandbox.fault(route="contacts", kind="patch", set={f"data.pagination.{name}": n for name, n in facts.items()})
    page = text(admin_client.get(LIST))
    assert "50 contacts on this page" in page
    assert 'href="/account/contacts/?page=2" rel="next"' in page
    assert "page=-" not in page


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_the_ends_of_time_do_not_break_the_page(admin_client: Client, sandbox: SandboxServer, moment: str) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.created_at": moment})
    assert len(rows(admin_client.get(LIST))) == 50


@pytest.mark.parametrize("said", ["http://[", "http://[::1", "http://te℀st/", "\\", "x" * 5000])
@pytest.mark.parametrize("path", [LIST, "/account/profiles/"])
def test_an_odd_current_address_does_not_break_a_fragment(admin_client: Client, path: str, said: str) -> None:
    response = admin_client.get(path, headers=FRAGMENT | {"HX-Current-URL": said})
    assert response.status_code == 200


def test_an_echo_of_another_profile_is_refused_and_never_shown(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": _profile(sandbox, 2)})
    response = fragment(admin_client, _list(_profile(sandbox, 1)))
    assert response.status_code == 502
    assert rows(response) == []


def test_someone_not_signed_in_is_sent_to_sign_in_and_back(desk_api: SandboxServer, db: None) -> None:
    response = Client().get(LIST, {"page": 2})
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=/account/contacts/%3Fpage%3D2"


def test_a_profile_in_capitals_is_not_another_address(admin_client: Client, sandbox: SandboxServer) -> None:
    assert admin_client.get(_list(_profile(sandbox, 1).upper())).status_code == 404
