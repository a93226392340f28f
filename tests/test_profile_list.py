"""The profile switcher: its page, its fragment, and where its links lead."""

from __future__ import annotations

import re
from collections.abc import Callable

from django.test import Client

from tests.pages import RESTORE, fragment, scopes, text
from tests.sandbox_server import SandboxServer


def _links(page: str) -> list[str]:
    return re.findall(r'<a class="opt" href="([^"]+/contacts/[^"]*)"', page)


def test_the_page_lists_the_account_and_every_profile_for_an_admin(admin_client: Client) -> None:
    assert len(_links(text(admin_client.get("/account/profiles/")))) == 13


def test_support_is_offered_the_assigned_profiles_only(support_client: Client, sandbox: SandboxServer) -> None:
    ids = [profile["id"] for profile in sandbox.profiles()[1:4]]
    links = _links(text(support_client.get(f"/p/{ids[0]}/profiles/")))
    assert sorted(links) == sorted(f"/p/{profile_id}/contacts/" for profile_id in ids)


def test_filters_are_kept_and_the_page_is_reset(admin_client: Client) -> None:
    page = text(admin_client.get("/account/profiles/", {"search": "555", "channel": "sms", "page": "7"}))
    assert all(link.endswith("/contacts/?search=555&amp;channel=sms") for link in _links(page))


def test_the_fragment_takes_the_filters_from_the_address_bar(admin_client: Client) -> None:
    response = fragment(admin_client, "/account/profiles/", current="/account/contacts/?channel=sms&page=3")
    assert response["X-Fragment"] == "1"
    assert all(link.endswith("/contacts/?channel=sms") for link in _links(text(response)))
    assert scopes(response) == {""}


def test_the_current_one_is_marked(admin_client: Client, sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[2]["id"]
    page = text(admin_client.get(f"/p/{profile_id}/profiles/"))
    assert f'href="/p/{profile_id}/contacts/" aria-current="true"' in page
    assert page.count('aria-current="true"') == 1


def test_find_narrows_the_list_by_name(admin_client: Client, sandbox: SandboxServer) -> None:
    name = sandbox.profiles()[4]["name"]
    assert len(_links(text(admin_client.get("/account/profiles/", {"find": name[:6].upper()})))) >= 1
    nothing = text(admin_client.get("/account/profiles/", {"find": "<zzz>"}))
    assert "No profile is called “&lt;zzz&gt;”" in nothing


def test_going_back_gets_the_whole_page(admin_client: Client) -> None:
    assert text(admin_client.get("/account/profiles/", headers=RESTORE)).startswith("<!doctype html>")


def test_someone_without_the_scope_gets_404(support_client: Client) -> None:
    assert support_client.get("/account/profiles/").status_code == 404


def test_the_list_costs_no_call_beyond_the_account(admin_client: Client, sandbox: SandboxServer) -> None:
    admin_client.get("/account/profiles/")
    assert {call["path"] for call in sandbox.requests()} == {"/v3/me"}


def test_when_the_api_is_down_it_says_so(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=500)
    response = admin_client.get("/account/profiles/")
    assert response.status_code == 503
    assert "The messaging service has a fault" in text(response)


def test_there_is_none_for_the_key_of_one_account(admin_client: Client, use_key: Callable[[str], None]) -> None:
    use_key("sandbox-user")
    assert admin_client.get("/account/profiles/").status_code == 404
