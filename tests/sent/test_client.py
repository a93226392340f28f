"""API client: requests, decoding, errors and limits, against the sandbox over HTTP."""

from __future__ import annotations

import logging
import resource
import time
from uuid import uuid4

import pytest

from contacts_ui.sent_api import errors
from contacts_ui.sent_api.client import SentClient
from contacts_ui.sent_api.queries import ContactQuery
from contacts_ui.sent_api.responses import RateLimitInfo
from contacts_ui.sent_api.total_timeout import Deadline
from testing.sandbox_server import SandboxServer

NUMBER = "+12025550143"


def _raised_error(
    client: SentClient, query: ContactQuery | None = None, profile_id: str | None = None
) -> errors.SentError:
    with pytest.raises(errors.SentError) as caught:
        client.contacts(query or ContactQuery(), profile_id)
    return caught.value


def test_pages_are_complete_without_duplicates(sandbox: SandboxServer, client: SentClient) -> None:
    expected = set(sandbox.contacts(None))
    ids: list[str] = []
    page_number, more = 1, True
    while more:
        page = client.contacts(ContactQuery(page=page_number, page_size=20))
        ids += [str(contact.id) for contact in page.contacts]
        page_number, more = page_number + 1, bool(page.pagination.has_more)
    assert len(ids) == len(set(ids))
    assert set(ids) == expected


def test_account_request_has_no_profile_header(sandbox: SandboxServer, client: SentClient) -> None:
    client.contacts(ContactQuery())
    (logged,) = sandbox.requests()
    assert logged["profile"] is None


def test_profile_request_sends_its_id_and_gets_its_contacts(sandbox: SandboxServer, client: SentClient) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    page = client.contacts(ContactQuery(page_size=100), profile_id)
    assert sandbox.requests()[-1]["profile"] == profile_id
    assert {str(contact.id) for contact in page.contacts} <= set(sandbox.contacts(profile_id))


def test_phone_lookup_sends_no_other_filter(sandbox: SandboxServer, client: SentClient) -> None:
    client.contacts(ContactQuery(page=3, search="555", channel="sms", phone=NUMBER))
    query = sandbox.requests()[-1]["query"]
    assert "phone=" in query
    assert "search=" not in query
    assert "channel=" not in query


def test_phone_lookup_finds_the_contact(sandbox: SandboxServer, client: SentClient) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    (found,) = client.contacts(ContactQuery(phone=number)).contacts
    assert str(found.id) == contact_id


def test_contact_is_fetched_by_id(sandbox: SandboxServer, client: SentClient) -> None:
    listed = client.contacts(ContactQuery(page_size=20)).contacts[0]
    found, request_id = client.contact(listed.id)
    assert found == listed
    assert request_id


def test_unknown_contact_is_not_found(sandbox: SandboxServer, client: SentClient) -> None:
    with pytest.raises(errors.ContactNotFound):
        client.contact(uuid4())


def test_contact_of_another_profile_is_not_found(sandbox: SandboxServer, client: SentClient) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    contact = client.contacts(ContactQuery(), other).contacts[0]
    with pytest.raises(errors.ContactNotFound):
        client.contact(contact.id, one)


@pytest.mark.parametrize(
    "data", [{"data": None}, {"data.id": None}, {"data.id": 7}, {"success": False}], ids=["no data", "no id", "7", "no"]
)
def test_response_without_contact_is_invalid(
    sandbox: SandboxServer, client: SentClient, data: dict[str, object]
) -> None:
    contact_id = client.contacts(ContactQuery()).contacts[0].id
    sandbox.fault(route="contact", kind="patch", set=data)
    with pytest.raises(errors.InvalidResponse) as caught:
        client.contact(contact_id)
    assert caught.value.request_id


def test_message_summary_is_decoded(sandbox: SandboxServer, client: SentClient) -> None:
    contact = client.contacts(ContactQuery()).contacts[0]
    summary, _ = client.message_summary(contact.id)
    assert summary.contact_id == str(contact.id)
    assert summary.message_count is not None


def test_me_decodes_the_organization_and_its_profiles(sandbox: SandboxServer, client: SentClient) -> None:
    account = client.me()
    assert account.is_organization
    assert [profile.id for profile in account.profiles] == [profile["id"] for profile in sandbox.profiles()]


def test_profile_key_is_not_an_organization(sandbox: SandboxServer) -> None:
    account = SentClient(sandbox.url, "sandbox-profile").me()
    assert (account.type, account.profiles) == ("profile", ())
    assert account.organization_id


