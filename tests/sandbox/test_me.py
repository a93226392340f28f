"""GET /v3/me, the keys and the profile header (sent-api-v3, me and contacts)."""

from __future__ import annotations

import pytest
import requests

from testing.sandbox_server import SandboxServer
from tests.sandbox.reading import error, profile_id

FOREIGN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"
LIST = "/v3/contacts?page=1&page_size=5"


@pytest.mark.parametrize("kind", ["organization", "profile", "user"])
def test_each_key_is_of_its_kind(sandbox: SandboxServer, kind: str) -> None:
    assert sandbox.get("/v3/me", key=f"sandbox-{kind}").json()["data"]["type"] == kind


def test_an_organization_has_profiles(sandbox: SandboxServer) -> None:
    profiles = sandbox.get("/v3/me").json()["data"]["profiles"]
    assert [profile["id"] for profile in profiles] == [profile["id"] for profile in sandbox.profiles()]


def test_a_profile_in_the_list_has_every_field(sandbox: SandboxServer) -> None:
    first = sandbox.get("/v3/me").json()["data"]["profiles"][0]
    names = "id name short_name icon description status role created_at settings"
    assert set(first) == set(names.split())


@pytest.mark.parametrize("kind", ["profile", "user"])
def test_other_accounts_have_no_profiles(sandbox: SandboxServer, kind: str) -> None:
    assert sandbox.get("/v3/me", key=f"sandbox-{kind}").json()["data"]["profiles"] == []


def test_a_profile_names_its_organization(sandbox: SandboxServer) -> None:
    mine = sandbox.get("/v3/me", key="sandbox-profile").json()["data"]
    assert mine["organization_id"] == sandbox.get("/v3/me").json()["data"]["id"]
    assert mine["id"] == profile_id(sandbox, 0)


def test_a_profiles_own_key_lists_its_contacts(sandbox: SandboxServer) -> None:
    answer = sandbox.get(LIST, key="sandbox-profile").json()["data"]
    assert {contact["id"] for contact in answer["contacts"]} < set(sandbox.contacts(profile_id(sandbox, 0)))


def test_a_users_key_lists_the_organizations_own_contacts(sandbox: SandboxServer) -> None:
    answer = sandbox.get(LIST, key="sandbox-user").json()["data"]
    assert answer["pagination"]["total_count"] == len(sandbox.contacts())


def test_all_three_channels_are_always_there(sandbox: SandboxServer) -> None:
    assert set(sandbox.get("/v3/me").json()["data"]["channels"]) == {"sms", "whatsapp", "rcs"}


def test_profiles_differ_in_status(sandbox: SandboxServer) -> None:
    statuses = {profile["status"] for profile in sandbox.get("/v3/me").json()["data"]["profiles"]}
    assert statuses == {"approved", "pending_review", "incomplete", "rejected"}


def test_a_thousand_profiles_have_different_names() -> None:
    with SandboxServer(contacts=50, profiles=1000) as server:
        profiles = server.get("/v3/me").json()["data"]["profiles"]
    assert len({profile["name"] for profile in profiles}) == 1000


@pytest.mark.parametrize(
    ("key", "code"), [(None, "AUTH_001"), ("sandbox-revoked", "AUTH_002"), ("sk_live_guess", "AUTH_002")]
)
def test_a_key_that_is_not_accepted(sandbox: SandboxServer, key: str | None, code: str) -> None:
    assert error(sandbox.get("/v3/me", key=key)) == (401, code)


def test_the_profile_named_is_echoed_as_the_api_spells_it(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 2)
    assert sandbox.get(LIST, profile=profile.upper()).headers["X-Profile-Id"] == profile


def test_no_profile_is_echoed_when_none_was_named(sandbox: SandboxServer) -> None:
    assert "X-Profile-Id" not in sandbox.get(LIST).headers


@pytest.mark.parametrize("path", ["/v3/me", LIST])
@pytest.mark.parametrize(
    "profile", ["", "17", "{6ba7b810-9dad-41d1-80b4-00c04fd430c8}", "6ba7b8109dad41d180b400c04fd430c8"]
)
def test_a_malformed_profile_is_refused(sandbox: SandboxServer, path: str, profile: str) -> None:
    assert error(sandbox.get(path, profile=profile)) == (400, "VALIDATION_003")


def test_a_foreign_profile_is_not_found(sandbox: SandboxServer) -> None:
    assert error(sandbox.get(LIST, profile=FOREIGN)) == (404, "RESOURCE_004")


@pytest.mark.parametrize("key", ["sandbox-profile", "sandbox-user"])
def test_only_an_organization_may_name_a_profile(sandbox: SandboxServer, key: str) -> None:
    answer = sandbox.get(LIST, key=key, profile=profile_id(sandbox, 0))
    assert error(answer) == (403, "AUTH_004")


def test_me_of_a_named_profile_is_that_profile(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 2)
    answer = sandbox.get("/v3/me", profile=profile)
    assert answer.json()["data"]["id"] == answer.headers["X-Profile-Id"] == profile


def test_refusals_of_a_key_may_have_no_body() -> None:
    with SandboxServer(contacts=50, empty_auth_bodies=True) as server:
        unknown = server.get("/v3/me", key="sandbox-revoked")
        forbidden = server.get("/v3/me", key="sandbox-profile", profile=profile_id(server, 0))
        assert (unknown.status_code, unknown.content, unknown.headers["Content-Length"]) == (401, b"", "0")
        assert (forbidden.status_code, forbidden.content) == (403, b"")


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE", "PUT"])
def test_nothing_is_written(sandbox: SandboxServer, method: str) -> None:
    answer = requests.request(
        method, f"{sandbox.url}/v3/me", headers={"x-api-key": "sandbox-organization"}, json={"a": 1}, timeout=5
    )
    assert error(answer) == (405, "REQUEST_000")


def test_head_answers_like_get_without_a_body(sandbox: SandboxServer) -> None:
    answer = requests.head(f"{sandbox.url}{LIST}", headers={"x-api-key": "sandbox-organization"}, timeout=5)
    assert (answer.status_code, answer.content) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 1000
