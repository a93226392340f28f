"""Contact list: page, fragment, browser history, filters, odd API data, and profile mismatch."""

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


def test_full_page_shows_contacts_of_account(admin_client: Client, sandbox: SandboxServer) -> None:
    response = admin_client.get(LIST)
    assert response.status_code == 200
    assert text(response).startswith("<!doctype html>")
    assert len(rows(response)) == 50
    assert set(rows(response)) <= set(sandbox.contacts(None))
    assert scopes(response) == {""}


def test_profile_page_shows_only_its_contacts(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = _profile(sandbox, 2)
    response = admin_client.get(_list(profile_id))
    assert rows(response)
    assert set(rows(response)) <= set(sandbox.contacts(profile_id))
    assert scopes(response) == {profile_id}


def test_heading_and_title_name_profile(admin_client: Client, sandbox: SandboxServer) -> None:
    name = sandbox.profiles()[2]["name"].replace("&", "&amp;")
    page = text(admin_client.get(_list(_profile(sandbox, 2))))
    assert f"<title>{name} · Contacts · Contact Desk</title>" in page
    assert f'<h1>Contacts <span class="page-header__scope">{name}</span></h1>' in page


def test_fragment_has_rows_without_page(admin_client: Client) -> None:
    response = fragment(admin_client, LIST)
    assert response["X-Fragment"] == "1"
    assert len(rows(response)) == 50
    assert "<html" not in text(response)


def test_fragment_has_same_rows_as_page(admin_client: Client) -> None:
    assert rows(fragment(admin_client, LIST, page=2)) == rows(admin_client.get(LIST, {"page": 2}))


def test_history_restore_gets_whole_page(admin_client: Client) -> None:
    response = admin_client.get(LIST, {"page": 2}, headers=RESTORE)
    assert "X-Fragment" not in response
    assert text(response).startswith("<!doctype html>")
    assert len(rows(response)) == 50


def test_responses_vary_by_htmx_headers_and_are_not_stored(admin_client: Client) -> None:
    for response in (admin_client.get(LIST), fragment(admin_client, LIST)):
        assert {"HX-Request", "HX-Request-Type", "HX-History-Restore-Request"} <= set(response["Vary"].split(", "))
        assert response["Cache-Control"] == "private, no-store"


def test_search_channel_and_phone_reach_api(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get(LIST)
    sandbox.reset_requests()
    admin_client.get(LIST, {"search": "555-01", "channel": "whatsapp"})
    assert sandbox.requests()[0]["query"] == "page=1&page_size=100&search=555-01&channel=whatsapp"
    admin_client.get(LIST, {"phone": "+1 202-555-0143"})
    assert sandbox.requests()[-1]["query"] == "page=1&page_size=100&phone=%2B12025550143"


def test_list_view_costs_one_call_with_known_account(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get(LIST)
    sandbox.reset_requests()
    admin_client.get(LIST, {"page": 2})
    assert [call["path"] for call in sandbox.requests()] == ["/v3/contacts"]


@pytest.mark.parametrize("size", [20, 50, 100])
def test_page_size_is_kept_by_links(admin_client: Client, size: int) -> None:
    response = admin_client.get(LIST, {"page_size": size})
    assert len(rows(response)) == min(size, 120)
    assert (f"&amp;page_size={size}" in text(response)) == (size != 50)


def test_footer_shows_row_range_and_page_links(admin_client: Client, sandbox: SandboxServer) -> None:
    total = len(sandbox.contacts(None))
    page = text(admin_client.get(LIST, {"page": 2}))
    assert f'<span class="num">51 to 100</span> of <span class="num">{total}</span>' in page
    for rel in ("first", "prev", "next", "last"):
        assert f'rel="{rel}"' in page


def test_links_have_same_href_and_hx_get(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"page": "2", "channel": "sms"}))
    assert 'href="/account/contacts/?channel=sms" rel="first" hx-get="/account/contacts/?channel=sms"' in page


def test_typed_text_stays_in_its_field(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"phone": "0142 <b>", "search": "555"}))
    assert "“0142 &lt;b&gt;” isn’t a whole number" in page
    assert 'value="555"' in page


def test_exact_number_of_address_stays_in_search_box(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"phone": "+1 202-555-0143"}))
    assert re.search(r'id="search"[^>]* value="\+1 202-555-0143"', page)


def test_empty_result_names_search_and_its_interpretation(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"search": "998-8776"}))
    assert "No contacts match" in page
    assert "matches “998-8776”" in page
    assert "It was searched as “998-8776”" in page


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        ("zzz", "Contacts have no names, so search by digits."),
        ("a\u202eb", "Contacts have no names, so search by digits."),
        ("5" * 65, "This is longer than any phone number."),
        ("+33", "This is little more than a country code."),
    ],
)
def test_impossible_search_is_not_sent_and_reason_is_shown(
    admin_client: Client, sandbox: SandboxServer, typed: str, why: str
) -> None:
    page = text(admin_client.get(LIST, {"search": typed}))
    assert "Enter a phone number" in page
    assert why in page
    assert {call["path"] for call in sandbox.requests()} == {"/v3/me"}


def test_empty_profile_says_it_has_no_contacts(admin_client: Client, sandbox: SandboxServer) -> None:
    empty = next(p["id"] for p in sandbox.profiles() if not sandbox.contacts(p["id"]))
    assert "No contacts yet" in text(admin_client.get(_list(empty)))


