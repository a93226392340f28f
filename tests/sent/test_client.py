"""The client against the sandbox, over HTTP."""

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


def _failing(client: SentClient, query: ContactQuery | None = None, profile_id: str | None = None) -> errors.SentError:
    with pytest.raises(errors.SentError) as caught:
        client.contacts(query or ContactQuery(), profile_id)
    return caught.value


def test_pages_follow_each_other_without_loss_or_duplicate(sandbox: SandboxServer, client: SentClient) -> None:
    held = set(sandbox.contacts(None))
    seen: list[str] = []
    page_number, more = 1, True
    while more:
        page = client.contacts(ContactQuery(page=page_number, page_size=20))
        seen += [str(contact.id) for contact in page.contacts]
        page_number, more = page_number + 1, bool(page.pagination.has_more)
    assert len(seen) == len(set(seen))
    assert set(seen) == held


def test_a_call_for_the_account_sends_no_profile_header(sandbox: SandboxServer, client: SentClient) -> None:
    client.contacts(ContactQuery())
    (call,) = sandbox.requests()
    assert call["profile"] is None


def test_a_call_for_a_profile_names_it_and_gets_its_contacts(sandbox: SandboxServer, client: SentClient) -> None:
    profile_id = sandbox.profiles()[1]["id"]
    page = client.contacts(ContactQuery(page_size=100), profile_id)
    assert sandbox.requests()[-1]["profile"] == profile_id
    assert {str(contact.id) for contact in page.contacts} <= set(sandbox.contacts(profile_id))


def test_a_phone_lookup_is_asked_alone(sandbox: SandboxServer, client: SentClient) -> None:
    client.contacts(ContactQuery(page=3, search="555", channel="sms", phone=NUMBER))
    query = sandbox.requests()[-1]["query"]
    assert "phone=" in query
    assert "search=" not in query
    assert "channel=" not in query


def test_a_lookup_finds_the_one_contact_with_the_number(sandbox: SandboxServer, client: SentClient) -> None:
    contact_id, number = next((i, n) for i, n in sandbox.contacts(None).items() if n)
    (found,) = client.contacts(ContactQuery(phone=number)).contacts
    assert str(found.id) == contact_id


def test_one_contact_is_fetched_by_id(sandbox: SandboxServer, client: SentClient) -> None:
    listed = client.contacts(ContactQuery(page_size=20)).contacts[0]
    found, request_id = client.contact(listed.id)
    assert found == listed
    assert request_id


def test_an_unknown_contact_is_not_found(sandbox: SandboxServer, client: SentClient) -> None:
    with pytest.raises(errors.ContactNotFound):
        client.contact(uuid4())


def test_a_contact_of_another_profile_is_not_found(sandbox: SandboxServer, client: SentClient) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    theirs = client.contacts(ContactQuery(), other).contacts[0]
    with pytest.raises(errors.ContactNotFound):
        client.contact(theirs.id, one)


@pytest.mark.parametrize(
    "data", [{"data": None}, {"data.id": None}, {"data.id": 7}, {"success": False}], ids=["no data", "no id", "7", "no"]
)
def test_an_answer_that_holds_no_contact_is_unexpected(
    sandbox: SandboxServer, client: SentClient, data: dict[str, object]
) -> None:
    contact_id = client.contacts(ContactQuery()).contacts[0].id
    sandbox.fault(route="contact", kind="patch", set=data)
    with pytest.raises(errors.InvalidResponse) as caught:
        client.contact(contact_id)
    assert caught.value.request_id


def test_the_message_summary_is_decoded(sandbox: SandboxServer, client: SentClient) -> None:
    contact = client.contacts(ContactQuery()).contacts[0]
    summary, _ = client.message_summary(contact.id)
    assert summary.contact_id == str(contact.id)
    assert summary.message_count is not None


def test_me_names_the_organization_and_its_profiles(sandbox: SandboxServer, client: SentClient) -> None:
    account = client.me()
    assert account.is_organization
    assert [profile.id for profile in account.profiles] == [profile["id"] for profile in sandbox.profiles()]


def test_a_profile_key_is_no_organization(sandbox: SandboxServer) -> None:
    account = SentClient(sandbox.url, "sandbox-profile").me()
    assert (account.type, account.profiles) == ("profile", ())
    assert account.organization_id


