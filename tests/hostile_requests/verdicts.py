"""Assertions that hold for every response to a hostile request."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from testing.sandbox_server import SandboxServer
from tests.html import text

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Answer

LIST_CALL = "/v3/contacts"
_IDS = re.compile(r'data-contact-id="([^"]+)"')
_TRACES = ("Traceback", "Exception Value", "DJANGO_SETTINGS", "/work/", "site-packages", "sandbox-organization")


@cache
def held(sandbox: SandboxServer, profile_id: str | None) -> dict[str, str | None]:
    """The contacts of a profile, number by id; cached, since they never change while the sandbox runs."""
    return sandbox.contacts(profile_id)


def assert_harmless(answer: Answer, status: int, sandbox: SandboxServer, profile_id: str | None = None) -> None:
    """Asserts the status, rows of this profile only, no stack trace, no API key, and the security headers."""
    assert answer.status_code == status, f"{answer} at {answer.request['PATH_INFO']}"
    page = text(answer)
    shown = set(_IDS.findall(page))
    assert shown <= (held(sandbox, profile_id).keys() if profile_id else set())
    assert not any(trace in page for trace in _TRACES)
    assert "default-src 'none'" in answer["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert answer["X-Frame-Options"] == "DENY"
    assert "no-store" in answer["Cache-Control"]


def calls(sandbox: SandboxServer) -> list[str]:
    """Paths of the API calls for contacts."""
    return [call["path"] for call in sandbox.requests() if call["path"].startswith(LIST_CALL)]
