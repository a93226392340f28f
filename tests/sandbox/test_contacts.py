"""GET /v3/contacts and its filters (sent-api-v3, contacts)."""

from __future__ import annotations

import re

import pytest

from testing.sandbox_server import SandboxServer
from tests.sandbox.reading import error, every_contact, profile_id

FIELDS = {
    *("id", "customer_id", "phone_number", "format_e164", "format_international", "format_national", "format_rfc"),
    *("country_code", "region_code", "available_channels", "default_channel", "opt_out", "is_inherited"),
    *("created_at", "updated_at"),
}
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}\+00:00")
UNKNOWN = "6ba7b810-9dad-41d1-80b4-00c04fd430c8"


def test_a_contact_has_every_field(sandbox: SandboxServer) -> None:
    contact = sandbox.get("/v3/contacts", page=1, page_size=1).json()["data"]["contacts"][0]
    assert set(contact) == FIELDS


def test_the_envelope_is_whole(sandbox: SandboxServer) -> None:
    body = sandbox.get("/v3/contacts", page=1, page_size=1).json()
    assert (body["success"], body["error"], body["meta"]["version"]) == (True, None, "v3")


def test_every_answer_carries_the_headers_of_the_api(sandbox: SandboxServer) -> None:
    answer = sandbox.get("/v3/contacts", page=1, page_size=1)
    assert re.fullmatch(r"req_[0-9A-Za-z]{10,}", answer.headers["X-Request-Id"])
    assert re.fullmatch(r"\d+ms", answer.headers["X-Response-Time"])
    assert answer.headers["X-API-Version"] == "v3"


def test_header_and_body_name_the_same_request(sandbox: SandboxServer) -> None:
    answer = sandbox.get("/v3/contacts", page=1, page_size=1)
    assert answer.json()["meta"]["request_id"] == answer.headers["X-Request-Id"]


def test_times_have_seven_digits_of_a_second(sandbox: SandboxServer) -> None:
    body = sandbox.get("/v3/contacts", page=1, page_size=1).json()
    assert TIME.fullmatch(body["meta"]["timestamp"])
    assert TIME.fullmatch(body["data"]["contacts"][0]["created_at"])


def test_pages_hold_everything_once(sandbox: SandboxServer) -> None:
    ids = [contact["id"] for contact in every_contact(sandbox)]
    assert ids == list(sandbox.contacts())


def test_pagination_counts(sandbox: SandboxServer) -> None:
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


def test_a_page_beyond_the_end_is_empty(sandbox: SandboxServer) -> None:
    answer = sandbox.get("/v3/contacts", page=2**31 - 1, page_size=100)
    assert (answer.status_code, answer.json()["data"]["contacts"]) == (200, [])


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
def test_page_and_size_are_checked(sandbox: SandboxServer, page: int | str | None, size: int | None, code: str) -> None:
    assert error(sandbox.get("/v3/contacts", page=page, page_size=size)) == (400, code)


def test_a_page_below_one_is_refused_in_the_vendors_words(sandbox: SandboxServer) -> None:
    body = sandbox.get("/v3/contacts", page=0, page_size=20).json()
    assert body["error"] == {
        "code": "VALIDATION_005",
        "message": "Page must be greater than 0",
        "details": None,
        "doc_url": "https://docs.sent.dm/errors/VALIDATION_005",
    }


def test_missing_fields_are_named(sandbox: SandboxServer) -> None:
    assert set(sandbox.get("/v3/contacts").json()["error"]["details"]) == {"page", "page_size"}


def test_search_finds_exactly_what_is_written_in_the_national_format(sandbox: SandboxServer) -> None:
    expected = [contact["id"] for contact in every_contact(sandbox) if ") 5" in (contact.get("format_national") or "")]
    assert expected
    assert [contact["id"] for contact in every_contact(sandbox, search=") 5")] == expected


def test_search_is_punctuation_sensitive(sandbox: SandboxServer) -> None:
    american = next(one for one in every_contact(sandbox) if one.get("region_code") == "US" and one["format_national"])
    bare = re.sub(r"\D", "", american["format_national"])
    assert every_contact(sandbox, search=american["format_national"]) == [american]
    assert every_contact(sandbox, search=bare) == []


@pytest.mark.parametrize("term", ["\n", "5\n", "é", "x" * 300, "\x00"])
def test_a_search_for_what_no_number_has_finds_nothing(sandbox: SandboxServer, term: str) -> None:
    assert every_contact(sandbox, search=term) == []


@pytest.mark.parametrize("channel", ["sms", "whatsapp"])
def test_channel_keeps_contacts_that_have_it(sandbox: SandboxServer, channel: str) -> None:
    expected = [one for one in every_contact(sandbox) if channel in (one.get("available_channels") or "").split(",")]
    assert every_contact(sandbox, channel=channel) == expected


@pytest.mark.parametrize("channel", ["SMS", "rcs", "email"])
def test_another_channel_is_refused(sandbox: SandboxServer, channel: str) -> None:
    answer = sandbox.get("/v3/contacts", page=1, page_size=20, channel=channel)
    assert error(answer) == (400, "VALIDATION_006")


def test_search_and_channel_combine(sandbox: SandboxServer) -> None:
    both = {one["id"] for one in every_contact(sandbox, search="7", channel="whatsapp")}
    searched = {one["id"] for one in every_contact(sandbox, search="7")}
    on_channel = {one["id"] for one in every_contact(sandbox, channel="whatsapp")}
    assert both == searched & on_channel


def test_empty_filters_count_as_absent(sandbox: SandboxServer) -> None:
    assert every_contact(sandbox, search="", channel="", phone="") == every_contact(sandbox)