def test_a_revoked_key_is_rejected(sandbox: SandboxServer) -> None:
    error = _failing(SentClient(sandbox.url, "sandbox-revoked"))
    assert isinstance(error, errors.InvalidApiKey)
    assert error.request_id


def test_a_profile_key_that_names_a_profile_is_forbidden(sandbox: SandboxServer) -> None:
    profile_id = sandbox.profiles()[0]["id"]
    error = _failing(SentClient(sandbox.url, "sandbox-profile"), profile_id=profile_id)
    assert isinstance(error, errors.Forbidden)


def test_a_profile_nobody_knows_is_profile_unknown(sandbox: SandboxServer, client: SentClient) -> None:
    assert isinstance(_failing(client, profile_id=str(uuid4())), errors.ProfileNotFound)


def test_an_invalid_request_carries_its_field_details(sandbox: SandboxServer, client: SentClient) -> None:
    details = {"phone": ["Must be E.164"]}
    sandbox.fault(route="contacts", kind="status", status=400, code="VALIDATION_002", details=details)
    error = _failing(client)
    assert isinstance(error, errors.InvalidRequest)
    assert error.details == {"phone": ("Must be E.164",)}
    assert error.code == "VALIDATION_002"


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("1.5", 2), ("-5", None), ("soon", None), (None, None), ("999999", 3600), ("0", 1), ("9" * 400, 3600)],
)
def test_too_many_requests_carries_the_seconds_to_wait(
    sandbox: SandboxServer, client: SentClient, header: str | None, seconds: int | None
) -> None:
    sandbox.fault(route="contacts", kind="rate_limited", retry_after=header)
    error = _failing(client)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_server_fault_is_unavailable(sandbox: SandboxServer, client: SentClient, status: int) -> None:
    sandbox.fault(route="contacts", kind="status", status=status)
    error = _failing(client)
    assert type(error) is errors.ServerError
    assert error.status == status
    assert error.request_id


def test_a_refused_connection_is_unreachable() -> None:
    assert isinstance(_failing(SentClient("http://127.0.0.1:9", "key")), errors.ConnectionFailed)


def test_a_reset_connection_is_unreachable(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="reset", after="headers")
    assert isinstance(_failing(client), errors.ConnectionFailed)


def test_a_truncated_body_is_no_shorter_list(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="truncate", keep=500, length=False)
    assert isinstance(_failing(client), errors.ConnectionFailed | errors.InvalidResponse)


def test_a_call_whose_time_is_up_is_not_made(sandbox: SandboxServer, client: SentClient) -> None:
    with pytest.raises(errors.ApiTimeout):
        client.contacts(ContactQuery(), deadline=Deadline(0))
    assert sandbox.requests() == []


def test_an_answer_that_is_not_packed_as_it_says_is_unexpected(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"Content-Encoding": "gzip"})
    assert type(_failing(client)) is errors.InvalidResponse


def test_silence_is_timed_out(sandbox: SandboxServer, impatient: SentClient) -> None:
    sandbox.fault(route="contacts", kind="hang", seconds=20)
    assert isinstance(_failing(impatient), errors.ApiTimeout)


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
def test_an_odd_answer_is_unexpected_and_never_an_empty_list(
    sandbox: SandboxServer, client: SentClient, fault: dict[str, object]
) -> None:
    sandbox.fault(route="contacts", **fault)
    assert isinstance(_failing(client), errors.InvalidResponse)
    assert len(sandbox.faults()["fired"]) == 1


@pytest.mark.parametrize("location", ["http://[", "http://127.0.0.1:9/x", "//evil.example", ""])
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_never_followed_nor_read(
    sandbox: SandboxServer, client: SentClient, status: int, location: str
) -> None:
    sandbox.fault(route="contacts", kind="redirect", status=status, location=location or "/")
    assert type(_failing(client)) is errors.InvalidResponse
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
def test_odd_json_is_an_unexpected_answer(sandbox: SandboxServer, client: SentClient, body: str) -> None:
    sandbox.fault(route="contacts", kind="body", status=200, body=body, content_type="application/json")
    assert type(_failing(client)) is errors.InvalidResponse