def test_revoked_key_is_rejected(sandbox: SandboxServer) -> None:
    error = _raised_error(SentClient(sandbox.url, "sandbox-revoked"))
    assert isinstance(error, errors.InvalidApiKey)
    assert error.request_id


def test_profile_key_with_profile_header_is_forbidden(sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[0]["id"]
    error = _raised_error(SentClient(sandbox.url, "sandbox-profile"), profile_id=profile_id)
    assert isinstance(error, errors.Forbidden)


def test_unknown_profile_is_profile_not_found(sandbox: SandboxServer, client: SentClient) -> None:
    assert isinstance(_raised_error(client, profile_id=str(uuid4())), errors.ProfileNotFound)


def test_invalid_request_has_field_details(sandbox: SandboxServer, client: SentClient) -> None:
    details = {"phone": ["Must be E.164"]}
    sandbox.fault(route="contacts", kind="status", status=400, code="VALIDATION_002", details=details)
    error = _raised_error(client)
    assert isinstance(error, errors.InvalidRequest)
    assert error.details == {"phone": ("Must be E.164",)}
    assert error.code == "VALIDATION_002"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("1.5", 2), ("-5", None), ("soon", None), (None, None), ("999999", 3600), ("0", 1), ("9" * 400, 3600)],
)
def test_rate_limited_has_the_seconds_to_wait(
    sandbox: SandboxServer, client: SentClient, header: str | None, seconds: int | None
) -> None:
    sandbox.fault(route="contacts", kind="rate_limited", retry_after=header)
    error = _raised_error(client)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_5xx_is_a_server_error(sandbox: SandboxServer, client: SentClient, status: int) -> None:
    sandbox.fault(route="contacts", kind="status", status=status)
    error = _raised_error(client)
    assert type(error) is errors.ServerError
    assert error.status == status
    assert error.request_id


def test_refused_connection_is_connection_failed() -> None:
    assert isinstance(_raised_error(SentClient("http://127.0.0.1:9", "key")), errors.ConnectionFailed)


def test_reset_connection_is_connection_failed(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="reset", after="headers")
    assert isinstance(_raised_error(client), errors.ConnectionFailed)


def test_truncated_body_is_an_error(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="truncate", keep=500, length=False)
    assert isinstance(_raised_error(client), errors.ConnectionFailed | errors.InvalidResponse)


def test_expired_deadline_sends_no_request(sandbox: SandboxServer, client: SentClient) -> None:
    with pytest.raises(errors.ApiTimeout):
        client.contacts(ContactQuery(), deadline=Deadline(0))
    assert sandbox.requests() == []


def test_wrong_content_encoding_is_invalid(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"Content-Encoding": "gzip"})
    assert type(_raised_error(client)) is errors.InvalidResponse


@pytest.mark.slow
def test_missing_response_times_out(sandbox: SandboxServer, short_deadline_client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="hang", seconds=20)
    assert isinstance(_raised_error(short_deadline_client), errors.ApiTimeout)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "html", "status": 200},
        {"kind": "body", "status": 200, "body": ""},
        {"kind": "body", "status": 204, "body": ""},
        {"kind": "body", "status": 200, "body": "[]"},
        {"kind": "body", "status": 200, "body": "{}"},
        {"kind": "body", "status": 200, "body": '{"success": true, "data": null}'},
        {"kind": "body", "status": 200, "body": '{"success": true, "data": {"contacts": null}}'},
        {"kind": "body", "status": 200, "body": '{"success": false, "data": {"contacts": []}}'},
        {"kind": "redirect", "status": 302, "location": "http://127.0.0.1:9/elsewhere"},
    ],
    ids=lambda fault: f"{fault['kind']} {fault['status']} {fault.get('body', '')}".strip(),
)
def test_malformed_response_is_never_an_empty_list(
    sandbox: SandboxServer, client: SentClient, fault: dict[str, object]
) -> None:
    sandbox.fault(route="contacts", **fault)
    assert isinstance(_raised_error(client), errors.InvalidResponse)
    assert len(sandbox.faults()["fired"]) == 1


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:9/x", "//evil.example", ""])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirect_is_neither_followed_nor_read(
    sandbox: SandboxServer, client: SentClient, status: int, location: str
) -> None:
    sandbox.fault(route="contacts", kind="redirect", status=status, location=location or "/")
    assert type(_raised_error(client)) is errors.InvalidResponse
    assert len(sandbox.requests()) == 1


