"""Reading pages in tests: what htmx would ask, and which rows an answer holds."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from django.test import Client

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

FRAGMENT = {"HX-Request": "true", "HX-Request-Type": "partial"}
RESTORE = {"HX-Request": "true", "HX-Request-Type": "full", "HX-History-Restore-Request": "true"}


def fragment(client: Client, path: str, current: str | None = None, **parameters: Any) -> Answer:
    """What htmx gets for `path`, asked from the page at `current`."""
    headers = FRAGMENT | ({"HX-Current-URL": f"http://testserver{current}"} if current else {})
    return client.get(path, parameters, headers=headers)


def text(response: Answer) -> str:
    """The body as text."""
    return response.content.decode()


def rows(response: Answer) -> list[str]:
    """The ids of the contacts shown, in order."""
    return re.findall(r'<tr role="row" data-contact-id="([^"]+)"', text(response))


def scopes(response: Answer) -> set[str]:
    """Every profile id the answer claims to be of ("" is the account)."""
    return set(re.findall(r'data-profile-id="([^"]*)"', text(response)))