def test_a_huge_integer_costs_its_field_alone(sandbox: SandboxServer, client: SentClient) -> None:
    contact = '{"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "phone_number": "+1"}'
    body = f'{{"data": {{"contacts": [{contact}], "pagination": {{"page": 1, "total_count": {"9" * 5000}}}}}}}'
    sandbox.fault(route="contacts", kind="body", status=200, body=body, content_type="application/json")
    try:
        page = client.contacts(ContactQuery())
    except errors.InvalidResponse:
        return  # refused as a whole is right too: what counts is that nothing else breaks
    assert page.pagination.total_count is None


def test_control_and_direction_characters_are_replaced(sandbox: SandboxServer, client: SentClient) -> None:
    odd = "+1\u0000\u001b\u202e\u0085\u2066"
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.phone_number": odd})
    assert client.contacts(ContactQuery()).contacts[0].phone_number == "+1" + "\ufffd" * 5


@pytest.mark.parametrize("kind", ["drip_body", "drip_headers"])
def test_a_dripping_answer_ends_on_time(sandbox: SandboxServer, impatient: SentClient, kind: str) -> None:
    sandbox.fault(route="contacts", kind=kind, seconds=6, times=3)
    taken = []
    for _ in range(3):  # a third late end is not a busy machine's doing
        started = time.monotonic()
        assert type(_failing(impatient)) is errors.ApiTimeout
        taken.append(time.monotonic() - started)
        if taken[-1] < 0.5 + 0.2:
            break
    assert min(taken) < 0.5 + 0.2


def test_after_a_drip_the_next_call_is_whole(sandbox: SandboxServer) -> None:
    client = SentClient(sandbox.url, "sandbox-organization", deadline_seconds=2)
    sandbox.fault(route="contacts", kind="drip_body", seconds=20)
    _failing(client)
    assert client.contacts(ContactQuery()).contacts


@pytest.mark.parametrize("kind", ["large", "gzip_bomb"])
def test_an_answer_beyond_four_megabytes_is_refused(sandbox: SandboxServer, kind: str) -> None:
    patient = SentClient(sandbox.url, "sandbox-organization", deadline_seconds=10)
    sandbox.fault(route="contacts", kind=kind, bytes=10_000_000)
    assert type(_failing(patient)) is errors.InvalidResponse


def test_a_bomb_of_500_megabytes_does_not_fill_the_memory(sandbox: SandboxServer) -> None:
    patient = SentClient(sandbox.url, "sandbox-organization", deadline_seconds=20)
    patient.contacts(ContactQuery())
    before = _peak_kilobytes()
    sandbox.fault(route="contacts", kind="gzip_bomb", bytes=500_000_000)
    assert type(_failing(patient)) is errors.InvalidResponse
    assert _peak_kilobytes() - before <= 20 * 1024


def _peak_kilobytes() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def test_a_retry_date_is_read_by_the_apis_own_clock(sandbox: SandboxServer, client: SentClient) -> None:
    headers = {"Retry-After": "Mon, 23 Nov 2026 10:00:30 GMT", "Date": "Mon, 23 Nov 2026 10:00:00 GMT"}
    sandbox.fault(route="contacts", kind="status", status=429, headers=headers)
    error = _failing(client)
    assert isinstance(error, errors.RateLimited)
    assert error.retry_after == 30


@pytest.mark.parametrize(
    "odd",
    [
        {"X-RateLimit-Remaining": None},
        {"X-RateLimit-Remaining": "many"},
        {"X-RateLimit-Remaining": "-1"},
        {"X-RateLimit-Limit": "0"},
        {"X-RateLimit-Reset": "9" * 400},
    ],
    ids=lambda odd: " ".join(f"{name} {value}"[:30] for name, value in odd.items()),
)
def test_what_makes_no_sense_of_the_limit_is_not_heard(sandbox: SandboxServer, odd: dict[str, str | None]) -> None:
    heard: list[RateLimitInfo] = []
    client = SentClient(sandbox.url, "sandbox-organization", on_rate_limit=heard.append)
    sane = {"X-RateLimit-Limit": "200", "X-RateLimit-Remaining": "9", "X-RateLimit-Reset": "4000000000"}
    for said in (sane | odd, sane):
        sandbox.fault(route="contacts", kind="headers", set=said)
        assert client.contacts(ContactQuery()).contacts
    assert [(known.limit, known.remaining) for known in heard] == [(200, 9)]


