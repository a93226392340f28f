"""HTML helpers: requests with the headers of htmx, and the rows and profile ids of a response."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

SITE_URL = "http://localhost:8000"  # where a browser has its pages (tests/env_plugin.py)
FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
RESTORE = {"HX-Request": "true", "HX-Request-Type": "full", "HX-History-Restore-Request": "true"}


def fragment(client: Client, path: str, current: str | None = None, **parameters: Any) -> Answer:
    """Requests the fragment of `path` as htmx does from the page at `current`."""
    headers = FRAGMENT | ({"HX-Current-URL": f"{SITE_URL}{current}"} if current else {})
    return client.get(path, parameters, headers=headers)


def text(response: Answer) -> str:
    """Body of the response as text."""
    return response.content.decode()


def rows(response: Answer) -> list[str]:
    """Contact ids of the rows, in order."""
    return re.findall(r'<tr role="row" data-contact-id="([^"]+)"', text(response))


def scopes(response: Answer) -> set[str]:
    """Profile ids that the response is marked with ("" is the account)."""
    return set(re.findall(r'data-profile-id="([^"]*)"', text(response)))