@pytest.mark.parametrize(
    "body",
    [
        '{"data": {"contacts": [], "x": ' + "[" * 100_000 + "]" * 100_000 + "}}",
        "[" * 100_000,
        '{"data": {"contacts": [{"id": 1e999}], "pagination": NaN}}',
        '{"data": {"contacts": "many"}}',
        '{"data": {"contacts": [[]]',
    ],
    ids=["deep in a field", "deep", "NaN", "wrong type", "cut off"],
)
def test_malformed_json_is_invalid(sandbox: SandboxServer, client: SentClient, body: str) -> None:
    sandbox.fault(route="contacts", kind="body", status=200, body=body, content_type="application/json")
    assert type(_raised_error(client)) is errors.InvalidResponse


def test_huge_integer_is_rejected_or_dropped(sandbox: SandboxServer, client: SentClient) -> None:
    contact = '{"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "phone_number": "+1"}'
    body = f'{{"data": {{"contacts": [{contact}], "pagination": {{"page": 1, "total_count": {"9" * 5000}}}}}}}'
    sandbox.fault(route="contacts", kind="body", status=200, body=body, content_type="application/json")
    try:
        page = client.contacts(ContactQuery())
    except errors.InvalidResponse:
        return  # rejecting the whole response is right too; no other error may occur
    assert page.pagination.total_count is None


def test_control_and_bidi_characters_are_replaced(sandbox: SandboxServer, client: SentClient) -> None:
    number = "+1\u0000\u001b\u202e\u0085\u2066"
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.phone_number": number})
    assert client.contacts(ContactQuery()).contacts[0].phone_number == "+1" + "\ufffd" * 5


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["drip_body", "drip_headers"])
def test_dripping_response_ends_at_the_deadline(
    sandbox: SandboxServer, short_deadline_client: SentClient, kind: str
) -> None:
    sandbox.fault(route="contacts", kind=kind, seconds=6, times=3)
    durations = []
    for _ in range(3):  # three late ends in a row are not caused by a busy machine
        started = time.monotonic()
        assert type(_raised_error(short_deadline_client)) is errors.ApiTimeout
        durations.append(time.monotonic() - started)
        if durations[-1] < 0.5 + 0.2:
            break
    assert min(durations) < 0.5 + 0.2


@pytest.mark.slow
def test_request_after_a_timeout_succeeds(sandbox: SandboxServer) -> None:
    client = SentClient(sandbox.url, "sandbox-organization", deadline_seconds=2)
    sandbox.fault(route="contacts", kind="drip_body", seconds=20)
    _raised_error(client)
    assert client.contacts(ContactQuery()).contacts


@pytest.mark.parametrize("kind", ["large", "gzip_bomb"])
def test_response_beyond_eight_megabytes_is_rejected(sandbox: SandboxServer, kind: str) -> None:
    long_deadline_client = SentClient(sandbox.url, "sandbox-organization", deadline_seconds=10)
    sandbox.fault(route="contacts", kind=kind, bytes=10_000_000)
    assert type(_raised_error(long_deadline_client)) is errors.InvalidResponse


@pytest.mark.slow
def test_account_of_ten_thousand_profiles_is_read() -> None:
    with SandboxServer(contacts=10, profiles=10_000) as large:
        account = SentClient(large.url, "sandbox-organization", deadline_seconds=10).me()
    assert len(account.profiles) == 10_000


@pytest.mark.slow
def test_gzip_bomb_of_500_megabytes_is_not_held_in_memory(sandbox: SandboxServer) -> None:
    long_deadline_client = SentClient(sandbox.url, "sandbox-organization", deadline_seconds=20)
    long_deadline_client.contacts(ContactQuery())
    before = _peak_kilobytes()
    sandbox.fault(route="contacts", kind="gzip_bomb", bytes=500_000_000)
    assert type(_raised_error(long_deadline_client)) is errors.InvalidResponse
    assert _peak_kilobytes() - before <= 20 * 1024


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_retry_after_date_is_relative_to_the_date_header(sandbox: SandboxServer, client: SentClient) -> None:
    headers = {"Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}
    sandbox.fault(route="contacts", kind="status", status=429, headers=headers)
    error = _raised_error(client)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == 30


@pytest.mark.parametrize(
    "invalid",
    [
        {"X-RateLimit-Remaining": None},
        {"X-RateLimit-Remaining": "many"},
        {"X-RateLimit-Remaining": "-1"},
        {"X-RateLimit-Limit": "0"},
        {"X-RateLimit-Reset": "9" * 400},
    ],
    ids=lambda invalid: " ".join(f"{name} {value}"[:30] for name, value in invalid.items()),
)
def test_invalid_rate_limit_headers_are_ignored(sandbox: SandboxServer, invalid: dict[str, str | None]) -> None:
    received: list[RateLimitInfo] = []
    client = SentClient(sandbox.url, "sandbox-organization", on_rate_limit=received.append)
    valid = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "4000000000"}
    for headers in (valid | invalid, valid):
        sandbox.fault(route="contacts", kind="headers", set=headers)
        assert client.contacts(ContactQuery()).contacts
    assert [(rate_limit.limit, rate_limit.remaining) for rate_limit in received] == [(200, 9)]