def test_an_answer_for_another_profile_is_refused(sandbox: SandboxServer, client: SentClient) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": other})
    assert isinstance(_failing(client, profile_id=one), errors.ProfileMismatch)


def test_an_empty_answer_for_another_profile_is_no_not_found(sandbox: SandboxServer, client: SentClient) -> None:
    one, other = sandbox.profiles()[1]["id"], sandbox.profiles()[2]["id"]
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": other})
    assert isinstance(_failing(client, ContactQuery(phone=NUMBER), one), errors.ProfileMismatch)


def test_an_unreadable_answer_still_names_its_request_id(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="html", status=200)
    assert _failing(client).request_id


def test_an_answer_for_a_profile_when_none_was_named_is_refused(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": sandbox.profiles()[1]["id"]})
    assert isinstance(_failing(client), errors.ProfileMismatch)


def test_a_missing_echo_is_tolerated(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"X-Profile-Id": None})
    assert client.contacts(ContactQuery(), sandbox.profiles()[1]["id"]).contacts


def test_cookies_are_not_kept(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="headers", set={"Set-Cookie": "spy=1; Path=/"})
    client.contacts(ContactQuery())
    assert not list(client._session.cookies)


def test_a_wrong_type_in_one_field_does_not_cost_the_row(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.country_code": 5})
    page = client.contacts(ContactQuery(page_size=20))
    assert len(page.contacts) == 20
    assert page.contacts[0].country_code is None
    assert page.contacts[0].phone_number
    assert (page.invalid_fields, page.dropped_rows) == (1, 0)


def test_a_row_without_an_id_is_dropped_and_counted(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.id": None})
    page = client.contacts(ContactQuery(page_size=20))
    assert len(page.contacts) == 19
    assert page.dropped_rows == 1


def test_null_and_missing_fields_are_none(sandbox: SandboxServer, client: SentClient) -> None:
    gone = {"data.contacts.0.format_international": None}
    sandbox.fault(route="contacts", kind="patch", set=gone, remove=["data.contacts.0.opt_out"])
    row = client.contacts(ContactQuery()).contacts[0]
    assert row.format_international is None
    assert row.opt_out is None


def test_unknown_fields_are_ignored(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.nickname": {"a": 1}})
    assert client.contacts(ContactQuery()).invalid_fields == 0


def test_a_time_without_an_offset_counts_as_unreadable(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", set={"data.contacts.0.created_at": "2026-03-11T21:50:50.18"})
    page = client.contacts(ContactQuery())
    assert page.contacts[0].created_at is None
    assert page.invalid_fields == 1


def test_a_lone_surrogate_in_a_field_is_replaced(sandbox: SandboxServer, client: SentClient) -> None:
    body = '{"data": {"contacts": [{"id": "6ba7b810-9dad-11d1-80b4-00c04fd430c8", "phone_number": "a\\ud800b"}]}}'
    sandbox.fault(route="contacts", kind="body", status=200, body=body, content_type="application/json")
    assert client.contacts(ContactQuery()).contacts[0].phone_number == "a\ufffdb"


def test_a_page_without_pagination_still_has_its_rows(sandbox: SandboxServer, client: SentClient) -> None:
    sandbox.fault(route="contacts", kind="patch", remove=["data.pagination"])
    page = client.contacts(ContactQuery(page_size=20))
    assert len(page.contacts) == 20
    assert page.pagination.total_count is None


def test_no_log_line_and_no_error_holds_the_key_or_a_number(
    sandbox: SandboxServer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    key = "sandbox-organization"
    for fault in ({"kind": "hang", "seconds": 2}, {"kind": "reset"}, {"kind": "status", "status": 503}):
        sandbox.fault(route="contacts", **fault)
        client = SentClient(sandbox.url, key, deadline_seconds=0.2)
        error = _failing(client, ContactQuery(phone=NUMBER))
        assert NUMBER[1:] not in f"{error!r} {error.__cause__!r}"
    written = " ".join(str(record.__dict__) for record in caplog.records if not record.name.startswith("urllib3"))
    assert "sent.call.failed" in written
    assert key not in written
    assert NUMBER[1:] not in written
