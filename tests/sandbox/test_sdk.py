"""Vendor SDK: the vendor's own client library works against the sandbox (issue 2)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import sent_dm

from testing.sandbox_server import SandboxServer
from tests.sandbox.responses import profile_id

UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
PROFILES = 12


@pytest.fixture
def sdk(sandbox: SandboxServer) -> Iterator[sent_dm.Sent]:
    """The client library with the organization's key."""
    with _client(sandbox, "sandbox-organization") as client:
        yield client


def _client(server: SandboxServer, key: str) -> sent_dm.Sent:
    return sent_dm.Sent(api_key=key, base_url=server.url, max_retries=0)


@pytest.mark.slow
def test_sdk_pages_through_the_organization(sandbox: SandboxServer, sdk: sent_dm.Sent) -> None:
    ids = [contact.id for contact in sdk.contacts.list(page=1, page_size=100)]
    assert ids == list(sandbox.contacts())


@pytest.mark.slow
@pytest.mark.parametrize("number", range(PROFILES))
def test_sdk_pages_through_every_profile_without_duplicates(
    sandbox: SandboxServer, sdk: sent_dm.Sent, number: int
) -> None:
    profile = profile_id(sandbox, number)
    found = [(contact.id, contact.format_e164) for contact in _list_all(sdk, profile)]
    assert dict(found) == sandbox.contacts(profile)
    assert len(found) == len(dict(found))


def _list_all(sdk: sent_dm.Sent, profile: str) -> list[sent_dm.types.ContactResponse]:
    return list(sdk.contacts.list(page=1, page_size=100, x_profile_id=profile))


def test_sdk_filters_by_channel(sdk: sent_dm.Sent) -> None:
    found = list(sdk.contacts.list(page=1, page_size=100, channel="whatsapp"))
    assert found
    assert all("whatsapp" in (contact.available_channels or "") for contact in found)


def test_sdk_searches(sdk: sent_dm.Sent) -> None:
    found = list(sdk.contacts.list(page=1, page_size=100, search=") 4"))
    assert found
    assert all(") 4" in (contact.format_national or "") for contact in found)


def test_sdk_looks_up_a_phone(sandbox: SandboxServer, sdk: sent_dm.Sent) -> None:
    contact_id, number = next(iter(sandbox.contacts().items()))
    page = sdk.contacts.list(page=1, page_size=100, phone=number)
    assert page.data
    assert [contact.id for contact in page.data.contacts or []] == [contact_id]


def test_sdk_reads_the_account(sandbox: SandboxServer, sdk: sent_dm.Sent) -> None:
    account = sdk.me.retrieve().data
    assert account
    assert account.type == "organization"
    assert [profile.id for profile in account.profiles or []] == [one["id"] for one in sandbox.profiles()]


def test_sdk_reads_one_contact(sandbox: SandboxServer, sdk: sent_dm.Sent) -> None:
    contact_id, number = next(iter(sandbox.contacts().items()))
    contact = sdk.contacts.retrieve(contact_id).data
    assert contact
    assert (contact.id, contact.format_e164) == (contact_id, number)
    assert contact.created_at


def test_sdk_reads_a_message_summary(sandbox: SandboxServer, sdk: sent_dm.Sent) -> None:
    contact_id = next(iter(sandbox.contacts()))
    summary = sdk.contacts.retrieve_message_summary(contact_id).data
    assert summary
    assert summary.contact_id == contact_id


def test_sdk_raises_bad_request_for_400(sdk: sent_dm.Sent) -> None:
    with pytest.raises(sent_dm.BadRequestError):
        sdk.contacts.list(page=0, page_size=20)


@pytest.mark.parametrize("key", ["sandbox-revoked", "guess"])
def test_sdk_raises_authentication_error_for_401(sandbox: SandboxServer, key: str) -> None:
    with _client(sandbox, key) as client, pytest.raises(sent_dm.AuthenticationError):
        client.me.retrieve()


def test_sdk_raises_permission_denied_for_403(sandbox: SandboxServer) -> None:
    with _client(sandbox, "sandbox-profile") as client, pytest.raises(sent_dm.PermissionDeniedError):
        client.contacts.list(page=1, page_size=20, x_profile_id=profile_id(sandbox, 0))


@pytest.mark.parametrize(
    "send",
    [
        lambda sdk: sdk.contacts.list(page=1, page_size=20, phone="+12025550143"),
        lambda sdk: sdk.contacts.list(page=1, page_size=20, x_profile_id=UNKNOWN),
        lambda sdk: sdk.contacts.retrieve(UNKNOWN),
    ],
)
def test_sdk_raises_not_found_for_404(sdk: sent_dm.Sent, send: Callable[[sent_dm.Sent], object]) -> None:
    with pytest.raises(sent_dm.NotFoundError):
        send(sdk)


@pytest.mark.slow
def test_sdk_raises_rate_limit_error_for_429() -> None:
    with SandboxServer(contacts=50, rate=60, burst=1) as server, _client(server, "sandbox-organization") as client:
        client.me.retrieve()
        with pytest.raises(sent_dm.RateLimitError):
            client.me.retrieve()


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_sdk_raises_internal_server_error_for_5xx(sandbox: SandboxServer, sdk: sent_dm.Sent, status: int) -> None:
    sandbox.fault(route="me", kind="status", status=status)
    with pytest.raises(sent_dm.InternalServerError):
        sdk.me.retrieve()


@pytest.mark.slow
def test_sdk_accepts_empty_body_of_401() -> None:
    with (
        SandboxServer(contacts=50, empty_auth_bodies=True) as server,
        _client(server, "sandbox-revoked") as client,
        pytest.raises(sent_dm.AuthenticationError),
    ):
        client.me.retrieve()