def test_number_not_found_is_named_without_error(admin_client: Client) -> None:
    response = admin_client.get(LIST, {"phone": "+12025550143"})
    assert response.status_code == 200
    assert "+1 202-555-0143 isn’t in " in text(response)
    assert 'role="alert" data-error' not in text(response)


def test_page_past_end_says_there_is_no_such_page(admin_client: Client) -> None:
    page = text(admin_client.get(LIST, {"page": 900}))
    assert "There is no page 900" in page
    assert "No contacts" not in page


def test_list_shows_opt_out_of_each_contact(admin_client: Client, sandbox: SandboxServer) -> None:
    said = {f"data.contacts.{row}.opt_out": value for row, value in enumerate((True, False, None))}
    sandbox.fault(route="contacts", kind="patch", set=said)
    cells = re.findall(r'<td role="cell" class="c-opt_out">(.*?)</td>', text(admin_client.get(LIST)))
    assert cells[:3] == ['<span class="badge badge--out">Opted out</span>', "", "—"]


def test_first_search_pushes_history_and_further_typing_replaces(admin_client: Client) -> None:
    first = fragment(admin_client, LIST, current=LIST, search="55")
    assert first["HX-Push-Url"] == f"{LIST}?search=55"
    second = fragment(admin_client, LIST, current=f"{LIST}?search=55", search="555")
    assert second["HX-Replace-Url"] == f"{LIST}?search=555"
    assert "HX-Push-Url" not in second


def test_paging_and_channel_push_history(admin_client: Client) -> None:
    for parameters in ({"search": "55", "page": 2}, {"search": "55", "channel": "sms"}):
        response = fragment(admin_client, LIST, current=f"{LIST}?search=55", **parameters)
        assert "HX-Push-Url" in response


def test_address_is_pushed_even_when_api_fails(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500)
    response = fragment(admin_client, LIST, current=LIST, channel="sms")
    assert response["HX-Push-Url"] == f"{LIST}?channel=sms"


def test_row_with_null_fields_is_still_shown(admin_client: Client, sandbox: SandboxServer) -> None:
    absent = ("region_code", "available_channels", "opt_out", "created_at", "format_international")
    sandbox.fault(route="contacts", kind="patch", set={f"data.contacts.0.{name}": None for name in absent})
    assert len(rows(admin_client.get(LIST))) == 50


def test_unknown_region_gets_neutral_flag(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.*.region_code": "../x"})
    assert 'class="c-phone flag"' in text(admin_client.get(LIST))


def test_markup_in_field_is_escaped(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.format_international": "<script>x()</script>"})
    page = text(admin_client.get(LIST))
    assert "&lt;script&gt;x()" in page
    assert "<script>x()" not in page


def test_missing_pagination_shows_rows_without_total(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="patch", remove=["data.pagination"])
    response = admin_client.get(LIST)
    assert len(rows(response)) == 50
    assert "50 contacts on this page" in text(response)
    assert 'rel="next"' in text(response)


def test_foreign_row_is_refused_and_not_shown(admin_client: Client, sandbox: SandboxServer) -> None:
    mine, theirs = _profile(sandbox, 1), _profile(sandbox, 2)
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.customer_id": theirs})
    response = admin_client.get(_list(mine))
    assert response.status_code == 502
    assert rows(response) == []
    assert "An answer for another profile was refused" in text(response)


def test_foreign_row_is_refused_with_uppercase_owner(admin_client: Client, sandbox: SandboxServer) -> None:
    theirs = _profile(sandbox, 2).upper()
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.customer_id": theirs})
    assert admin_client.get(_list(_profile(sandbox, 1))).status_code == 502


@pytest.mark.parametrize("where", ["?search=555", "?page=2", "?phone=%2B12025550143", ""])
def test_unreadable_rows_are_not_reported_as_no_contacts(
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
def test_counts_contradicting_rows_are_ignored(
    admin_client: Client, sandbox: SandboxServer, facts: dict[str, int | None]
) -> None:
    sandbox.fault(route="contacts", kind="patch", set={f"data.pagination.{name}": n for name, n in facts.items()})
    page = text(admin_client.get(LIST))
    assert "50 contacts on this page" in page
    assert 'href="/account/contacts/?page=2" rel="next"' in page
    assert "page=-" not in page


@pytest.mark.parametrize("moment", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00"])
def test_extreme_timestamps_do_not_break_page(admin_client: Client, sandbox: SandboxServer, moment: str) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.created_at": moment})
    assert len(rows(admin_client.get(LIST))) == 50


@pytest.mark.parametrize("said", ["http://[", "http://[::1", "http://te℀st/", "\\", "x" * 5000])
@pytest.mark.parametrize("path", [LIST, "/account/profiles/"])
def test_malformed_current_url_does_not_break_fragment(admin_client: Client, path: str, said: str) -> None:
    response = admin_client.get(path, headers=FRAGMENT | {"HX-Current-URL": said})
    assert response.status_code == 200


def test_response_of_other_profile_is_refused_and_not_shown(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": _profile(sandbox, 2)})
    response = fragment(admin_client, _list(_profile(sandbox, 1)))
    assert response.status_code == 502
    assert rows(response) == []


def test_anonymous_visitor_is_sent_to_sign_in_with_next(desk_api: SandboxServer, db: None) -> None:
    response = Client().get(LIST, {"page": 2})
    assert response.status_code == 302
    assert response["Location"] == "/sign-in/?next=/account/contacts/%3Fpage%3D2"


def test_uppercase_profile_id_is_404(admin_client: Client, sandbox: SandboxServer) -> None:
    assert admin_client.get(_list(_profile(sandbox, 1).upper())).status_code == 404
