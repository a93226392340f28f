"""Reading whole lists off a running sandbox."""

from __future__ import annotations

from typing import Any

from requests import Response

from testing.sandbox_server import SandboxServer

Json = dict[str, Any]


def every_contact(server: SandboxServer, profile: str | None = None, **filters: str) -> list[Json]:
    """All contacts of a list, page by page of 100."""
    found: list[Json] = []
    page = 1
    while True:
        answer = server.get("/v3/contacts", profile=profile, page=page, page_size=100, **filters)
        data = answer.json()["data"]
        found += data["contacts"]
        if not data["pagination"]["has_more"]:
            return found
        page += 1


def error(answer: Response) -> tuple[int, str]:
    """Status and code."""
    body = answer.json()
    assert body["success"] is False
    assert body["data"] is None
    return answer.status_code, body["error"]["code"]


def profile_id(server: SandboxServer, number: int) -> str:
    """Id of a profile by its place in the list."""
    return str(server.profiles()[number]["id"])
