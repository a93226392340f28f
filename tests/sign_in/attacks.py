"""Attacks on sign-in in this process: an owner and an attacker in different networks, and a standing clock."""

from __future__ import annotations

import pytest
from django.conf import settings as django_settings
from django.contrib.auth.models import User
from django.test import Client

from contacts_ui.models import AuditEntry
from testing.clock import Clock
from testing.sandbox_server import SandboxServer
from tests.html import text

OWNER, ATTACKER = "198.51.100.7", "203.0.113.9"  # addresses in different networks
COOKIE = django_settings.KNOWN_BROWSER_COOKIE_NAME


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still."""
    standing = Clock(now=1_800_000_000.0)
    monkeypatch.setattr("contacts_ui.sign_in.attempts.time", standing)
    return standing


@pytest.fixture
def mara(desk_api: SandboxServer, admin_user: User, clock: Clock) -> User:
    """An admin who has an e-mail address."""
    admin_user.email = "mara@example.org"
    admin_user.save()
    return admin_user


def signs_in(login: str = "mara", typed: str = "x", *, address: str = OWNER, client: Client | None = None) -> bool:
    """Whether this name and password sign in from this address."""
    client = client or Client()
    client.post("/sign-in/", {"login": login, "password": typed}, REMOTE_ADDR=address)
    return "_auth_user_id" in client.session


def lock_network(login: str = "mara", address: str = ATTACKER) -> None:
    """Types five wrong passwords."""
    for _ in range(5):
        signs_in(login, "wrong", address=address)


def answer(login: str, address: str = ATTACKER) -> tuple[int, str]:
    """Status and page of one more wrong password; the page without what was typed and without its CSRF token."""
    response = Client().post("/sign-in/", {"login": login, "password": "wrong"}, REMOTE_ADDR=address)
    lines = text(response).replace(login, "").splitlines()
    return response.status_code, "\n".join(line for line in lines if "csrfmiddlewaretoken" not in line)


def known_browser() -> Client:
    """A browser in which mara has signed in and out."""
    client = Client()
    assert signs_in(client=client)
    client.post("/sign-out/")
    return client


def checked() -> int:
    """How many passwords were compared with a hash and found wrong."""
    return AuditEntry.objects.filter(outcome="denied", about="wrong password").count()
