"""Response helpers: whole lists, error codes and profile ids of a running sandbox."""

from __future__ import annotations

from typing import Any

from requests import Response

from testing.sandbox_server import SandboxServer

Json = dict[str, Any]


def list_contacts(server: SandboxServer, profile: str | None = None, **filters: str) -> list[Json]:
    """All contacts of a list, fetched in pages of 100."""
    contacts: list[Json] = []
    page = 1
    while True:
        response = server.get("/v3/contacts", profile=profile, page=page, page_size=100, **filters)
        data = response.json()["data"]
        contacts += data["contacts"]
        if not data["pagination"]["has_more"]:
            return contacts
        page += 1


def status_and_code(response: Response) -> tuple[int, str]:
    """HTTP status and error code of an error response."""
    body = response.json()
    assert body["success"] is False
    assert body["data"] is None
    return response.status_code, body["error"]["code"]


def profile_id(server: SandboxServer, number: int) -> str:
    """Id of a profile by its index in the list."""
    return str(server.profiles()[number]["id"])
