"""Masked numbers: at most the last four digits leave the server."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from django.contrib.auth.models import Group, User
from django.test import Client

from contacts_ui.contacts.masking import mask_number
from contacts_ui.models import GroupPolicy, Preferences
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, rows, text
from .visible_numbers import first_page, formats, numbered, readable

LIST = "/account/contacts/"


@pytest.fixture
def masked_client(admin_client: Client, admin_user: User) -> Client:
    """Browser of the admin, who prefers masked numbers."""
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    return admin_client


@pytest.fixture(params=["preference", "policy"])
def either_client(request: pytest.FixtureRequest, admin_client: Client, admin_user: User) -> Client:
    """Browser of the admin with masked numbers: by preference, or by the policy of a group."""
    if request.param == "preference":
        Preferences.objects.create(user=admin_user, mask_numbers=True)
    else:
        GroupPolicy.objects.create(group=Group.objects.get(name="admin"), mask_numbers=True)
    return admin_client


@pytest.fixture
def contacts(desk_api: SandboxServer) -> tuple[Contact, ...]:
    """The contacts of the account's first page."""
    return first_page(desk_api)


def test_every_number_is_readable_without_masking(admin_client: Client, contacts: tuple[Contact, ...]) -> None:
    """Control: without it the tests below would prove nothing."""
    assert readable(text(admin_client.get(LIST)), contacts) == {str(c.id) for c in contacts if formats(c)}


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_masked_list_shows_at_most_last_four_digits(
    either_client: Client, contacts: tuple[Contact, ...], headers: dict[str, str]
) -> None:
    response = either_client.get(LIST, headers=headers)
    assert rows(response) == [str(contact.id) for contact in contacts]
    assert readable(text(response), contacts) == set()
    for contact in contacts:
        assert not [format_ for format_ in formats(contact) if format_ in text(response)]


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_masked_contact_shows_at_most_last_four_digits(
    either_client: Client, contacts: tuple[Contact, ...], headers: dict[str, str]
) -> None:
    contact = numbered(contacts)
    page = text(either_client.get(f"{LIST}{contact.id}/", headers=headers))
    assert f"•••• {(contact.format_e164 or '')[-4:]}" in page
    assert readable(page, (contact,)) == set()


@pytest.mark.parametrize("start", [0, 5], ids=["page", "further rows"])
def test_masked_bulk_lookup_shows_at_most_last_four_digits(
    masked_client: Client, contacts: tuple[Contact, ...], start: int
) -> None:
    several = [contact for contact in contacts if contact.format_e164][:7]
    typed = "\n".join(contact.format_e164 or "" for contact in several)
    further = {"from": str(start)} if start else {}
    page = text(masked_client.get(LIST, {"search": typed} | further, headers=FRAGMENT if start else {}))
    asked = several[start : start + 5]
    assert re.findall(r'data-contact-id="([^"]+)" data-looked-up="found"', page) == [str(c.id) for c in asked]
    assert re.findall(r'class="phone__link" [^>]*>([^<]*)</a>', page) == [mask_number(contact) for contact in asked]
    assert page.count('aria-label="Reveal ') == len(asked)
    assert 'aria-label="Copy ' not in page
    for number in typed.split():  # the typed text stays in the form
        page = page.replace(number, "").replace(quote(number), "")
    assert readable(page, contacts) == set()


def test_masked_number_has_no_copy_button(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    contact = numbered(contacts)
    assert 'aria-label="Copy ' not in text(masked_client.get(LIST))
    copied = re.findall(r'data-copy="([^"]*)"', text(masked_client.get(f"{LIST}{contact.id}/")))
    assert set(copied) == {
        f"http://localhost:8000{LIST}{contact.id}/",
        str(contact.id),
        contact.customer_id,
    }


def test_messages_page_shows_no_number(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    contact = numbered(contacts)
    assert readable(text(masked_client.get(f"{LIST}{contact.id}/messages/")), (contact,)) == set()


def test_contact_without_number_has_no_reveal_button(masked_client: Client, sandbox: SandboxServer) -> None:
    formats = ("phone_number", "format_e164", "format_international", "format_national", "format_rfc")
    sandbox.fault(route="contacts", kind="patch", set={f"data.contacts.*.{name}": None for name in formats})
    page = text(masked_client.get(LIST))
    assert page.count("No number") == 50
    assert "reveal/" not in page


def test_forced_mask_overrides_preference(support_client: Client, support_user: User, sandbox: SandboxServer) -> None:
    Preferences.objects.create(user=support_user, mask_numbers=False)
    GroupPolicy.objects.create(group=Group.objects.get(name="support"), mask_numbers=True)
    profile_id = sandbox.profiles()[1]["id"]
    page = text(support_client.get(f"/p/{profile_id}/contacts/"))
    assert "••••" in page
    assert 'aria-label="Copy ' not in page
