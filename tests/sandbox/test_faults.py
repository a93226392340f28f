"""Control API: fault queue, request log and scopes (README, faults and control API)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from testing.sandbox_server import SandboxServer
from tests.sandbox.responses import profile_id

LIST = "/v3/contacts?page=1&page_size=5"


def test_fault_applies_to_one_request(sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503)
    assert [sandbox.get(LIST).status_code for _ in range(2)] == [503, 200]


def test_fault_applies_to_the_given_number_of_requests(sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503, times=2)
    assert [sandbox.get(LIST).status_code for _ in range(3)] == [503, 503, 200]


def test_faults_fire_in_queue_order(sandbox: SandboxServer) -> None:
    for status in (500, 502):
        sandbox.fault(kind="status", status=status)
    assert [sandbox.get(LIST).status_code for _ in range(2)] == [500, 502]


def test_list_of_faults_is_queued_in_one_request(sandbox: SandboxServer) -> None:
    faults = [{"kind": "status", "status": 500}, {"kind": "html"}]
    response = requests.post(f"{sandbox.url}/_sandbox/faults", json=faults, timeout=5)
    assert [fault["kind"] for fault in response.json()["queued"]] == ["status", "html"]


@pytest.mark.parametrize(
    ("route", "path"),
    [
        ("contacts", LIST),
        ("contact", "/v3/contacts/17"),
        ("message-summary", "/v3/contacts/17/message-summary"),
        ("me", "/v3/me"),
        ("any", "/v3/me"),
        ("any", "/v3/elsewhere"),
    ],
)
def test_fault_matches_its_route(sandbox: SandboxServer, route: str, path: str) -> None:
    sandbox.fault(route=route, kind="status", status=599)
    assert sandbox.get(path).status_code == 599


def test_fault_does_not_match_other_routes(sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=599)
    assert sandbox.get(LIST).status_code == 200


def test_fault_matches_its_profile(sandbox: SandboxServer) -> None:
    first, second = profile_id(sandbox, 0), profile_id(sandbox, 1)
    sandbox.fault(kind="status", status=500, profile=second)
    assert [sandbox.get(LIST, profile=one).status_code for one in (None, first, second)] == [200, 200, 500]


def test_fault_can_match_requests_without_profile(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=500, profile="")
    assert [sandbox.get(LIST, profile=one).status_code for one in (profile_id(sandbox, 0), None)] == [200, 500]


def test_fired_faults_are_recorded(sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503)
    sandbox.get(LIST)
    faults = sandbox.faults()
    assert faults["queued"] == []
    assert (faults["fired"][0]["kind"], faults["fired"][0]["path"]) == ("status", LIST)


def test_clear_deletes_queued_faults(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=503)
    sandbox.clear()
    assert sandbox.faults() == {"queued": [], "fired": []}


@pytest.mark.slow
def test_fault_count_is_exact_for_concurrent_requests(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=503, times=5)
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda _: requests.get(sandbox.url + "/v3/me", timeout=9).status_code, range(64)))
    assert statuses.count(503) == 5


@pytest.mark.parametrize(
    "fault",
    [
        {},
        [],
        {"kind": "earthquake"},
        {"kind": ["status"]},
        {"kind": "status"},
        {"kind": "status", "status": "503"},
        {"kind": "status", "status": 99},
        {"kind": "status", "status": True},
        {"kind": "status", "status": 500, "route": "messages"},
        {"kind": "status", "status": 500, "route": []},
        {"kind": "status", "status": 500, "times": 0},
        {"kind": "status", "status": 500, "profile": "first"},
        {"kind": "status", "status": 500, "statuss": 1},
        {"kind": "slow", "seconds": -1},
        {"kind": "headers", "set": {"X-A": "one\r\ntwo"}},
        {"kind": "body", "body_base64": "?"},
        {"kind": "reset", "after": []},
        {"kind": "patch", "remove": "data"},
    ],
)
def test_invalid_fault_is_rejected(sandbox: SandboxServer, fault: dict[str, Any]) -> None:
    response = requests.post(f"{sandbox.url}/_sandbox/faults", json=[fault], timeout=5)
    assert response.status_code == 400
    assert response.json()["error"].endswith(".")
    assert sandbox.faults()["queued"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_fault_that_is_not_json_is_rejected(sandbox: SandboxServer, body: bytes) -> None:
    assert requests.post(f"{sandbox.url}/_sandbox/faults", data=body, timeout=5).status_code == 400


def test_requests_are_logged(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 0)
    sandbox.get("/v3/contacts", profile=profile, page=1, page_size=5)
    (logged,) = sandbox.requests()
    assert (logged["method"], logged["path"], logged["query"]) == ("GET", "/v3/contacts", "page=1&page_size=5")
    assert (logged["profile"], logged["key"], logged["status"], logged["fault"]) == (profile, "organization", 200, None)


def test_request_log_has_only_the_kind_of_key(sandbox: SandboxServer) -> None:
    for key in ("sandbox-organization", "sandbox-profile", "sandbox-user", "sandbox-revoked", "secret", None):
        sandbox.get("/v3/me", key=key)
    kinds = ["organization", "profile", "user", "revoked", "unknown", "missing"]
    assert [logged["key"] for logged in sandbox.requests()] == kinds


def test_request_log_has_the_applied_fault(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="html", status=502)
    sandbox.get("/v3/me")
    assert [(logged["status"], logged["fault"]) for logged in sandbox.requests()] == [(502, "html")]


def test_request_log_can_be_cleared(sandbox: SandboxServer) -> None:
    sandbox.get("/v3/me")
    sandbox.reset_requests()
    assert sandbox.requests() == []


def test_control_api_requests_are_not_logged(sandbox: SandboxServer) -> None:
    sandbox.profiles()
    assert sandbox.requests() == []


def test_health_needs_no_key(sandbox: SandboxServer) -> None:
    assert requests.get(f"{sandbox.url}/_sandbox/health", timeout=5).json() == {"ok": True}


def test_scope_contacts_are_read_by_offset_and_limit(sandbox: SandboxServer) -> None:
    body = requests.get(f"{sandbox.url}/_sandbox/contacts", params={"offset": 10, "limit": 5}, timeout=5).json()
    assert [contact["id"] for contact in body["contacts"]] == list(sandbox.contacts())[10:15]
    assert body["total"] == len(sandbox.contacts())


def test_scope_of_unknown_profile_is_not_found(sandbox: SandboxServer) -> None:
    response = requests.get(f"{sandbox.url}/_sandbox/contacts?profile=17", timeout=5)
    assert response.status_code == 404


@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox/elsewhere"])
def test_control_api_has_no_other_path(sandbox: SandboxServer, path: str) -> None:
    assert requests.get(sandbox.url + path, timeout=5).status_code == 404
