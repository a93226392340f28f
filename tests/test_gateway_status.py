"""The gateway's page for admins."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.test import Client

from testing.sandbox_server import SandboxServer

from .html import RESTORE, fragment, text


def _still(monkeypatch: pytest.MonkeyPatch, module: str) -> None:
    """For this module no time passes."""
    monkeypatch.setattr(f"contacts_ui.gateway.{module}.time", SimpleNamespace(monotonic=lambda: 6_000_030.0))


def test_it_shows_the_budget_the_breaker_and_the_hour(
    admin_client: Client, keeping: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _still(monkeypatch, "stats")
    for _ in range(3):
        admin_client.get("/account/contacts/")
    page = text(admin_client.get("/gateway/"))
    assert "<dt>Left now</dt><dd><span>4,998</span>" in page
    assert "<dt>Answers</dt><dd><span>Yes</span>" in page
    assert "this minute: 2 calls, 2 answers without one" in page


def test_an_open_breaker_is_said(
    admin_client: Client, desk_api: SandboxServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    _still(monkeypatch, "circuit_breaker")
    admin_client.get("/account/contacts/")
    desk_api.fault(route="contacts", kind="status", status=500, times=9)
    for _ in range(5):
        admin_client.get("/account/contacts/")
    assert "No, asked again in 5 s" in text(admin_client.get("/gateway/"))


def test_its_part_refreshes_alone(admin_client: Client, desk_api: SandboxServer) -> None:
    part = fragment(admin_client, "/gateway/")
    assert part["X-Fragment"] == "1"
    assert "<html" not in text(part)


def test_going_back_gets_the_whole_page(admin_client: Client, desk_api: SandboxServer) -> None:
    assert text(admin_client.get("/gateway/", headers=RESTORE)).startswith("<!doctype html>")


def test_it_is_for_admins_alone(support_client: Client) -> None:
    assert support_client.get("/gateway/").status_code == 403


def test_it_costs_no_call(admin_client: Client, desk_api: SandboxServer) -> None:
    admin_client.get("/gateway/")
    assert desk_api.requests() == []
