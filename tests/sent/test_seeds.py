"""Vendor examples: the example responses (shared/seeds), served byte for byte over HTTP, are decoded correctly."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.errors import (
    ContactNotFound,
    Forbidden,
    InvalidApiKey,
    InvalidRequest,
    SentError,
    ServerError,
)
from contacts_ui.sent_api.queries import ContactQuery
from testing.sandbox_server import SandboxServer

SEEDS = Path(__file__).parent / "seeds"
CONTACT = UUID("6ba7b810-9dad-11d1-80b4-00c04fd430c8")


def _serve(sandbox: SandboxServer, status: int, route: str = "contacts") -> None:
    body = next(SEEDS.glob(f"{status}.*")).read_text()
    sandbox.fault(route=route, kind="body", status=status, body=body, content_type="application/json")


def _error(sandbox: SandboxServer, client: SentClient, status: int, query: ContactQuery | None = None) -> SentError:
    _serve(sandbox, status)
    with pytest.raises(SentError) as caught:
        client.contacts(query or ContactQuery())
    return caught.value


def test_example_page_decodes_field_by_field(sandbox: SandboxServer, client: SentClient) -> None:
    _serve(sandbox, 200)
    page = client.contacts(ContactQuery())
    (contact,) = page.contacts
    assert contact.id == CONTACT
    assert contact.phone_number == contact.format_e164 == "+1234567890"
    assert contact.format_international == "+1 234-567-890"
    assert contact.format_national == "(234) 567-890"
    assert contact.format_rfc == "tel:+1-234-567-890"
    assert (contact.country_code, contact.region_code) == ("1", "US")
    assert contact.available_channels == ("sms", "whatsapp")
    assert contact.default_channel == "sms"
    assert (contact.opt_out, contact.updated_at) == (False, None)
    exact = datetime(2026, 3, 11, 21, 50, 50, 188770, tzinfo=UTC)
    assert contact.created_at is not None
    assert abs(contact.created_at - exact) <= timedelta(microseconds=1)


def test_example_page_has_pagination_and_request_id(sandbox: SandboxServer, client: SentClient) -> None:
    _serve(sandbox, 200)
    page = client.contacts(ContactQuery())
    pagination = page.pagination
    assert (pagination.page, pagination.page_size, pagination.total_count, pagination.total_pages) == (1, 20, 150, 8)
    assert pagination.has_more is True
    assert page.request_id == "req_7X9zKp2jDw"


def test_example_400_is_an_invalid_request(sandbox: SandboxServer, client: SentClient) -> None:
    error = _error(sandbox, client, 400)
    assert isinstance(error, InvalidRequest)
    assert (error.status, error.code, error.request_id) == (400, "VALIDATION_005", "req_7X9zKp2jDw")
    assert error.doc_url == "https://docs.sent.dm/errors/VALIDATION_005"


def test_example_401_with_empty_body_is_an_invalid_key(sandbox: SandboxServer, client: SentClient) -> None:
    error = _error(sandbox, client, 401)
    assert isinstance(error, InvalidApiKey)
    assert (error.status, error.code) == (401, None)


def test_example_403_with_empty_body_is_forbidden(sandbox: SandboxServer, client: SentClient) -> None:
    error = _error(sandbox, client, 403)
    assert isinstance(error, Forbidden)
    assert (error.status, error.code) == (403, None)


def test_example_404_of_a_phone_lookup_is_an_empty_page(sandbox: SandboxServer, client: SentClient) -> None:
    _serve(sandbox, 404)
    page = client.contacts(ContactQuery(phone="+12025550143"))
    assert page.not_found
    assert page.contacts == ()
    assert page.request_id == "req_7X9zKp2jDw"


def test_example_404_of_a_contact_is_contact_not_found(sandbox: SandboxServer, client: SentClient) -> None:
    _serve(sandbox, 404, route="contact")
    with pytest.raises(ContactNotFound) as caught:
        client.contact(CONTACT)
    assert (caught.value.status, caught.value.code) == (404, "RESOURCE_001")


def test_example_500_is_a_server_error(sandbox: SandboxServer, client: SentClient) -> None:
    error = _error(sandbox, client, 500)
    assert isinstance(error, ServerError)
    assert (error.status, error.code, error.request_id) == (500, "INTERNAL_001", "req_7X9zKp2jDw")
