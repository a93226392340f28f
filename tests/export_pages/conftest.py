"""Fixtures of the pages of exports: an exporter with three profiles, and exports that the worker has made."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.models import Export, ExportState, ProfileAccess
from testing.accounts import sign_in
from testing.background import run_tasks
from testing.sandbox_server import SandboxServer

Made = Callable[..., Export]


def signed_in(user: User, *, proven: bool = True) -> Client:
    """A browser of this person."""
    return sign_in(Client(), user, proven=proven)


@pytest.fixture
def exporter(db: None, sandbox: SandboxServer) -> User:
    """User `erin` in the group `exporter`, assigned to the sandbox's profiles 1, 2 and 3."""
    user = User.objects.create_user("erin", "erin@example.org", "x", first_name="Erin", last_name="Vale")
    user.groups.add(Group.objects.get(name="exporter"))
    for profile in sandbox.profiles()[1:4]:
        ProfileAccess.objects.create(user=user, profile_id=UUID(profile["id"]))
    return user


@pytest.fixture
def exporter_client(desk_api: SandboxServer, exporter: User) -> Client:
    """Test client with the exporter signed in, who proved a moment ago who they are."""
    return signed_in(exporter)


@pytest.fixture
def other_exporter(desk_api: SandboxServer, db: None) -> Client:
    """Test client of another exporter with the same profiles."""
    user = User.objects.create_user("omar", password="x")
    user.groups.add(Group.objects.get(name="exporter"))
    for profile in desk_api.profiles()[1:4]:
        ProfileAccess.objects.create(user=user, profile_id=UUID(profile["id"]))
    return signed_in(user)


@pytest.fixture
def ask_path(sandbox: SandboxServer) -> str:
    """The page that asks about the contacts of profile 1."""
    return f"/p/{sandbox.profiles()[1]['id']}/contacts/export/"


@pytest.fixture
def asked(exporter_client: Client, ask_path: str) -> Export:
    """An export of profile 1 that the exporter has asked for, and the worker has not begun."""
    answer = exporter_client.post(ask_path, {"start": "1", "file_format": "csv"})
    assert answer.status_code == 302, answer
    return Export.objects.get(pk=answer["Location"].strip("/").rpartition("/")[2])


@pytest.fixture
def ready(asked: Export) -> Export:
    """The same, with its file."""
    run_tasks()
    asked.refresh_from_db()
    assert asked.state == "ready", (asked.state, asked.error)
    return asked


@pytest.fixture
def stored(exporter: User, sandbox: SandboxServer) -> Made:
    """Makes the row of an export of the exporter's in any state; it has no file."""

    def made(state: str, **fields: Any) -> Export:
        now = datetime.now(UTC)
        known = {
            "person": exporter,
            "person_name": "Erin Vale",
            "profile_id": sandbox.profiles()[1]["id"].lower(),
            "scope_title": sandbox.profiles()[1]["name"],
            "key_fingerprint": "x",
            "kind": "list",
            "format": "xlsx",
            "created_at": now,
            "expires_at": now + timedelta(hours=24),
        }
        return Export.objects.create(**known | {"state": ExportState(state)} | fields)

    return made
