"""SQL statements of a request: each costs more than all its rows, so a new one is a decision and not an accident."""

from __future__ import annotations

from collections import Counter

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from contacts_ui.models import ProfileAccess
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, rows

# Session, user, role, assigned profiles, preferences; the quota; the audit event.
CACHED_FRAGMENT = {"SELECT": 5, "UPDATE": 1, "INSERT": 1}
# Besides: the person's saved views, and whether the visit is a switch.
CACHED_PAGE = {"SELECT": 7, "UPDATE": 1, "INSERT": 1}


def _statements(client: Client, path: str, **headers: str) -> Counter[str]:
    """Kinds of the statements of the second request of `path`."""
    client.get(path, headers=headers)
    with CaptureQueriesContext(connection) as queries:
        assert rows(client.get(path, headers=headers))
    kinds = Counter(query["sql"].split(None, 1)[0] for query in queries)
    return kinds - Counter({"SAVEPOINT": 1, "RELEASE": 1})  # of the test's own transaction


def test_cached_fragment_has_its_known_statements(support_client: Client, caching_api: SandboxServer) -> None:
    path = _own_list(support_client)
    assert _statements(support_client, path, **FRAGMENT) == CACHED_FRAGMENT


def test_cached_page_has_its_known_statements(support_client: Client, caching_api: SandboxServer) -> None:
    path = _own_list(support_client)
    assert _statements(support_client, path) == CACHED_PAGE


def _own_list(client: Client) -> str:
    profile = ProfileAccess.objects.values_list("profile_id", flat=True)[0]
    return f"/p/{profile}/contacts/?page_size=50"