def test_phone_finds_one(sandbox: SandboxServer) -> None:
    contact_id, number = next(iter(sandbox.contacts().items()))
    data = sandbox.get("/v3/contacts", page=1, page_size=20, phone=number).json()["data"]
    assert [contact["id"] for contact in data["contacts"]] == [contact_id]
    assert data["pagination"]["total_count"] == 1


def test_phone_is_an_alternative_to_the_other_filters(sandbox: SandboxServer) -> None:
    number = next(iter(sandbox.contacts().values()))
    answer = sandbox.get("/v3/contacts", page=1, page_size=20, phone=number, search="no such", channel="fax")
    assert answer.json()["data"]["pagination"]["total_count"] == 1


def test_a_phone_nobody_has_is_not_found(sandbox: SandboxServer) -> None:
    answer = sandbox.get("/v3/contacts", page=1, page_size=20, phone="+12025550143")
    assert error(answer) == (404, "RESOURCE_001")
    assert answer.json()["error"]["message"] == "Contact not found with the specified phone number"


@pytest.mark.parametrize("phone", ["12025550143", "+1 202 555 0143", "+0123", "+", "+1234567890123456", "+١٢٣"])
def test_a_phone_that_is_not_e164_is_refused(sandbox: SandboxServer, phone: str) -> None:
    answer = sandbox.get("/v3/contacts", page=1, page_size=20, phone=phone)
    assert error(answer) == (400, "VALIDATION_002")
    assert "phone" in answer.json()["error"]["details"]


def test_a_profile_lists_its_own_contacts(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 1)
    assert [contact["id"] for contact in every_contact(sandbox, profile)] == list(sandbox.contacts(profile))


def test_the_account_lists_only_its_own_contacts(sandbox: SandboxServer) -> None:
    assert not set(sandbox.contacts()) & set(sandbox.contacts(profile_id(sandbox, 1)))


def test_the_account_may_list_its_profiles_contacts_too() -> None:
    with SandboxServer(contacts=300, account_lists="all") as server:
        assert len(every_contact(server)) == 300
        assert set(server.contacts(profile_id(server, 1))) < set(server.contacts())


def test_a_contact_names_its_owner(sandbox: SandboxServer) -> None:
    profile = profile_id(sandbox, 1)
    owners = {contact["customer_id"] for contact in every_contact(sandbox, profile) if contact.get("customer_id")}
    assert owners == {profile}


def test_one_profile_inherits_twenty_of_the_organizations_contacts(sandbox: SandboxServer) -> None:
    heirs = [profile["id"] for profile in sandbox.profiles() if profile["inherited"]]
    inherited = {one["id"] for one in every_contact(sandbox, heirs[0]) if one.get("is_inherited")}
    assert len(heirs) == 1
    assert len(inherited) == 20
    assert inherited < set(sandbox.contacts())


def test_an_inherited_contact_is_read_by_id_as_inherited(sandbox: SandboxServer) -> None:
    heir = next(profile["id"] for profile in sandbox.profiles() if profile["inherited"])
    contact_id = next(one["id"] for one in every_contact(sandbox, heir) if one.get("is_inherited"))
    assert sandbox.get(f"/v3/contacts/{contact_id}", profile=heir).json()["data"]["is_inherited"] is True
    assert sandbox.get(f"/v3/contacts/{contact_id}").json()["data"]["is_inherited"] is False


def test_a_contact_by_id_is_the_one_of_the_list(sandbox: SandboxServer) -> None:
    listed = every_contact(sandbox)[17]
    assert sandbox.get(f"/v3/contacts/{listed['id']}").json()["data"] == listed


def test_an_id_is_found_in_either_case(sandbox: SandboxServer) -> None:
    contact_id = next(iter(sandbox.contacts()))
    assert sandbox.get(f"/v3/contacts/{contact_id.upper()}").json()["data"]["id"] == contact_id


@pytest.mark.parametrize("tail", ["", "/message-summary"])
def test_an_id_that_is_none_is_refused(sandbox: SandboxServer, tail: str) -> None:
    assert error(sandbox.get(f"/v3/contacts/17{tail}")) == (400, "VALIDATION_001")


@pytest.mark.parametrize("tail", ["", "/message-summary"])
def test_an_unknown_id_is_not_found(sandbox: SandboxServer, tail: str) -> None:
    assert error(sandbox.get(f"/v3/contacts/{UNKNOWN}{tail}")) == (404, "RESOURCE_001")


def test_a_contact_of_another_scope_is_not_found(sandbox: SandboxServer) -> None:
    contact_id = next(iter(sandbox.contacts(profile_id(sandbox, 1))))
    assert error(sandbox.get(f"/v3/contacts/{contact_id}")) == (404, "RESOURCE_001")


def test_a_message_summary_is_always_the_same(sandbox: SandboxServer) -> None:
    path = f"/v3/contacts/{next(iter(sandbox.contacts()))}/message-summary"
    assert sandbox.get(path).json()["data"] == sandbox.get(path).json()["data"]


def test_scores_of_a_summary_are_percentages(sandbox: SandboxServer) -> None:
    for contact_id in list(sandbox.contacts())[:50]:
        summary = sandbox.get(f"/v3/contacts/{contact_id}/message-summary").json()["data"]
        for score in summary["channel_scores"]:
            assert 0 <= score["fail_score"] <= 100 - score["success_score"] <= 100


def test_an_unknown_path_is_not_found_in_the_envelope(sandbox: SandboxServer) -> None:
    assert error(sandbox.get("/v3/templates")) == (404, "RESOURCE_000")
