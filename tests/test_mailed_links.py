"""Password links where the desk sends mail: they go to the person alone, and no admin sees one."""

from __future__ import annotations

import re

import pytest
from django.contrib.auth.models import User
from django.core import mail
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import AuditEntry
from tests.test_people_edit import path_of

from .html import text


@pytest.fixture
def mail_settings(settings: Settings, support_user: User) -> Settings:
    """A desk that sends mail, and an address for `sam`."""
    settings.EMAIL_URL = "smtp://mail.example.org"
    User.objects.filter(pk=support_user.pk).update(email="sam@example.org")
    return settings


def test_mailed_password_link_is_seen_by_person_alone(
    mail_settings: Settings, admin_client: Client, support_user: User
) -> None:
    page = text(admin_client.post(f"{path_of(support_user)}link/"))
    assert "We emailed a link for choosing a password to sam@example.org." in page
    assert "/sign-in/password/" not in page
    (sent,) = mail.outbox
    assert sent.to == ["sam@example.org"]
    assert re.search(r"/sign-in/password/\w+-[\w.-]+/", str(sent.body))


def test_link_of_added_person_is_seen_by_them_alone(mail_settings: Settings, admin_client: Client) -> None:
    asked = {"username": "ada", "name": "Ada", "email": "ada@example.org", "role": "support"}
    page = text(admin_client.post("/people/new/", asked))
    assert "We emailed a link for choosing a password to ada@example.org" in page
    assert "/sign-in/password/" not in page
    assert [sent.to for sent in mail.outbox] == [["ada@example.org"]]


def test_failed_mail_is_reported_without_the_link(
    mail_settings: Settings, admin_client: Client, support_user: User
) -> None:
    mail_settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    mail_settings.EMAIL_HOST, mail_settings.EMAIL_PORT = "127.0.0.1", 9
    page = text(admin_client.post(f"{path_of(support_user)}link/"))
    assert "The mail with the link could not be sent." in page
    assert "/sign-in/password/" not in page


def test_person_without_address_gets_no_mailed_link(
    mail_settings: Settings, admin_client: Client, support_user: User
) -> None:
    User.objects.filter(pk=support_user.pk).update(email="")
    page = text(admin_client.post(f"{path_of(support_user)}link/", follow=True))
    assert "sam has no e-mail address. Add one first" in page
    assert not AuditEntry.objects.filter(action="person.link_made").exists()


def test_new_person_needs_address_where_links_are_mailed(mail_settings: Settings, admin_client: Client) -> None:
    response = admin_client.post("/people/new/", {"username": "ada", "name": "", "email": "", "role": "support"})
    assert response.status_code == 422
    assert "Enter an e-mail address. The link to set a password is sent there." in text(response)
