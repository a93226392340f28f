"""Pagination at the maximum page: the API's page number is an int32."""

from __future__ import annotations

import json
import re

from django.test import Client

from contacts_ui.sent_api.queries import MAX_PAGE
from testing.sandbox_server import SandboxServer

from .html import rows, text

LIST = "/account/contacts/"


def _endless(sandbox: SandboxServer, **pagination: object) -> None:
    """Has the API answer two calls with a hundred rows and these pagination fields."""
    answer = sandbox.get("/v3/contacts", page=1, page_size=100).json()
    answer["data"]["pagination"] = pagination
    sandbox.fault(route="contacts", kind="body", status=200, body=json.dumps(answer), times=2)


def test_last_possible_page_has_no_next_link(admin_client: Client, sandbox: SandboxServer) -> None:
    _endless(sandbox, has_more=True)
    for page, following in ((MAX_PAGE - 1, [f"{LIST}?page={MAX_PAGE}&amp;page_size=100"]), (MAX_PAGE, [])):
        response = admin_client.get(LIST, {"page": page, "page_size": 100})
        assert len(rows(response)) == 100
        assert re.findall(r'href="([^"]*)" rel="next"', text(response)) == following


def test_last_link_is_capped_at_maximum_page(admin_client: Client, sandbox: SandboxServer) -> None:
    _endless(sandbox, total_count=10**15)
    page = text(admin_client.get(LIST, {"page_size": 100}))
    assert re.findall(r'href="([^"]*)" rel="last"', page) == [f"{LIST}?page={MAX_PAGE}&amp;page_size=100"]
