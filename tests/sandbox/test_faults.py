"""The queue of faults: what waits, what it meets, what it remembers (README, faults)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from testing.sandbox_server import SandboxServer
from tests.sandbox.reading import profile_id

LIST = "/v3/contacts?page=1&page_size=5"


def test_a_fault_meets_one_call(sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503)
    assert [sandbox.get(LIST).status_code for _ in range(2)] == [503, 200]


def test_a_fault_meets_as_many_calls_as_it_says(sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503, times=2)
    assert [sandbox.get(LIST).status_code for _ in range(3)] == [503, 503, 200]


def test_faults_fire_in_their_order(sandbox: SandboxServer) -> None:
    for status in (500, 502):
        sandbox.fault(kind="status", status=status)
    assert [sandbox.get(LIST).status_code for _ in range(2)] == [500, 502]


def test_a_list_of_faults_is_queued_at_once(sandbox: SandboxServer) -> None:
    faults = [{"kind": "status", "status": 500}, {"kind": "html"}]
    answer = requests.post(f"{sandbox.url}/_sandbox/faults", json=faults, timeout=5)
    assert [fault["kind"] for fault in answer.json()["queued"]] == ["status", "html"]


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
def test_a_fault_waits_for_its_route(sandbox: SandboxServer, route: str, path: str) -> None:
    sandbox.fault(route=route, kind="status", status=599)
    assert sandbox.get(path).status_code == 599


def test_a_fault_lets_other_routes_pass(sandbox: SandboxServer) -> None:
    sandbox.fault(route="me", kind="status", status=599)
    assert sandbox.get(LIST).status_code == 200


def test_a_fault_waits_for_its_profile(sandbox: SandboxServer) -> None:
    first, second = profile_id(sandbox, 0), profile_id(sandbox, 1)
    sandbox.fault(kind="status", status=500, profile=second)
    assert [sandbox.get(LIST, profile=one).status_code for one in (None, first, second)] == [200, 200, 500]


def test_a_fault_may_wait_for_a_call_without_profile(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=500, profile="")
    assert [sandbox.get(LIST, profile=one).status_code for one in (profile_id(sandbox, 0), None)] == [200, 500]


def test_fired_faults_are_remembered(sandbox: SandboxServer) -> None:
    sandbox.fault(route="contacts", kind="status", status=503)
    sandbox.get(LIST)
    faults = sandbox.faults()
    assert faults["queued"] == []
    assert (faults["fired"][0]["kind"], faults["fired"][0]["path"]) == ("status", LIST)


def test_clearing_forgets_what_waits(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="status", status=503)
    sandbox.clear()
    assert sandbox.faults() == {"queued": [], "fired": []}


def test_a_fault_meets_one_of_many_calls_at_once(sandbox: SandboxServer) -> None:
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
def test_a_fault_nobody_could_make_is_refused(sandbox: SandboxServer, fault: dict[str, Any]) -> None:
    answer = requests.post(f"{sandbox.url}/_sandbox/faults", json=[fault], timeout=5)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith(".")
    assert sandbox.faults()["queued"] == []


@pytest.mark.parametrize("body", [b"", b"{", b"\xff", b"[" * 100_000])
def test_a_fault_that_is_not_json_is_refused(sandbox: SandboxServer, body: bytes) -> None:
    assert requests.post(f"{sandbox.url}/_sandbox/faults", data=body, timeout=5).status_code == 400


def test_calls_are_remembered(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 0)
    sandbox.get("/v3/contacts", profile=profile, page=1, page_size=5)
    (call,) = sandbox.requests()
    assert (call["method"], call["path"], call["query"]) == ("GET", "/v3/contacts", "page=1&page_size=5")
    assert (call["profile"], call["key"], call["status"], call["fault"]) == (profile, "organization", 200, None)


def test_a_key_is_remembered_by_its_kind_only(sandbox: SandboxServer) -> None:
    for key in ("sandbox-organization", "sandbox-profile", "sandbox-user", "sandbox-revoked", "secret", None):
        sandbox.get("/v3/me", key=key)
    kinds = ["organization", "profile", "user", "revoked", "unknown", "missing"]
    assert [call["key"] for call in sandbox.requests()] == kinds


def test_a_call_that_met_a_fault_says_so(sandbox: SandboxServer) -> None:
    sandbox.fault(kind="html", status=502)
    sandbox.get("/v3/me")
    assert [(call["status"], call["fault"]) for call in sandbox.requests()] == [(502, "html")]


def test_calls_can_be_forgotten(sandbox: SandboxServer) -> None:
    sandbox.get("/v3/me")
    sandbox.reset_requests()
    assert sandbox.requests() == []


def test_the_control_plane_is_not_remembered(sandbox: SandboxServer) -> None:
    sandbox.profiles()
    assert sandbox.requests() == []


def test_health_needs_no_key(sandbox: SandboxServer) -> None:
    assert requests.get(f"{sandbox.url}/_sandbox/health", timeout=5).json() == {"ok": True}


def test_what_a_scope_holds_can_be_read_in_parts(sandbox: SandboxServer) -> None:
    answer = requests.get(f"{sandbox.url}/_sandbox/contacts", params={"offset": 10, "limit": 5}, timeout=5).json()
    assert [contact["id"] for contact in answer["contacts"]] == list(sandbox.contacts())[10:15]
    assert answer["total"] == len(sandbox.contacts())


def test_an_unknown_profile_holds_nothing(sandbox: SandboxServer) -> None:
    answer = requests.get(f"{sandbox.url}/_sandbox/contacts?profile=17", timeout=5)
    assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/_sandbox/", "/_sandbox/elsewhere"])
def test_the_control_plane_has_no_other_path(sandbox: SandboxServer, path: str) -> None:
    assert requests.get(sandbox.url + path, timeout=5).status_code == 404
