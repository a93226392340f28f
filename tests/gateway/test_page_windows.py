"""Page windows cut from upstream pages of a hundred rows: the same rows as the API's own pages, with fewer calls."""

from __future__ import annotations

import pytest
from django.test import Client

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import PAGE_SIZES, ContactQuery
from testing.sandbox_server import SandboxServer
from tests.html import rows, text


@pytest.mark.slow
@pytest.mark.parametrize("size", PAGE_SIZES)
def test_page_window_has_same_rows_as_api_page(admin_client: Client, desk_api: SandboxServer, size: int) -> None:
    profile_id = max(desk_api.profiles(), key=lambda profile: profile["contacts"])["id"]
    client, seen = SentClient(desk_api.url, "sandbox-organization"), 0
    for page in range(1, 200 // size + 3):
        expected = client.contacts(ContactQuery(page=page, page_size=size), profile_id)
        response = admin_client.get(f"/p/{profile_id}/contacts/", {"page": page, "page_size": size})
        assert rows(response) == [str(contact.id) for contact in expected.contacts]
        assert ('rel="next"' in text(response)) == bool(expected.pagination.has_more)
        seen += len(rows(response))
    assert seen > 100


def test_page_windows_of_one_upstream_page_are_one_call(admin_client: Client, caching_api: SandboxServer) -> None:
    path = f"/p/{caching_api.profiles()[1]['id']}/contacts/"
    for parameters in ({}, {"page": "2"}, {}, {"page_size": "20", "page": "4"}, {"page_size": "100"}):
        assert rows(admin_client.get(path, parameters))
    assert [call["path"] for call in caching_api.requests()].count("/v3/contacts") == 1


def test_windows_of_cached_page_have_their_own_rows(admin_client: Client, caching_api: SandboxServer) -> None:
    path = f"/p/{caching_api.profiles()[1]['id']}/contacts/"
    whole = rows(admin_client.get(path, {"page_size": "100"}))
    for _ in range(2):
        for number, size in ((1, 20), (2, 20), (1, 50), (2, 50), (3, 20)):
            shown = rows(admin_client.get(path, {"page": number, "page_size": size}))
            assert shown == whole[(number - 1) * size : number * size] != []


def test_third_page_of_fifty_needs_second_upstream_page(admin_client: Client, caching_api: SandboxServer) -> None:
    path = f"/p/{caching_api.profiles()[1]['id']}/contacts/"
    admin_client.get(path)
    admin_client.get(path, {"page": "3"})
    assert "page=2&page_size=100" in caching_api.requests()[-1]["query"]