def test_response_for_another_profile_is_rejected(sandbox: SandboxServer, client: SentClient) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": other})
    assert isinstance(_raised_error(client, profile_id=one), errors.ProfileMismatch)


def test_not_found_for_another_profile_is_a_mismatch(sandbox: SandboxServer, client: SentClient) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": other})
    assert isinstance(_raised_error(client, ContactQuery(phone=NUMBER), one), errors.ProfileMismatch)


def test_invalid_response_has_its_request_id(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="html", status=200)
    assert _raised_error(client).request_id


def test_unrequested_profile_echo_is_a_mismatch(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": sandbox.profiles()[1]["id"]})
    assert isinstance(_raised_error(client), errors.ProfileMismatch)


def test_missing_profile_echo_is_tolerated(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": None})
    assert client.contacts(ContactQuery(), sandbox.profiles()[1]["id"]).contacts


def test_wrong_type_in_one_field_keeps_the_row(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.country_code": 5})
    page = client.contacts(ContactQuery(page_size=20))
    assert len(page.contacts) == 20
    assert page.contacts[0].country_code is None
    assert page.contacts[0].phone_number
    assert (page.invalid_fields, page.dropped_rows) == (1, 0)


def test_row_without_id_is_dropped_and_counted(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.id": None})
    page = client.contacts(ContactQuery(page_size=20))
    assert len(page.contacts) == 19
    assert page.dropped_rows == 1


def test_null_and_missing_fields_are_none(sandbox: SandboxServer, client: SentClient) -> None:
    null = {"data.contacts.0.format_international": None}
    sandbox.fault(route="contacts", kind="patch", set=null, remove=["data.contacts.0.opt_out"])
    row = client.contacts(ContactQuery()).contacts[0]
    assert row.format_international is None
    assert row.opt_out is None


def test_unknown_fields_are_ignored(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.nickname": {"a": 1}})
    assert client.contacts(ContactQuery()).invalid_fields == 0


def test_time_without_offset_is_an_invalid_field(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.created_at": "2026-03-11T21:50:50.18"})
    page = client.contacts(ContactQuery())
    assert page.contacts[0].created_at is None
    assert page.invalid_fields == 1


def test_lone_surrogate_is_replaced(sandbox: SandboxServer, client: SentClient) -> None:
    body = '{"data": {"contacts": [{"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "phone_number": "a\\ud800b"}]}}'
    sandbox.fault(route="contacts", kind="body", status=200, body=body, content_type="application/json")
    assert client.contacts(ContactQuery()).contacts[0].phone_number == "a\ufffdb"


def test_page_without_pagination_keeps_its_rows(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", remove=["data.pagination"])
    page = client.contacts(ContactQuery(page_size=20))
    assert len(page.contacts) == 20
    assert page.pagination.total_count is None


def test_logs_and_errors_contain_no_key_or_number(sandbox: SandboxServer, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sandbox-organization"
    for fault in ({"kind": "hang", "seconds": 2}, {"kind": "reset"}, {"kind": "status", "status": 503}):
        sandbox.fault(route="contacts", **fault)
        client = SentClient(sandbox.url, key, deadline_seconds=0.2)
        error = _raised_error(client, ContactQuery(phone=NUMBER))
        assert NUMBER[1:] not in f"{error!r} {error.__cause__!r}"
    logged = " ".join(str(record.__dict__) for record in caplog.records if not record.name.startswith("urllib3"))
    assert "sent.call.failed" in logged
    assert key not in logged
    assert NUMBER[1:] not in logged
