"""Failing audit writes: nothing is shown, nobody signs in (fail closed); with AUDIT_REQUIRED off an error is logged."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from pytest_django import Settings

from contacts_ui.audit import AuditWriteError
from contacts_ui.models import AuditEntry, Preferences, ProfileAccess, Session
from contacts_ui.roles import AUDITOR, role_of, set_role
from testing.desk_template import PASSWORD
from testing.sandbox_server import SandboxServer
from tests.html import FRAGMENT, rows, text
from tests.visible_numbers import first_page, numbered, readable

LIST = "/account/contacts/"
REFUSED = "Nothing is shown because it cannot be recorded"

Unwritable = Callable[[], AbstractContextManager[None]]


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
@pytest.mark.parametrize("page", ["", "{contact}/"])
def test_unrecordable_view_shows_no_number(
    admin_client: Client, sandbox: SandboxServer, unwritable: Unwritable, page: str, headers: dict[str, str]
) -> None:
    contacts = first_page(sandbox)
    with unwritable():
        response = admin_client.get(LIST + page.format(contact=contacts[0].id), headers=headers)
    assert response.status_code == 503
    assert REFUSED in text(response)
    assert rows(response) == []
    assert readable(text(response), contacts) == set()
    assert ("X-Fragment" in response) == bool(headers)


@pytest.mark.parametrize("part", ["row", "contact"])
def test_unrecordable_reveal_shows_no_number(
    admin_client: Client, admin_user: User, sandbox: SandboxServer, unwritable: Unwritable, part: str
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    contacts = first_page(sandbox)
    with unwritable():
        response = admin_client.post(f"{LIST}{numbered(contacts).id}/reveal/", {"part": part}, headers=FRAGMENT)
    assert response.status_code == 503
    assert readable(text(response), contacts) == set()


def test_unrecordable_messages_and_bulk_lookup_are_refused(
    admin_client: Client, sandbox: SandboxServer, unwritable: Unwritable
) -> None:
    contact = first_page(sandbox)[0]
    number = contact.format_e164 or ""
    with unwritable():
        messages = admin_client.get(f"{LIST}{contact.id}/messages/")
        several = admin_client.get(LIST, {"search": f"{number}\n+12025550101"}, headers=FRAGMENT)
    assert (messages.status_code, several.status_code) == (503, 503)
    assert str(contact.id) not in text(several)


def test_unrecordable_log_page_and_export_are_refused(auditor_client: Client, unwritable: Unwritable) -> None:
    AuditEntry.objects.create(at="2026-03-01T12:00Z", action="sign_in", outcome="ok", person="somebody-else")
    with unwritable():
        page, export = auditor_client.get("/audit/"), auditor_client.get("/audit/export/")
    assert (page.status_code, export.status_code) == (503, 503)
    assert "somebody-else" not in text(page) + text(export)


def test_unrecordable_denial_shows_no_rows(
    support_client: Client, sandbox: SandboxServer, unwritable: Unwritable
) -> None:
    with unwritable():
        response = support_client.get(f"/p/{sandbox.profiles()[5]['id']}/contacts/")
    assert response.status_code == 503
    assert rows(response) == []


def test_list_is_refused_when_audit_table_is_missing(admin_client: Client, transactional_db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE contacts_ui_auditentry RENAME TO elsewhere")
    try:
        assert admin_client.get(LIST).status_code == 503
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE elsewhere RENAME TO contacts_ui_auditentry")


def test_unrecordable_sign_in_is_refused(db: None, desk_api: SandboxServer, unwritable: Unwritable) -> None:
    User.objects.create_user("sue", password=PASSWORD)
    client = Client()
    with unwritable():
        response = client.post("/sign-in/", {"login": "sue", "password": PASSWORD})
    assert response.status_code == 503
    assert REFUSED in text(response)
    assert "Sign out" not in text(response)
    assert client.get(LIST)["Location"].startswith("/sign-in/")
    assert not any("_auth_user_id" in session.get_decoded() for session in Session.objects.all())


def test_unrecordable_wrong_password_gets_503(db: None, desk_api: SandboxServer, unwritable: Unwritable) -> None:
    with unwritable():
        response = Client().post("/sign-in/", {"login": "sue", "password": "wrong"})
    assert response.status_code == 503


def test_sign_out_works_when_it_cannot_be_recorded(admin_client: Client, unwritable: Unwritable) -> None:
    with unwritable():
        admin_client.post("/sign-out/")
    assert admin_client.get(LIST)["Location"].startswith("/sign-in/")


def test_unrecordable_role_change_is_rolled_back(admin_user: User, unwritable: Unwritable) -> None:
    with unwritable(), pytest.raises(AuditWriteError):
        set_role(admin_user, AUDITOR)
    assert role_of(User.objects.get(pk=admin_user.pk)) == "admin"


# --- AUDIT_REQUIRED off --------------------------------------------------------------------------


@pytest.fixture
def lenient(settings: Settings) -> None:
    """AUDIT_REQUIRED is off: what cannot be recorded is shown all the same."""
    settings.AUDIT_REQUIRED = False


def test_optional_audit_shows_list_and_logs_error(
    admin_client: Client, unwritable: Unwritable, lenient: None, caplog: pytest.LogCaptureFixture
) -> None:
    admin_client.get(LIST)  # the first visit of a scope is an audit event of its own
    with unwritable():
        response = admin_client.get(LIST)
    assert response.status_code == 200
    assert len(rows(response)) == 50
    (record,) = (record for record in caplog.records if record.getMessage() == "audit.unwritable")
    assert record.levelno == logging.ERROR
    assert record.__dict__["action"] == "contacts.listed"


def test_optional_audit_lets_people_sign_in(
    db: None, desk_api: SandboxServer, unwritable: Unwritable, lenient: None
) -> None:
    User.objects.create_superuser("sue", password=PASSWORD)
    client = Client()
    with unwritable():
        client.post("/sign-in/", {"login": "sue", "password": PASSWORD})
    assert client.get(LIST).status_code == 200


def test_optional_audit_failure_keeps_outer_transaction(
    admin_user: User, sandbox: SandboxServer, unwritable: Unwritable, lenient: None
) -> None:
    with unwritable():
        ProfileAccess.objects.create(user=admin_user, profile_id=sandbox.profiles()[1]["id"])
    assert ProfileAccess.objects.filter(user=admin_user).count() == 1
