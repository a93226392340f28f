"""Account API and authentication: GET /v3/me, keys and the profile header (sent-api-v3, me and contacts)."""

from __future__ import annotations

import pytest
import requests

from testing.sandbox_server import SandboxServer
from tests.sandbox.responses import profile_id, status_and_code

FOREIGN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
LIST = "/v3/contacts?page=1&page_size=5"


@pytest.mark.parametrize("kind", ["organization", "profile", "user"])
def test_key_determines_the_account_type(sandbox: SandboxServer, kind: str) -> None:
    assert sandbox.get("/v3/me", key=f"sandbox-{kind}").json()["data"]["type"] == kind


def test_organization_lists_its_profiles(sandbox: SandboxServer) -> None:
    profiles = sandbox.get("/v3/me").json()["data"]["profiles"]
    assert [profile["id"] for profile in profiles] == [profile["id"] for profile in sandbox.profiles()]


def test_listed_profile_has_every_field(sandbox: SandboxServer) -> None:
    first = sandbox.get("/v3/me").json()["data"]["profiles"][0]
    names = "id name short_name icon description status role created_at settings"
    assert set(first) == set(names.split())


@pytest.mark.parametrize("kind", ["profile", "user"])
def test_other_accounts_list_no_profiles(sandbox: SandboxServer, kind: str) -> None:
    assert sandbox.get("/v3/me", key=f"sandbox-{kind}").json()["data"]["profiles"] == []


def test_profile_has_the_id_of_its_organization(sandbox: SandboxServer) -> None:
    account = sandbox.get("/v3/me", key="sandbox-profile").json()["data"]
    assert account["organization_id"] == sandbox.get("/v3/me").json()["data"]["id"]
    assert account["id"] == profile_id(sandbox, 0)


def test_profile_key_lists_contacts_of_the_profile(sandbox: SandboxServer) -> None:
    data = sandbox.get(LIST, key="sandbox-profile").json()["data"]
    assert {contact["id"] for contact in data["contacts"]} < set(sandbox.contacts(profile_id(sandbox, 0)))


def test_user_key_lists_the_organizations_own_contacts(sandbox: SandboxServer) -> None:
    data = sandbox.get(LIST, key="sandbox-user").json()["data"]
    owned_by_profiles = sum(profile["contacts"] for profile in sandbox.profiles())
    assert data["pagination"]["total_count"] == len(sandbox.contacts()) - owned_by_profiles


def test_account_has_all_three_channels(sandbox: SandboxServer) -> None:
    assert set(sandbox.get("/v3/me").json()["data"]["channels"]) == {"sms", "whatsapp", "rcs"}


def test_profiles_differ_in_status(sandbox: SandboxServer) -> None:
    statuses = {profile["status"] for profile in sandbox.get("/v3/me").json()["data"]["profiles"]}
    assert statuses == {"approved", "pending_review", "incomplete", "rejected"}


@pytest.mark.slow
def test_names_of_a_thousand_profiles_are_unique() -> None:
    with SandboxServer(contacts=50, profiles=1000) as server:
        profiles = server.get("/v3/me").json()["data"]["profiles"]
    assert len({profile["name"] for profile in profiles}) == 1000


@pytest.mark.parametrize(
    ("key", "code"), [(None, "AUTH_001"), ("sandbox-revoked", "AUTH_002"), ("sk_live_guess", "AUTH_002")]
)
def test_invalid_key_is_rejected(sandbox: SandboxServer, key: str | None, code: str) -> None:
    assert status_and_code(sandbox.get("/v3/me", key=key)) == (401, code)


def test_profile_id_is_echoed_in_lower_case(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 2)
    assert sandbox.get(LIST, profile=profile.upper()).headers["X-Profile-Id"] == profile


def test_profile_id_is_not_echoed_without_the_header(sandbox: SandboxServer) -> None:
    assert "X-Profile-Id" not in sandbox.get(LIST).headers


@pytest.mark.parametrize("path", ["/v3/me", LIST])
@pytest.mark.parametrize(
    "profile", ["", "17", "{6ba7b810-9dad-41d1-80b4-00c04fd430c8}", "6ba7b8109dad41d180b400c04fd430c8"]
)
def test_malformed_profile_id_is_rejected(sandbox: SandboxServer, path: str, profile: str) -> None:
    assert status_and_code(sandbox.get(path, profile=profile)) == (400, "VALIDATION_003")


def test_foreign_profile_is_not_found(sandbox: SandboxServer) -> None:
    assert status_and_code(sandbox.get(LIST, profile=FOREIGN)) == (404, "RESOURCE_004")


@pytest.mark.parametrize("key", ["sandbox-profile", "sandbox-user"])
def test_profile_header_is_forbidden_for_other_keys(sandbox: SandboxServer, key: str) -> None:
    response = sandbox.get(LIST, key=key, profile=profile_id(sandbox, 0))
    assert status_and_code(response) == (403, "AUTH_004")


def test_me_with_profile_header_describes_the_profile(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 2)
    response = sandbox.get("/v3/me", profile=profile)
    assert response.json()["data"]["id"] == response.headers["X-Profile-Id"] == profile


@pytest.mark.slow
def test_auth_errors_can_be_without_body() -> None:
    with SandboxServer(contacts=50, empty_auth_bodies=True) as server:
        unknown = server.get("/v3/me", key="sandbox-revoked")
        forbidden = server.get("/v3/me", key="sandbox-profile", profile=profile_id(server, 0))
        assert (unknown.status_code, unknown.content, unknown.headers["Content-Length"]) == (401, b"", "0")
        assert (forbidden.status_code, forbidden.content) == (403, b"")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_write_methods_are_not_allowed(sandbox: SandboxServer, method: str) -> None:
    response = requests.request(
        method, f"{sandbox.url}/v3/me", headers={"x-api-key": "sandbox-organization"}, json={"a": 1}, timeout=5
    )
    assert status_and_code(response) == (405, "REQUEST_000")


def test_head_has_the_headers_of_get_and_no_body(sandbox: SandboxServer) -> None:
    response = requests.head(f"{sandbox.url}{LIST}", headers={"x-api-key": "sandbox-organization"}, timeout=5)
    assert (response.status_code, response.content) == (200, b"")
    assert int(response.headers["Content-Length"]) > 1000
