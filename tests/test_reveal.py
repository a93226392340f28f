"""Revealing one masked number: by POST, for one response, logged, without numbers in the log."""

from __future__ import annotations

import logging
import re

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import Settings

from contacts_ui.models import Preferences
from contacts_ui.observability.json_logs import JsonFormatter
from contacts_ui.sent_api.types import Contact
from testing.sandbox_server import SandboxServer

from .html import FRAGMENT, SITE_URL, fragment, rows, scopes, text
from .test_error_pages import FAILURES, SOME, use_short_timeout
from .visible_numbers import first_page, formats, numbered, readable

LIST = "/account/contacts/"


@pytest.fixture
def masked_client(admin_client: Client, admin_user: User) -> Client:
    """Browser of the admin, who prefers masked numbers."""
    Preferences.objects.create(user=admin_user, mask_numbers=True)
    return admin_client


@pytest.fixture
def contacts(desk_api: SandboxServer) -> tuple[Contact, ...]:
    """The contacts of the account's first page."""
    return first_page(desk_api)


# --- Reveal ----------------------------------------------------------------------------------------


def test_revealed_row_has_number_and_copy_button(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    contact = numbered(contacts)
    response = masked_client.post(f"{LIST}{contact.id}/reveal/", {"part": "row"}, headers=FRAGMENT)
    assert response.status_code == 200
    assert response["X-Fragment"] == "1"
    assert f">{contact.number}</a>" in text(response)
    assert f'data-copy aria-label="Copy {contact.number}"' in text(response)
    assert "<tr" not in text(response)
    assert scopes(response) == {""}


def test_revealed_contact_has_all_formats(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    contact = numbered(contacts)
    response = masked_client.post(f"{LIST}{contact.id}/reveal/", {"part": "contact"}, headers=FRAGMENT)
    assert response["X-Fragment"] == "1"
    for format_ in formats(contact):
        assert f'data-copy="{format_}"' in text(response)
    assert "<html" not in text(response)


def test_reveal_without_htmx_is_whole_page(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    contact = numbered(contacts)
    response = masked_client.post(f"{LIST}{contact.id}/reveal/")
    assert text(response).startswith("<!doctype html>")
    assert readable(text(response), (contact,)) == {str(contact.id)}


@pytest.mark.parametrize("part", ["", "everything", "../list", "ROW"])
def test_unknown_part_shows_contact(masked_client: Client, contacts: tuple[Contact, ...], part: str) -> None:
    response = masked_client.post(f"{LIST}{contacts[0].id}/reveal/", {"part": part}, headers=FRAGMENT)
    assert '<article class="panel"' in text(response)


@pytest.mark.parametrize("part", ["row", "contact"])
def test_reveal_shows_no_number_of_other_contact(
    masked_client: Client, contacts: tuple[Contact, ...], part: str
) -> None:
    contact = numbered(contacts)
    response = masked_client.post(f"{LIST}{contact.id}/reveal/", {"part": part}, headers=FRAGMENT)
    others = tuple(other for other in contacts if not formats(other) & formats(contact))
    assert len(others) >= 45
    alike = readable(" ".join(formats(contact)), others)  # numbers of one area share a prefix
    assert readable(text(response), others) <= alike


def test_reveal_lasts_for_one_response(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    contact = numbered(contacts)
    masked_client.post(f"{LIST}{contact.id}/reveal/")
    for path in (LIST, f"{LIST}{contact.id}/"):
        assert readable(text(masked_client.get(path)), contacts) == set()


def test_reveal_by_get_redirects_to_contact(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    address = f"{LIST}{contacts[0].id}/reveal/"
    for response in (masked_client.get(address), fragment(masked_client, address), masked_client.head(address)):
        assert response["Location"] == f"{LIST}{contacts[0].id}/"
        assert readable(text(response), contacts) == set()


@pytest.mark.parametrize("headers", [{}, FRAGMENT], ids=["page", "fragment"])
def test_reveal_requires_csrf_token(
    admin_user: User, masked_client: Client, contacts: tuple[Contact, ...], headers: dict[str, str]
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    response = client.post(f"{LIST}{contacts[0].id}/reveal/", headers=headers)
    assert response.status_code == 403
    assert readable(text(response), contacts) == set()


def test_page_form_carries_csrf_token(admin_user: User, masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(admin_user)
    contact = numbered(contacts)
    for path in (LIST, f"{LIST}{contact.id}/"):
        form = re.search(
            r'<form id="reveal" method="post"><input type="hidden" name="(\w+)" value="(\w+)">', text(client.get(path))
        )
        assert form
        response = client.post(f"{LIST}{contact.id}/reveal/", {form[1]: form[2]})
        assert response.status_code == 200


def test_every_reveal_button_belongs_to_page_form(masked_client: Client, contacts: tuple[Contact, ...]) -> None:
    """So that it works without JavaScript."""
    pattern = r'<button[^>]* type="submit" form="reveal" formaction="([^"]+)" hx-post="([^"]+)" hx-include="#reveal"'
    for path in (LIST, f"{LIST}{numbered(contacts).id}/"):
        found = re.findall(pattern, text(masked_client.get(path)))
        assert found
        assert all(action == post and action.endswith("/reveal/") for action, post in found)


# --- Log -------------------------------------------------------------------------------------------


def _revealed(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.getMessage() == "desk.number.revealed"]


def test_reveal_is_logged_with_user_profile_and_contact(
    masked_client: Client, admin_user: User, sandbox: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    profile_id = sandbox.profiles()[1]["id"]
    contact_id = next(iter(sandbox.contacts(profile_id)))
    masked_client.post(f"/p/{profile_id}/contacts/{contact_id}/reveal/", {"part": "row"}, headers=FRAGMENT)
    (record,) = _revealed(caplog)
    said = (record.__dict__["user_id"], record.__dict__["profile_id"], record.__dict__["contact_id"])
    assert said == (admin_user.pk, profile_id, contact_id)


def test_reveal_log_contains_no_number(
    masked_client: Client, contacts: tuple[Contact, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    contact = numbered(contacts)
    masked_client.post(f"{LIST}{contact.id}/reveal/")
    written = " ".join(JsonFormatter().format(record) for record in caplog.records)
    assert "desk.number.revealed" in written
    for format_ in formats(contact):
        assert format_ not in written
        assert re.sub(r"\D", "", format_) not in written


def test_opening_masked_contact_is_not_logged_as_reveal(
    masked_client: Client, contacts: tuple[Contact, ...], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    masked_client.get(f"{LIST}{contacts[0].id}/")
    assert _revealed(caplog) == []


@pytest.fixture(params=SOME)
def failure(request: pytest.FixtureRequest, desk_api: SandboxServer, settings: Settings) -> tuple[int, str]:
    """Makes the next call for a contact fail: the status and message expected of it."""
    fault, status, sentence = FAILURES[request.param]
    if request.param == "timed out":
        use_short_timeout(settings)
    desk_api.fault(route="contact", **fault)
    return status, sentence


@pytest.mark.slow
@pytest.mark.parametrize("part", ["row", "contact"])
def test_failed_reveal_shows_and_logs_nothing(
    masked_client: Client,
    contacts: tuple[Contact, ...],
    failure: tuple[int, str],
    caplog: pytest.LogCaptureFixture,
    part: str,
) -> None:
    caplog.set_level(logging.INFO)
    response = masked_client.post(f"{LIST}{contacts[0].id}/reveal/", {"part": part}, headers=FRAGMENT)
    assert response.status_code == failure[0]
    assert response["X-Fragment"] == "1"
    assert failure[1] in text(response)
    assert readable(text(response), contacts) == set()
    assert _revealed(caplog) == []


# --- Access and API cost ---------------------------------------------------------------------------


def test_anonymous_visitor_is_sent_to_sign_in(db: None, contacts: tuple[Contact, ...]) -> None:
    response = Client().post(f"{LIST}{contacts[0].id}/reveal/")
    assert response["Location"].startswith("/sign-in/?next=")


@pytest.mark.parametrize("part", ["row", "contact"])
def test_reveal_from_cached_list_costs_no_call(masked_client: Client, caching_api: SandboxServer, part: str) -> None:
    first = rows(masked_client.get(f"{LIST}?channel=sms&page=2"))[0]
    caching_api.reset_requests()
    referer = {"HX-Current-URL": f"{SITE_URL}{LIST}?channel=sms&page=2"}
    response = masked_client.post(f"{LIST}{first}/reveal/", {"part": part}, headers=FRAGMENT | referer)
    assert response.status_code == 200
    assert caching_api.requests() == []


def test_reveal_from_cached_local_number_lookup_costs_no_call(
    admin_client: Client, admin_user: User, caching_api: SandboxServer
) -> None:
    Preferences.objects.create(user=admin_user, mask_numbers=True, region="US")
    contact_id, number = next((i, n) for i, n in caching_api.contacts(None).items() if n and n.startswith("+1212"))
    assert rows(admin_client.get(f"{LIST}?phone={number[2:]}")) == [contact_id]
    caching_api.reset_requests()
    referer = {"Referer": f"{SITE_URL}{LIST}?phone={number[2:]}"}
    assert admin_client.post(f"{LIST}{contact_id}/reveal/", headers=referer).status_code == 200
    assert caching_api.requests() == []


def test_theme_button_of_revealed_page_returns_to_contact(masked_client: Client) -> None:
    """The URL of the reveal accepts POST only."""
    contact_id = rows(masked_client.get(LIST))[0]
    page = text(masked_client.post(f"{LIST}{contact_id}/reveal/"))
    assert f'name="next" value="{LIST}{contact_id}/"' in page
