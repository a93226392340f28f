"""Two profiles called "Support", and one whose name is blanks: told apart on every page that names a profile."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import User
from django.test import Client

from testing.sandbox_server import SandboxServer

from .html import text

NAMELESS = 2  # index of the profile whose name is blanks


@pytest.fixture
def names(desk_api: SandboxServer) -> list[str]:
    """What the first three profiles are called: two are "Support", one has blanks for a name."""
    changes = {f"data.profiles.{at}.name": "Support" for at in (0, 1)} | {f"data.profiles.{NAMELESS}.name": " \u200b"}
    changes |= {f"data.profiles.{at}.short_name": short for at, short in ((0, "EAST"), (1, "WEST"), (NAMELESS, "\t"))}
    desk_api.fault(route="me", kind="patch", set=changes, times=9)
    return ["Support (EAST)", "Support (WEST)", f"Profile {desk_api.profiles()[NAMELESS]['id'][:8]}"]


def test_header_tells_profiles_apart(admin_client: Client, desk_api: SandboxServer, names: list[str]) -> None:
    for profile, name in zip(desk_api.profiles()[:3], names, strict=True):
        page = text(admin_client.get(f"/p/{profile['id']}/contacts/"))
        assert f"<span>{name}</span>" in page


def test_switcher_tells_profiles_apart(admin_client: Client, names: list[str]) -> None:
    page = text(admin_client.get("/account/profiles/"))
    assert all(name in page for name in names)


def test_assignments_tell_profiles_apart(admin_client: Client, support_user: User, names: list[str]) -> None:
    page = text(admin_client.get(f"/people/{support_user.pk}/"))
    assert all(name in page for name in names)


def test_owner_column_tells_profiles_apart(admin_client: Client, desk_api: SandboxServer, names: list[str]) -> None:
    owner = {"data.contacts.*.customer_id": desk_api.profiles()[1]["id"]}
    desk_api.fault(route="contacts", kind="patch", set=owner)
    assert f"{names[1]}</a>" in text(admin_client.get("/account/contacts/"))


def test_audit_log_tells_profiles_apart(admin_client: Client, desk_api: SandboxServer, names: list[str]) -> None:
    admin_client.get(f"/p/{desk_api.profiles()[0]['id']}/contacts/")
    page = text(admin_client.get("/audit/", {"profile": "support"}))
    assert names[0] in page
