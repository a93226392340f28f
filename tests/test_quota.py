"""Quota: contacts shown and numbers revealed a person and hour (over processes: audit/test_concurrent_writes)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry, Preferences, QuotaWindow
from contacts_ui.quota import QuotaExceeded, spend
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, rows, text
from .visible_numbers import first_page, numbered

LIST = "/account/contacts/"
TITLE = "You have reached this hour’s limit"


@pytest.fixture
def small_quota(settings: Settings) -> None:
    """A budget of two pages of 50 rows and two revealed numbers."""
    settings.DESK_CONTACTS_PER_HOUR, settings.DESK_REVEALS_PER_HOUR = 100, 2


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_list_over_quota_shows_sentence_and_no_row(
    admin_client: Client, small_quota: None, headers: dict[str, str]
) -> None:
    for _ in range(2):
        assert len(rows(admin_client.get(LIST, headers=headers))) == 50
    refused = admin_client.get(LIST, headers=headers)
    assert refused.status_code == 429
    assert rows(refused) == []
    assert TITLE in text(refused)
    assert 3500 < int(refused["Retry-After"]) <= 3600


def test_refused_list_is_recorded_as_not_shown(admin_client: Client, admin_user: User, small_quota: None) -> None:
    for _ in range(3):
        admin_client.get(LIST)
    listed, exceeded = AuditEntry.objects.order_by("-id")[:2][::-1]
    assert (listed.action, listed.outcome, listed.rows) == ("contacts.listed", "denied", None)
    assert (exceeded.action, exceeded.about, exceeded.person_id) == ("quota.exceeded", "contacts", admin_user.pk)
    assert exceeded.scope == "account"


def test_reveals_have_a_budget_of_their_own(
    admin_client: Client, admin_user: User, desk_api: SandboxServer, small_quota: None
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    contact = numbered(first_page(desk_api))
    answers = [admin_client.post(f"{LIST}{contact.id}/reveal/", headers=FRAGMENT) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert (contact.format_e164 or "") not in text(answers[2])
    assert AuditEntry.objects.get(action="quota.exceeded").about == "numbers"
    assert len(rows(admin_client.get(LIST))) == 50


def test_opened_contacts_and_found_rows_count(admin_client: Client, admin_user: User, desk_api: SandboxServer) -> None:
    contact = numbered(first_page(desk_api))
    admin_client.get(f"{LIST}{contact.id}/")
    found = rows(admin_client.get(LIST, {"phone": contact.format_e164 or ""}))
    assert QuotaWindow.objects.get(user=admin_user).contacts == 1 + len(found)


def test_page_that_shows_no_contact_costs_nothing(admin_client: Client, sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=500, times=3)
    admin_client.get(LIST)
    admin_client.get("/people/")
    assert not QuotaWindow.objects.exists()


def test_budgets_of_two_people_are_apart(
    admin_client: Client, support_client: Client, sandbox: SandboxServer, small_quota: None
) -> None:
    for _ in range(3):
        admin_client.get(LIST)
    assert support_client.get(f"/p/{sandbox.profiles()[1]['id']}/contacts/").status_code == 200


def test_budget_is_whole_again_after_an_hour(admin_client: Client, small_quota: None) -> None:
    for _ in range(3):
        admin_client.get(LIST)
    QuotaWindow.objects.update(started_at=datetime.now(UTC) - timedelta(minutes=61))
    assert admin_client.get(LIST).status_code == 200
    assert QuotaWindow.objects.get().contacts == 50


def test_what_does_not_fit_takes_nothing(admin_user: User, small_quota: None) -> None:
    spend(admin_user.pk, contacts=90, numbers=0)
    with pytest.raises(QuotaExceeded) as refused:
        spend(admin_user.pk, contacts=20, numbers=1)
    assert refused.value.kind == "contacts"
    spend(admin_user.pk, contacts=10, numbers=2)
    window = QuotaWindow.objects.get()
    assert (window.contacts, window.numbers) == (100, 2)


def test_more_than_an_hour_allows_is_refused_at_once(admin_user: User, small_quota: None) -> None:
    with pytest.raises(QuotaExceeded):
        spend(admin_user.pk, contacts=101, numbers=0)
    assert not QuotaWindow.objects.exists()


def test_people_page_names_who_was_stopped(admin_client: Client, admin_user: User, small_quota: None) -> None:
    assert "reached the hourly limit" not in text(admin_client.get("/people/"))
    for _ in range(4):
        admin_client.get(LIST)
    page = text(admin_client.get("/people/"))
    assert page.count("mara reached the hourly limit of contacts shown at") == 1
    assert f'href="/people/{admin_user.pk}/"' in page


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_command_list_opens_without_numbers_once_hour_is_used_up(
    admin_client: Client, caching_api: SandboxServer, settings: Settings, headers: dict[str, str]
) -> None:
    contact = numbered(first_page(caching_api))
    admin_client.get(LIST)
    admin_client.get(f"{LIST}{contact.id}/")
    settings.DESK_CONTACTS_PER_HOUR = 51
    commands = admin_client.get("/account/go/", headers=headers)
    assert commands.status_code == 200
    assert (contact.number or "") not in text(commands)
    assert f"{LIST}{contact.id}/" in text(commands)
    assert not AuditEntry.objects.filter(action="quota.exceeded").exists()
