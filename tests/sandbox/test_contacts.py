"""Contacts API: lists, filters, single contacts and message summaries (sent-api-v3, contacts)."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from testing.sandbox_server import SandboxServer
from tests.sandbox.responses import list_contacts, profile_id, status_and_code

pytestmark = pytest.mark.slow  # each searches a whole sandbox

FIELDS = {
    *("id", "customer_id", "phone_number", "format_e164", "format_international", "format_national", "format_rfc"),
    *("country_code", "region_code", "available_channels", "default_channel", "opt_out", "is_inherited"),
    *("created_at", "updated_at"),
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00")
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def test_contact_has_every_field(sandbox: SandboxServer) -> None:
    contact = sandbox.get("/v3/contacts", page=1, page_size=1).json()["data"]["contacts"][0]
    assert set(contact) == FIELDS


def test_envelope_has_success_error_and_version(sandbox: SandboxServer) -> None:
    body = sandbox.get("/v3/contacts", page=1, page_size=1).json()
    assert (body["success"], body["error"], body["meta"]["version"]) == (True, None, "v3")


def test_response_has_api_headers(sandbox: SandboxServer) -> None:
    response = sandbox.get("/v3/contacts", page=1, page_size=1)
    assert re.fullmatch(r"req_[0-9A-Za-z]{10,}", response.headers["X-Request-Id"])
    assert re.fullmatch(r"\d+ms", response.headers["X-Response-Time"])
    assert response.headers["X-API-Version"] == "v3"


def test_request_id_is_equal_in_header_and_body(sandbox: SandboxServer) -> None:
    response = sandbox.get("/v3/contacts", page=1, page_size=1)
    assert response.json()["meta"]["request_id"] == response.headers["X-Request-Id"]


def test_timestamps_have_seven_fraction_digits(sandbox: SandboxServer) -> None:
    body = sandbox.get("/v3/contacts", page=1, page_size=1).json()
    assert TIME.fullmatch(body["meta"]["timestamp"])
    assert TIME.fullmatch(body["data"]["contacts"][0]["created_at"])


def test_pages_list_every_contact_once(sandbox: SandboxServer) -> None:
    ids = [contact["id"] for contact in list_contacts(sandbox)]
    assert ids == list(sandbox.contacts())


def test_pagination_counts_pages_and_contacts(sandbox: SandboxServer) -> None:
    total = len(sandbox.contacts())
    pagination = sandbox.get("/v3/contacts", page=2, page_size=100).json()["data"]["pagination"]
    assert pagination == {
        "page": 2,
        "page_size": 100,
        "total_count": total,
        "total_pages": -(-total // 100),
        "has_more": True,
        "cursors": None,
    }


def test_page_beyond_the_end_is_empty(sandbox: SandboxServer) -> None:
    response = sandbox.get("/v3/contacts", page=2**31 - 1, page_size=100)
    assert (response.status_code, response.json()["data"]["contacts"]) == (200, [])


@pytest.mark.parametrize(
    ("page", "size", "code"),
    [
        (0, 20, "VALIDATION_005"),
        (-1, 20, "VALIDATION_005"),
        (1, 0, "VALIDATION_005"),
        (1, 101, "VALIDATION_005"),
        (2**31, 20, "VALIDATION_005"),
        ("two", 20, "VALIDATION_001"),
        ("1.5", 20, "VALIDATION_001"),
        (None, 20, "VALIDATION_004"),
        (1, None, "VALIDATION_004"),
        ("", 20, "VALIDATION_004"),
    ],
)
def test_page_and_size_are_validated(
    sandbox: SandboxServer, page: int | str | None, size: int | None, code: str
) -> None:
    assert status_and_code(sandbox.get("/v3/contacts", page=page, page_size=size)) == (400, code)


def test_page_below_one_has_the_vendors_error_message(sandbox: SandboxServer) -> None:
    body = sandbox.get("/v3/contacts", page=0, page_size=20).json()
    assert body["error"] == {
        "code": "VALIDATION_005",
        "message": "Page must be greater than 0",
        "details": None,
        "doc_url": "https://docs.sent.dm/errors/VALIDATION_005",
    }


def test_missing_parameters_are_named_in_details(sandbox: SandboxServer) -> None:
    assert set(sandbox.get("/v3/contacts").json()["error"]["details"]) == {"page", "page_size"}


def test_search_matches_the_national_format_exactly(sandbox: SandboxServer) -> None:
    expected = [contact["id"] for contact in list_contacts(sandbox) if ") 5" in (contact.get("format_national") or "")]
    assert expected
    assert [contact["id"] for contact in list_contacts(sandbox, search=") 5")] == expected


def test_search_is_punctuation_sensitive(sandbox: SandboxServer) -> None:
    us_contact = next(
        one for one in list_contacts(sandbox) if one.get("region_code") == "US" and one["format_national"]
    )
    digits = re.sub(r"\D", "", us_contact["format_national"])
    assert list_contacts(sandbox, search=us_contact["format_national"]) == [us_contact]
    assert list_contacts(sandbox, search=digits) == []


@pytest.mark.parametrize("term", ["\n", "5\n", "é", "x" * 300, "\x00"])
def test_search_without_match_is_empty(sandbox: SandboxServer, term: str) -> None:
    assert list_contacts(sandbox, search=term) == []


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_channel_filter_lists_contacts_with_that_channel(sandbox: SandboxServer, channel: str) -> None:
    expected = [one for one in list_contacts(sandbox) if channel in (one.get("available_channels") or "").split(",")]
    assert list_contacts(sandbox, channel=channel) == expected


@pytest.mark.parametrize("channel", ["SMS", "rcs", "email"])
def test_unknown_channel_is_rejected(sandbox: SandboxServer, channel: str) -> None:
    response = sandbox.get("/v3/contacts", page=1, page_size=20, channel=channel)
    assert status_and_code(response) == (400, "VALIDATION_006")


def test_search_and_channel_are_combined(sandbox: SandboxServer) -> None:
    both = {one["id"] for one in list_contacts(sandbox, search="7", channel="whatsapp")}
    searched = {one["id"] for one in list_contacts(sandbox, search="7")}
    on_channel = {one["id"] for one in list_contacts(sandbox, channel="whatsapp")}
    assert both == searched & on_channel


def test_empty_filters_are_ignored(sandbox: SandboxServer) -> None:
    assert list_contacts(sandbox, search="", channel="", phone="") == list_contacts(sandbox)


def test_phone_filter_finds_one_contact(sandbox: SandboxServer) -> None:
    contact_id, number = next(iter(sandbox.contacts().items()))
    data = sandbox.get("/v3/contacts", page=1, page_size=20, phone=number).json()["data"]
    assert [contact["id"] for contact in data["contacts"]] == [contact_id]
    assert data["pagination"]["total_count"] == 1


def test_phone_filter_overrides_the_other_filters(sandbox: SandboxServer) -> None:
    number = next(iter(sandbox.contacts().values()))
    response = sandbox.get("/v3/contacts", page=1, page_size=20, phone=number, search="no such", channel="fax")
    assert response.json()["data"]["pagination"]["total_count"] == 1


def test_unknown_phone_is_not_found(sandbox: SandboxServer) -> None:
    response = sandbox.get("/v3/contacts", page=1, page_size=20, phone="+12025550143")
    assert status_and_code(response) == (404, "RESOURCE_001")
    assert response.json()["error"]["message"] == "Contact not found with the specified phone number"


@pytest.mark.parametrize("phone", ["12025550143", "+1 202 555 0143", "+0123", "+", "+1234567890123456", "+١٢٣"])
def test_phone_that_is_not_e164_is_rejected(sandbox: SandboxServer, phone: str) -> None:
    response = sandbox.get("/v3/contacts", page=1, page_size=20, phone=phone)
    assert status_and_code(response) == (400, "VALIDATION_002")
    assert "phone" in response.json()["error"]["details"]


def test_profile_lists_its_own_contacts(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 1)
    assert [contact["id"] for contact in list_contacts(sandbox, profile)] == list(sandbox.contacts(profile))


def test_organization_lists_contacts_of_all_its_profiles(sandbox: SandboxServer) -> None:
    of_profiles = [set(sandbox.contacts(profile["id"])) for profile in sandbox.profiles()]
    assert set().union(*of_profiles) < set(sandbox.contacts())
    assert sum(map(len, of_profiles)) == len(set().union(*of_profiles))


def test_each_row_of_organization_names_its_owner(sandbox: SandboxServer) -> None:
    held = {profile["id"]: set(sandbox.contacts(profile["id"])) for profile in sandbox.profiles()}
    rows = list_contacts(sandbox)
    for row in rows:
        owner = row.get("customer_id")
        assert owner not in held or row["id"] in held[owner]
    assert {profile for profile, ids in held.items() if ids} < {row.get("customer_id") for row in rows}


def test_shared_number_is_listed_once_for_each_owner(sandbox: SandboxServer) -> None:
    number, holders = _shared_number(sandbox)
    rows = [row for row in list_contacts(sandbox) if row.get("format_e164") == number]
    assert len(rows) == len({row["customer_id"] for row in rows}) == holders > 1


def test_phone_finds_one_row_of_shared_number(sandbox: SandboxServer) -> None:
    number, _ = _shared_number(sandbox)
    data = sandbox.get("/v3/contacts", page=1, page_size=100, phone=number).json()["data"]
    assert (len(data["contacts"]), data["pagination"]["total_count"]) == (1, 1)


def test_phone_rows_all_finds_row_of_each_owner() -> None:
    with SandboxServer(contacts=300, phone_rows="all") as server:
        number, holders = _shared_number(server)
        data = server.get("/v3/contacts", page=1, page_size=100, phone=number).json()["data"]
        assert len({row["customer_id"] for row in data["contacts"]}) == data["pagination"]["total_count"] == holders
        second = server.get("/v3/contacts", page=2, page_size=1, phone=number).json()["data"]["contacts"]
        assert second == data["contacts"][1:2]


def _shared_number(sandbox: SandboxServer) -> tuple[str, int]:
    """The number with the most owners, and how many they are."""
    numbers = Counter(number for number in sandbox.contacts().values() if number)
    return numbers.most_common(1)[0]


def test_account_lists_own_holds_no_contact_of_profiles() -> None:
    with SandboxServer(contacts=300, account_lists="own") as server:
        own, organization = list_contacts(server), server.get("/v3/me").json()["data"]["id"]
        assert {row["customer_id"] for row in own if row.get("customer_id")} == {organization}
        assert not set(server.contacts()) & set(server.contacts(profile_id(server, 1)))


def test_contact_has_the_id_of_its_owner(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 1)
    owners = {contact["customer_id"] for contact in list_contacts(sandbox, profile) if contact.get("customer_id")}
    assert owners == {profile}


def test_no_contact_is_inherited(sandbox: SandboxServer) -> None:
    assert {row["is_inherited"] for row in list_contacts(sandbox) if row.get("is_inherited") is not None} == {False}


def test_organization_opens_contact_of_profile_as_listed_there(sandbox: SandboxServer) -> None:
    listed = list_contacts(sandbox, profile_id(sandbox, 1))[5]
    assert sandbox.get(f"/v3/contacts/{listed['id']}").json()["data"] == listed
    summary = sandbox.get(f"/v3/contacts/{listed['id']}/message-summary").json()["data"]
    assert summary["contact_id"] == listed["id"]


def test_contact_by_id_equals_its_list_row(sandbox: SandboxServer) -> None:
    listed = list_contacts(sandbox)[17]
    assert sandbox.get(f"/v3/contacts/{listed['id']}").json()["data"] == listed


def test_contact_id_is_case_insensitive(sandbox: SandboxServer) -> None:
    contact_id = next(iter(sandbox.contacts()))
    assert sandbox.get(f"/v3/contacts/{contact_id.upper()}").json()["data"]["id"] == contact_id


@pytest.mark.parametrize("suffix", ["", "/message-summary"])
def test_malformed_contact_id_is_rejected(sandbox: SandboxServer, suffix: str) -> None:
    assert status_and_code(sandbox.get(f"/v3/contacts/17{suffix}")) == (400, "VALIDATION_001")


@pytest.mark.parametrize("suffix", ["", "/message-summary"])
def test_unknown_contact_id_is_not_found(sandbox: SandboxServer, suffix: str) -> None:
    assert status_and_code(sandbox.get(f"/v3/contacts/{UNKNOWN}{suffix}")) == (404, "RESOURCE_001")


def test_contact_of_another_scope_is_not_found(sandbox: SandboxServer) -> None:
    contact_id = next(iter(sandbox.contacts(profile_id(sandbox, 1))))
    response = sandbox.get(f"/v3/contacts/{contact_id}", profile=profile_id(sandbox, 2))
    assert status_and_code(response) == (404, "RESOURCE_001")


def test_message_summary_is_deterministic(sandbox: SandboxServer) -> None:
    path = f"/v3/contacts/{next(iter(sandbox.contacts()))}/message-summary"
    assert sandbox.get(path).json()["data"] == sandbox.get(path).json()["data"]


def test_summary_scores_are_percentages(sandbox: SandboxServer) -> None:
    for contact_id in list(sandbox.contacts())[:50]:
        summary = sandbox.get(f"/v3/contacts/{contact_id}/message-summary").json()["data"]
        for score in summary["channel_scores"]:
            assert 0 <= score["fail_score"] <= 100 - score["success_score"] <= 100


def test_summary_scores_are_those_of_whole_messages(sandbox: SandboxServer) -> None:
    for contact_id in list(sandbox.contacts())[:50]:
        summary = sandbox.get(f"/v3/contacts/{contact_id}/message-summary").json()["data"]
        for score in summary["channel_scores"]:
            counts = range(1, summary["message_count"] + 1)
            assert any(abs(100 * round(score["fail_score"] * n / 100) / n - score["fail_score"]) <= 1 for n in counts)


def test_unknown_path_is_not_found_with_an_envelope(sandbox: SandboxServer) -> None:
    assert status_and_code(sandbox.get("/v3/templates")) == (404, "RESOURCE_000")
